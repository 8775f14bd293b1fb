"""Sticks are mounted and let go by udisks2, over the system's message bus.

This is the one file that speaks D-Bus. The interfaces (Manager, Block, Filesystem, Drive) are those of udisks2's
reference manual; the kiosk needs no rights of its own but the polkit rule in `data/system`.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from dbus_fast import BusType, DBusError, ErrorType, Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from kiosk import log
from kiosk.errors import KioskError
from kiosk.media.files import syncfs

OPTIONS = "nosuid,nodev,noexec"
"""What a stick is mounted with. For FAT udisks2 adds `utf8`, for all what its defaults say."""
SECONDS = 60.0
"""What one call may take: unmounting waits until a slow stick has taken everything."""

_NAME = "org.freedesktop.UDisks2"
_MANAGER = "/org/freedesktop/UDisks2/Manager"
_NOWHERE = "/"
_ALONE = {"auth.no_user_interaction": Variant("b", True)}
"""Nobody is there who could be asked for an administrator's password."""

_ERRORS = {
    f"{_NAME}.Error.NotAuthorized": "mount.denied",
    f"{_NAME}.Error.NotAuthorizedCanObtain": "mount.denied",
    f"{_NAME}.Error.NotAuthorizedDismissed": "mount.denied",
    f"{_NAME}.Error.OptionNotPermitted": "mount.denied",
    f"{_NAME}.Error.DeviceBusy": "mount.busy",
    f"{_NAME}.Error.AlreadyUnmounting": "mount.busy",
    "org.freedesktop.DBus.Error.UnknownObject": "medium.gone",
    "org.freedesktop.DBus.Error.UnknownInterface": "medium.gone",
    "org.freedesktop.DBus.Error.UnknownMethod": "medium.gone",
    "org.freedesktop.DBus.Error.InvalidArgs": "medium.gone",  # it has no such interface, or not yet
    ErrorType.SERVICE_UNKNOWN.value: "mount.service",
    ErrorType.NAME_HAS_NO_OWNER.value: "mount.service",
    ErrorType.NO_REPLY.value: "mount.service",
    ErrorType.DISCONNECTED.value: "mount.service",
}


async def mount(node: Path, *, read_only: bool = False) -> tuple[Path, bool]:
    """Give where the filesystem on `node` (/dev/sdb1) is mounted; where it is not, have it mounted.

    Say, too, whether it was mounted by this call, and not by the desktop or somebody else.

    Raises `mount.service` (no udisks2), `mount.denied` (polkit), `mount.failed` (the filesystem is damaged),
    `mount.busy`; `medium.gone`, also while udisks2 does not know, or not know any more, what is on it.
    """
    async with _udisks() as udisks:
        block = await udisks.block(node)
        if places := await udisks.mounted_at(block):
            return places[0], False
        try:
            options = f"{OPTIONS},ro" if read_only else OPTIONS
            words = _ALONE | {"options": Variant("s", options)}
            [place] = await udisks.call(block, "Filesystem", "Mount", "a{sv}", words)
        except KioskError:
            # The desktop may have been faster.
            if places := await udisks.mounted_at(block):
                return places[0], False
            raise
        return Path(place), True


async def unmount(node: Path) -> None:
    """Have all written and `node` unmounted, wherever it is mounted and by whom; nothing to do when it is not.

    Raises what `mount` does; `mount.busy` while somebody uses it.
    """
    async with _udisks() as udisks:
        await udisks.unmount(await udisks.block(node))


async def let_go(node: Path) -> bool:
    """Unmount everything on the disk of `node` and switch its power off; say whether that went off too.

    Once this returns the stick can be pulled, also when its power stayed on: not every port can be switched.
    Raises what `unmount` does.
    """
    async with _udisks() as udisks:
        block = await udisks.block(node)
        drive = str(await udisks.value(block, "Block", "Drive"))
        for other in await udisks.blocks_of(drive) if drive != _NOWHERE else [block]:
            await udisks.unmount(other)
        if drive == _NOWHERE:
            return False
        try:
            await udisks.call(drive, "Drive", "PowerOff", "a{sv}", _ALONE)
        except KioskError as error:
            log.event("power.on", error=error.code)
            return False
        return True


class _Udisks:
    """udisks2 at the other end of a connection."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus

    async def block(self, node: Path) -> str:
        """Give the object of a device node. Raises `medium.gone` when there is none."""
        device = {"path": Variant("s", str(node))}
        [found] = await self.call(_MANAGER, "Manager", "ResolveDevice", "a{sv}a{sv}", device, {})
        if not found:
            raise KioskError("medium.gone")
        return str(found[0])

    async def blocks_of(self, drive: str) -> list[str]:
        """Give the block devices of a drive."""
        [objects] = await self._send(
            "/org/freedesktop/UDisks2", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects"
        )
        return [
            path
            for path, interfaces in objects.items()
            if (block := interfaces.get(f"{_NAME}.Block")) and block["Drive"].value == drive
        ]

    async def mounted_at(self, block: str) -> list[Path]:
        """Give the mount points of a block device. Raises `medium.gone` when it has no filesystem."""
        points = await self.value(block, "Filesystem", "MountPoints")
        return [Path(os.fsdecode(bytes(point).rstrip(b"\0"))) for point in points]

    async def unmount(self, block: str) -> None:
        """Write everything, then unmount from everywhere."""
        try:
            places = await self.mounted_at(block)
        except KioskError:
            return  # a whole disk with partitions, or one that is no filesystem
        for place in places:
            await asyncio.to_thread(_write_all, place)
            await self.call(block, "Filesystem", "Unmount", "a{sv}", _ALONE)

    async def value(self, path: str, interface: str, name: str) -> Any:
        """Give a property."""
        [value] = await self._send(
            path, "org.freedesktop.DBus.Properties", "Get", "ss", f"{_NAME}.{interface}", name
        )
        return value.value

    async def call(self, path: str, interface: str, member: str, signature: str, *body: Any) -> list[Any]:
        """Call a method of udisks2; give what it answers. Raises `KioskError` for its errors."""
        return await self._send(path, f"{_NAME}.{interface}", member, signature, *body)

    async def _send(
        self, path: str, interface: str, member: str, signature: str = "", *body: Any
    ) -> list[Any]:
        message = Message(_NAME, path, interface, member, signature=signature, body=list(body))
        try:
            async with asyncio.timeout(SECONDS):
                reply = await self._bus.call(message)
        except (TimeoutError, DBusError, OSError, EOFError) as error:
            raise KioskError("mount.service") from error
        if reply is None or reply.message_type is MessageType.ERROR:
            raise _error(reply)
        return reply.body


def _error(reply: Message | None) -> KioskError:
    name = reply.error_name if reply else ErrorType.NO_REPLY.value
    # What it says beside its name is its own English, and may quote the medium.
    log.event("udisks.refused", error=name)
    return KioskError(_ERRORS.get(name or "", "mount.failed"))


def _write_all(place: Path) -> None:
    with contextlib.suppress(OSError):  # unmounting says what is wrong
        fd = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            syncfs(fd)
        finally:
            os.close(fd)


@contextlib.asynccontextmanager
async def _udisks() -> AsyncIterator[_Udisks]:
    try:
        bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
    except Exception as error:  # whatever the bus or its address is: there is no service to ask
        raise KioskError("mount.service") from error
    try:
        yield _Udisks(bus)
    finally:
        bus.disconnect()
