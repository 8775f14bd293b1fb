"""Media that are not there, full, locked, in use or full of rubbish; and media that fail in the middle."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from kiosk.cli import issue as command
from kiosk.lifecycle.papers import FOLDER
from tests.cli.conftest import Issue, Kiosk, healthy, on, refused
from tests.conftest import TODAY
from tests.media.conftest import MountSpace, mounts

__all__ = ["mounts"]

STATES = ("opened", "identified", "key_made", "staged", "submitted", "issued", "written", "proved", "done")
BEFORE_THE_CERTIFICATE = ("opened", "identified", "key_made")
"""Where a medium that fails is met by the staging, before the authority is asked."""


def sets(medium: Path) -> list[str]:
    """The names of all files below NPKI."""
    return sorted(path.name for path in medium.glob("NPKI/**/*") if path.is_file())


def certificates(kiosk: Kiosk, state: Path) -> list[str]:
    """The status of every certificate in the registry."""
    return [row["status"] for row in kiosk("certs", "--state", state, "--json").json()]


WHOLE = ["signCert.der", "signPri.key"]


def test_missing(issue: Issue, kiosk: Kiosk, state: Path, tmp_path: Path) -> None:
    refused(issue("--json", medium=tmp_path / "none"), 3, "medium.missing", tmp_path / "none")
    assert not (tmp_path / "none").exists()
    healthy(kiosk, state)


@pytest.mark.parametrize("make", ["file", "fifo", "link to a file"])
def test_not_a_directory(issue: Issue, kiosk: Kiosk, state: Path, tmp_path: Path, make: str) -> None:
    path = tmp_path / "thing"
    (tmp_path / "file").write_text("x")
    match make:
        case "file":
            path.write_text("x")
        case "fifo":
            os.mkfifo(path)
        case _:
            path.symlink_to("file")
    refused(issue("--json", medium=path), 3, "medium.not_directory", path)
    refused(kiosk("scan", path, "--state", state, "--json"), 3, "medium.not_directory", path)
    healthy(kiosk, state)


@pytest.mark.parametrize(
    "place",
    ["NPKI", "npki", "NPKI/Certkiosk", "npki/CERTKIOSK", "NPKI/Certkiosk/USER", "NPKI/Certkiosk/user"],
)
@pytest.mark.parametrize("kind", ["file", "link"])
def test_something_else_in_the_way(
    issue: Issue, kiosk: Kiosk, state: Path, medium: Path, tmp_path: Path, place: str, kind: str
) -> None:
    """Found before anything is asked of the authority, never followed, never moved."""
    path = medium / place
    path.parent.mkdir(parents=True, exist_ok=True)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    if kind == "file":
        path.write_text("theirs")
    else:
        path.symlink_to(elsewhere)
    before = on(medium)
    refused(issue("--json"), 3, "medium.in_the_way", path.name)
    assert on(medium) == before
    assert list(elsewhere.iterdir()) == []
    assert certificates(kiosk, state) == []
    healthy(kiosk, state)


def rubbish(medium: Path) -> None:
    """What may lie on a stick: other people's files, our names used for something else, broken sets."""
    (medium / "사진").mkdir()
    (medium / "사진" / "a.jpg").write_bytes(bytes(1000))
    (medium / ".certkiosk-aaaaaaaa").mkdir()
    (medium / ".certkiosk-bbbbbbbb").write_bytes(b"x")
    (medium / ".certkiosk-cccccccc").symlink_to("/etc")
    (medium / ".certkiosk-dddddddd").mkdir()
    (medium / ".certkiosk-dddddddd" / "place").write_bytes(b"../../../../etc\n")
    broken = medium / "NPKI" / "yessign" / "USER" / "cn=broken"
    broken.mkdir(parents=True)
    (broken / "signCert.der").write_bytes(b"\x30\x82\xff\xff" + bytes(100))
    (broken / "signPri.key").symlink_to("/etc/passwd")
    (medium / "NPKI" / "Certkiosk" / "USER" / "cn=홍길동()202611220000000000,ou=personal").mkdir(parents=True)
    (medium / "NPKI" / "KISA").write_bytes(b"x")


