"""Medium: where the certificate goes, chosen from what is there."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from textual.widget import Widget
from textual.widgets import Static

from kiosk.errors import KioskError
from kiosk.i18n import text, visible
from kiosk.lifecycle.issue import SPACE_NEEDED
from kiosk.media.directory import DirectoryMedium
from screens.flow import Nav
from screens.step import Step
from screens.widgets.choice import Choice


class Medium(Step):
    """Choose a medium; it must be writable and have room."""

    word = "medium"
    _shown: Sequence[Path] = ()

    def middle(self) -> Iterable[Widget]:
        """List what is there."""
        self._shown = tuple(self.visit.media[:9])
        for number, path in enumerate(self._shown, 1):
            yield Choice(number, str(path), visible(path.name), side=_room(path), more=visible(str(path)))
        here = text("medium.stays" if self._shown else "medium.none")
        yield Static(here, classes="quiet gap" if self._shown else "", markup=False)

    def on_mount(self) -> None:
        """Look every second what is put in and taken out."""
        self.set_interval(1, self._look)

    async def _look(self) -> None:
        if tuple(self.visit.media[:9]) != self._shown:
            await self.show_anew()

    def chosen(self, value: str) -> None:
        """Take a medium that can be written."""
        try:
            medium = DirectoryMedium.open(Path(value))
            medium.check_space(SPACE_NEEDED)
        except KioskError as error:
            self.fault(error)
            return
        self.visit.medium, self.visit.medium_identity = Path(value), medium.identity
        self.dismiss(Nav.NEXT)

    async def answer(self) -> None:
        """Stay: without a medium there is nowhere to go."""


def _room(path: Path) -> str:
    """Say how much room is left, as it is printed on sticks: in powers of ten."""
    try:
        space = os.statvfs(path)
    except OSError:
        return ""
    megabytes = space.f_bavail * space.f_frsize // 10**6
    room = f"{megabytes:,} MB" if megabytes < 10_000 else f"{megabytes // 1000:,} GB"
    return text("medium.room", room=room)
