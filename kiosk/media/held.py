"""The sticks that this kiosk has mounted, also in a visit whose process was killed: the next one lets them go.

What the desktop mounted stays as it is.
One empty file stands for each. Its name is a hash over the stick, this insertion and this start of the machine:
it says nothing of anybody, and once the stick is out nothing has this name again.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

from kiosk import log
from kiosk.errors import KioskError
from kiosk.media.present import Stick

BOOT = Path("/proc/sys/kernel/random/boot_id")
AGAIN_SECONDS = 0.25
"""After which a stick is tried again that could not be mounted."""
AGAIN = {"medium.gone": 12, "mount.service": 12, "mount.busy": 4}
"""How often. udev may know a stick before udisks2 does, and udisks2 a disk before what is on it."""


class Held:
    """What is mounted by this kiosk now."""

    def __init__(self, directory: Path | None = None) -> None:
        """Remember it in `directory`, which need not exist; without one, for this visit only."""
        self._directory = directory
        self._sticks: dict[str, Stick] = {}
        self._closing = False

    def __contains__(self, stick: Stick) -> bool:
        return stick.identity in self._sticks

    def see(self, here: Iterable[Stick]) -> None:
        """Take what is plugged in now: find again what an earlier visit mounted, forget what is gone."""
        present = {stick.identity: stick for stick in here}
        marks = {_mark(identity): stick for identity, stick in present.items()}
        self._sticks = {name: stick for name, stick in self._sticks.items() if name in present}
        for mark in self._marks():
            if mark.name in marks:
                self._sticks.setdefault(marks[mark.name].identity, marks[mark.name])
            else:
                _remove(mark)

    async def mount(self, stick: Stick, wanted: Callable[[], bool]) -> str | None:
        """Have a stick mounted; give why it could not be, as an error's id.

        It is tried again a few times, while it is `wanted`, that is, while udev says that it is there.
        """
        from kiosk.media import mount

        tries = 0
        while True:
            # Before it is mounted, lest a kill in between leave it to nobody.
            self._note(stick)
            try:
                _, by_us = await mount.mount(stick.node, read_only=stick.problem is not None)
            except KioskError as error:
                self.forget(stick)
                if self._closing or not wanted():
                    return error.id
                if tries >= AGAIN.get(error.id, 0):
                    return "mount.failed" if error.id == "medium.gone" else error.id
                tries += 1
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            if not by_us:
                self.forget(stick)
            return None

    def forget(self, stick: Stick) -> None:
        """It is no more mounted, or not by this kiosk."""
        self._sticks.pop(stick.identity, None)
        if self._directory is not None:
            _remove(self._directory / _mark(stick.identity))

    async def close(self, under_way: Iterable[asyncio.Task[None]] = ()) -> None:
        """Unmount all, when what is `under_way` has ended; what is in use stays, and disturbs no other."""
        self._closing = True
        if tasks := tuple(under_way):
            await asyncio.wait(tasks)
        await asyncio.gather(*(self._unmount(stick) for stick in tuple(self._sticks.values())))

    async def _unmount(self, stick: Stick) -> None:
        from kiosk.media import mount

        try:
            await mount.unmount(stick.node)
        except KioskError as error:
            log.event("unmount.failed", error=error.code)
        else:
            self.forget(stick)

    def _note(self, stick: Stick) -> None:
        self._sticks[stick.identity] = stick
        if self._directory is not None:
            # Without it, only a killed visit's stick stays mounted.
            with contextlib.suppress(OSError):
                self._directory.mkdir(mode=0o700, exist_ok=True)
                (self._directory / _mark(stick.identity)).touch(mode=0o600)

    def _marks(self) -> list[Path]:
        if self._directory is None:
            return []
        try:
            return list(self._directory.iterdir())
        except OSError:
            return []


def _mark(identity: str) -> str:
    try:
        boot = BOOT.read_bytes()
    except OSError:
        boot = b""
    return hashlib.sha256(boot + identity.encode("utf-8", "surrogatepass")).hexdigest()


def _remove(mark: Path) -> None:
    with contextlib.suppress(OSError):
        mark.unlink()
