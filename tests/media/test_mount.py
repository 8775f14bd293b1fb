"""Sticks are mounted and let go by a real udisksd, on a real system bus, with real filesystems on loop devices."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import TODAY
from tests.media import udisks
from tests.media.conftest import needs
from tests.media.udisks import KIOSK, ROOT, Machine

CALL = """
import asyncio, json, sys
from pathlib import Path
from kiosk.errors import KioskError
from kiosk.media import mount
try:
    more = {"read_only": True} if sys.argv[3:] else {}
    answer = asyncio.run(getattr(mount, sys.argv[1])(Path(sys.argv[2]), **more))
    print(json.dumps(answer[0] if isinstance(answer, tuple) else answer, default=str))
except KioskError as error:
    print(json.dumps({"error": error.id}))
"""

HELD = """
import asyncio, os, sys
from dataclasses import replace
from pathlib import Path
from kiosk.media import held
from tests.media.sticks import STICK
stick, kept = replace(STICK, node=Path(sys.argv[2])), held.Held(Path(sys.argv[3]))
kept.see([stick])
if sys.argv[1] == "killed":
    held.AGAIN |= {"medium.gone": 400}
    refused = Path(sys.argv[3]).with_name("refused")
    print(asyncio.run(kept.mount(stick, lambda: refused.touch() is None)), flush=True)
    os.kill(os.getpid(), 9)
