"""What udev says of devices, and what that makes them: no device, no udev, only text."""

import dataclasses
import unicodedata
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.errors import TABLE
from kiosk.i18n import visible
from kiosk.media.described import (
    ATTRIBUTES,
    BOOT_PARTITIONS,
    NO_FILES,
    PROPERTIES,
    Device,
    decoded,
    number,
    snapshot_of,
)
from kiosk.media.present import EMPTY_TABLE, READ, Reader, Snapshot, Stick

STICK = Stick(
    node=Path("/dev/sdb1"), disk=Path("/dev/sdb"), name="SanDisk", serial="S1", insertion="7", partition=1,
    filesystem="vfat", usage="filesystem", uuid="ABE9-1F0A", label="NPKI", size=1 << 30, read_only=False,
    usb="/sys/usb1/1-2",
)  # fmt: skip
FAT = {"ID_FS_TYPE": "vfat", "ID_FS_USAGE": "filesystem"}
DISK = {"ID_BUS": "usb", "ID_SERIAL": "Maker_Model_1", "DEVNAME": "/dev/sdb", "MAJOR": "8", "MINOR": "16"}


def disk(
    properties: Mapping[str, str] = {}, *, path: str = "/sys/usb1/1-2/sdb", usb: str = "/sys/usb1/1-2",
    **attributes: str,
) -> Device:  # fmt: skip
    return Device(path, "disk", usb, {**DISK, **properties}, {"size": "4096", **attributes})


def partition(number: int, properties: Mapping[str, str] = {}, **attributes: str) -> Device:
    known = {"ID_BUS": "usb", "DEVNAME": f"/dev/sdb{number}", "MAJOR": "8", "MINOR": f"{16 + number}"}
    return Device(
        f"/sys/usb1/1-2/sdb/sdb{number}", "partition", "/sys/usb1/1-2", {**known, **properties},
        {"size": "2048", "partition": str(number), **attributes},
    )  # fmt: skip


def harmless(text: str) -> bool:
    """Whether nothing in a text acts on a terminal, or is no text."""
    return not {unicodedata.category(char) for char in text} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def places(*devices: Device) -> list[int]:
    return [stick.partition for stick in snapshot_of(devices).sticks]


# -- what a stick says of itself


@pytest.mark.parametrize(
    ("filesystem", "usage", "problem", "written"),
    [
        ("vfat", "filesystem", None, True),
        ("exfat", "filesystem", None, True),
        ("ext4", "filesystem", None, True),
        ("ntfs", "filesystem", "medium.readable", False),
        ("iso9660", "filesystem", "medium.readable", False),
        ("udf", "filesystem", "medium.readable", False),
        ("xfs", "filesystem", "medium.readable", False),
        ("btrfs", "filesystem", "medium.readable", False),
        ("crypto_LUKS", "crypto", "medium.encrypted", False),
        ("BitLocker", "crypto", "medium.encrypted", False),
        ("some_other", "crypto", "medium.encrypted", False),
        ("", "", "medium.unformatted", False),
        ("hfsplus", "filesystem", "medium.filesystem", False),
        ("apfs", "filesystem", "medium.filesystem", False),
        ("linux_raid_member", "raid", "medium.filesystem", False),
        ("LVM2_member", "raid", "medium.filesystem", False),
        ("", "unknown", "medium.filesystem", False),
    ],
)
def test_kinds_of_filesystems(filesystem: str, usage: str, problem: str | None, written: bool) -> None:
    stick = dataclasses.replace(STICK, filesystem=filesystem, usage=usage)
    assert (stick.problem, stick.writable_kind) == (problem, written)
    assert problem is None or problem in TABLE
    locked = dataclasses.replace(stick, read_only=True)
    # The lock is said where it is all that is wrong.
    assert locked.problem == (problem or "medium.readonly")
    assert written <= (filesystem in READ)


def test_identity_is_of_this_insertion() -> None:
    again = dataclasses.replace(STICK, insertion="8")
    assert again.identity != STICK.identity
    assert again.lasting_identity == STICK.lasting_identity
    for change in ({"serial": "S2"}, {"uuid": "0000-0000"}, {"partition": 2}):
        other = dataclasses.replace(STICK, **change)  # type: ignore[arg-type]
        assert other.identity != STICK.identity
        assert other.lasting_identity != STICK.lasting_identity
    moved = dataclasses.replace(STICK, node=Path("/dev/sdc1"), usb="/sys/usb1/1-3", label="other")
    assert moved.identity == STICK.identity


