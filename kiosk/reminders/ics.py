"""A certificate's last day for people's calendars: a file (RFC 5545) and the short text for a QR code.

Calendars lie on other people's servers: nothing here says whose certificate it is.
"""

import uuid
from datetime import UTC, date, datetime, timedelta

from kiosk.i18n import language_of, text_in

ALARM_DAYS = (30, 14, 7, 1)
"""So many days before the last one the calendar speaks up."""
HOUR = 9
"""At this hour: an alarm exactly so many days before a whole day would ring at midnight."""
OCTETS = 75
"""The longest line, without its end (RFC 5545, 3.1)."""

_ENDS = "\r\n"


def calendar(
    *, serial: str, last_day: date, made: datetime, renewal_opens: date | None = None, help_number: str = "",
    practice: bool = False, language: str | None = None,
) -> bytes:  # fmt: skip
    """Make the file for one certificate: a whole day with its alarms, UTF-8, lines of at most 75 octets.

    `last_day` is the last Korean day, `made` an aware moment that stands for the file's version. The same
    `serial` always gives the same UID, so that a calendar takes a second file for a correction of the first.
    The words are in `language`, else the person's.
    """
    language = language or language_of()
    summary = text_in(language, "calendar.practice" if practice else "calendar.summary")
    about = []
    if renewal_opens:
        opens = {"year": renewal_opens.year, "month": renewal_opens.month, "day": renewal_opens.day}
        about.append(text_in(language, "calendar.renew", **opens))
    if help_number:
        about.append(text_in(language, "calendar.help", number=help_number))
    description = "\n".join(about)
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Certkiosk//Certkiosk//KO", "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH", "BEGIN:VEVENT", f"UID:{uid(serial)}",
        f"DTSTAMP:{made.astimezone(UTC):%Y%m%dT%H%M%SZ}", f"DTSTART;VALUE=DATE:{last_day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{last_day + timedelta(days=1):%Y%m%d}", f"SUMMARY:{_escaped(summary)}",
        *([f"DESCRIPTION:{_escaped(description)}"] if description else []), "TRANSP:TRANSPARENT",
        *(line for days in ALARM_DAYS for line in _alarm(days, language)), "END:VEVENT", "END:VCALENDAR",
    ]  # fmt: skip
    return "".join(_folded(line) + _ENDS for line in lines).encode()


def event_text(day: date, summary: str = "cert") -> str:
    """Give the VEVENT that a phone takes from a QR code.

    By default it is as short as it can be, so that the code fits a screen of 18 lines: 53 bytes, version 3.
    """
    return f"BEGIN:VEVENT\nSUMMARY:{_escaped(summary)}\nDTSTART:{day:%Y%m%d}\nEND:VEVENT"


def uid(serial: str) -> str:
    """Give the UID of a certificate's event: always the same, and telling nothing."""
    return f"{uuid.uuid5(uuid.NAMESPACE_URL, f'urn:certkiosk:{serial}')}@certkiosk"


def _alarm(days: int, language: str) -> list[str]:
    before = timedelta(days=days) - timedelta(hours=HOUR)
    said = text_in(language, "calendar.alarm", days=days)
    return [
        "BEGIN:VALARM", "ACTION:DISPLAY", f"DESCRIPTION:{_escaped(said)}",
        f"TRIGGER:-P{before.days}DT{before.seconds // 3600}H", "END:VALARM",
    ]  # fmt: skip


def _escaped(value: str) -> str:
    """Escape TEXT (RFC 5545, 3.3.11)."""
    for char in "\\;,":
        value = value.replace(char, "\\" + char)
    return value.replace("\n", "\\n")


def _folded(line: str) -> str:
    """Break a line before it has more than 75 octets, between characters and never inside one."""
    pieces, piece = [], ""
    for char in line:
        if len((piece + char).encode()) > OCTETS:
            pieces.append(piece)
            piece = " "  # counts as one of the octets of the line that it begins
        piece += char
    return _ENDS.join([*pieces, piece])
