"""A state in trouble: damaged, newer, missing, busy, full, read-only; a clock or a flag that disagrees."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from kiosk import services
from kiosk.config import load_policy
from tests.cli.conftest import Issue, Kiosk, healthy, on, refused
from tests.cli.inside import Inside
from tests.cli.test_medium import WHOLE, certificates, sets
from tests.conftest import TODAY, Ran
from tests.media.conftest import needs


@contextmanager
def registry(state: Path) -> Iterator[sqlite3.Connection]:
    """The registry's file, opened by something else than this program."""
    with closing(sqlite3.connect(state / "registry.db", isolation_level=None)) as connection:
        yield connection


def every_command(state: Path, medium: Path, answers: Path) -> Iterator[tuple[object, ...]]:
    """Each command that opens the state."""
    for words in (
        ("issue", "--answers", answers, "--medium", medium, "--json"), ("scan", medium, "--json"),
        ("renew", "--answers", answers, "--medium", medium, "--json"),
        ("reissue", "--answers", answers, "--medium", medium, "--json"),
        ("certs", "--json"), ("status", "abcd", "--json"), ("crl", "--out", state.parent / "crl", "--json"),
        ("ca", "--out", state.parent / "ca", "--json"), ("audit", "verify", "--json"), ("doctor", "--json"),
    ):  # fmt: skip
        yield (*words, "--state", state)


def overwrite(path: Path, start: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(start)
        file.write(content)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "no database": lambda path: path.write_bytes(b"registry " * 1000),
    "header": lambda path: overwrite(path, 0, bytes(100)),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:6000]),
    "schema": lambda path: overwrite(path, 100, b"\xff" * 2000),
    "every page": lambda path: path.write_bytes(
        path.read_bytes()[:4096] + bytes(byte ^ 0x55 for byte in path.read_bytes()[4096:])
    ),
    "a directory": lambda path: (path.unlink(), path.mkdir()),
    "another program's": lambda path: (
        path.unlink(), sqlite3.connect(path).execute("CREATE TABLE a (b)").connection.close()
    ),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged(
    kiosk: Kiosk, state: Path, medium: Path, write_answers: Callable[..., Path], damage: str
) -> None:
    """Said by every command; the file stays as it is, for whoever restores it."""
    path = state / "registry.db"
    DAMAGES[damage](path)
    before = path.read_bytes() if path.is_file() else None
    for words in every_command(state, medium, write_answers()):
        error = refused(kiosk(*words), 6, "registry.damaged", path)
        assert "backup" in error["next"]
    assert before == (path.read_bytes() if path.is_file() else None)
    assert on(medium) == []
    assert sorted(file.name for file in state.parent.iterdir() if file.name in {"crl", "ca"}) == []


def test_missing_registry_is_never_made_anew(
    kiosk: Kiosk, state: Path, medium: Path, write_answers: Callable[..., Path]
) -> None:
    (state / "registry.db").unlink()
    for words in every_command(state, medium, write_answers()):
        refused(kiosk(*words), 6, "registry.missing", state / "registry.db")
    assert not (state / "registry.db").exists()
    assert on(medium) == []


def test_newer(kiosk: Kiosk, state: Path, medium: Path, write_answers: Callable[..., Path]) -> None:
    with registry(state) as connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
            " VALUES ('certkiosk', '0999 a later one', '2027-01-01')"
        )
    for words in every_command(state, medium, write_answers()):
        refused(kiosk(*words), 6, "registry.newer", state / "registry.db")
    assert on(medium) == []


def test_missing_state(
    kiosk: Kiosk, tmp_path: Path, medium: Path, write_answers: Callable[..., Path]
) -> None:
    for words in every_command(tmp_path / "none", medium, write_answers()):
        refused(kiosk(*words), 2, "state.missing", tmp_path / "none")
    assert not (tmp_path / "none").exists()
    assert on(medium) == []


