"""What the steps share that list certificates: everything on all media that are here, as they come and go."""

from collections.abc import Iterable
from pathlib import Path

from rich.cells import cell_len
from textual.widget import Widget
from textual.widgets import Static

from kiosk.errors import KioskError
from kiosk.i18n import text, visible
from kiosk.lifecycle.look import Looked, Seen, look
from kiosk.media.directory import DirectoryMedium
from kiosk.media.offers import Offer
from screens.flow import Nav
from screens.step import Step
from screens.visit import Visit
from screens.walkup.medium import TOKENS_SECONDS
from screens.walkup.shown import Carried, bar, in_order, left, more, title
from screens.widgets.choice import Choice, NoChoice
from screens.widgets.frame import KeyHint, zoomed
from screens.words import in_words

PAGE = 8
"""Certificates on one page when there are more than have number keys; the ninth key turns it."""
KEYS = 9
MORE = "more"
BAR, ROOM = 10, 13
"""Cells of the bar that shows how much time is left, and of the words behind it."""


READING_SECONDS = 0.3
"""After which it is said that a medium is being read."""


class Listing(Step):
    """Lists certificates, nine at most at once. Reads every medium once, when it comes."""

    dense = True
    at_work = True  # until everything that is here was read

    def __init__(self, visit: Visit) -> None:
        """Nothing was read yet."""
        super().__init__(visit)
        self._read: dict[Offer, Looked | KioskError | None] = {}
        self._sorted: list[Carried] | None = None
        self._begin = 0
        self._shown: list[Carried] = []

    def fits(self, each: Carried) -> str | None:  # noqa: ARG002 - to be overridden
        """Say why a certificate cannot be chosen; None when it can."""
        return None

    def listed(self) -> list[Carried]:
        """Give what is shown: first what can be chosen, and of that first what ends soonest but has not ended."""
        if self._sorted is not None:
            return self._sorted
        carried = [
            Carried(offer, seen)
            for offer, looked in self._read.items()
            if isinstance(looked, Looked)
            for seen in looked.seen
        ]
        self._sorted = sorted(carried, key=lambda each: (self.fits(each) is not None, *in_order(each.seen)))
        return self._sorted

    def middle(self) -> Iterable[Widget]:
        """Show one page of certificates, and what is wrong with media that show none."""
        self._shown = listed = self.listed()
        several = len(self._read) > 1
        page = listed[self._begin : self._begin + (PAGE if len(listed) > KEYS else KEYS)]
        number = 0
        if listed and not self._choosable():
            yield Static(text("list.unfit"), classes="panel", markup=False)
        for each in page:
            problem = self.fits(each)
            if problem is not None:
                yield NoChoice(title(each.seen), problem)
                continue
            number += 1
            yield Choice(
                number, str(listed.index(each)), title(each.seen), side=self._side(each.seen),
                more=more(each, several=several),
            )  # fmt: skip
        if len(listed) > KEYS:
            shown = text("list.shown", first=self._begin + 1, last=self._begin + len(page), all=len(listed))
            yield Choice(KEYS, MORE, text("list.more"), side=shown)
        yield from self._about_media(empty=not listed)

    def _can_choose(self) -> bool:
        return self._choosable() or len(self._shown) > KEYS

    def _choosable(self) -> bool:
        return any(self.fits(each) is None for each in self._shown[:1])

    def _side(self, seen: Seen) -> str:
        """Say how long it is good, drawn too where there is room."""
        return left(seen) if zoomed(self.app.size) else f"{bar(seen, BAR)} {left(seen):>{_room(left(seen))}}"

    def _about_media(self, *, empty: bool) -> Iterable[Widget]:
        for offer, looked in self._read.items():
            if isinstance(looked, KioskError):
                about = in_words(f"error.{looked.id}.screen", f"error.{looked.id}", looked)
            elif offer.problem and offer.token is None:
                about = text(f"error.{offer.problem}.screen")
            elif looked is None:
                about = text("list.reading" if _readable(offer) else "medium.connecting")
            elif looked.partly:
                about = text("list.partly")
            elif not looked.seen and len(self._read) > 1:
                about = text("list.none")
            else:
                continue
            yield Static(f"{visible(offer.name)}: {about}", classes="hint", markup=False)
        if not self._read:
            yield Static(text("list.insert"), classes="panel", markup=False)
        elif empty and not self.at_work and not any(map(_partly, self._read.values())):
            yield Static(text("list.empty"), classes="panel", markup=False)
        if self.visit.sticks.empty_reader:
            yield Static(text("medium.card"), classes="hint", markup=False)

    def hints(self) -> Iterable[KeyHint]:
        """Say that Enter chooses here, when there is something to choose."""
        for hint in super().hints():
            if hint.key != "enter":
                yield hint
            elif self._can_choose():
                yield KeyHint(hint.key, hint.cap, text("key.choose"))

    def on_mount(self) -> None:
        """Read what is here, and look for tokens while a person may bring one."""
        super().on_mount()
        self.visit.sticks.look_for_tokens()
        self.set_interval(TOKENS_SECONDS, self.visit.sticks.look_for_tokens)
        self.call_next(self._look)

    def on_plugged(self) -> None:
        """Read what came, and forget what went."""
        self._look()

    def _look(self) -> None:
        before = self._read
        self._read = {offer: before.get(offer) for offer in self.visit.media}
        for offer in self._read.keys() - before.keys():
            if _readable(offer):
                self.run_worker(self._read_one(offer), exit_on_error=True)
        fresh = any(_readable(offer) for offer in self._read.keys() - before.keys())
        self._changed(again=self._read.keys() != before.keys() and not fresh)
        if fresh:
            # What is read in a moment is shown once; of what takes longer it is said that it is being read.
            self.set_timer(READING_SECONDS, self._say_reading)

    def _say_reading(self) -> None:
        if None in self._read.values():
            self._changed(again=True)

    async def _read_one(self, offer: Offer) -> None:
        looked: Looked | KioskError
        try:
            looked = await look(self.visit.services, offer.token.target if offer.token else _path(offer))
        except KioskError as error:
            looked = error
        if offer in self._read:
            self._read[offer] = looked
            self._changed(again=True)

    def _changed(self, *, again: bool) -> None:
        self._sorted = None
        self.at_work = any(looked is None and offer.path is not None for offer, looked in self._read.items())
        if self._begin >= len(self.listed()):
            self._begin = 0
        if again and self.is_attached:
            # In its turn: the screen must not be asked for anything while it is made again.
            self.call_next(self.show_anew)

    def chosen(self, value: str) -> None:
        """Take a certificate and the medium that it is on, or show the next page."""
        if value == MORE:
            self._begin = self._begin + PAGE if self._begin + PAGE < len(self._shown) else 0
            self.call_next(self.show_anew)
            return
        each = self._shown[int(value)]
        try:
            self._take(each)
        except KioskError as error:
            self.fault(error)
            return
        self.dismiss(Nav.NEXT)

    def _take(self, each: Carried) -> None:
        """Have the medium chosen as the step does it that asks for one. Raises `medium.*`."""
        identity = each.offer.identity
        if each.offer.token is None:
            identity = DirectoryMedium.open(_path(each.offer)).identity
        self.visit.pin.wipe()
        self.visit.chosen = each.seen
        self.visit.medium, self.visit.medium_identity = each.offer, identity

    async def answer(self) -> None:
        """Stay: without a certificate there is nothing to go on with."""


def _room(said: str) -> int:
    """Give the letters that make `said` as wide as its neighbours, so that bars stand below each other."""
    return max(len(said), ROOM - (cell_len(said) - len(said)))


def _readable(offer: Offer) -> bool:
    return offer.path is not None or (offer.token is not None and not offer.token.blank)


def _partly(looked: Looked | KioskError | None) -> bool:
    return isinstance(looked, Looked) and looked.partly


def _path(offer: Offer) -> Path:
    if offer.path is None:
        raise KioskError("medium.gone")
    return offer.path