@given(st.tuples(*[st.text(st.characters(), max_size=6)] * 3), st.tuples(*[st.text(max_size=6)] * 3))
def test_different_sticks_never_have_one_identity(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    def identity(parts: tuple[str, ...]) -> str:
        serial, uuid, insertion = parts
        return dataclasses.replace(STICK, serial=serial, uuid=uuid, insertion=insertion).identity

    assert (identity(one) == identity(other)) == (one == other)
    assert identity(one).isascii()
    assert identity(one).isprintable()


def test_a_slash_does_not_move_the_border_between_parts() -> None:
    one = dataclasses.replace(STICK, serial="a/b", uuid="c")
    other = dataclasses.replace(STICK, serial="a", uuid="b/c")
    assert one.identity != other.identity


# -- which devices are offered


def test_partitions_and_not_their_disk() -> None:
    both = places(partition(2, FAT), disk({"ID_PART_TABLE_TYPE": "dos"}), partition(1, FAT))
    assert both == [1, 2]
    assert places(disk(FAT)) == [0]
    assert places(disk()) == [0]


def test_a_table_without_partitions_is_an_unformatted_stick() -> None:
    for kind in ("gpt", "dos"):
        [stick] = snapshot_of([disk({"ID_PART_TABLE_TYPE": kind})]).sticks
        assert (stick.partition, stick.problem, stick.usage) == (0, "medium.unformatted", EMPTY_TABLE)
    # FAT over the whole disk, whose first sector can be taken for a table.
    assert places(disk({"ID_PART_TABLE_TYPE": "dos", **FAT})) == [0]


def test_an_image_for_optical_discs_on_a_stick_is_its_partitions() -> None:
    image = {"ID_FS_TYPE": "iso9660", "ID_FS_USAGE": "filesystem"}
    whole = disk({"ID_PART_TABLE_TYPE": "dos", **image})
    assert places(whole, partition(1, image), partition(2, {**FAT, "ID_PART_ENTRY_TYPE": "0xef"})) == [1]


@pytest.mark.parametrize("kind", sorted(NO_FILES))
def test_what_holds_no_files_is_not_offered(kind: str) -> None:
    hidden = partition(1, {"ID_PART_ENTRY_TYPE": kind.upper()})
    assert places(disk(), hidden, partition(2, FAT)) == [2]
    assert places(disk(), hidden) == []


def test_swap_is_not_offered() -> None:
    swap = {"ID_FS_TYPE": "swap", "ID_FS_USAGE": "other"}
    assert places(disk(), partition(1, swap), partition(2, FAT)) == [2]


@pytest.mark.parametrize("kind", sorted(BOOT_PARTITIONS))
def test_a_boot_partition_is_offered_when_it_is_all_there_is(kind: str) -> None:
    boot = partition(1, {**FAT, "ID_PART_ENTRY_TYPE": kind})
    assert places(disk(), boot, partition(2, FAT)) == [2]
    assert places(disk(), boot, partition(2)) == [2]
    assert places(disk(), boot) == [1]
    assert places(disk(), partition(1, {"ID_PART_ENTRY_TYPE": kind})) == []
    # Not while the rest is still to come.
    assert places(disk(), boot, Device("/sys/usb1/1-2/sdb/sdb2", "partition", "/sys/usb1/1-2")) == []


def test_nothing_before_udev_has_looked() -> None:
    bare = {"DEVNAME": "/dev/sdb", "MAJOR": "8", "MINOR": "16", "DISKSEQ": "5"}
    assert places(Device("/sys/usb1/1-2/sdb", "disk", "/sys/usb1/1-2", bare, {"size": "4096"})) == []
    unseen = Device("/sys/usb1/1-2/sdb/sdb1", "partition", "/sys/usb1/1-2", {"PARTN": "1"}, {"size": "2048"})
    assert places(disk(FAT), unseen) == []


def test_slots_without_a_card_discs_and_disks_inside_are_nothing() -> None:
    assert places(disk(size="0")) == []
    assert places(disk(size="")) == []
    assert places(disk({"ID_CDROM": "1", **FAT})) == []
    assert places(disk(FAT, usb="", removable="1")) == []
    assert places(disk({"UDISKS_IGNORE": "1", **FAT})) == []
    assert places(disk(), partition(1, {"UDISKS_IGNORE": "1", **FAT}), partition(2, FAT)) == [2]
    assert places(disk(), partition(1, FAT, size="0"), partition(2, FAT)) == [2]


def test_the_disk_that_this_machine_runs_from_is_nothing() -> None:
    devices = [disk(), partition(1, FAT), partition(2, {"ID_FS_TYPE": "ext4"})]
    assert len(snapshot_of(devices).sticks) == 2
    assert snapshot_of(devices, {"8:18"}).sticks == ()
    assert len(snapshot_of(devices, {"8:2"}).sticks) == 2
    assert snapshot_of([disk(FAT)], {"8:16"}).sticks == ()


def test_several_signatures_are_not_an_unformatted_stick() -> None:
    [stick] = snapshot_of([disk({"ID_FS_AMBIVALENT": "filesystem:ext4:1.0 filesystem:vfat:FAT32"})]).sticks
    assert stick.problem == "medium.filesystem"


# -- what is said of them


def test_a_stick_has_what_udev_says() -> None:
    whole = disk(
        {
            "ID_SERIAL_SHORT": "S1", "ID_VENDOR_ENC": r"SanDisk\x20", "ID_MODEL_ENC": r"Cruzer\x20\x20Blade\x20",
            "DISKSEQ": "11", "ID_PART_TABLE_TYPE": "dos",
        },
        diskseq="12\n",
    )  # fmt: skip
    said = {**FAT, "ID_FS_UUID": "ABE9-1F0A", "ID_FS_LABEL": "A_B", "ID_FS_LABEL_ENC": r"A\x20B"}
    [stick] = snapshot_of([whole, partition(1, said, ro="1\n", size="2048\n")]).sticks
    assert stick == Stick(
        node=Path("/dev/sdb1"), disk=Path("/dev/sdb"), name="SanDisk Cruzer Blade", serial="S1",
        insertion="12", partition=1, filesystem="vfat", usage="filesystem", uuid="ABE9-1F0A", label="A B",
        size=1 << 20, read_only=True, usb="/sys/usb1/1-2", number="8:17",
    )  # fmt: skip


def test_the_insertion_on_kernels_of_every_age() -> None:
    def insertion(device: Device) -> str:
        return snapshot_of([device]).sticks[0].insertion

    assert insertion(disk({"DISKSEQ": "11", "USEC_INITIALIZED": "5"}, diskseq="12")) == "12"
    assert insertion(disk({"DISKSEQ": "11", "USEC_INITIALIZED": "5"})) == "11"
    assert insertion(disk({"USEC_INITIALIZED": "5"})) == "5"


@pytest.mark.parametrize(
    ("properties", "name"),
    [
        ({"ID_VENDOR": "SanDisk", "ID_MODEL": "Cruzer_Blade"}, "SanDisk Cruzer Blade"),
        ({"ID_VENDOR": "Samsung", "ID_MODEL": "SAMSUNG_Flash"}, "SAMSUNG Flash"),
        ({"ID_VENDOR": "0781", "ID_VENDOR_ID": "0781", "ID_MODEL": "Stick"}, "Stick"),
        (
            {"ID_VENDOR": "0781", "ID_VENDOR_ID": "0781", "ID_VENDOR_FROM_DATABASE": "SanDisk Corp."},
            "SanDisk Corp.",
        ),
        ({"ID_VENDOR": "Maker"}, "Maker"),
        ({"ID_MODEL_ENC": r"\x20\x20"}, ""),
        ({}, ""),
    ],
)
def test_names_to_be_read(properties: dict[str, str], name: str) -> None:
    [stick] = snapshot_of([disk(properties)]).sticks
    assert stick.name == name


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("plain", "plain"),
        (r"A\x20B\x5cC", "A B\\C"),
        (r"\xed\x99\x8d", "홍"),
        ("홍\\x20길동", "홍 길동"),
        (r"\xc8\xab\xb1\xe6\xb5\xbf", "홍길동"),  # as Windows writes it into FAT
        (r"\xff\xfe", "\udcff\udcfe"),
        (r"\x1b]0;x\x07", "\x1b]0;x\x07"),
        (r"\x2", r"\x2"),
        (r"\x5cx41", r"\x41"),  # undone once
        ("", ""),
    ],
)
def test_escapes_of_udev(text: str, meant: str) -> None:
    assert decoded(text) == meant
    assert harmless(visible(decoded(text)))