def test_rubbish_is_left_as_it_is(issue: Issue, kiosk: Kiosk, state: Path, medium: Path) -> None:
    rubbish(medium)
    before = on(medium)
    ran = issue("--json")
    assert ran.status == 0, ran.err
    ours = Path(ran.json()["path"]).relative_to(medium)
    papers = [each for each in on(medium) if each.startswith(FOLDER)]
    assert len(papers) == 3
    assert on(medium) == sorted(
        [*before, *papers, *(f"{ours}{file}" for file in ("", "/signCert.der", "/signPri.key"))]
    )
    found = kiosk("scan", medium, "--state", state, "--json")
    assert {item["status"] for item in found.json()} == {"valid", "unreadable"}
    healthy(kiosk, state)


def test_already_holds_one_of_this_person(issue: Issue, kiosk: Kiosk, state: Path, medium: Path) -> None:
    first = issue("--json").json()
    digests = [hashlib.sha256(file.read_bytes()).digest() for file in sorted(medium.rglob("sign*"))]
    error = refused(issue("--json"), 1, "request.holds", first["serial"], "2027-11-22")
    assert error["serial"] == first["serial"]
    assert digests == [hashlib.sha256(file.read_bytes()).digest() for file in sorted(medium.rglob("sign*"))]
    assert certificates(kiosk, state) == ["valid"]
    healthy(kiosk, state)
    # Another kind, another person and another medium are something else.
    assert issue("--json", profile="personal-bank").status == 0
    assert issue("--json", id_number="9203042234567", phone="010-9999-0000").status == 0
    other = medium.with_name("other")
    other.mkdir()
    assert issue("--json", medium=other).status == 0
    assert certificates(kiosk, state) == ["valid"] * 4


def test_full(issue: Issue, kiosk: Kiosk, state: Path, tmp_path: Path, mounts: MountSpace) -> None:
    stick = mounts.tmpfs(tmp_path / "mount", "size=64k")
    refused(issue("--json", medium=stick), 3, "medium.full")
    assert on(stick) == []
    mounts.run("mount", "-o", "remount,size=4m", tmp_path / "mount")
    (stick / "film").write_bytes(bytes(4 * 1024 * 1024 - 32 * 1024))
    refused(issue("--json", medium=stick), 3, "medium.full")
    assert on(stick) == ["film"]
    healthy(kiosk, state)
    (stick / "film").unlink()
    assert issue(medium=stick).status == 0


def test_no_more_files_fit(
    issue: Issue, kiosk: Kiosk, state: Path, tmp_path: Path, mounts: MountSpace
) -> None:
    """Enough bytes, but an exhausted table of files: met at each point of the writing."""
    outcomes = []
    for inodes in range(2, 12):
        stick = mounts.tmpfs(tmp_path / str(inodes), f"size=1m,nr_inodes={inodes}")
        ran = issue("--json", medium=stick)
        outcomes.append(ran.status)
        if ran.status:
            error = refused(ran, 3, "medium.full")
            assert sets(stick) == []
            mounts.run("mount", "-o", "remount,nr_inodes=100", tmp_path / str(inodes))
            again = issue("--json", medium=stick)
            assert again.status == 0
            assert again.json()["resumed"] == (error["request"] is not None)
            assert again.json()["request"] == (error["request"] or again.json()["request"])
        assert sets(stick) == WHOLE
        assert not [name for name in on(stick) if name.startswith(".certkiosk")]
        healthy(kiosk, state)
    assert outcomes == sorted(outcomes, reverse=True)
    assert outcomes.count(3) > 5
    assert outcomes[-1] == 0
    assert set(certificates(kiosk, state)) == {"valid"}


def test_read_only(issue: Issue, kiosk: Kiosk, state: Path, tmp_path: Path, mounts: MountSpace) -> None:
    stick = mounts.tmpfs(tmp_path / "mount", "size=4m")
    mounts.run("mount", "-o", "remount,ro", tmp_path / "mount")
    refused(issue("--json", medium=stick), 3, "medium.readonly")
    assert kiosk("scan", stick, "--state", state, "--json").json() == []
    healthy(kiosk, state)


