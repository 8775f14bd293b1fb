"""Proof: it works, until when, and what to do next."""

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from kiosk.clock import KST
from kiosk.i18n import text
from kiosk.lifecycle import dates
from screens.flow import Nav
from screens.walkup.letting_go import LettingGo
from screens.walkup.prints import Prints
from screens.walkup.slip import CalendarCode, Slip
from screens.widgets.frame import KeyHint
from screens.widgets.parts import BigDate, Marks

PROVED = ("read", "opened", "signed")


class Proof(LettingGo, Prints):
    """The last screen of the flow."""

    word = "proof"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "code", show=False),
        Binding("2", "slip", show=False),
    ]

    def middle(self) -> Iterable[Widget]:
        """Say what was proved, the end in big type, and what comes next."""
        outcome = self.visit.outcome
        if outcome is None:
            raise RuntimeError("nothing was issued")
        end = outcome.not_after.astimezone(KST)
        opens = dates.renewal_opens(end, self.visit.services.policy.renewal_window_days)
        proved = [text(f"proof.token.{id_}" if self.visit.token else f"proof.{id_}") for id_ in PROVED]
        yield Marks(proved)
        yield Static(self.about_the_stick(), id="remove", classes="banner gap", markup=False)
        yield BigDate(end.date())
        with Widget(classes="dates"):
            until = text("proof.until", year=end.year, month=end.month, day=end.day)
            yield Static(until, classes="strong", markup=False)
            yield Static(text("proof.renew", year=opens.year, month=opens.month, day=opens.day), markup=False)
        if outcome.old is not None:
            yield Static(text("proof.old"), classes="quiet", markup=False)
        if self.visit.papers and self.visit.papers.problem:
            problem = self.visit.papers.problem
            yield Static(text("proof.no_papers", code=problem.code), classes="warning", markup=False)
        yield Static(text("notice.own"), classes="warning", markup=False)

    def question(self) -> str:
        """Say that it is done, and where it is."""
        return text("step.proof.question.token") if self.visit.token else super().question()

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
        """End, but not before the stick can be pulled."""
        if not self._busy_with_stick:
            self.dismiss(Nav.NEXT)
