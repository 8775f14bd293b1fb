"""The slip that a person takes home: one model, from which the screen, a text file and the printer draw theirs.

There is one for a certificate, and one for a request that was not finished and can be resumed. Neither holds a
secret, and the name is masked: slips lie about.
"""

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, Protocol

from data.records import Request, WholeCertificate
from kiosk import log
from kiosk.clock import KST, unstamp
from kiosk.config import load_help_number
from kiosk.errors import KioskError
from kiosk.i18n import language_of, text, visible
from kiosk.lifecycle import dates
from kiosk.lifecycle.outcome import Outcome
from kiosk.lifecycle.request import ENDED
from kiosk.lifecycle.standing import of_record, person_name, profile_name
from kiosk.pki.profiles import load_profiles
from kiosk.reminders.ics import calendar, event_text
from kiosk.services import Services

STARS = 5
"""At most; how long a name is, is nobody's business either."""

Form = Literal["title", "warning", "big", "row", "note", "code", "small"]


@dataclass(frozen=True)
class Part:
    """One thing on a slip. `word` says what `value` is; of a `code` the value is what it holds."""

    form: Form
    value: str
    word: str = ""


class Paper(Protocol):
    """What can be printed: a slip, a sheet of the list of calls, or of a certificate's history."""

    @property
    def center(self) -> str:
        """Stands above all else."""

    def parts(self) -> list[Part]:
        """Give what stands on it from top to bottom."""


@dataclass(frozen=True)
class Held:
    """The certificate of a slip."""

    profile: str
    name: str
    """Masked, but for businesses."""
    serial: str
    made: datetime
    """The first second of its validity."""
    first_day: date
    last_day: date
    renewal_opens: date
    status: str = "valid"


@dataclass(frozen=True)
class Slip:
    """What stands on a slip. `certificate` is None for a request that is not finished."""

    center: str
    practice: bool
    request: str
    """The code of the request: staff find everything by it."""
    help_number: str
    """The number to ring; empty where none was set."""
    anchor: str
    """The newest audit line, SEQ:HASH."""
    printed: datetime
    certificate: Held | None = None
    resumable_until: datetime | None = None

    def parts(self) -> list[Part]:
        """Give what stands on it from top to bottom, in the person's language."""
        held = self.certificate
        parts = [Part("title", text("slip.title") if held else text("slip.unfinished"))]
        if self.practice:
            parts.append(Part("warning", text("issue.practice")))
        parts += self._of_certificate(held) if held else self._of_request()
        if self.help_number:
            parts.append(Part("row", self.help_number, text("slip.help")))
        if held and not _recognised(held.profile):
            parts.append(Part("note", text("notice.own")))
        if held and held.status == "valid":
            summary = text("calendar.practice" if self.practice else "calendar.summary")
            parts.append(Part("code", event_text(held.last_day, summary), text("slip.code")))
        at = f"{self.printed.astimezone(KST):%Y-%m-%d %H:%M}"
        return [*parts, Part("small", self.anchor, text("slip.anchor")), Part("small", at, text("slip.made"))]

    def _of_certificate(self, held: Held) -> list[Part]:
        period = f"{held.first_day:%Y.%m.%d} - {held.last_day:%Y.%m.%d}"
        rows = [
            Part("big", f"{held.last_day:%Y.%m.%d}", text("slip.last_day")),
            Part("row", _day(held.renewal_opens), text("slip.renew")),
            Part("row", profile_name(held.profile, language_of()), text("confirm.kind")),
            Part("row", held.name, text("slip.name")),
            Part("row", period, text("slip.until")),
            Part("row", held.serial, text("slip.serial")),
            Part("row", self.request, text("slip.request")),
        ]
        if held.status != "valid":
            said = text("slip.status", status=text(f"status.{held.status}"))
            return [Part("warning", said), *rows[2:]]
        return rows

    def _of_request(self) -> list[Part]:
        parts = [Part("big", self.request, text("slip.request"))]
        if self.resumable_until is not None:
            until = self.resumable_until.astimezone(KST)
            said = text("slip.resume_until", month=until.month, day=until.day, time=f"{until:%H:%M}")
            parts.append(Part("row", said, text("slip.until_when")))
        return [*parts, Part("note", text("slip.resume"))]

    def as_text(self) -> bytes:
        """Give it as a text file: UTF-8 with its mark and CRLF, so that every editor shows Korean."""
        lines = [self.center, ""]
        for part in self.parts():
            match part.form:
                case "big":
                    rule = "=" * 40
                    lines += ["", rule, f"    {part.value}", f"    {part.word}", rule, ""]
                case "row" | "small":
                    lines.append(part.word + " " * max(2, 14 - _cells(part.word)) + visible(part.value))
                case "note":
                    lines += ["", part.value, ""]
                case "title" | "warning":
                    lines.append(part.value)
                case "code":  # the calendar's file lies beside this one
                    continue
        return b"\xef\xbb\xbf" + "".join(f"{visible(line)}\r\n" for line in lines).encode()

    def calendar(self) -> bytes:
        """Give the last day as a calendar's file. Only where there is a certificate."""
        held = self.certificate
        if held is None:
            raise ValueError("no certificate, no day")
        return calendar(
            serial=held.serial, last_day=held.last_day, made=held.made, renewal_opens=held.renewal_opens,
            help_number=self.help_number, practice=self.practice,
        )  # fmt: skip


