import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from kiosk.errors import KioskError
from kiosk.media import files
from kiosk.media.directory import CODES, DirectoryMedium
from kiosk.media.files import FILE_LIMIT
from tests.media.scenes import CODE, DIRECTORY, KEY, NEW, OLD, ORG, OTHER, left, place, put, sets


def refusal(function: Callable[..., object], *args: object) -> str:
    with pytest.raises(KioskError) as problem:
        function(*args)
    return problem.value.id


def test_open_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    assert refusal(DirectoryMedium.open, tmp_path / "none") == "medium.missing"
    assert refusal(DirectoryMedium.open, tmp_path / "file") == "medium.not_directory"
    assert refusal(DirectoryMedium.open, tmp_path / "file" / "x") == "medium.not_directory"
    assert refusal(DirectoryMedium.open, tmp_path / "loop") == "medium.in_the_way"


def test_open_says_which_path(tmp_path: Path) -> None:
    with pytest.raises(KioskError) as problem:
        DirectoryMedium.open(tmp_path / "none")
    assert problem.value.facts == {"path": str(tmp_path / "none")}


@pytest.mark.parametrize("name", ["NPKI", "npki"])
def test_npki_that_is_no_directory(stick: Path, name: str) -> None:
    (stick / name).touch()
    with pytest.raises(KioskError) as problem:
        DirectoryMedium.open(stick)
    assert (problem.value.id, problem.value.facts) == ("medium.in_the_way", {"name": name})
    (stick / name).unlink()
    (stick / name).symlink_to("/tmp")
    assert refusal(DirectoryMedium.open, stick) == "medium.in_the_way"
    (stick / name).unlink()
    (stick / name).symlink_to("nowhere")
    assert refusal(DirectoryMedium.open, stick) == "medium.in_the_way"


def test_permission(stick: Path, as_nobody: Callable[[], AbstractContextManager[None]]) -> None:
    for parent in list(stick.parents)[:3]:
        parent.chmod(0o755)
    stick.chmod(0o555)
    medium = DirectoryMedium.open(stick)
    with as_nobody():
        assert refusal(medium.check_space, 100) == "medium.permission"
        assert refusal(medium.stage, CODE, KEY) == "medium.permission"
    stick.chmod(0o700 if os.geteuid() == 0 else 0)
    with as_nobody():
        assert refusal(DirectoryMedium.open, stick) == "medium.permission"
    stick.chmod(0o700)


def test_identity(stick: Path, medium: DirectoryMedium, tmp_path: Path) -> None:
    assert DirectoryMedium.open(stick).identity == medium.identity
    assert DirectoryMedium.open(tmp_path).identity != medium.identity


def test_another_directory_under_the_same_path_is_not_the_medium(
    stick: Path, medium: DirectoryMedium
) -> None:
    medium.stage(CODE, KEY)
    stick.rename(stick.with_name("pulled"))
    assert refusal(medium.staged, CODE) == "medium.gone"
    stick.mkdir()
    assert refusal(medium.stage, CODE, KEY) == "medium.gone"
    assert refusal(medium.install, CODE, ORG, DIRECTORY, NEW) == "medium.gone"
    assert list(stick.iterdir()) == []


def test_users_on_a_stick(stick: Path, medium: DirectoryMedium) -> None:
    assert not medium.is_npki_root
    assert medium.users(ORG) == stick / "NPKI" / ORG / "USER"
    assert list(stick.iterdir()) == []
    (stick / "npki" / ORG.lower() / "User").mkdir(parents=True)
    assert medium.users(ORG) == stick / "npki" / ORG.lower() / "User"
    assert medium.install(CODE, ORG, DIRECTORY, NEW) == stick / "npki" / ORG.lower() / "User" / DIRECTORY
    assert not (stick / "NPKI").exists()


