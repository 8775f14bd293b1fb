"""What a command finds: state, medium and answers, before it is disturbed."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from tests.conftest import ID_NUMBER, PASSWORD, PHONE, TODAY
from tests.crash import eye
from tests.crash.process import Driver, name_of

PROFILE = "personal-general"
LATER = TODAY + timedelta(days=350)
"""In the last thirty days of a certificate that was issued at `TODAY`."""
RENAMES = "/^rename"
"""rename, renameat and renameat2, as strace takes it."""


@dataclass
class Bench:
    """A state, a medium and answers, in one directory that can be copied."""

    path: Path
    older: dict[str, eye.Files] = field(default_factory=dict)
    """Sets on the medium that must stay as they are."""
    torn: str | None = None
    """Path of a set that a bad stick spoiled."""
    lost: frozenset[str] = frozenset()
    """Codes of requests whose password is forgotten."""
    locks: tuple[str, ...] = ()
    """Names of lock files: keyed hashes, known once a command was watched."""
    act: str = "issue"
    """The command that is disturbed."""
    serial: str | None = None
    """What is renewed or reissued."""
    at: datetime = TODAY
    """When all commands are run."""
    elsewhere: Path | None = None
    """Another stick that the person has at home."""

    @property
    def state(self) -> Path:
        return self.path / "state"

    @property
    def medium(self) -> Path:
        return self.path / "stick"

    @property
    def revoked(self) -> Path:
        return self.path / "crl.der"

    def answers(self, profile: str = PROFILE, password: str = PASSWORD, new: str | None = None) -> None:
        (self.path / "password").write_text(password + "\n")
        if new is not None:
            (self.path / "new").write_text(new + "\n")
        (self.path / "answers").write_text(
            f'profile = "{profile}"\nname = "홍길동"\nid_number = "{ID_NUMBER}"\nphone = "{PHONE}"\n'
            'password_file = "password"\nconsent = true\n'
            + ('new_password_file = "new"\n' if new is not None else "")
            + '[identity]\nmethod = "phone"\n',
            "utf-8",
        )

    def command(self) -> list[object]:
        """The words of the command that is disturbed."""
        files: list[object] = ["--answers", self.path / "answers", "--medium", self.medium]
        files += ["--serial", self.serial] if self.serial else []
        return [self.act, "--state", self.state, *files, "--json", "--at", self.at.isoformat()]

    def crl(self, state: Path) -> list[object]:
        """The words of the command that makes a revocation list."""
        return ["crl", "--state", state, "--out", self.revoked, "--at", self.at.isoformat()]

    def copy(self, path: Path) -> "Bench":
        shutil.rmtree(path, ignore_errors=True)  # of a test that failed
        return replace(self, path=Path(shutil.copytree(self.path, path)))


Prepare = Callable[[Bench, Driver], None]


def empty(bench: Bench, driver: Driver) -> None:
    """A new stick, and somebody who was never here."""
    bench.answers()


def older(bench: Bench, driver: Driver) -> None:
    """The stick has a set of another authority, and one of ours for another profile."""
    foreign = bench.medium / "NPKI" / "yessign" / "USER" / "cn=홍길동()0004,ou=HNB,o=yessign,c=kr"
    foreign.mkdir(parents=True)
    (foreign / "signCert.der").write_bytes(b"theirs")
    (foreign / "signPri.key").write_bytes(b"theirs too")
    bench.answers("personal-bank")
    assert driver.run(*bench.command()).status == 0
    bench.answers()
    bench.older = eye.sets_of(bench.medium)
    assert len(bench.older) == 2


def cut_short(state: str) -> Prepare:
    """The same person was here before, and the power went when the request had got to `state`."""

    def prepare(bench: Bench, driver: Driver) -> None:
        older(bench, driver)
        assert driver.run(*bench.command(), stop_at=state).status == -9

    return prepare


def in_place(bench: Bench, driver: Driver) -> None:
    """The same person was here before, and the power went right after the set had come to its place."""
    older(bench, driver)
    dry = bench.copy(bench.path.with_name("dry"))
    calls = list(map(name_of, driver.run(*dry.command(), strace=["-e", f"trace={RENAMES},syncfs"]).calls()))
    shutil.rmtree(dry.path)
    second = [number for number, call in enumerate(calls) if call != "syncfs"][1]
    then = calls[:second].count("syncfs") + 1
    kill = ["-e", "trace=syncfs", "-e", f"inject=syncfs:signal=KILL:when={then}"]
    assert driver.run(*bench.command(), strace=kill).status == -9
    assert len(eye.sets_of(bench.medium)) == len(bench.older) + 1


def torn(bench: Bench, driver: Driver) -> None:
    """As if the stick had been pulled too: it has lost the key file of the set that was just written."""
    cut_short("written")(bench, driver)
    (path,) = eye.sets_of(bench.medium).keys() - bench.older.keys()
    (bench.medium / path / "signPri.key").write_bytes(b"")
    bench.torn = path


def given_up(before: Prepare) -> Prepare:
    """What was cut short cannot be resumed: the person has forgotten the password."""

    def prepare(bench: Bench, driver: Driver) -> None:
        before(bench, driver)
        bench.answers(password=eye.OTHER_PASSWORD)
        bench.lost = frozenset(path.name.rpartition("-")[2] for path in bench.medium.glob(".certkiosk-*"))
        assert len(bench.lost) == 1

    return prepare


def held(act: str, *, at_home: bool = False) -> Prepare:
    """The person has a certificate, on this stick or on one at home, and comes back with it to renew or reissue."""

    def prepare(bench: Bench, driver: Driver) -> None:
        older(bench, driver)
        issued = driver.run(*bench.command())
        assert issued.status == 0
        bench.serial = issued.json()["serial"]
        if at_home:
            bench.elsewhere = bench.medium.rename(bench.path / "at home")
            bench.older = {}
            bench.medium.mkdir()
        bench.act, bench.at = act, LATER

    return prepare


def stopped(before: Prepare, state: str) -> Prepare:
    """The power went when the request had got to `state`."""

    def prepare(bench: Bench, driver: Driver) -> None:
        before(bench, driver)
        assert driver.run(*bench.command(), stop_at=state).status == -9

    return prepare


def renewal_given_up(before: Prepare) -> Prepare:
    """The person has forgotten which new password it was; the old one they know."""

    def prepare(bench: Bench, driver: Driver) -> None:
        given_up(before)(bench, driver)
        bench.answers(new=eye.OTHER_PASSWORD)

    return prepare


SCENES: dict[str, Prepare] = {
    "empty stick": empty,
    "older sets": older,
    "resumed, staged": cut_short("staged"),
    "resumed, issued": cut_short("issued"),
    "resumed, in place": in_place,
    "resumed, torn": torn,
    "resumed, proved": cut_short("proved"),
    "given up, staged": given_up(cut_short("staged")),
    "given up, in place": given_up(in_place),
    "given up, written": given_up(cut_short("written")),
    "renew": held("renew"),
    "renew, issued": stopped(held("renew"), "issued"),
    "renew, proved": stopped(held("renew"), "proved"),
    "renew, given up": renewal_given_up(stopped(held("renew"), "written")),
    "reissue": held("reissue"),
    "reissue, elsewhere": held("reissue", at_home=True),
    "reissue, proved": stopped(held("reissue"), "proved"),
    "reissue, given up": given_up(stopped(held("reissue"), "written")),
}
"""What is disturbed is `issue`, but where a scene begins with another command's name."""
