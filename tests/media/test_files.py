import errno
import os
import shutil
import stat
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.errors import KioskError
from kiosk.media import files
from tests.media.conftest import needs

# What the specification says of each, apart from the table in the module.
EXPECTED = {
    "medium.full": ["ENOSPC", "EDQUOT"],
    "medium.readonly": ["EROFS"],
    "medium.permission": ["EACCES", "EPERM"],
    "medium.gone": ["ENOENT", "ENODEV", "ENXIO", "ESTALE", "ENOTCONN"],
    "medium.in_the_way": ["ENOTDIR", "EISDIR", "EEXIST", "ELOOP", "ENOTEMPTY"],
    "medium.damaged": ["EFBIG"],
    "medium.io": ["EIO", "EINVAL", "ENAMETOOLONG", "EREMOTEIO", "ETIMEDOUT"],
}


@pytest.fixture
def fd(tmp_path: Path) -> Iterator[int]:
    fd = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    yield fd
    os.close(fd)


@pytest.mark.parametrize(("id_", "name"), [(id_, name) for id_, names in EXPECTED.items() for name in names])
def test_every_error_number_has_its_sentence(id_: str, name: str) -> None:
    with pytest.raises(KioskError) as problem, files.medium_errors():
        raise OSError(getattr(errno, name), "text", "/somewhere/thing")
    assert problem.value.id == id_
    facts = {"medium.io": {"error": name}, "medium.in_the_way": {"name": "thing"}}
    assert problem.value.facts == facts.get(id_, {"name": "thing"} if id_ == "medium.damaged" else {})


def test_an_error_without_number_or_name() -> None:
    assert files.medium_error(OSError("text")).facts == {"error": "EIO"}
    assert files.medium_error(FileExistsError(errno.EEXIST, "text")).facts == {"name": ""}
    two = OSError(errno.ENOTEMPTY, "text", "from", None, b"in/to")
    assert files.medium_error(two).facts == {"name": "to"}


def test_other_errors_pass() -> None:
    with pytest.raises(KeyError), files.medium_errors():
        raise KeyError


def test_syncfs_says_what_the_system_says(fd: int) -> None:
    files.syncfs(fd)
    with pytest.raises(OSError, match="Bad file descriptor") as problem:
        files.syncfs(2**20)
    assert problem.value.errno == errno.EBADF


def test_syncfs_reaches_the_system(tmp_path: Path) -> None:
    """Witness from outside: the system refuses it with EIO, and that is what we say."""
    needs("strace", present=shutil.which("strace") is not None)
    code = (
        "import sys, pathlib; from kiosk.media.directory import DirectoryMedium as D\n"
        "try: D.open(pathlib.Path(sys.argv[1])).stage('abcd', b'key')\n"
        "except Exception as e: print(e.id, e.facts)"
    )
    strace = ["strace", "-f", "-qq", "-e", "trace=fsync,syncfs,rename,renameat,renameat2,fadvise64"]
    plain = subprocess.run(
        [*strace, sys.executable, "-B", "-c", code, tmp_path], capture_output=True, text=True, check=True
    )
    lines = [line for line in plain.stderr.splitlines() if ".pyc" not in line]
    calls = [line.partition("(")[0] for line in lines]
    assert calls[:3] + calls[4:] == ["fsync", "syncfs", "fadvise64", "syncfs"]
    assert calls[3].startswith("rename")
    assert "POSIX_FADV_DONTNEED) = 0" in lines[2]
    refused = subprocess.run(
        [*strace, "-e", "inject=syncfs:error=EIO", sys.executable, "-B", "-c", code, tmp_path],
        capture_output=True,
        text=True,
        check=True,
    )
    assert refused.stdout == "medium.io {'error': 'EIO'}\n"


def test_write_and_read(fd: int, tmp_path: Path) -> None:
    data = bytes(range(256)) * 200
    files.write_file(fd, "a", data)
    assert (tmp_path / "a").read_bytes() == data
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600
    assert files.read_past_cache(fd, "a") == data
    assert files.read_file(fd, "a") == data
    with pytest.raises(FileExistsError):
        files.write_file(fd, "a", b"")
    files.write_file(fd, "empty", b"")
    assert files.read_past_cache(fd, "empty") == b""


def test_reading_is_bounded(fd: int, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345678")
    assert files.read_file(fd, "a", 8) == b"12345678"
    with pytest.raises(OSError, match="too long") as problem:
        files.read_file(fd, "a", 7)
    assert problem.value.errno == errno.EFBIG
    os.truncate(tmp_path / "a", 2**40)  # sparse
    with pytest.raises(OSError, match="too long"):
        files.read_file(fd, "a")


def test_only_regular_files_are_read(fd: int, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "directory").mkdir()
    for name in ("link", "fifo", "directory"):
        with pytest.raises(OSError) as problem:
            files.read_file(fd, name)
        assert files.medium_error(problem.value).id == "medium.in_the_way", name


def test_links_are_not_written_through(fd: int, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "file").symlink_to("elsewhere/file")
    (tmp_path / "directory").symlink_to("elsewhere")
    with pytest.raises(FileExistsError):
        files.write_file(fd, "file", b"x")
    with pytest.raises(NotADirectoryError), files.walked(fd, ["directory"], create=True):
        pass
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_walked_makes_what_is_missing_and_leaves_nothing_open(fd: int, tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(FileNotFoundError), files.walked(fd, ["a", "b"]):
        pass
    with files.walked(fd, ["a", "b"], create=True) as inner:
        files.write_file(inner, "c", b"x")
    assert (tmp_path / "a" / "b" / "c").exists()
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o700
    assert len(os.listdir("/proc/self/fd")) == before


def test_find_name(fd: int, tmp_path: Path) -> None:
    assert files.find_name(fd, "NPKI") is None
    decomposed = unicodedata.normalize("NFD", "사과")
    for name in ("npki", "Npki", decomposed):
        (tmp_path / name).mkdir()
    assert files.find_name(fd, "NPKI") == "Npki"
    assert files.find_name(fd, "npki") == "npki"
    assert files.find_name(fd, "사과") == decomposed != "사과"


def test_remove_tree(fd: int, tmp_path: Path) -> None:
    keep = tmp_path / "keep"
    keep.mkdir()
    (keep / "file").touch()
    tree = tmp_path / "tree"
    (tree / "a" / "b").mkdir(parents=True)
    (tree / "a" / "file").touch()
    (tree / "link").symlink_to(keep)
    os.mkfifo(tree / "fifo")
    files.remove_tree(fd, "tree")
    files.remove_tree(fd, "tree")
    assert [path.name for path in tmp_path.iterdir()] == ["keep"]
    assert (keep / "file").exists()
    (tmp_path / "link").symlink_to(keep)
    files.remove_tree(fd, "link")
    assert (keep / "file").exists()


def test_remove_tree_is_bounded(fd: int, tmp_path: Path) -> None:
    (tmp_path / "deep" / "/".join("x" * 20)).mkdir(parents=True)
    with pytest.raises(OSError) as problem:
        files.remove_tree(fd, "deep")
    assert files.medium_error(problem.value).id == "medium.in_the_way"
    (tmp_path / "wide").mkdir()
    for number in range(files.TREE_ENTRIES):
        (tmp_path / "wide" / str(number)).touch()
    with pytest.raises(OSError, match="more than expected"):
        files.remove_tree(fd, "wide")