@pytest.fixture
def at_stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, Callable[[], object]], list[str]]]:
    """Do something when the request of `kiosk issue` reaches a state; give the states that it reached."""

    def when(stage: str, act: Callable[[], object]) -> list[str]:
        reached: list[str] = []

        def progress(state: str) -> None:
            reached.append(state)
            if state == stage:
                act()

        monkeypatch.setattr(command, "Issuing", partial(command.Issuing, progress=progress))
        return reached

    yield when
    monkeypatch.undo()


class Stick:
    """A filesystem that can be pulled out of its mount point, and put in again with all that is on it."""

    def __init__(self, mounts: MountSpace, tmp_path: Path) -> None:
        self._mounts = mounts
        self._kept = tmp_path / "kept"
        self._mountpoint = tmp_path / "mount"
        self.all = mounts.tmpfs(self._kept, "size=4m")
        self._mountpoint.mkdir()
        self.path = mounts.path(self._mountpoint)
        self.put_in()

    def put_in(self) -> None:
        assert self._mounts.run("mount", "--bind", self._kept, self._mountpoint) == 0

    def pull(self) -> None:
        assert self._mounts.run("umount", "--lazy", self._mountpoint) == 0

    def lock(self, *, locked: bool = True) -> None:
        option = "remount,ro" if locked else "remount,rw"
        assert self._mounts.run("mount", "-o", option, self._kept) == 0

    def fill(self) -> None:
        with (self.all / "film").open("wb", buffering=0) as film:
            try:
                while film.write(bytes(4096)):
                    pass
            except OSError:
                return


@pytest.fixture
def stick(mounts: MountSpace, tmp_path: Path) -> Stick:
    return Stick(mounts, tmp_path)


@pytest.mark.parametrize("stage", STATES[:-1])
def test_pulled_and_put_in_again(
    issue: Issue, kiosk: Kiosk, state: Path, stick: Stick, stage: str,
    at_stage: Callable[[str, Callable[[], object]], list[str]],
) -> None:  # fmt: skip
    at_stage(stage, stick.pull)
    ran = issue("--json", medium=stick.path)
    assert on(stick.path) == [], "nothing is written where the stick was"
    if stage == "proved":
        # It had been proved on the stick: that what was staged could not be cleared is no failure.
        assert (ran.status, ran.json()["state"]) == (0, "proved")
        assert certificates(kiosk, state) == ["valid"]
        at_stage("", lambda: None)
        stick.put_in()
        again = issue("--json", medium=stick.path)
        assert (again.status, again.json()["resumed"]) == (0, True)
        assert again.json()["request"] == ran.json()["request"]
        refused(issue("--json", medium=stick.path), 1, "request.holds")
        assert [name for name in on(stick.all) if name.startswith(".certkiosk")] == []
        healthy(kiosk, state)
        return
    error = refused(ran, 3, "medium.gone")
    resumable = stage not in BEFORE_THE_CERTIFICATE
    assert bool(error["request"]) == resumable
    assert certificates(kiosk, state) == ["unproved"] * resumable
    healthy(kiosk, state, unfinished=int(resumable))
    assert sets(stick.all) in ([], WHOLE)

    at_stage("", lambda: None)
    stick.put_in()
    again = issue("--json", medium=stick.path)
    assert again.status == 0, again.err
    assert again.json()["resumed"] == resumable
    assert not resumable or again.json()["request"] == error["request"]
    assert certificates(kiosk, state) == ["valid"]
    assert sets(stick.all) == WHOLE
    assert [name for name in on(stick.all) if name.startswith(".certkiosk")] == []
    healthy(kiosk, state)


