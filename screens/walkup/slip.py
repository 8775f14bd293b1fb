"""What a person may take along from the proof: a calendar code for the phone, and the slip as text."""

import io
from collections.abc import Iterable
from datetime import date
from typing import ClassVar

import segno
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.widget import Widget
from textual.widgets import Static

from kiosk.i18n import text, visible
from kiosk.lifecycle.dates import korean_day
from kiosk.lifecycle.papers import FOLDER
from kiosk.receipt import Part
from kiosk.reminders.ics import event_text
from screens.flow import Nav
from screens.step import Step
from screens.visit import Visit
from screens.walkup.prints import Prints
from screens.widgets.frame import KeyHint
from screens.widgets.parts import BigDate, Row

BESIDE = 34
"""So many columns beside the code are enough to say what it is for."""
QUIET = 4
"""Modules of white around a code, by its standard. Above and below, a screen of 18 lines has room for two."""


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
        yield Static("", classes="qr", markup=False)
        also = _on_the_stick(self.visit)
        yield Static("\n\n".join([text("code.how"), *also]), classes="how strong", markup=False)
        end = self.end()
        day = text("slip.date", year=end.year, month=end.month, day=end.day)
        yield Static(" ".join([text("code.small", day=day), *also]), classes="small", markup=False)

    def on_mount(self) -> None:
        """Show one of the two."""
        self._choose()

    def on_resize(self, event: events.Resize) -> None:
        """Show one of the two."""
        super().on_resize(event)
        self._choose()

    def _choose(self) -> None:
        size = self.app.size
        code = code_for(self.end(), size, practice=self.visit.services.state.practice)
        self.set_class(bool(code), "code")
        self.query_one(".qr", Static).update(code)
        self.query_one(".qr").display = bool(code)
        self.query_one(".how").display = bool(code) and size.width >= code.index("\n") + BESIDE
        self.query_one(".small").display = not code


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
                    yield from self._big(part)
                    yield from self._to_take_along()
                case "row" | "small":
                    yield Row(part.word, part.value)
                case "note":
                    advice = "strong" if self.visit.outcome is None else "warning"
                    yield Static(part.value, classes=f"{advice} gap below", markup=False)
                case "title" | "code":  # the question above, and a screen of its own
                    continue

    def _big(self, part: Part) -> Iterable[Widget]:
        """Show the last day as large as the proof does; a request's code has letters."""
        if held := self.slip().certificate:
            yield BigDate(held.last_day)
        with Widget(classes="panel dates below"):
            yield Static(visible(part.value), markup=False)
            yield Static(part.word, markup=False)

    def _to_take_along(self) -> Iterable[Widget]:
        """Say what to do where nothing is printed, and what lies on the stick."""
        there = _on_the_stick(self.visit)
        if self.has_printer and not there:
            return
        with Widget(classes="along below"):
            if not self.has_printer and self.visit.outcome is None:
                yield Static(text("slip.note_code"), markup=False)
            elif not self.has_printer:
                yield Static(text("slip.no_printer"), classes="with-code", markup=False)
                yield Static(text("slip.note_day"), classes="without-code", markup=False)
            for line in there:
                yield Static(line, markup=False)

    def hints(self) -> Iterable[KeyHint]:
        """Print it, or go back; without a printer the calendar code is offered."""
        yield from self.printing_hint()
        yield from leads_back()
        if self.visit.outcome is not None:
            yield KeyHint("1", "1", text("key.code"))

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


def _on_the_stick(visit: Visit) -> list[str]:
    """Say where all this lies as files, where it does."""
    there = visit.papers and visit.papers.folder
    return [text("papers.here", folder=FOLDER)] if there else []


def code_for(day: date, size: Size, *, practice: bool) -> str:
    """Draw the code for a screen of `size`: in the person's words where they fit, empty where none does."""
    words = text("calendar.practice" if practice else "calendar.summary")
    full, short = calendar_code(event_text(day, words), QUIET), calendar_code(event_text(day), 2)
    for code, beside in ((full, BESIDE), (short, 0)):
        if code.count("\n") + 1 < size.height and code.index("\n") + beside <= size.width:
            return code
    return ""


def calendar_code(event: str, above: int) -> str:
    """Draw a QR code (ISO/IEC 18004) in half blocks, two rows of it a line, with `above` rows of white above it."""
    matrix = segno.make(event, error="l", micro=False).matrix
    beside = [False] * QUIET
    width = len(matrix) + 2 * QUIET
    blank = [[False] * width] * above
    rows = [*blank, *([*beside, *map(bool, row), *beside] for row in matrix), *blank]
    if len(rows) % 2:
        rows.append([False] * width)
    drawn = io.StringIO()
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        drawn.write("".join(" ▀▄█"[up + 2 * low] for up, low in zip(upper, lower, strict=True)) + "\n")
    return drawn.getvalue().rstrip("\n")