asyncio.run(kept.close())
"""


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    absent = udisks.missing()
    needs(f"udisks2 ({absent})", present=absent is None)
    machine = Machine(tmp_path_factory.mktemp("machine"))
    yield machine
    machine.close()


def asks(machine: Machine, verb: str, node: Path, *more: str, user: int | None = None) -> object:
    status, said = machine.python(CALL, verb, node, *more, user=user)
    assert status == 0, said
    return json.loads(said)


def mounts(machine: Machine, node: Path) -> list[list[str]]:
    """The lines of the mount table with this node, in words."""
    lines = machine.does("cat", "/proc/self/mountinfo").splitlines()
    return [line.split() for line in lines if f" {node} " in line]


def test_mounted_and_let_go(machine: Machine) -> None:
    node = machine.disk("usual", 8, make="mkfs.ext4 -q -F -L 내스틱")
    place = asks(machine, "mount", node)
    [line] = mounts(machine, node)
    assert line[4] == place
    assert {"nosuid", "nodev", "noexec"} <= set(line[5].split(","))
    assert str(place).endswith("/내스틱")
    # Once more: it is used where it is.
    assert asks(machine, "mount", node) == place
    assert len(mounts(machine, node)) == 1
    machine.does("sh", "-c", f"echo good > {place}/file")
    assert asks(machine, "let_go", node) is False, "a loop device has no power to switch off"
    assert mounts(machine, node) == []
    assert asks(machine, "let_go", node) is False, "nothing left to do"
    machine.removes(node)
    assert machine.run("e2fsck", "-fn", machine.directory / "usual")[0] == 0
    assert machine.does("debugfs", "-R", "cat /file", machine.directory / "usual") == "good\n"


def test_a_certificate_is_on_the_disk_when_it_is_let_go(
    machine: Machine, state: Path, write_answers: Callable[..., Path], tmp_path: Path
) -> None:
    node = machine.disk("issued", 8)
    place = asks(machine, "mount", node)
    words = (
        "issue",
        "--state",
        state,
        "--answers",
        write_answers(),
        "--medium",
        place,
        "--at",
        TODAY.isoformat(),
    )
    status, said = machine.python("from kiosk.cli import main; main()", *words)
    assert status == 0, said
    machine.does("cp", "-a", f"{place}/NPKI", tmp_path / "proved")
    asks(machine, "let_go", node)
    machine.removes(node)
    image = machine.directory / "issued"
    assert machine.run("e2fsck", "-fn", image)[0] == 0
    machine.does("debugfs", "-R", f"rdump /NPKI {tmp_path}", image)
    on_disk, proved = (
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in (tmp_path / "NPKI", tmp_path / "proved")
    )
    assert on_disk == proved
    assert {path.name for path in on_disk} == {"signCert.der", "signPri.key"}


def test_what_is_mounted_elsewhere_is_used_there(machine: Machine) -> None:
    node = machine.disk("elsewhere", 8)
    machine.does("mkdir", "-p", "/media/desktop")
    machine.does("mount", node, "/media/desktop")
    assert asks(machine, "mount", node) == "/media/desktop"
    assert asks(machine, "unmount", node) is None
    assert mounts(machine, node) == []
    machine.removes(node)


def test_what_a_killed_visit_left_mounted(machine: Machine, tmp_path: Path) -> None:
    """The next visit lets it go, and leaves what somebody else has mounted."""
    ours, theirs = machine.disk("ours", 8), machine.disk("theirs", 8)
    machine.does("mkdir", "-p", "/media/desktop")
    machine.does("mount", theirs, "/media/desktop")
    for node in (ours, theirs):
        marks = tmp_path / node.name
        status, said = machine.python(HELD, "killed", node, marks)
        assert (status, said.splitlines()[0]) == (137, "None"), said
        assert len(mounts(machine, node)) == 1
        assert len(list(marks.iterdir())) == (1 if node == ours else 0)
        assert machine.python(HELD, "next", node, marks) == (0, "")
        assert len(mounts(machine, node)) == (0 if node == ours else 1)
        assert list(marks.iterdir()) == []
    machine.does("umount", "/media/desktop")
    machine.removes(ours)
    machine.removes(theirs)


def test_mounted_once_udisks_knows_it(machine: Machine, tmp_path: Path) -> None:
    """udev has told of the stick, and udisks2 has not heard of it yet."""
    node = Path(machine.does("losetup", "--find").strip())
    words = ["env", f"PYTHONPATH={ROOT}", sys.executable, "-c", HELD, "killed", node, tmp_path / "marks"]
    pid = machine.starts(*words)
    machine.waits(f"test -e {tmp_path}/refused")
    assert machine.disk("late", 8) == node
    machine.waits(f"! kill -0 {pid} 2>/dev/null || grep -q 'State:.Z' /proc/{pid}/status")
    assert len(mounts(machine, node)) == 1
    asks(machine, "let_go", node)
    machine.removes(node)


def test_a_write_protected_one(machine: Machine) -> None:
    node = machine.disk("protected", 8)
    machine.removes(node)
    node = machine.disk("protected", 8, read_only=True)
    place = asks(machine, "mount", node)
    assert mounts(machine, node)[0][5].startswith("ro,")
    assert machine.run("touch", f"{place}/file")[0] != 0
    asks(machine, "let_go", node)
    machine.removes(node)


def test_one_that_is_only_read(machine: Machine) -> None:
    """Its device takes writes; nothing of it is changed."""
    node = machine.disk("only-read", 8)
    before = (machine.directory / "only-read").read_bytes()
    place = asks(machine, "mount", node, "read-only")
    assert {"ro", "nosuid", "nodev", "noexec"} <= set(mounts(machine, node)[0][5].split(","))
    assert machine.run("touch", f"{place}/file")[0] != 0
    asks(machine, "let_go", node)
    machine.removes(node)
    assert (machine.directory / "only-read").read_bytes() == before


def test_while_somebody_uses_it(machine: Machine) -> None:
    node = machine.disk("used", 8)
    place = asks(machine, "mount", node)
    pid = machine.starts("sh", "-c", f"exec sleep 60 > {place}/open")
    machine.waits(f"test -e {place}/open")
    assert asks(machine, "let_go", node) == {"error": "mount.busy"}
    assert len(mounts(machine, node)) == 1
    machine.does("kill", pid)
    machine.waits(f"! kill -0 {pid} 2>/dev/null || grep -q 'State:.Z' /proc/{pid}/status")
    assert asks(machine, "let_go", node) is False
    assert mounts(machine, node) == []
    machine.removes(node)


def test_a_damaged_filesystem(machine: Machine) -> None:
    node = machine.disk("damaged", 8)
    machine.removes(node)
    image = machine.directory / "damaged"
    with image.open("r+b") as file:
        # The group descriptors: what the superblock says is still an ext4, and cannot be.
        block = 1024
        file.seek(2 * block)
        file.write(b"\xff" * block)
    node = machine.disk("damaged", 8)
    assert asks(machine, "mount", node) == {"error": "mount.failed"}
    assert mounts(machine, node) == []
    machine.removes(node)


def test_nothing_that_could_be_mounted(machine: Machine) -> None:
    node = machine.disk("empty", 8, make="")
    assert asks(machine, "mount", node) == {"error": "medium.gone"}
    assert asks(machine, "let_go", node) is False
    machine.removes(node)
    assert asks(machine, "mount", Path("/dev/none")) == {"error": "medium.gone"}


def test_only_disks_on_usb_are_the_kiosks(machine: Machine) -> None:
    """A loop device is none: the rule of `data/system` leaves it alone, and nobody else lets the kiosk."""
    node = machine.disk("internal", 8)
    assert asks(machine, "mount", node, user=KIOSK) == {"error": "mount.denied"}
    place = asks(machine, "mount", node)
    assert asks(machine, "let_go", node, user=KIOSK) == {"error": "mount.denied"}
    assert mounts(machine, node)[0][4] == place
    asks(machine, "let_go", node)
    machine.removes(node)


@pytest.mark.parametrize(
    ("user", "action", "bus", "allowed"),
    [
        (KIOSK, "filesystem-mount", "usb", True),
        (KIOSK, "filesystem-mount-other-seat", "usb", True),
        (KIOSK, "filesystem-unmount-others", "usb", True),
        (KIOSK, "power-off-drive", "usb", True),
        (KIOSK, "filesystem-mount", "", False),
        (KIOSK, "modify-device", "usb", False),
        (KIOSK, "filesystem-mount-system", "usb", False),
        (KIOSK + 1, "filesystem-mount-other-seat", "usb", False),
    ],
)
def test_the_rule_for_polkit(machine: Machine, user: int, action: str, bus: str, *, allowed: bool) -> None:
    """As polkit reads it: what udisks2 asks for a process of this user and a drive on this bus."""
    pid = machine.starts("setpriv", f"--reuid={user}", "--clear-groups", "sleep", "60")
    machine.waits(f"grep -q 'Uid:.{user}' /proc/{pid}/status")
    status, said = machine.run(
        "pkcheck", "--action-id", f"org.freedesktop.udisks2.{action}", "--process", pid,
        "--detail", "drive.removable.bus", bus,
    )  # fmt: skip
    assert (status == 0) == allowed, said
    machine.does("kill", pid)


@pytest.mark.parametrize("address", ["unix:path=/run/none", "nonsense", ""])
def test_no_bus(machine: Machine, address: str) -> None:
    code = f"import os; os.environ['DBUS_SYSTEM_BUS_ADDRESS'] = {address!r}\n" + CALL
    status, said = machine.python(code, "mount", "/dev/loop0")
    assert (status, json.loads(said)) == (0, {"error": "mount.service"})


def test_a_bus_without_udisks(machine: Machine) -> None:
    other = machine.directory / "other.conf"
    other.write_text((machine.directory / "bus.conf").read_text().replace("/run/bus", "/run/other"))
    machine.starts("dbus-daemon", f"--config-file={other}", "--nofork", "--nopidfile")
    machine.waits("test -S /run/other")
    code = "import os; os.environ['DBUS_SYSTEM_BUS_ADDRESS'] = 'unix:path=/run/other'\n" + CALL
    status, said = machine.python(code, "let_go", "/dev/loop0")
    assert (status, json.loads(said)) == (0, {"error": "mount.service"})
