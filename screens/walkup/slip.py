"""What a person may take along from the proof: a calendar code for the phone, and the slip as text."""

import io
from collections.abc import Iterable
from datetime import date
from typing import ClassVar

import segno
from textual import events
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from kiosk.i18n import text, visible
from kiosk.lifecycle.dates import korean_day
from kiosk.lifecycle.papers import FOLDER
from kiosk.reminders.ics import event_text
from screens.flow import Nav
from screens.step import Step
from screens.walkup.prints import Prints
from screens.widgets.frame import KeyHint
from screens.widgets.parts import Row

BESIDE = 34
"""So many columns beside the code are enough to say what it is for."""


def leads_back() -> Iterable[KeyHint]:
    """One way: back to where it was opened."""
    yield KeyHint("escape", "Esc", text("key.back"))


class CalendarCode(Step):
    """A QR code that puts the last day into a phone's calendar. It tells nothing about the person."""

    word = "code"

    def hints(self) -> Iterable[KeyHint]:
        """One way: back."""
        return leads_back()

    def action_go_on(self) -> None:
        """Go back."""
        self.dismiss(Nav.BACK)

    def end(self) -> date:
        """Give the certificate's last day in Korea."""
        if self.visit.outcome is None:
            raise RuntimeError("nothing was issued")
        return korean_day(self.visit.outcome.not_after)

    def middle(self) -> Iterable[Widget]:
        """Draw the code, or say the day where it does not fit."""
        yield Static(calendar_code(self.end()), classes="qr", markup=False)
        how = [text("code.how")]
        if self.visit.papers and self.visit.papers.folder:
            how.append(text("papers.here", folder=FOLDER))
        yield Static("\n\n".join(how), classes="how strong", markup=False)
        yield Static(text("code.small", day=self.end().isoformat()), classes="small", markup=False)

    def on_mount(self) -> None:
        """Show one of the two."""
        self._choose()

    def on_resize(self, event: events.Resize) -> None:
        """Show one of the two."""
        super().on_resize(event)
        self._choose()

    def _choose(self) -> None:
        lines = calendar_code(self.end()).splitlines()
        size = self.app.size
        fits = len(lines) < size.height and len(lines[0]) <= size.width
        self.set_class(fits, "code")
        self.query_one(".qr").display = fits
        self.query_one(".how").display = fits and size.width >= len(lines[0]) + BESIDE
        self.query_one(".small").display = not fits


class Slip(Prints):
    """The slip: what was issued, until when, and the code of the request; or what was begun. Nothing secret."""

    word = "slip"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("1", "code", show=False)]

    def middle(self) -> Iterable[Widget]:
        """List it as it is printed."""
        for part in self.slip().parts():
            match part.form:
                case "warning":
                    yield Static(part.value, classes="warning practice", markup=False)
                case "big":
                    yield Static(f"{visible(part.value)}  {part.word}", classes="panel below", markup=False)
                    if not self.has_printer:
                        yield Static(self._without_printer(), classes="below", markup=False)
                case "row" | "small":
                    yield Row(part.word, part.value)
                case "note":
                    advice = "strong" if self.visit.outcome is None else "warning"
                    yield Static(part.value, classes=f"{advice} gap", markup=False)
                case "title" | "code":  # the question above, and a screen of its own
                    continue
        if self.visit.papers and self.visit.papers.folder:
            yield Static(text("papers.here", folder=FOLDER), classes="gap", markup=False)

    def hints(self) -> Iterable[KeyHint]:
        """Print it, or go back; without a printer the calendar code is offered."""
        yield from self.printing_hint()
        yield from leads_back()
        if self.visit.outcome is not None:
            yield KeyHint("1", "1", text("key.code"))

    def _without_printer(self) -> str:
        return text("slip.note_code") if self.visit.outcome is None else text("slip.no_printer")

    def action_code(self) -> None:
        """Show the calendar code."""
        if self.visit.outcome is not None:
            self.app.push_screen(CalendarCode(self.visit))

    async def answer(self) -> None:
        """Go back."""
        self.dismiss(Nav.BACK)

    def action_back(self) -> None:
        """Go back, but not while it is being printed."""
        if not self.at_work:
            self.dismiss(Nav.BACK)


def calendar_code(day: date) -> str:
    """Draw a QR code (ISO/IEC 18004) of a calendar event in half blocks, two rows of it a line."""
    code = segno.make(event_text(day), error="l", micro=False)
    matrix = [[bool(cell) for cell in row] for row in code.matrix]
    width = len(matrix) + 4
    blank = [False] * width
    rows = [blank, blank, *([False, False, *row, False, False] for row in matrix), blank, blank]
    if len(rows) % 2:
        rows.append(blank)
    drawn = io.StringIO()
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        drawn.write("".join(" ▀▄█"[up + 2 * low] for up, low in zip(upper, lower, strict=True)) + "\n")
    return drawn.getvalue().rstrip("\n")