@pytest.mark.parametrize("stage", ["identified", "staged", "issued", "written"])
@pytest.mark.parametrize("trouble", ["locked", "full"])
def test_locked_or_full_in_the_middle(
    issue: Issue, kiosk: Kiosk, state: Path, stick: Stick, stage: str, trouble: str,
    at_stage: Callable[[str, Callable[[], object]], list[str]],
) -> None:  # fmt: skip
    at_stage(stage, stick.lock if trouble == "locked" else stick.fill)
    ran = issue("--json", medium=stick.path)
    assert sets(stick.all) in ([], WHOLE)
    if stage == "written":
        # Nothing is written any more: the certificate is proved as it lies there.
        assert ran.status == 0
        assert certificates(kiosk, state) == ["valid"]
        return
    error = refused(ran, 3, "medium.readonly" if trouble == "locked" else "medium.full")
    assert sets(stick.all) == []
    assert "valid" not in certificates(kiosk, state)
    at_stage("", lambda: None)
    if trouble == "locked":
        stick.lock(locked=False)
    else:
        (stick.all / "film").unlink()
    again = issue("--json", medium=stick.path)
    assert again.status == 0, again.err
    assert not error["request"] or again.json()["request"] == error["request"]
    assert sets(stick.all) == WHOLE
    assert certificates(kiosk, state) == ["valid"]
    healthy(kiosk, state)


def test_another_stick_is_put_in(
    issue: Issue, kiosk: Kiosk, state: Path, stick: Stick, medium: Path,
    at_stage: Callable[[str, Callable[[], object]], list[str]],
) -> None:  # fmt: skip
    """What cannot be resumed there is voided with its certificate, and a new request begins."""
    at_stage("written", stick.pull)
    error = refused(issue("--json", medium=stick.path), 3, "medium.gone")
    at_stage("", lambda: None)
    again = issue("--json")
    assert again.status == 0
    assert again.json()["request"] != error["request"]
    assert sorted(certificates(kiosk, state)) == ["revoked", "valid"]
    healthy(kiosk, state)
    # The first stick still holds the revoked set: it goes when that stick is seen again.
    assert sets(stick.all) == WHOLE
    stick.put_in()
    assert issue("--json", medium=stick.path, profile="personal-bank").status == 0
    listed = kiosk("scan", stick.path, "--state", state, "--json").json()
    assert [item["status"] for item in listed] == ["valid"]


def test_a_day_later_it_is_too_late(
    issue: Issue, kiosk: Kiosk, state: Path, stick: Stick,
    at_stage: Callable[[str, Callable[[], object]], list[str]],
) -> None:  # fmt: skip
    at_stage("issued", stick.pull)
    error = refused(issue("--json", medium=stick.path), 3, "medium.gone")
    at_stage("", lambda: None)
    stick.put_in()
    later = TODAY.replace(day=23, hour=9, minute=1)
    again = issue("--json", medium=stick.path, at=later)
    assert again.status == 0
    assert again.json()["request"] != error["request"]
    assert not again.json()["resumed"]
    assert sorted(row["status"] for row in kiosk("certs", "--state", state, "--json", at=later).json()) == [
        "revoked", "valid",
    ]  # fmt: skip
    assert sets(stick.all) == WHOLE


def test_other_answers_do_not_resume(
    issue: Issue, kiosk: Kiosk, state: Path, stick: Stick,
    at_stage: Callable[[str, Callable[[], object]], list[str]],
) -> None:  # fmt: skip
    """Neither another password nor another name nor phone takes over what was begun."""
    for answers in ({"password": "Moon8!meadow-lake"}, {"name": "홍길순"}, {"phone": "010-1111-9999"}):
        shutil.rmtree(stick.all / "NPKI", ignore_errors=True)
        at_stage("issued", stick.pull)
        error = refused(issue("--json", medium=stick.path), 3, "medium.gone")
        at_stage("", lambda: None)
        stick.put_in()
        again = issue("--json", medium=stick.path, **answers)
        assert again.status == 0, again.err
        assert again.json()["request"] != error["request"]
        assert not again.json()["resumed"]
        assert sets(stick.all) == WHOLE
    assert sorted(certificates(kiosk, state)) == ["revoked"] * 3 + ["valid"] * 3
