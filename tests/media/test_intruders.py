"""What is a stranger that types or opens a way to a network, and what is not: from devices as the kernel says them."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.media import guard
from kiosk.media.guard import Guard
from kiosk.media.intruders import KEYBOARD, NETWORK, NO_PRODUCT, PRODUCT, SERIAL, Node, attached, strange

USB = "/devices/pci0000:00/0000:00:14.0/usb1"


def usb(port: str = "1-7", *interfaces: str, number: int = 5, product: str = "46d/c31c/6400") -> list[Node]:
    said = {"DEVTYPE": "usb_device", "BUSNUM": "001", "DEVNUM": f"{number:03}", "PRODUCT": product}
    return [
        Node(f"{USB}/{port}", "usb", said),
        *(
            Node(
                f"{USB}/{port}/{port}:1.{place}", "usb", {"DEVTYPE": "usb_interface", "INTERFACE": interface}
            )
            for place, interface in enumerate(interfaces)
        ),
    ]


HUB = [Node(USB, "usb", {"DEVTYPE": "usb_device", "INTERFACE": ""}), *usb("1-1", "9/0/0", number=2)]
LETTERS = "10000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe"
MOUSE = "ff0000 0 0 0 0"


@pytest.mark.parametrize(
    ("nodes", "kinds"),
    [
        (usb("1-2", "8/6/80"), set()),
        (usb("1-2", "11/0/0"), set()),
        (usb("1-2", "255/0/0"), set()),
        (usb("1-2"), set()),
        (usb("1-2", "3/1/1"), {KEYBOARD}),
        (usb("1-2", "3/1/2"), {KEYBOARD}),
        (usb("1-2", "8/6/80", "3/0/0"), {KEYBOARD}),
        (usb("1-2", "2/2/1", "10/0/0"), {SERIAL, NETWORK}),
        (usb("1-2", "2/6/0"), {NETWORK}),
        (usb("1-2", "224/1/3"), {NETWORK}),
        (usb("1-2", "239/4/1"), {NETWORK}),
        ([*usb("1-2", "255/0/0"), Node(f"{USB}/1-2/1-2:1.0/net/eth1", "net")], {NETWORK}),
        ([*usb("1-2", "255/0/0"), Node(f"{USB}/1-2/1-2:1.0/ttyUSB0/tty/ttyUSB0", "tty")], {SERIAL}),
        ([*usb("1-2", "255/0/0"), Node(f"{USB}/1-2/x/input/input9", "input", {}, LETTERS)], {KEYBOARD}),
        ([*usb("1-2", "255/0/0"), Node(f"{USB}/1-2/x/input/input9", "input", {}, MOUSE)], set()),
    ],
)
def test_what_a_device_acts_as(nodes: list[Node], kinds: set[str]) -> None:
    start = {each.identity for each in attached(HUB)}
    [device] = [each for each in attached([*reversed(nodes), *HUB]) if each.identity not in start]
    assert (device.product, device.kinds) == ("046d:c31c", kinds)
    assert bool(strange([device], start, ())) == bool(kinds)
    assert strange([device], start, {"046d:c31c"}) == ()
    assert strange([device], start, {"046d:c31d"}) == ((device,) if kinds else ())
    assert strange([device], {device.identity}, ()) == ()


@pytest.mark.parametrize(
    ("node", "product"),
    [
        (Node("/devices/virtual/net/lo", "net"), None),
        (Node("/devices/virtual/tty/tty9", "tty"), None),
        (Node("/devices/virtual/input/input3", "input", {}, LETTERS), None),
        (Node("/devices/platform/i8042/serio0/input/input1", "input",
              {"PRODUCT": "11/1/1/ab41"}, LETTERS), "0001:0001"),
        (Node("/devices/LNXSYSTM:00/LNXPWRBN:00/input/input0", "input", {}, "10000000000000 0"), None),
        (Node("/devices/virtual/misc/uhid/0005:046D:B35B.1/input/input20", "input",
              {"PRODUCT": "5/46d/b35b/11"}, LETTERS), "046d:b35b"),
        (Node(f"{USB}/1-1/1-1:1.0/bluetooth/hci0/hci0:12/0005:1/input/input7", "input", {}, LETTERS), NO_PRODUCT),
        (Node("/devices/pci0000:00/0000:01:00.0/net/enp1s0", "net", {"IFINDEX": "3"}), NO_PRODUCT),
        (Node("/devices/pnp0/00:04/tty/ttyS0", "tty"), NO_PRODUCT),
    ],
)  # fmt: skip
def test_what_is_on_no_usb(node: Node, product: str | None) -> None:
    start = {each.identity for each in attached(HUB)}
    found = strange(attached([*HUB, node]), start, ())
    assert [each.product for each in found] == ([] if product is None else [product])


def test_the_same_place_after_another_insertion_is_another() -> None:
    [before], [after] = attached(usb("1-7", "3/1/1")), attached(usb("1-7", "3/1/1", number=6))
    assert strange([after], {before.identity}, ()) == (after,)
    one, other = (Node("/devices/pci0/net/eth1", "net", {"IFINDEX": index}) for index in ("3", "4"))
    assert attached([one])[0].identity != attached([other])[0].identity


def test_what_hangs_below_another_device_is_that_ones() -> None:
    """A stranger behind a hub that was there is a stranger; a hub is none for having a keyboard behind it."""
    hub = usb("1-1", "9/0/0", number=2)
    behind = usb("1-1/1-1.4", "3/1/1", number=9)
    found = attached([*hub, *behind])
    assert [(each.identity.rpartition(" ")[2], each.kind) for each in found] == [
        ("001-002", ""), ("001-009", KEYBOARD),
    ]  # fmt: skip


WORDS = st.text(max_size=12) | st.sampled_from(
    ["3/1/1", "46d/c31c/6400", "usb_device", "9" * 30, "/devices/", LETTERS, "ffffffffffffffffffff"]
)
PATHS = st.lists(
    st.sampled_from(["devices", "virtual", "usb1", "1-2", "bluetooth", "", "\0"]), max_size=5
).map(lambda parts: "/" + "/".join(parts)) | st.text(max_size=20)
NAMES = st.sampled_from(["DEVTYPE", "INTERFACE", "PRODUCT", "BUSNUM", "DEVNUM", "IFINDEX", "X"])
NODES = st.builds(
    Node, PATHS, st.sampled_from(["usb", "input", "net", "tty", "else"]), st.dictionaries(NAMES, WORDS), WORDS
)


@given(st.lists(NODES, max_size=8), st.sets(WORDS, max_size=3), st.sets(WORDS, max_size=3))
def test_whatever_devices_say_it_is_judged(nodes: list[Node], start: set[str], allowed: set[str]) -> None:
    found = attached(nodes)
    for each in found:
        assert each.product == NO_PRODUCT or PRODUCT.fullmatch(each.product)
        assert each.kinds <= {KEYBOARD, NETWORK, SERIAL}
    for each in strange(found, start, allowed):
        assert each.kinds
        assert each.identity not in start
    assert strange(found, {each.identity for each in found}, ()) == ()


Closing = Callable[[Guard], Guard]


@pytest.fixture
def closing() -> Iterator[Closing]:
    with ExitStack() as stack:
        yield stack.enter_context


@pytest.fixture
def sysfs(tmp_path: Path) -> Path:
    for place in guard.PLACES.values():
        (tmp_path / place).mkdir(parents=True)
    return tmp_path


def plug(sysfs: Path, place: str, path: str, said: str | bytes, keys: str | None = None) -> None:
    device = sysfs / "devices" / path
    (device / "capabilities").mkdir(parents=True)
    (device / "uevent").write_bytes(said if isinstance(said, bytes) else said.encode())
    if keys is not None:
        (device / "capabilities" / "key").write_text(keys + "\n")
    link = sysfs / place / device.name
    link.symlink_to(os.path.relpath(device, link.parent))


def test_the_kernel_s_files_are_read(sysfs: Path, closing: Closing) -> None:
    plug(
        sysfs,
        "bus/usb/devices",
        "pci0/usb1/1-2",
        "DEVTYPE=usb_device\nPRODUCT=46d/1/2\nBUSNUM=001\nDEVNUM=009\n",
    )
    watch = closing(Guard(sysfs=sysfs))
    assert watch.strange() == ()
    plug(sysfs, "class/input", "platform/i8042/input/input4", 'PRODUCT=11/1/1/ab41\nNAME="x=y"\n', LETTERS)
    plug(sysfs, "class/input", "platform/i8042/input/event4", "MAJOR=13\n")
    plug(sysfs, "class/net", "pci0/net/eth0", b"IFINDEX=2\nX=\xff\xfe\n\0")
    plug(sysfs, "class/net", "virtual/net/docker0", "IFINDEX=3\n")
    plug(sysfs, "bus/usb/devices", "pci0/usb1/1-2/1-2:1.0", "INTERFACE=3/1/1\n")
    (sysfs / "class/net/bonding_masters").write_text("")
    found = {(each.product, each.kind) for each in watch.strange()}
    assert found == {("0001:0001", KEYBOARD), (NO_PRODUCT, NETWORK)}
    assert closing(Guard(sysfs=sysfs)).strange() == ()


def test_what_left_is_a_stranger_when_it_is_back(sysfs: Path, closing: Closing) -> None:
    """Even where the kernel gives it the number that it had."""
    link = sysfs / "bus/usb/devices/1-2"
    plug(
        sysfs,
        "bus/usb/devices",
        "pci0/usb1/1-2",
        "DEVTYPE=usb_device\nPRODUCT=46d/1/2\nBUSNUM=001\nDEVNUM=009\n",
    )
    plug(sysfs, "bus/usb/devices", "pci0/usb1/1-2/1-2:1.0", "INTERFACE=3/1/1\n")
    watch, lenient = closing(Guard(sysfs=sysfs)), closing(Guard({"046d:0001"}, sysfs))
    target = link.readlink()
    link.unlink()
    assert watch.strange() == lenient.strange() == ()
    link.symlink_to(target)
    assert [each.product for each in watch.strange()] == ["046d:0001"]
    assert lenient.strange() == ()


def test_without_the_kernel_s_files_nothing_is_strange(tmp_path: Path, closing: Closing) -> None:
    assert closing(Guard(sysfs=tmp_path / "none")).strange() == ()
