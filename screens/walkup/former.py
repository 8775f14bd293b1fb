"""Former: which certificate of this person is to be reissued. Shown only to who was identified."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.widget import Widget
from textual.widgets import Static

from kiosk.clock import KST, unstamp
from kiosk.i18n import language_of, text, visible
from kiosk.lifecycle import dates
from kiosk.lifecycle.act import Old
from kiosk.lifecycle.reissue import Reissuing
from kiosk.lifecycle.standing import profile_name
from screens.flow import Nav
from screens.step import Step
from screens.succession import succession
from screens.visit import Visit
from screens.walkup.shown import days
from screens.widgets.choice import Choice, NoChoice
from screens.widgets.frame import KeyHint
from screens.words import in_words

if TYPE_CHECKING:
    from kiosk.errors import KioskError

MOST = 9


class Former(Step):
    """Choose one. That its last day stays is said here, long before anything is done."""

    word = "former"
    dense = True

    def __init__(self, visit: Visit) -> None:
        """Nothing is known yet."""
        super().__init__(visit)
        self._found: list[tuple[Old, KioskError | None]] | None = None

    def middle(self) -> Iterable[Widget]:
        """List them, and say why one cannot be chosen."""
        if self._found is None:
            return
        if not self._choosable:
            yield Static(text("former.none"), classes="panel", markup=False)
        numbers = {id(old): number for number, old in enumerate(self._choosable, 1)}
        for old, problem in self._found:
            held, end = old.held, unstamp(old.held.not_after).astimezone(KST)
            kind = visible(profile_name(held.profile, language_of()))
            until = text("list.until", year=end.year, month=end.month, day=end.day)
            if problem is not None:
                why = in_words(f"error.{problem.id}.screen", f"error.{problem.id}", problem)
                yield NoChoice(f"{kind}  {until}", why)
                continue
            made = unstamp(held.created_at).astimezone(KST)
            since = text("former.made", year=made.year, month=made.month, day=made.day)
            left = days(dates.days_left(end, self.visit.services.clock.now()))
            yield Choice(numbers[id(old)], str(numbers[id(old)]), kind, side=left, more=f"{until}  {since}")
        if self._choosable:
            yield Static(text("former.stays"), classes="panel gap", markup=False)

    @property
    def _choosable(self) -> list[Old]:
        return [old for old, problem in self._found or () if problem is None][:MOST]

    def hints(self) -> Iterable[KeyHint]:
        """Say that Enter chooses, when there is something to choose."""
        for hint in super().hints():
            if hint.key != "enter":
                yield hint
            elif self._choosable:
                yield KeyHint(hint.key, hint.cap, text("key.choose"))

    def on_mount(self) -> None:
        """Look them up by the number that was confirmed."""
        super().on_mount()
        self.call_next(self._guarded, self._look)

    async def _look(self) -> None:
        visit = self.visit
        if visit.identified:
            self._found = await Reissuing(visit.services).of_applicant(visit.application())
        else:
            self._found = []
        await self.show_anew()

    def chosen(self, value: str) -> None:
        """Take one."""
        succession(self.visit).old = self._choosable[int(value) - 1]
        self.dismiss(Nav.NEXT)

    async def answer(self) -> None:
        """Stay: without a certificate there is nothing to go on with."""
