"""Medium: where the certificate goes, chosen from what is there."""

import os
from collections.abc import Iterable, Sequence

from textual.widget import Widget
from textual.widgets import Static

from kiosk.errors import KioskError
from kiosk.i18n import text, visible
from kiosk.lifecycle.issue import SPACE_NEEDED
from kiosk.media.directory import DirectoryMedium
from kiosk.media.offers import Offer
from kiosk.media.sizes import size_text
from screens.flow import Nav
from screens.step import Step
from screens.widgets.choice import Choice
from screens.widgets.frame import KeyHint

TOKENS_SECONDS = 2.0
"""How often tokens are looked for where one can be chosen; sticks tell of themselves."""


class Medium(Step):
    """Choose a medium; it must be writable and have room."""

    word = "medium"
    nothing = "medium.none"
    """What is said when nothing is there."""
    _shown: Sequence[Offer] = ()

    def middle(self) -> Iterable[Widget]:
        """List what is there: what can be chosen, then what cannot be, and why."""
        self._shown = tuple(self.here())
        ready = self._choosable()
        names = [offer.name for offer in ready]
        for number, offer in enumerate(ready, 1):
            more = _told_apart(offer) if names.count(offer.name) > 1 else ""
            if offer.token and offer.token.factory_pin:
                more = f"{more}  {text('medium.factory_pin')}".strip()
            side = text("medium.token") if offer.token else _room(offer)
            yield Choice(number, str(number), visible(offer.name), side=side, more=more)
        for offer in self._shown:
            if not offer.usable:
                about = text(f"error.{offer.problem}.screen" if offer.problem else "medium.connecting")
                yield Static(f"{visible(offer.name)}: {about}", classes="hint", markup=False)
        if ready:
            yield Static(text("medium.stays"), classes="quiet", markup=False)
        elif not self._shown:
            yield Static(text(self.nothing), classes="panel", markup=False)
        elif all(offer.problem for offer in self._shown):
            yield Static(text("medium.another"), classes="panel", markup=False)
        if self.visit.sticks.empty_reader:
            yield Static(text("medium.card"), classes="hint", markup=False)

    def on_mount(self) -> None:
        """Look for tokens, too, while a person may bring one."""
        super().on_mount()
        self.visit.sticks.look_for_tokens()
        self.set_interval(TOKENS_SECONDS, self.visit.sticks.look_for_tokens)

    def here(self) -> Sequence[Offer]:
        """Give what is to be shown."""
        return self.visit.media

    def take(self, offer: Offer, medium: DirectoryMedium) -> None:
        """Keep what was chosen."""
        self.visit.medium, self.visit.medium_identity = offer, medium.identity

    def _choosable(self) -> list[Offer]:
        return [offer for offer in self._shown if offer.usable][:9]

    def hints(self) -> Iterable[KeyHint]:
        """Say that Enter chooses here, when there is something to choose."""
        for hint in super().hints():
            if hint.key != "enter":
                yield hint
            elif self._choosable():
                yield KeyHint(hint.key, hint.cap, text("key.choose"))

    async def on_plugged(self) -> None:
        """Show what is there now."""
        await self.show_anew()

    def chosen(self, value: str) -> None:
        """Take a medium that can be written."""
        offer = self._choosable()[int(value) - 1]
        self.visit.pin.wipe()
        if offer.token is not None:
            self.visit.medium, self.visit.medium_identity = offer, offer.identity
            self.dismiss(Nav.NEXT)
            return
        try:
            if offer.path is None:
                raise KioskError("medium.gone")
            medium = DirectoryMedium.open(offer.path)
            medium.check_space(SPACE_NEEDED)
            self.take(offer, medium)
        except KioskError as error:
            self.fault(error)
            return
        self.dismiss(Nav.NEXT)

    async def answer(self) -> None:
        """Stay: without a medium there is nowhere to go."""


def _told_apart(offer: Offer) -> str:
    """Say what tells a medium from another of the same name: maker, model and size, or where it is."""
    if offer.token is not None:
        return visible(f"{offer.token.model}  {offer.token.serial}".strip())
    if offer.stick is None:
        return visible(str(offer.path))
    return f"{visible(offer.stick.name)}  {size_text(offer.stick.size)}".strip()


MOST_ROOM = 10**15
"""Bytes; no medium of anybody has more."""


def _room(offer: Offer) -> str:
    """Say how much room is left."""
    try:
        space = os.statvfs(offer.path or "")
    except OSError:
        return ""
    room = space.f_bavail * space.f_frsize
    if room > (offer.stick.size if offer.stick else MOST_ROOM):
        # A filesystem says of itself what its maker likes; more than the stick has is no use to anybody.
        return ""
    return text("medium.room", room=size_text(room))
