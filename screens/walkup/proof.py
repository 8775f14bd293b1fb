"""Proof: it works, until when, and what to do next."""

import asyncio
from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from kiosk.clock import KST
from kiosk.errors import KioskError
from kiosk.i18n import text
from kiosk.lifecycle import dates
from screens.flow import Nav
from screens.visit import Visit
from screens.walkup.prints import Prints
from screens.walkup.slip import CalendarCode, Slip
from screens.widgets.frame import KeyHint
from screens.widgets.parts import BigDate, Marks

PROVED = ("read", "opened", "signed")
AGAIN_SECONDS = 2.0
"""After which a stick that something else is using is tried again."""


class Proof(Prints):
    """The last screen of the flow."""

    word = "proof"
    stays = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "code", show=False),
        Binding("2", "slip", show=False),
    ]

    def __init__(self, visit: Visit) -> None:
        """A stick is first let go; a directory can be taken away as it is."""
        super().__init__(visit)
        self._busy_with_stick = visit.medium is not None and visit.medium.stick is not None

    def middle(self) -> Iterable[Widget]:
        """Say what was proved, the end in big type, and what comes next."""
        outcome = self.visit.outcome
        if outcome is None:
            raise RuntimeError("nothing was issued")
        end = outcome.not_after.astimezone(KST)
        opens = dates.renewal_opens(end, self.visit.services.policy.renewal_window_days)
        proved = [text(f"proof.token.{id_}" if self.visit.token else f"proof.{id_}") for id_ in PROVED]
        yield Marks(proved)
        yield Static(self._about_the_stick(), id="remove", classes="banner gap", markup=False)
        yield BigDate(end.date())
        with Widget(classes="dates"):
            until = text("proof.until", year=end.year, month=end.month, day=end.day)
            yield Static(until, classes="strong", markup=False)
            yield Static(text("proof.renew", year=opens.year, month=opens.month, day=opens.day), markup=False)
        if self.visit.papers and self.visit.papers.problem:
            problem = self.visit.papers.problem
            yield Static(text("proof.no_papers", code=problem.code), classes="warning gap", markup=False)
        yield Static(text("notice.own"), classes="warning", markup=False)

    def question(self) -> str:
        """Say that it is done, and where it is."""
        return text("step.proof.question.token") if self.visit.token else super().question()

    def _about_the_stick(self) -> str:
        if self.visit.token:
            return text("proof.remove.token")
        return text("proof.wait" if self._busy_with_stick else "proof.remove")

    def on_mount(self) -> None:
        """Let the stick go, so that it can be pulled."""
        if self._busy_with_stick:
            self.run_worker(self._let_go(), exit_on_error=True)

    async def _let_go(self) -> None:
        medium, said = self.visit.medium, False
        while medium is not None and self._busy_with_stick:
            try:
                await self.visit.sticks.let_go(medium)
            except KioskError as error:
                if error.kind.retry and error.id != "medium.gone":
                    self.fault(error)
                    said = True
                    await asyncio.sleep(AGAIN_SECONDS)
                    continue
                if error.id != "medium.gone":
                    # Everything was written long ago; why it cannot be let go, staff must know.
                    self.fault(error)
                    self._busy_with_stick = False
                    return
            self._busy_with_stick = False
        if said:
            self.clear_fault()
        self.query_one("#remove", Static).update(self._about_the_stick())

    def hints(self) -> Iterable[KeyHint]:
        """End the visit."""
        yield KeyHint("enter", "Enter", text("key.end"))
        yield KeyHint("1", "1", text("key.code"))
        yield KeyHint("2", "2", text("key.slip"))
        yield from self.printing_hint()
        yield KeyHint("f1", "F1", text("key.help"))
        yield KeyHint("f9", "F9", text("key.staff"))

    def action_code(self) -> None:
        """Show the calendar code."""
        self.app.push_screen(CalendarCode(self.visit))

    def action_slip(self) -> None:
        """Show the slip."""
        self.app.push_screen(Slip(self.visit))

    async def answer(self) -> None:
        """End, but not before the stick can be pulled, nor while a slip is being printed."""
        if not self._busy_with_stick and not self.at_work:
            self.dismiss(Nav.NEXT)

    def action_back(self) -> None:
        """There is nothing to go back to: it is done."""
