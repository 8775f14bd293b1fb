"""Which PFX file, and onto which stick: both chosen from what is here, as it comes and goes."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from textual.widget import Widget
from textual.widgets import Static

from kiosk.errors import KioskError
from kiosk.i18n import text, visible
from kiosk.lifecycle.pfx_file import files_on, read_file
from kiosk.media.directory import DirectoryMedium
from kiosk.media.offers import Offer
from screens.flow import Nav
from screens.pfx import PfxWork
from screens.step import Step
from screens.walkup.medium import Medium
from screens.widgets.choice import Choice
from screens.widgets.frame import KeyHint

MOST = 9
"""Files that are shown; each has a number key."""


class PfxFile(Step):
    """Choose a PFX file in the root of a stick. It sets `visit.medium`, `visit.medium_identity`, `visit.pfx`."""

    word = "pfx_file"
    dense = True

    def middle(self) -> Iterable[Widget]:
        """List the files, or say what to put in."""
        self._shown: list[tuple[Offer, str]] = []
        for offer in self.visit.media:
            if offer.path is not None and offer.token is None:
                self._shown += ((offer, name) for name in _files(offer.path))
        for number, (offer, name) in enumerate(self._shown[:MOST], 1):
            yield Choice(number, str(number), visible(name), more=visible(offer.name))
        if len(self._shown) > MOST:
            yield Static(text("pfx.more", count=len(self._shown) - MOST), classes="hint", markup=False)
        if not self._shown:
            yield Static(
                text("pfx.none" if self.visit.media else "list.insert"), classes="panel", markup=False
            )

    def hints(self) -> Iterable[KeyHint]:
        """Say that Enter chooses here, when there is something to choose."""
        for hint in super().hints():
            if hint.key != "enter":
                yield hint
            elif self._shown:
                yield KeyHint(hint.key, hint.cap, text("key.choose"))

    async def on_plugged(self) -> None:
        """Show what is there now."""
        await self.show_anew()

    def chosen(self, value: str) -> None:
        """Read the file, so that it can be opened whatever becomes of the stick."""
        offer, name = self._shown[int(value) - 1]
        try:
            if offer.path is None:
                raise KioskError("medium.gone")
            data = read_file(offer.path, name)
            identity = DirectoryMedium.open(offer.path).identity
        except KioskError as error:
            self.fault(error)
            return
        self.visit.medium, self.visit.medium_identity = offer, identity
        self.visit.pfx = PfxWork(name=name, data=data)
        self.dismiss(Nav.NEXT)

    async def answer(self) -> None:
        """Stay: without a file there is nothing to go on with."""


def _files(place: Path) -> tuple[str, ...]:
    """List the files of a medium; one that cannot be listed has none."""
    try:
        return files_on(place)
    except KioskError:
        return ()


class PfxTo(Medium):
    """Choose the stick that the file or the certificate goes onto. It sets `visit.pfx.to`."""

    word = "pfx_to"

    def question(self) -> str:
        """Ask for what is put there."""
        return text("step.pfx_to.question.import" if self.visit.flow == "import" else "step.pfx_to.question")

    def here(self) -> Sequence[Offer]:
        """Leave out tokens: neither a file nor a key from one goes there."""
        return [offer for offer in super().here() if offer.token is None]

    def take(self, offer: Offer, medium: DirectoryMedium) -> None:
        """Keep it apart from where it comes from."""
        if self.visit.pfx is None:
            self.visit.pfx = PfxWork()
        self.visit.pfx.to, self.visit.pfx.to_identity = offer, medium.identity
