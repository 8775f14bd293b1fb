"""What a person may take along from the proof: a calendar code for the phone, and the slip as text."""

import io
from collections.abc import Iterable
from datetime import date

import segno
from textual import events
from textual.widget import Widget
from textual.widgets import Static

from kiosk.clock import KST
from kiosk.i18n import language_of, text
from kiosk.lifecycle.standing import profile_name
from screens.flow import Nav
from screens.step import Step
from screens.widgets.frame import KeyHint
from screens.widgets.parts import Row

BESIDE = 34
"""So many columns beside the code are enough to say what it is for."""


class Paper(Step):
    """The base of both: Esc and Enter lead back to the proof."""

    def hints(self) -> Iterable[KeyHint]:
        """One way: back."""
        yield KeyHint("escape", "Esc", text("key.back"))

    def action_go_on(self) -> None:
        """Go back."""
        self.dismiss(Nav.BACK)

    def end(self) -> date:
        """Give the certificate's last day in Korea."""
        if self.visit.outcome is None:
            raise RuntimeError("nothing was issued")
        return self.visit.outcome.not_after.astimezone(KST).date()


class CalendarCode(Paper):
    """A QR code that puts the last day into a phone's calendar. It tells nothing about the person."""

    word = "code"

    def middle(self) -> Iterable[Widget]:
        """Draw the code, or say the day where it does not fit."""
        yield Static(calendar_code(self.end()), classes="qr", markup=False)
        yield Static(text("code.how"), classes="how strong", markup=False)
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


class Slip(Paper):
    """The slip: what was issued, until when, and the code of the request. Nothing secret."""

    word = "slip"

    def middle(self) -> Iterable[Widget]:
        """List it as it would be printed."""
        outcome = self.visit.outcome
        if outcome is None:
            raise RuntimeError("nothing was issued")
        if self.visit.services.state.practice:
            yield Static(text("issue.practice"), classes="warning practice", markup=False)
        yield Row(text("confirm.kind"), profile_name(outcome.request.profile, language_of()))
        end = self.end()
        yield Row(text("slip.until"), text("slip.day", year=end.year, month=end.month, day=end.day))
        yield Row(text("slip.serial"), outcome.serial)
        yield Row(text("slip.request"), outcome.request.code)
        yield Row(text("slip.anchor"), outcome.anchor)
        yield Static(text("notice.own"), classes="warning gap", markup=False)


def calendar_code(day: date) -> str:
    """Draw a QR code (ISO/IEC 18004) of a calendar event (RFC 5545) in half blocks, two rows of it a line.

    The event is as short as it can be, so that the code fits a screen of 18 lines: 53 bytes, version 3.
    """
    event = f"BEGIN:VEVENT\nSUMMARY:cert\nDTSTART:{day:%Y%m%d}\nEND:VEVENT"
    matrix = [[bool(cell) for cell in row] for row in segno.make(event, error="l", micro=False).matrix]
    width = len(matrix) + 4
    blank = [False] * width
    rows = [blank, blank, *([False, False, *row, False, False] for row in matrix), blank, blank]
    if len(rows) % 2:
        rows.append(blank)
    drawn = io.StringIO()
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        drawn.write("".join(" ▀▄█"[up + 2 * low] for up, low in zip(upper, lower, strict=True)) + "\n")
    return drawn.getvalue().rstrip("\n")
