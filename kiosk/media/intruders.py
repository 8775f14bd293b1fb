"""What is plugged in that types, talks to a network or is a serial line, and what of it nobody expected.

Pure, and never raises, whatever a device says of itself. The unit is one USB device in one insertion: a stick that
is a keyboard too is one thing, and the wireless keyboard of a receiver that was there belongs to the receiver.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

KEYBOARD, NETWORK, SERIAL = "keyboard", "network", "serial"
NO_PRODUCT = "-"
PRODUCT = re.compile(r"[0-9a-f]{4}:[0-9a-f]{4}", re.ASCII)
"""Vendor and product, as they stand in the allow list."""
MADE_HERE = "/devices/virtual/"
"""Where the kernel keeps what programs of this machine made."""
OVER_THE_AIR = MADE_HERE + "misc/uhid/"
"""But for this: keyboards over Bluetooth."""
RADIO = "/bluetooth/"
"""What is behind the radio is no part of the USB device that the radio is in."""
TYPES = 0xFFFF_FFFE
"""The first keys that the kernel knows: Esc, digits, letters, Enter. Mice, lids and buttons have none of them."""
_SAID = re.compile(r"([0-9a-f]{1,4})/([0-9a-f]{1,4})/", re.ASCII)
_SAID_WITH_BUS = re.compile(r"[0-9a-f]{1,4}/([0-9a-f]{1,4})/([0-9a-f]{1,4})/", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,20}", re.ASCII)


@dataclass(frozen=True)
class Node:
    """One device as the kernel has it."""

    path: str
    """In sysfs, from "/devices/" on."""
    subsystem: str
    """usb, input, net or tty."""
    said: Mapping[str, str] = field(default_factory=dict)
    """Its `uevent`."""
    keys: str = ""
    """The keys that an input device has, as the kernel writes them: hexadecimal words, the first keys last."""

    def __getitem__(self, name: str) -> str:
        return self.said.get(name, "")


@dataclass(frozen=True)
class Attached:
    """One thing that is plugged in."""

    identity: str
    """It, in this insertion."""
    product: str
    """Vendor and product, "096e:0807", or `NO_PRODUCT`."""
    kinds: frozenset[str]
    """What it acts as; empty for a stick."""

    @property
    def kind(self) -> str:
        """Give all kinds in one word."""
        return ".".join(sorted(self.kinds))


def attached(nodes: Iterable[Node]) -> tuple[Attached, ...]:
    """Give what is plugged in, from all devices of the four subsystems in any order."""
    nodes = tuple(nodes)
    usb = {node.path: node for node in nodes if node.subsystem == "usb" and node["DEVTYPE"] == "usb_device"}
    kinds: dict[str, set[str]] = {path: set() for path in usb}
    found = []
    for node in nodes:
        kind, above = _kind(node), _above(node.path, usb)
        if kind and above:
            kinds[above].add(kind)
        elif kind and _alone(node):
            # The name of a network device is given anew to the next one, its index is not.
            identity = f"{node.path} {node['IFINDEX']}"
            found.append(Attached(identity, _product(node, _SAID_WITH_BUS), frozenset({kind})))
    for path, node in usb.items():
        identity = f"{path} {node['BUSNUM']}-{node['DEVNUM']}"
        found.append(Attached(identity, _product(node, _SAID), frozenset(kinds[path])))
    return tuple(sorted(found, key=lambda each: each.identity))


def strange(
    now: Iterable[Attached], start: Collection[str], allowed: Collection[str]
) -> tuple[Attached, ...]:
    """Give what does more than a stick does, was not there at the start (identities) and is not allowed (products)."""
    return tuple(
        each for each in now if each.kinds and each.identity not in start and each.product not in allowed
    )


def _alone(node: Node) -> bool:
    """Whether it can be there without a USB device. Part of one that just left cannot, nor what a program made."""
    made_here = node.path.startswith(MADE_HERE) and not node.path.startswith(OVER_THE_AIR)
    return node.subsystem != "usb" and not made_here


def _above(path: str, usb: Collection[str]) -> str:
    """Give the nearest USB device that the device at `path` is or hangs below; empty when none."""
    if RADIO in path:
        return ""
    while path and path not in usb:
        path = path.rpartition("/")[0]
    return path


def _kind(node: Node) -> str:
    match node.subsystem:
        case "usb":
            return _interface(node["INTERFACE"])
        case "input":
            return KEYBOARD if _types(node.keys) else ""
        case "net":
            return NETWORK
        case "tty":
            return SERIAL
    return ""


def _interface(said: str) -> str:
    """Judge a USB interface by "class/subclass/protocol", in decimal. Others need a driver: its device is seen."""
    class_, subclass = ([_number(part) for part in said.split("/")] + [-1, -1])[:2]
    match class_, subclass:
        case 0x03, _:
            # A mouse too: one device is as quickly made as the other.
            return KEYBOARD
        case 0x02, 0x02 | 0x01:
            return SERIAL
        case (0x02, _) | (0x0A, _) | (0xE0, _) | (0xEF, 0x04):
            return NETWORK
    return ""


def _types(keys: str) -> bool:
    try:
        return bool(int(keys.split()[-1][-16:], 16) & TYPES)
    except (ValueError, IndexError):
        return False


def _product(node: Node, form: re.Pattern[str]) -> str:
    found = form.match(node["PRODUCT"].lower())
    return f"{found[1]:0>4}:{found[2]:0>4}" if found else NO_PRODUCT


def _number(text: str) -> int:
    return int(text) if _NUMBER.fullmatch(text) else -1