@given(st.binary(max_size=40))
def test_every_label_comes_back_from_its_escapes(label: bytes) -> None:
    text = decoded("".join(f"\\x{byte:02x}" for byte in label))
    assert label in {text.encode("utf-8", "surrogateescape"), text.encode("cp949", "replace")}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        (" 7\n", 7),
        ("", 0),
        ("-1", 0),
        ("1e3", 0),
        ("٣", 0),
        ("²", 0),
        ("9" * 5000, 0),
        ("0x10", 0),
    ],
)
def test_numbers(text: str, value: int) -> None:
    assert number(text) == value


def test_readers_are_found_by_their_interface() -> None:
    def reader(interfaces: str, devnum: str = "005", path: str = "/sys/usb1/1-4") -> Device:
        said = {
            "ID_USB_INTERFACES": interfaces, "ID_VENDOR": "Feitian", "ID_MODEL": "ePass2003", "BUSNUM": "001",
            "ID_VENDOR_ID": "096e", "ID_MODEL_ID": "0807", "ID_SERIAL_SHORT": "T1", "DEVNUM": devnum,
            "USEC_INITIALIZED": devnum,
        }  # fmt: skip
        return Device(path, "usb_device", path, said)

    first = Reader("/sys/usb1/1-4", "096e", "0807", "T1", "Feitian ePass2003", "1-5")
    assert snapshot_of([reader(":0b0000:")]) == Snapshot((), (first,))
    assert snapshot_of([reader(":080650:0B0000:")]).readers == (first,)
    assert snapshot_of([reader(":080650:"), reader(":030b01:"), reader("")]) == Snapshot()
    both = snapshot_of([reader(":0b0000:", "012", "/sys/usb1/1-3"), reader(":0b0000:")]).readers
    assert [each.usb for each in both] == ["/sys/usb1/1-4", "/sys/usb1/1-3"]


