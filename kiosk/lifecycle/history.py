"""What happened to a certificate, for the person whose it is: from the audit log, in words, oldest first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from data.records import Certificate, Request
from kiosk.audit.line import Line, from_row
from kiosk.clock import unstamp
from kiosk.errors import KioskError
from kiosk.i18n import text
from kiosk.lifecycle.explain import Link, after_of, before_of, day, moment, reason_in_words
from kiosk.lifecycle.standing import Standing, korean, of_record
from kiosk.pki.names import masked_name
from kiosk.services import Services

LONGEST = 100
"""Certificates in one life at most: a hundred years of renewals."""
TOLD = {
    "request.opened": "applied",
    "request.identified": "identified",
    "request.issued": "issued",
    "request.proved": "proved",
    "request.cancelled": "given_up",
    "request.void": "given_up",
    "certificate.suspended": "suspended",
    "certificate.resumed": "resumed",
    "certificate.revoked": "revoked",
    "certificate.copied": "copied",
    "certificate.exported": "exported",
    "certificate.imported": "imported",
    "certificate.deleted": "deleted",
    "certificate.wiped": "deleted",
    "password.changed": "password",
}
"""The lines that say something to the person, and the word for each; all others are the machine's own business."""
METHODS = ("phone", "certificate", "staff", "attended")


@dataclass(frozen=True)
class Event:
    """One thing that happened."""

    at: datetime
    what: str
    """One of the values of `TOLD`."""
    sentence: str


@dataclass(frozen=True)
class Chapter:
    """One certificate of the life, and what happened to it."""

    held: Certificate
    stands: Standing
    here: bool
    """Whether it was issued at this kiosk."""
    events: tuple[Event, ...]


async def history(services: Services, serial: str) -> list[Chapter]:
    """Tell the life that the certificate belongs to, with all that were renewed or reissued, the oldest first.

    Raises `certificate.unknown`, `registry.*`, `audit.broken` (a line that is not as we write them).
    """

    def work() -> list[Chapter]:
        registry = services.registry
        found = registry.certificate(serial=serial)
        if found is None:
            raise KioskError("certificate.unknown", serial=serial)
        life: list[Certificate] = [found]
        while (before := before_of(registry, life[0])) and len(life) < LONGEST:
            life.insert(0, before.held)
        while (after := after_of(registry, life[-1])) and len(life) < LONGEST:
            life.append(after.held)
        return [_chapter(services, held) for held in life]

    return await services.in_registry(work)


def _chapter(services: Services, held: Certificate) -> Chapter:
    registry = services.registry
    request = registry.request(id=held.request_id)
    after = after_of(registry, held)
    events = []
    for row in registry.audit_about(certificate=held.id, request=held.request_id):
        try:
            line = from_row(row)
        except ValueError:
            raise KioskError("audit.broken", line=row.seq, why=text("audit.altered")) from None
        # A renewal's request speaks of the certificate before it, too; that is told there.
        if line.action in TOLD and line.certificate in {None, held.id}:
            events.append(Event(unstamp(line.at), TOLD[line.action], _sentence(line, held, request, after)))
    stands = of_record(held, services.clock, services.policy)
    if stands.status == "expired":
        events.append(Event(unstamp(held.not_after), "expired", text("history.expired")))
    elif stands.status == "revoked" and held.status == "suspended" and stands.since:
        events.append(Event(stands.since, "revoked", text("history.revoked.clock")))
    return Chapter(held, stands, held.kiosk_id == services.state.kiosk_id, tuple(events))


def _sentence(line: Line, held: Certificate, request: Request | None, after: Link | None) -> str:
    what, facts = TOLD[line.action], line.facts
    match what:
        case "applied":
            return text(f"history.applied.{request.act if request else 'issue'}")
        case "identified" | "suspended" | "resumed":
            return f"{text(f'history.{what}')} {_seen(facts)}".rstrip()
        case "issued":
            return text(
                "history.issued", first=day(unstamp(held.not_before)), last=day(unstamp(held.not_after))
            )
        case "revoked" if facts.get("method") == "clock":
            return text("history.revoked.clock")
        case "revoked" if facts.get("reason") == "superseded" and after:
            return text("history.replaced", serial=after.held.serial)
        case "revoked":
            reason = reason_in_words(str(facts.get("reason") or "unspecified"))
            return f"{text('history.revoked', reason=reason)} {_seen(facts)}".rstrip()
    return text(f"history.{what}")


def _seen(facts: Mapping[str, str | int]) -> str:
    """Say how the person was known."""
    if facts.get("document"):
        return text("history.by.document", document=text(f"document.{facts['document']}"))
    method = facts.get("method")
    return text(f"history.by.{method}") if method in METHODS else ""


def document(chapters: list[Chapter], serial: str, services: Services) -> dict[str, object]:
    """Give the history for a JSON document."""
    return {
        "serial": serial,
        "center": services.state.center,
        "certificates": [
            {
                "serial": each.held.serial, "status": each.stands.status, "kiosk_id": each.held.kiosk_id,
                "not_before": korean(unstamp(each.held.not_before)),
                "not_after": korean(unstamp(each.held.not_after)),
                "events": [
                    {"at": korean(event.at), "what": event.what, "text": event.sentence} for event in each.events
                ],
            }
            for each in chapters
        ],
    }  # fmt: skip


def page(chapters: Sequence[Chapter], services: Services, *, masked: bool = False) -> list[str]:
    """Give the history as the lines of a page; `masked` is for where anybody may look."""
    lines = [text("history.title"), text("history.center", center=services.state.center), ""]
    for each in chapters:
        lines.append(text("history.serial", serial=each.held.serial))
        lines.append(text("history.name", name=masked_name(each.held.name) if masked else each.held.name))
        lines.append(text("history.stands", status=text(f"status.{each.stands.status}")))
        lines.append(text("history.here" if each.here else "history.elsewhere"))
        lines += [f"  {moment(event.at)}  {event.sentence}" for event in each.events]
        lines.append("")
    lines.append(text("history.end", moment=moment(services.clock.now())))
    return lines