def test_a_disk_npki_root(stick: Path) -> None:
    root = stick / "NPKI"
    root.mkdir()
    medium = DirectoryMedium.open(root)
    assert medium.is_npki_root
    assert medium.users(ORG) == root / ORG / "USER"
    put(stick, OLD)
    assert medium.install(CODE, ORG, DIRECTORY, NEW) == root / ORG / "USER" / DIRECTORY
    assert medium.read_set(root / ORG / "USER" / DIRECTORY) == NEW
    medium.remove_set(root / ORG / "USER" / DIRECTORY)
    assert medium.restore(CODE) == root / ORG / "USER" / DIRECTORY
    medium.unstage(CODE)
    assert sets(stick) == [OLD]
    assert [path.name for path in root.iterdir()] == [ORG]


def test_relative_paths(stick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(stick.parent)
    medium = DirectoryMedium.open(Path("stick"))
    monkeypatch.chdir("/")
    assert medium.install(CODE, ORG, DIRECTORY, NEW) == place(stick)


def test_check_space_leaves_nothing(stick: Path, medium: DirectoryMedium) -> None:
    (stick / ".certkiosk.probe").mkdir()  # of one that was killed
    (stick / ".certkiosk.probe" / "probe").touch()
    medium.check_space(10_000)
    assert list(stick.iterdir()) == []
    assert refusal(medium.check_space, 2**60) == "medium.full"
    assert list(stick.iterdir()) == []


def test_stage(stick: Path, medium: DirectoryMedium) -> None:
    assert medium.staged(CODE) is None
    medium.stage(CODE, b"first")
    medium.stage(CODE, KEY)
    assert medium.staged(CODE) == KEY
    assert medium.staged_codes() == (CODE,)
    assert (stick / f".certkiosk-{CODE}" / "signPri.key").read_bytes() == KEY
    assert not (stick / "NPKI").exists()
    medium.unstage(CODE)
    medium.unstage(CODE)
    assert medium.staged(CODE) is None
    assert list(stick.iterdir()) == []


def test_stage_needs_a_key_and_a_code(medium: DirectoryMedium) -> None:
    for key in (b"", bytes(FILE_LIMIT + 1)):
        with pytest.raises(ValueError, match="key"):
            medium.stage(CODE, key)
    with pytest.raises(ValueError, match="code"):
        medium.stage("../../tmp", KEY)


def test_stage_where_something_else_stands(stick: Path, medium: DirectoryMedium) -> None:
    (stick / f".certkiosk-{CODE}").symlink_to("/tmp")
    assert refusal(medium.stage, CODE, KEY) == "medium.in_the_way"
    assert refusal(medium.staged, CODE) == "medium.in_the_way"
    assert medium.staged_codes() == ()
    medium.unstage(CODE)
    assert list(stick.iterdir()) == []
    assert Path("/tmp").is_dir()


def test_staged_key_that_is_too_long_or_a_link(stick: Path, medium: DirectoryMedium) -> None:
    staging = stick / f".certkiosk-{CODE}"
    staging.mkdir()
    (staging / "signPri.key").write_bytes(bytes(FILE_LIMIT + 1))
    assert refusal(medium.staged, CODE) == "medium.damaged"
    (staging / "signPri.key").unlink()
    (staging / "signPri.key").symlink_to("/etc/passwd")
    assert refusal(medium.staged, CODE) == "medium.in_the_way"


def test_staged_codes_are_bounded_and_checked(stick: Path, medium: DirectoryMedium) -> None:
    for name in ("ABCD", "x", "a b c d", "k3p7-2", "\x1b[31m", "z" * 33):
        (stick / f".certkiosk-{name}").mkdir()
    (stick / ".certkiosk-file").touch()
    assert medium.staged_codes() == ()
    for number in range(CODES + 5):
        (stick / f".certkiosk-{number:04}").mkdir()
    assert medium.staged_codes() == tuple(f"{number:04}" for number in range(CODES))


def test_install(stick: Path, medium: DirectoryMedium) -> None:
    medium.stage(CODE, KEY)
    assert medium.install(CODE, ORG, DIRECTORY, NEW) == place(stick)
    assert medium.install(CODE, ORG, DIRECTORY, NEW) == place(stick)
    assert sets(stick) == [NEW]
    assert medium.read_set(place(stick)) == NEW
    assert medium.staged(CODE) == KEY
    assert place(stick).stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in place(stick).iterdir()} == {0o600}
    medium.unstage(CODE)
    assert sets(stick) == [NEW]
    assert left(stick) == []