def test_the_order_is_that_of_insertion() -> None:
    def numbered(name: str, sequence: str) -> Device:
        return disk({"DEVNAME": f"/dev/{name}"}, path=f"/sys/{name}", diskseq=sequence)

    devices = [numbered("sdb", "10"), numbered("sdc", "9"), numbered("sdd", "100")]
    for turned in (devices, devices[::-1]):
        assert [stick.disk.name for stick in snapshot_of(turned).sticks] == ["sdc", "sdb", "sdd"]


# -- whatever a device says

ANY = st.text(st.characters(), max_size=30)
LIKELY = st.sampled_from(
    ["1", "0", "vfat", "crypto", ":0b0000:", "0xef", "0x5", r"\xff\x00", "/dev/sdb", "\0", "9" * 30, ""]
)
VALUES = ANY | LIKELY
DEVICES = st.builds(
    Device,
    path=st.sampled_from(["/sys/a", "/sys/a/b", "/sys/a/c", "", "x"]) | ANY,
    kind=st.sampled_from(["disk", "partition", "usb_device", ""]),
    usb=st.sampled_from(["/sys/usb1/1-2", ""]),
    properties=st.dictionaries(
        st.sampled_from(sorted({name for names in PROPERTIES.values() for name in names})), VALUES
    ),
    attributes=st.dictionaries(st.sampled_from(ATTRIBUTES), VALUES | st.just("4096")),
)


@given(st.lists(DEVICES, max_size=6))
def test_nothing_that_a_device_says_can_raise(devices: list[Device]) -> None:
    snapshot = snapshot_of(devices)
    assert len(snapshot.sticks) <= len(devices)
    for stick in snapshot.sticks:
        assert stick.problem is None or stick.problem in TABLE
        assert stick.size > 0
        assert stick.usb
        assert stick.identity.isascii()
        assert harmless(visible(stick.label + stick.name + stick.serial))
        assert "\0" not in str(stick.node)
    for reader in snapshot.readers:
        assert harmless(visible(reader.name))
    # Two looks at the same, in whatever order, are equal: else the screen would flicker.
    distinct = len({device.path for device in devices}) == len(devices)
    assert not distinct or snapshot_of(devices[::-1]) == snapshot
