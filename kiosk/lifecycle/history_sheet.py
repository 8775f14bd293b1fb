"""A certificate's history on paper, for the person whose it is. It goes the way of slips, and lies about like them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kiosk.i18n import text
from kiosk.lifecycle.explain import moment
from kiosk.lifecycle.history import Chapter
from kiosk.pki.names import masked_name
from kiosk.printing.printer import print_slip
from kiosk.receipt import Part
from kiosk.services import Services

A_SHEET = 30
"""Rows on one piece of paper, so that none gets too long for the printer."""


@dataclass(frozen=True)
class HistorySheet:
    """One piece of paper with a part of the history. Names are masked."""

    center: str
    practice: bool
    rows: Sequence[Part]
    number: int
    count: int
    printed: datetime

    def parts(self) -> list[Part]:
        """Give what stands on it from top to bottom, in the person's language."""
        parts = [Part("title", text("history.title"))]
        if self.practice:
            parts.append(Part("warning", text("issue.practice")))
        parts += self.rows
        if self.count > 1:
            parts.append(Part("small", f"{self.number} / {self.count}", text("history.sheet")))
        return [*parts, Part("small", moment(self.printed), text("slip.made"))]


def rows(chapters: Sequence[Chapter]) -> list[Part]:
    """Give the history as rows: of each certificate who, which and how it stands, then day by day what happened."""
    found: list[Part] = []
    for each in chapters:
        found += [
            Part("row", each.held.serial, text("slip.serial")),
            Part("row", masked_name(each.held.name), text("slip.name")),
            Part("row", text(f"status.{each.stands.status}"), text("history.now")),
            *(Part("row", event.sentence, moment(event.at)) for event in each.events),
        ]
    return found


async def print_history(services: Services, chapters: Sequence[Chapter]) -> None:
    """Print the history, on as many sheets as it takes. Raises `printer.*`."""
    every, state = rows(chapters), services.state
    starts = range(0, len(every), A_SHEET)
    for number, start in enumerate(starts, 1):
        part = every[start : start + A_SHEET]
        sheet = HistorySheet(state.center, state.practice, part, number, len(starts), services.clock.now())
        await print_slip(sheet, state)
