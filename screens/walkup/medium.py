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
from screens.widgets.frame import KeyHint


class Medium(Step):
    """Choose a medium; it must be writable and have room."""

    word = "medium"
    _shown: Sequence[Path] = ()

    def middle(self) -> Iterable[Widget]:
        """List what is there."""
        self._shown = tuple(self.visit.media[:9])
        names = [path.name for path in self._shown]
        for number, path in enumerate(self._shown, 1):
            # Where it is mounted says nothing to most people, but tells two of one name apart.
            more = visible(str(path)) if names.count(path.name) > 1 else ""
            yield Choice(number, str(path), visible(path.name), side=_room(path), more=more)
        if self._shown:
            yield Static(text("medium.stays"), classes="quiet", markup=False)
        else:
            yield Static(text("medium.none"), classes="panel", markup=False)

    def hints(self) -> Iterable[KeyHint]:
        """Say that Enter chooses here, when there is something to choose."""
        for hint in super().hints():
            if hint.key != "enter":
                yield hint
            elif self._shown:
                yield KeyHint(hint.key, hint.cap, text("key.choose"))

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