def test_install_keeps_the_older_set_until_unstage(stick: Path, medium: DirectoryMedium) -> None:
    put(stick, OLD)
    medium.install(CODE, ORG, DIRECTORY, OTHER)
    medium.install(CODE, ORG, DIRECTORY, NEW)
    assert sets(stick) == [NEW]
    assert medium.restore(CODE) is None
    assert sets(stick) == [NEW]
    medium.remove_set(place(stick))
    assert medium.restore(CODE) == place(stick)
    assert sets(stick) == [OLD]
    medium.unstage(CODE)
    assert sets(stick) == [OLD]
    assert left(stick) == []


def test_install_leaves_other_sets_alone(stick: Path, medium: DirectoryMedium) -> None:
    other = medium.users("yessign") / "cn=other"
    other.mkdir(parents=True)
    (other / "signCert.der").write_bytes(b"other")
    medium.install(CODE, ORG, DIRECTORY, NEW)
    medium.unstage(CODE)
    assert sets(stick) == [NEW, {"signCert.der": b"other"}]


@pytest.mark.parametrize("kind", ["file", "link"])
def test_install_where_something_else_stands(stick: Path, medium: DirectoryMedium, kind: str) -> None:
    place(stick).parent.mkdir(parents=True)
    place(stick).touch() if kind == "file" else place(stick).symlink_to("/tmp")
    with pytest.raises(KioskError) as problem:
        medium.install(CODE, ORG, DIRECTORY, NEW)
    assert (problem.value.id, problem.value.facts) == ("medium.in_the_way", {"name": DIRECTORY})
    medium.unstage(CODE)
    assert left(stick) == []
    assert os.path.lexists(place(stick))


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_install_does_not_follow_links_out_of_the_medium(
    stick: Path, medium: DirectoryMedium, tmp_path: Path, depth: int
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    link = stick.joinpath(*("NPKI", ORG, "USER")[:depth])
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(outside)
    assert refusal(medium.install, CODE, ORG, DIRECTORY, NEW) == "medium.in_the_way"
    assert list(outside.iterdir()) == []


def test_install_for_another_place_under_the_same_code(stick: Path, medium: DirectoryMedium) -> None:
    put(stick, OLD)
    medium.install(CODE, ORG, DIRECTORY, NEW)
    assert refusal(medium.install, CODE, ORG, "cn=another", OTHER) == "medium.in_the_way"
    assert sets(stick) == [NEW]


@pytest.mark.parametrize(
    "files", [{}, {"a/b": b""}, {"..": b""}, {"a": bytes(FILE_LIMIT + 1)}, {str(n): b"" for n in range(17)}]
)
def test_install_takes_only_the_files_of_a_set(medium: DirectoryMedium, files: dict[str, bytes]) -> None:
    with pytest.raises(ValueError):
        medium.install(CODE, ORG, DIRECTORY, files)
    assert list(medium.path.iterdir()) == []


def test_restore_into_an_emptied_place(stick: Path, medium: DirectoryMedium) -> None:
    put(stick, OLD)
    medium.install(CODE, ORG, DIRECTORY, NEW)
    for file in place(stick).iterdir():
        file.unlink()
    assert medium.restore(CODE) == place(stick)
    assert sets(stick) == [OLD]


def test_restore_when_there_is_nothing(medium: DirectoryMedium) -> None:
    assert medium.restore(CODE) is None
    medium.stage(CODE, KEY)
    assert medium.restore(CODE) is None


@pytest.mark.parametrize(
    "note", [b"", b"../../etc\n", b"NPKI\nO\nUSER\n..\n", b"\xff\xff", bytes(70_000), None]
)
def test_restore_with_a_hostile_note(stick: Path, medium: DirectoryMedium, note: bytes | None) -> None:
    """Nothing is moved, and above all nothing deleted: what is aside may be somebody's only set."""
    aside = stick / f".certkiosk-{CODE}" / "aside"
    aside.mkdir(parents=True)
    (aside / "signPri.key").write_bytes(b"old key")
    if note is not None:
        (aside.parent / "place").write_bytes(note)
    assert refusal(medium.restore, CODE) == "medium.damaged"
    assert refusal(medium.unstage, CODE) == "medium.damaged"
    assert (aside / "signPri.key").exists()


def test_restore_does_not_follow_links(stick: Path, medium: DirectoryMedium, tmp_path: Path) -> None:
    (stick / f".certkiosk-{CODE}" / "aside").mkdir(parents=True)
    (stick / f".certkiosk-{CODE}" / "place").write_bytes(b"NPKI\nO\nUSER\nd\n")
    (stick / "NPKI").symlink_to(tmp_path)
    assert refusal(medium.restore, CODE) == "medium.in_the_way"
    assert not (tmp_path / "O").exists()


def test_read_set_of_nothing(stick: Path, medium: DirectoryMedium) -> None:
    assert refusal(medium.read_set, place(stick)) == "medium.damaged"
    with pytest.raises(ValueError):
        medium.read_set(stick.parent)


def test_read_set_with_a_hostile_name(stick: Path, medium: DirectoryMedium) -> None:
    path = stick / "NPKI" / "O" / "USER" / "cn=\x1b[31m\n"
    path.mkdir(parents=True)
    (path / "SIGNCERT.DER").write_bytes(b"c")
    assert medium.read_set(path) == {"signCert.der": b"c"}
    medium.remove_set(path)
    assert sets(stick) == []


def test_remove_set(stick: Path, medium: DirectoryMedium) -> None:
    (stick / ".certkiosk.removed" / "set").mkdir(parents=True)  # of one that was killed
    medium.remove_set(place(stick))
    assert list(stick.iterdir()) == []
    put(stick, OLD)
    medium.remove_set(place(stick))
    medium.remove_set(place(stick))
    assert sets(stick) == []
    assert left(stick) == []
    with pytest.raises(ValueError):
        medium.remove_set(place(stick).parent)


def test_remove_set_does_not_take_a_link(stick: Path, medium: DirectoryMedium, tmp_path: Path) -> None:
    place(stick).parent.mkdir(parents=True)
    place(stick).symlink_to(tmp_path)
    assert refusal(medium.remove_set, place(stick)) == "medium.in_the_way"


def test_nothing_stays_open(stick: Path, medium: DirectoryMedium) -> None:
    before = len(os.listdir("/proc/self/fd"))
    put(stick, OLD)
    medium.stage(CODE, KEY)
    medium.install(CODE, ORG, DIRECTORY, NEW)
    medium.unstage(CODE)
    (stick / "NPKI" / "file").touch()
    assert refusal(medium.read_set, place(stick).with_name("none")) == "medium.damaged"
    assert len(os.listdir("/proc/self/fd")) == before


def test_processes_that_change_one_medium_wait_for_each_other(stick: Path) -> None:
    """Each stages and unstages many times; what one leaves behind for a moment is never in the other's way."""
    program = (
        "import sys;from pathlib import Path;from kiosk.media.directory import DirectoryMedium as D\n"
        "for n in range(30):\n"
        "    m=D.open(Path(sys.argv[1]));c=sys.argv[2]+format(n,'04')\n"
        "    m.check_space(4096);m.stage(c,b'key');m.unstage(c)\n"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", program, stick, name], stderr=subprocess.PIPE, text=True)
        for name in ("aaaa", "bbbb", "cccc")
    ]
    for process in started:
        assert process.communicate(timeout=60)[1] == ""
    assert list(stick.iterdir()) == []


def test_a_medium_that_somebody_keeps_locked_is_said_to_be_busy(
    medium: DirectoryMedium, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LOCK_SECONDS", 0.05)
    directory = os.open(medium.path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        with pytest.raises(KioskError) as caught:
            medium.check_space(4096)
    finally:
        os.close(directory)
    assert caught.value.id == "medium.busy"
    medium.check_space(4096)
