"""`kiosk init`: on something that is there already, cut short, twice at once."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Kiosk, healthy, on, refused
from tests.conftest import TODAY
from tests.media.conftest import MountSpace, mounts, needs

__all__ = ["mounts"]

AT = ("--at", TODAY.isoformat())
ROOT = Path(__file__).parents[2]


def content(path: Path) -> dict[str, bytes]:
    return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}


def test_a_whole_state(kiosk: Kiosk, tmp_path: Path) -> None:
    state = tmp_path / "a" / "b" / "state"
    ran = kiosk("init", "--practice", "--state", state, "--center", "서울 1.센터-가", "--json")
    assert ran.status == 0
    made = ran.json()
    assert (made["state"], made["practice"], made["center"]) == (str(state), True, "서울 1.센터-가")
    assert made["arc"].startswith("2.25.")
    assert "practice" in ran.err
    assert on(state) == [
        "audit.head", "authority", "authority/audit.key", "authority/audit.pub", "authority/issuing.crt",
        "authority/issuing.key", "authority/root.crt", "authority/root.key", "authority/subscriber.key",
        "locks", "registry.db", "state.toml",
    ]  # fmt: skip
    for path in (state, *state.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0 or path.suffix in {".crt", ".pub"}, path
    healthy(kiosk, state)


def test_onto_an_existing_state(kiosk: Kiosk, state: Path) -> None:
    before = content(state)
    for words in (("--practice",), ("--practice", "--center", "Another"), ()):
        status, id_ = (1, "state.exists") if words else (4, "authority.key_needed")
        ran = kiosk("init", *words, "--state", state, "--json", at=TODAY if words else None)
        refused(ran, status, id_)
    assert content(state) == before
    healthy(kiosk, state)


@pytest.mark.parametrize("there", ["file", "folder", "database", "link"])
def test_where_something_else_is(kiosk: Kiosk, tmp_path: Path, there: str) -> None:
    path = tmp_path / "state"
    if there == "file":
        path.write_text("theirs")
    elif there == "link":
        path.symlink_to(tmp_path / "none")
    else:
        path.mkdir()
        (path / ("registry.db" if there == "database" else "사진")).write_text("theirs")
    before = on(path) if path.is_dir() else None
    refused(kiosk("init", "--practice", "--state", path, "--json"), 1, "state.occupied", path)
    assert (on(path) if path.is_dir() else None) == before
    assert there != "file" or path.read_text() == "theirs"


@pytest.mark.parametrize(
    "center",
    ["", " ", "a/b", "..", "a\tb", "a\x1b[31m", "a\u202eb", "a" * 25, " a", "a ", "a  b", "a,b", "a=b", "[b]",
     "CON:", "\udcff"],
)  # fmt: skip
def test_names_of_centres_that_cannot_be(kiosk: Kiosk, tmp_path: Path, center: str) -> None:
    ran = kiosk("init", "--practice", "--state", tmp_path / "state", "--center", center, "--json")
    refused(ran, 2, "name.center", "24")
    assert ran.err.replace("\n", "").isprintable()
    assert not (tmp_path / "state").exists()


def test_read_only_or_full_disk(kiosk: Kiosk, tmp_path: Path, mounts: MountSpace) -> None:
    """What is there of it when the disk was full goes with the next attempt."""
    disk = mounts.tmpfs(tmp_path / "disk", "size=64k")
    words = ("init", "--practice", "--state", disk / "state", "--json")
    mounts.run("mount", "-o", "remount,ro", tmp_path / "disk")
    refused(kiosk(*words), 1, "state.unwritable", disk / "state")
    assert on(disk) == []
    mounts.run("mount", "-o", "remount,rw,nr_inodes=6", tmp_path / "disk")
    refused(kiosk(*words), 6, "registry.full", disk / "state")
    mounts.run("mount", "-o", "remount,nr_inodes=4", tmp_path / "disk")
    refused(kiosk(*words), 6, "registry.full", disk / "state")
    assert not (disk / "state" / "state.toml").exists()
    refused(kiosk("doctor", "--state", disk / "state", "--json"), 2, "state.missing")


CALLS = {"mkdir": 3, "fsync": 10, "fdatasync": 10, "pwrite64": 100, "unlink": 5, "rename": 1}
"""System calls that change what lies on the disk, and how often `init` makes them."""
OFTEN = {("mkdir", 2), ("fsync", 4), ("pwrite64", 50), ("fdatasync", 2), ("rename", 1)}
POINTS = [
    pytest.param(call, when, marks=[] if (call, when) in OFTEN else [pytest.mark.long])
    for call, count in CALLS.items()
    for when in range(1, count + 1, 7 if count > 10 else 1)
]


@pytest.mark.parametrize(("call", "when"), POINTS)
def test_killed_and_done_again(kiosk: Kiosk, tmp_path: Path, call: str, when: int) -> None:
    needs("strace", present=shutil.which("strace") is not None)
    state = tmp_path / "state"
    done = subprocess.run(
        ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}",
         "-e", f"inject={call}:signal=SIGKILL:when={when}",
         sys.executable, "-B", "-m", "kiosk", "init", "--practice", "--state", state, *AT],
        cwd=ROOT, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0, "init does not make so many of these calls"
    # The marker is what makes it a state, and it comes last.
    whole = (state / "state.toml").exists()
    assert whole <= (call in {"rename", "unlink", "fsync"})
    ran = kiosk("init", "--practice", "--state", state, "--json")
    if whole:
        refused(ran, 1, "state.exists")
    else:
        assert ran.status == 0, ran.err
    assert not (state / ".init").exists()
    healthy(kiosk, state)


def test_two_at_once(kiosk: Kiosk, tmp_path: Path) -> None:
    state = tmp_path / "state"
    words = [sys.executable, "-m", "kiosk", "init", "--practice", "--state", str(state), "--json", *AT]
    both = [
        subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    ended = [(*process.communicate(timeout=60), process.returncode) for process in both]
    assert sorted(status for _, _, status in ended) == [0, 1]
    [lost] = [err for _, err, status in ended if status]
    assert "Q01" in lost
    assert not (state / ".init").exists()
    healthy(kiosk, state)