@pytest.mark.parametrize(
    "marker",
    ["", "practice = yes", "practice = 1\ncenter = 'C'\narc = '2.25.1'\nkiosk_id = 'k'",
     "practice = true\ncenter = 5\narc = '2.25.1'\nkiosk_id = 'k'", "practice = true\n", "\udcff"],
)  # fmt: skip
def test_marker_that_makes_no_sense(
    kiosk: Kiosk, state: Path, medium: Path, write_answers: Callable[..., Path], marker: str
) -> None:
    (state / "state.toml").write_bytes(marker.encode(errors="surrogateescape"))
    for words in every_command(state, medium, write_answers()):
        refused(kiosk(*words), 6, "registry.damaged", state / "state.toml")
    assert on(medium) == []


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait a twentieth of a second for other processes, not ten."""
    monkeypatch.setattr(services, "load_policy", lambda: replace(load_policy(), registry_wait_seconds=0.05))


@pytest.mark.usefixtures("impatient")
def test_locked_for_long(issue: Issue, kiosk: Kiosk, state: Path, medium: Path) -> None:
    with registry(state) as other:
        other.execute("BEGIN IMMEDIATE")
        error = refused(issue("--json"), 6, "registry.busy", state / "registry.db")
        assert error["retry"]
        refused(kiosk("crl", "--state", state, "--out", state.parent / "crl", "--json"), 6, "registry.busy")
        assert kiosk("certs", "--state", state, "--json").json() == [], "who only reads is not in the way"
        assert kiosk("audit", "verify", "--state", state).status == 0
        other.execute("ROLLBACK")
    assert on(medium) == []
    assert not (state.parent / "crl").exists()
    healthy(kiosk, state)
    assert issue().status == 0


def missing(name: str) -> Callable[[Path], None]:
    return lambda state: (state / "authority" / name).unlink()


@pytest.mark.parametrize("name", ["issuing.crt", "root.crt", "issuing.key", "subscriber.key", "audit.key"])
@pytest.mark.parametrize("how", ["missing", "rubbish", "another's"])
def test_authority_incomplete(
    issue: Issue, kiosk: Kiosk, state: Path, medium: Path, name: str, how: str
) -> None:
    """Named, also by `doctor`; the request that met it can be made again when the file is back."""
    path = state / "authority" / name
    kept = path.read_bytes()
    match how:
        case "missing":
            path.unlink()
        case "rubbish":
            path.write_bytes(b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
        case _:
            other = {"issuing.key": "audit.key", "issuing.crt": "audit.pub", "root.crt": "audit.pub"}
            path.write_bytes((state / "authority" / other.get(name, "issuing.key")).read_bytes())
    refused(issue("--json"), 4, "authority.missing", name.partition(".")[0])
    assert sets(medium) == []
    doctor = kiosk("doctor", "--state", state, "--json")
    assert doctor.status == 4
    assert name.partition(".")[0] in doctor.out
    path.write_bytes(kept)
    path.chmod(0o600)
    assert issue("--json").status == 0
    assert sets(medium) == WHOLE
    assert certificates(kiosk, state) == ["valid"]
    healthy(kiosk, state)


@pytest.mark.parametrize("how", ["missing", "rubbish"])
def test_doctor_without_the_public_key_of_the_log(kiosk: Kiosk, state: Path, how: str) -> None:
    """Every other check is made all the same."""
    path = state / "authority" / "audit.pub"
    if how == "missing":
        path.unlink()
    else:
        path.write_text("x")
    ran = kiosk("doctor", "--state", state, "--json")
    assert ran.status == 6
    bad = [finding for finding in ran.json() if finding["level"] == "bad"]
    assert [(finding["check"], "audit" in finding["message"]) for finding in bad] == [("audit", True)]
    assert len(ran.json()) > 8


# -- the disk that holds the state


class Disk:
    """A small filesystem of its own for a state, and a process that sees it and runs commands."""

    def __init__(self, tmp_path: Path, state: Path) -> None:
        inside = Inside("unshare", "--mount" if os.geteuid() == 0 else "-rm")
        self.run, self.close = inside.run, inside.close
        self._mountpoint = tmp_path / "disk"
        self._mountpoint.mkdir()
        mounted = self.run("mount", "-t", "tmpfs", "-o", "size=4m", "none", self._mountpoint)
        needs("mount namespaces", present=mounted.status == 0)
        assert self.run("cp", "-r", state, self._mountpoint / "state").status == 0
        self.state = self._mountpoint / "state"
        self._film = Path(f"/proc/{inside.pid}/root{self._mountpoint}/film")

    def kiosk(self, *words: object, at: datetime = TODAY) -> Ran:
        """Run a command of ours there; the same interface as the fixture `kiosk`."""
        return self.run("kiosk", *words, "--at", at.isoformat())

    def fill(self, pages_left: int) -> None:
        """Leave room for so many pages of 4 KiB."""
        with self._film.open("ab", buffering=0) as film:
            with suppress(OSError):
                while film.write(bytes(4096)):
                    pass
            film.truncate(film.tell() - pages_left * 4096)

    def empty(self) -> None:
        self._film.unlink()

    def remount(self, option: str) -> None:
        assert self.run("mount", "-o", f"remount,{option}", self._mountpoint).status == 0


@pytest.fixture
def disk(tmp_path: Path, state: Path) -> Iterator[Disk]:
    with closing(Disk(tmp_path, state)) as disk:
        yield disk


def sound(disk: Disk) -> None:
    """Check that nothing is bad but the size of the disk, and that no lock was left."""
    findings = {
        finding["check"]: finding for finding in disk.kiosk("doctor", "--state", disk.state, "--json").json()
    }
    assert [name for name, finding in findings.items() if finding["level"] == "bad"] == ["space"]
    assert findings["requests"]["count"] == 0
    assert disk.run("ls", disk.state / "locks").out == ""


def test_full_disk(disk: Disk, medium: Path, write_answers: Callable[..., Path]) -> None:
    disk.fill(0)
    for words in every_command(disk.state, medium, write_answers()):
        refused(disk.kiosk(*words), 6, "registry.full", disk.state / "registry.db")
    assert on(medium) == []
    disk.empty()
    sound(disk)
    assert disk.kiosk(*next(every_command(disk.state, medium, write_answers()))).status == 0


def test_disk_full_in_the_middle(disk: Disk, tmp_path: Path, write_answers: Callable[..., Path]) -> None:
    """Room for a few pages more each time: at every point of the journal the same call goes on later."""
    outcomes, resumed = [], set()
    for pages in range(10, 170, 10):
        medium = tmp_path / f"stick{pages}"
        medium.mkdir()
        issue = ("issue", "--state", disk.state, "--medium", medium, "--json", "--answers",
                 write_answers(id_number=f"9001011234{pages:03}"))  # fmt: skip
        disk.fill(pages)
        ran = disk.kiosk(*issue)
        outcomes.append(ran.status)
        disk.empty()
        if ran.status:
            refused(ran, 6, "registry.full")
            # At the very end only the last line is missing: the certificate has been proved.
            good = certificates(disk.kiosk, disk.state).count("valid") - len(outcomes) + 1
            assert good == 0 or (good == 1 and sets(medium) == WHOLE)
            again = disk.kiosk(*issue)
            assert again.status == 0, again.err
            resumed.add(again.json()["resumed"])
        assert sets(medium) == WHOLE
        assert not [name for name in on(medium) if name.startswith(".certkiosk")]
        assert certificates(disk.kiosk, disk.state).count("valid") == len(outcomes)
        assert disk.kiosk("audit", "verify", "--state", disk.state).status == 0
    assert set(outcomes) == {0, 6}
    assert resumed == {True, False}
    sound(disk)


def test_read_only_disk(disk: Disk, medium: Path, write_answers: Callable[..., Path]) -> None:
    disk.remount("ro")
    for words in every_command(disk.state, medium, write_answers()):
        refused(disk.kiosk(*words), 6, "registry.unwritable", disk.state / "registry.db")
    assert on(medium) == []
    disk.remount("rw")
    sound(disk)


@pytest.mark.parametrize("log", ["directory", "dangling link", "full device"])
def test_log_file_that_cannot_be_written(issue: Issue, state: Path, tmp_path: Path, log: str) -> None:
    """It never stops anything, not even an error's sentence."""
    path = state / "kiosk.log"
    match log:
        case "directory":
            path.mkdir()
        case "dangling link":
            path.symlink_to(tmp_path / "none" / "none")
        case _:
            path.symlink_to("/dev/full")
    refused(issue("--json", name=None), 2, "answers.missing", "name")
    assert issue().status == 0


