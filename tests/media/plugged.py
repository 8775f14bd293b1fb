"""Sticks that a test says are plugged in, and a visit that follows them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Collection
from pathlib import Path

import pytest

from kiosk.errors import KioskError
from kiosk.media import mount, offers, watch
from kiosk.media.mounted import WRITTEN
from kiosk.media.offers import Sticks
from kiosk.media.present import Snapshot, Stick
from tests.media.sticks import OTHER, STICK


class Machine:
    """Stands for udev, udisks2 and the kernel's table of mounts: what a test says is plugged in."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.plugged: asyncio.Queue[Snapshot] = asyncio.Queue()
        self.places: dict[str, Path] = {}
        self.done: list[tuple[str, Path]] = []
        self.only_read: dict[str, Path] = {}
        """Mounted like `places`, but of kinds that are not written."""
        self.refuses: dict[Path, str] = {}
        self.busy: set[Path] = set()
        self.desktop: set[Path] = set()
        """What the desktop mounts before anybody else can."""
        self.numbers = {STICK.node: "8:17", OTHER.node: "8:33"}
        monkeypatch.setattr(offers, "mounted", self.mounted)
        monkeypatch.setattr(watch, "Watch", lambda: contextlib.nullcontext(self))
        for verb in ("mount", "unmount", "let_go"):
            monkeypatch.setattr(
                mount, verb,
                lambda node, *, read_only=False, verb=verb: self.does(f"{verb} read-only" if read_only else verb, node),
            )  # fmt: skip

    async def snapshots(self) -> AsyncIterator[Snapshot]:
        while True:
            yield await self.plugged.get()

    def mounted(self, kinds: Collection[str] = WRITTEN) -> dict[str, Path]:
        return dict(self.places if kinds is WRITTEN else self.only_read)

    async def does(self, verb: str, node: Path) -> tuple[Path, bool] | None:
        self.done.append((verb, node))
        if not verb.startswith("mount") and node in self.busy:
            raise KioskError("mount.busy")
        if node in self.refuses:
            raise KioskError(self.refuses[node])
        if verb.startswith("mount"):
            places = self.places if verb == "mount" else self.only_read
            places[self.numbers[node]] = Path("/media", node.name)
            return places[self.numbers[node]], node not in self.desktop
        self.places.pop(self.numbers[node], None)
        return None


class Following:
    """A visit's sticks, followed."""

    def __init__(self, machine: Machine, marks: Path | None = None) -> None:
        self.news = asyncio.Event()
        self.machine = machine
        self.sticks = Sticks(changed=self.news.set, marks=marks)
        self.sticks.begin()
        self._task = asyncio.create_task(self.sticks.follow())

    async def plug(self, *sticks: Stick) -> None:
        await self.machine.plugged.put(Snapshot(sticks))

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                self.news.clear()
                await self.news.wait()

    def paths(self) -> list[Path | None]:
        return [offer.path for offer in self.sticks.here if offer.stick]

    def kill(self) -> None:
        """End as a process that is killed does: nothing is let go."""
        self._task.cancel()
