"""The list of calls on its way to staff: as a table for spreadsheets, and on the printer's paper."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kiosk.clock import KST
from kiosk.i18n import text
from kiosk.printing.printer import print_slip
from kiosk.receipt import Part
from kiosk.reminders.due import last_day
from kiosk.reminders.outlook import Call
from kiosk.services import Services

A_SHEET = 15
"""Calls on one piece of paper, so that none gets too long for the printer."""
_AT_HOME = re.compile(r"(02|050\d|0\d\d)(\d+)(\d{4})")
# What spreadsheets take for the beginning of a formula, or skip before one; in East Asia the wide forms too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def row(call: Call) -> list[str]:
    """Give what staff see of a call: last day, name, phone, serial."""
    return [last_day(call.not_after).isoformat(), call.name, spaced(call.phone), call.serial]


def spaced(phone: str) -> str:
    """Write a number as people do, 010-2345-6789; so a spreadsheet leaves its first zero alone, too."""
    found = _AT_HOME.fullmatch(phone)
    return "-".join(found.groups()) if found else phone


def table(calls: Sequence[Call]) -> bytes:
    """Write the list as spreadsheets open it as it is meant: UTF-8 with a mark, and no cell that is a formula."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow([text(f"remind.column.{name}") for name in ("end", "name", "phone", "serial")])
    for call in calls:
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in row(call)])
    return written.getvalue().encode("utf-8-sig")


@dataclass(frozen=True)
class CallSheet:
    """One piece of paper with calls, each with a box to be ticked. It goes the way of slips."""

    center: str
    practice: bool
    calls: Sequence[Call]
    number: int
    count: int
    printed: datetime

    def parts(self) -> list[Part]:
        """Give what stands on it from top to bottom, in staff's language."""
        parts = [Part("title", text("calls.title", number=self.number, count=self.count))]
        if self.practice:
            parts.append(Part("warning", text("remind.practice")))
        for call in self.calls:
            day, name, phone, serial = row(call)
            parts += [
                Part("row", value, word)
                for value, word in ((name, "[ ]"), (phone, ""), (day, ""), (serial, ""))
            ]
        return [*parts, Part("small", f"{self.printed.astimezone(KST):%Y-%m-%d %H:%M}", text("slip.made"))]


async def print_calls(services: Services, calls: Sequence[Call]) -> None:
    """Print the list, on as many sheets as it takes. Raises `printer.*`."""
    state, starts = services.state, range(0, len(calls), A_SHEET)
    for number, start in enumerate(starts, 1):
        page = calls[start : start + A_SHEET]
        sheet = CallSheet(state.center, state.practice, page, number, len(starts), services.clock.now())
        await print_slip(sheet, state)