# -- clock and flags


def test_clock_before_the_last_line(issue: Issue, kiosk: Kiosk, state: Path, medium: Path) -> None:
    earlier = TODAY - timedelta(hours=1)
    refused(issue("--json", at=earlier), 1, "request.clock", "2026-11-22 08:00:00", "2026-11-22 09:00:00")
    assert on(medium) == []
    out = state.parent / "crl"
    refused(kiosk("crl", "--state", state, "--out", out, "--json", at=earlier), 1, "request.clock")
    assert not out.exists()
    # Looking is allowed, and doctor says what is wrong.
    assert kiosk("certs", "--state", state, at=earlier).status == 0
    assert kiosk("scan", medium, "--state", state, at=earlier).status == 0
    doctor = kiosk("doctor", "--state", state, "--json", at=earlier)
    assert doctor.status == 1
    [clock] = [finding for finding in doctor.json() if finding["check"] == "clock"]
    assert (clock["level"], clock["now"]) == ("bad", "2026-11-22 08:00:00")
    assert issue().status == 0
    # The refusals above are lines of the log, earlier than the line before them, and it is in order.
    assert kiosk("audit", "verify", "--state", state).status == 0
    healthy(kiosk, state)


def test_clock_half_a_second_back_is_no_reason(issue: Issue) -> None:
    assert issue(at=TODAY - timedelta(seconds=0.4)).status == 0