def slip_of(outcome: Outcome, services: Services) -> Slip:
    """Make the slip of a certificate that has just been issued."""
    held = _held(
        services, outcome.request.profile, person_name(outcome.certificate), outcome.serial,
        outcome.not_before, outcome.not_after,
    )  # fmt: skip
    return _slip(services, outcome.request.code, outcome.anchor, held)


async def slip_of_number(services: Services, number: str) -> Slip:
    """Make the slip of what `number` names: a request's code, or a certificate's serial.

    Raises `certificate.unknown`, also for a request that ended without a certificate.
    """

    def find() -> tuple[Request | None, WholeCertificate | None]:
        registry = services.registry
        request = registry.request(code=number)
        if request is not None:
            held = registry.certificate(id=request.certificate_id) if request.certificate_id else None
            return request, held
        held = registry.certificate(serial=number)
        return (registry.request(id=held.request_id), held) if held else (None, None)

    request, row = await services.in_registry(find)
    if request is None or (row is None and request.state in ENDED):
        raise KioskError("certificate.unknown", serial=number)
    anchor = await services.anchor()
    if row is None or row.status == "unproved":
        until = unstamp(request.opened_at) + timedelta(hours=services.policy.request_hours)
        return _slip(services, request.code, anchor, resumable_until=until)
    status = of_record(row, services.clock, services.policy).status
    held = _held(
        services, row.profile, row.name, row.serial, unstamp(row.not_before), unstamp(row.not_after), status
    )
    return _slip(services, request.code, anchor, held)


def masked(name: str, profile: str) -> str:
    """Hide the middle of a person's name (홍*동), what follows the first letter of two; businesses are public."""
    kind = load_profiles().get(profile)
    letters = unicodedata.normalize("NFC", name)
    if kind is not None and kind.kind == "business":
        return letters
    hidden = "*" * min(STARS, max(1, len(letters) - 2))
    return letters[:1] + hidden + (letters[-1] if len(letters) > 2 else "")


def _held(
    services: Services, profile: str, name: str, serial: str, not_before: datetime, not_after: datetime,
    status: str = "valid",
) -> Held:  # fmt: skip
    opens = dates.renewal_opens(not_after, services.policy.renewal_window_days)
    return Held(
        profile=profile, name=masked(name, profile), serial=serial, made=not_before,
        first_day=dates.korean_day(not_before), last_day=dates.korean_day(not_after),
        renewal_opens=dates.korean_day(opens), status=status,
    )  # fmt: skip


def _slip(
    services: Services, request: str, anchor: str, certificate: Held | None = None,
    resumable_until: datetime | None = None,
) -> Slip:  # fmt: skip
    try:
        number = load_help_number(services.state)
    except KioskError as error:
        # `kiosk doctor` names it; a slip without a number is better than none.
        log.event("center.failed", error=error.code)
        number = ""
    return Slip(
        center=services.state.center, practice=services.state.practice, request=request, help_number=number,
        anchor=anchor, printed=services.clock.now(), certificate=certificate, resumable_until=resumable_until,
    )  # fmt: skip


def _recognised(profile: str) -> bool:
    kind = load_profiles().get(profile)
    return kind is not None and kind.recognised


def _day(day: date) -> str:
    return text("slip.date", year=day.year, month=day.month, day=day.day)


def _cells(word: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in word)