def test_flag_and_state(
    kiosk: Kiosk, state: Path, real_state: Path, medium: Path, write_answers: Callable[..., Path]
) -> None:
    answers = write_answers()
    for words in every_command(real_state, medium, answers):
        refused(kiosk(*words, "--practice", at=None), 1, "state.practice", real_state)
        refused(kiosk("--practice", *words, at=None), 1, "state.practice", real_state)
    assert on(medium) == []
    assert kiosk("certs", "--state", state, "--practice").status == 0
    assert kiosk("--practice", "--state", state, "certs").status == 0


@pytest.mark.parametrize("practice", ["true", "false"])
def test_marker_and_registry_disagree(
    kiosk: Kiosk, state: Path, real_state: Path, medium: Path, write_answers: Callable[..., Path],
    practice: str,
) -> None:  # fmt: skip
    """Practice is for good: a marker that somebody edited does not change it."""
    forged = shutil.copytree(real_state if practice == "true" else state, state.parent / "forged")
    marker = (forged / "state.toml").read_text()
    swapped = marker.replace(
        f"practice = {'false' if practice == 'true' else 'true'}", f"practice = {practice}"
    )
    assert swapped != marker
    (forged / "state.toml").write_text(swapped)
    for words in every_command(forged, medium, write_answers()):
        refused(kiosk(*words, at=None), 1, "state.practice", forged)
    assert on(medium) == []


def test_where_the_state_is(
    kiosk: Kiosk, state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--state` wins over KIOSK_STATE wherever it stands, and that over the default."""
    none = tmp_path / "none"
    monkeypatch.setenv("KIOSK_STATE", str(none))
    for words in (("certs",), ("audit", "verify"), ("audit", "export")):
        refused_words = (*words, "--json") if words != ("audit", "export") else words
        assert kiosk(*refused_words).status == 2
        assert str(none) in kiosk(*words).err
        assert kiosk(*words, "--state", state).status == 0
        assert kiosk("--state", state, *words).status == 0
        assert str(tmp_path / "b") in kiosk("--state", state, *words, "--state", tmp_path / "b").err
    monkeypatch.setenv("KIOSK_STATE", str(state))
    assert kiosk("audit", "verify").status == 0
    refused(kiosk("scan", tmp_path, "--state", none, "--json"), 2, "state.missing")
    monkeypatch.setenv("KIOSK_STATE", str(none))
    refused(kiosk("scan", tmp_path, "--json"), 2, "state.missing")
    monkeypatch.delenv("KIOSK_STATE")
    assert kiosk("scan", tmp_path, "--json").json() == []
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    assert str(tmp_path / "home" / "kiosk") in kiosk("certs").err
    assert str(tmp_path / "home" / "kiosk-practice") in kiosk("certs", "--practice").err


@pytest.mark.parametrize(
    "at",
    ["noon", "2026-13-01", "0001-01-01", "9999-12-31", "9999-12-31T23:59:59-12:00", "2026-11-22T09:00+25:00"],
)
def test_at_that_is_no_time(kiosk: Kiosk, state: Path, at: str) -> None:
    refused(kiosk("certs", "--state", state, "--json", "--at", at, at=None), 2, "usage.time", at)


def test_at_without_a_zone_is_korean_time(issue: Issue, kiosk: Kiosk, state: Path) -> None:
    assert issue("--at", "2026-11-23T00:00:00", at=None).status == 0
    [held] = kiosk("certs", "--state", state, "--json").json()
    assert held["not_before"] == "2026-11-23T00:00:00+09:00"
    assert held["status"] == "not_yet_valid"
