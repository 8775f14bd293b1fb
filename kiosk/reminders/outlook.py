"""For staff and operators: how many certificates end in the weeks to come, and what was sent and what failed."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from data.records import Outgoing
from kiosk.clock import stamp
from kiosk.errors import KioskError
from kiosk.lifecycle.dates import day_start
from kiosk.reminders import contacts
from kiosk.services import Services

WEEKS = 12
_DAYS = 7
_CALLED = "called"


@dataclass(frozen=True)
class Outlook:
    """Counts: of certificates by their last day, and of messages by channel and what became of them."""

    days: dict[date, int]
    """Days on which certificates end; the others are left out."""
    weeks: list[tuple[date, int]]
    """First day and count; the first week begins today."""
    messages: dict[tuple[str, str], int]
    """By channel and state: what ended within the days behind."""
    waiting: dict[str, int]
    """By channel: what waits to be sent."""


@dataclass(frozen=True)
class Failed:
    """A message that did not reach anybody."""

    serial: str
    rung: int
    channel: str
    reason: str
    at: str


@dataclass(frozen=True)
class Call:
    """A call that staff are to make."""

    serial: str
    name: str
    phone: str
    not_after: str
    rung: int


async def outlook(
    services: Services, *, weeks: int = WEEKS, behind: int = 30, profile: str | None = None
) -> Outlook:
    """Count what ends within so many weeks from today, of one profile or all, and what was sent in the days behind."""
    today = services.clock.today()

    def work() -> Outlook:
        registry = services.registry
        ending = registry.count_ending(
            stamp(day_start(today)), stamp(day_start(today + timedelta(days=weeks * _DAYS))), profile
        )
        days = {date.fromisoformat(day): count for day, count in sorted(ending.items())}
        by_week = Counter[int]()
        for day, count in days.items():
            by_week[(day - today).days // _DAYS] += count
        since, until = _span(services, behind)
        return Outlook(
            days, [(today + timedelta(days=week * _DAYS), by_week[week]) for week in range(weeks)],
            registry.count_deliveries(since, until), registry.count_waiting(),
        )  # fmt: skip

    return await services.in_registry(work)


async def failures(services: Services, *, behind: int = 30, limit: int = 1000) -> list[Failed]:
    """List the messages that failed in the days behind, the oldest first, so many at most."""

    def work() -> list[Failed]:
        rows = services.registry.done_deliveries(*_span(services, behind), "failed")
        return [
            Failed(row.serial, row.rung, row.channel, row.reason or "", row.done_at or "")
            for _, row in zip(range(limit), rows, strict=False)
        ]

    return await services.in_registry(work)


async def calls(services: Services) -> list[Call]:
    """List the calls to be made: of people who agreed, whom no message reaches, and who did not renew yet."""

    def work() -> list[Call]:
        return [call for row in _open_calls(services) if (call := _call(services, row))]

    return await services.in_registry(work)


async def called(services: Services, serial: str) -> None:
    """Take a call off the list. Raises `remind.none` when there is none for this certificate."""

    def work() -> None:
        rows = [row for row in _open_calls(services) if row.serial == serial]
        if not rows:
            raise KioskError("remind.none", serial=serial)
        with services.step() as registry:
            for row in rows:
                registry.mark_delivery(row.id, _CALLED)
            services.audit.append("reminders.called", certificate=rows[0].certificate_id)

    await services.in_registry(work)


def _span(services: Services, behind: int) -> tuple[str, str]:
    today = services.clock.today()
    return stamp(day_start(today - timedelta(days=behind))), stamp(day_start(today + timedelta(days=1)))


def _open_calls(services: Services) -> Iterator[Outgoing]:
    """Give the calls on the list; of several for one certificate the last one counts."""
    rows = services.registry.done_deliveries(*_span(services, services.policy.call_days), "sent", "call")
    newest = {row.certificate_id: row for row in rows}
    for row in newest.values():
        if row.reason != _CALLED and row.status == "valid" and row.replaced_by is None:
            yield row


def _call(services: Services, row: Outgoing) -> Call | None:
    if row.sealed is None or row.contact_uuid is None:
        return None
    reachable = contacts.unseal(services, row.subscriber_id, row.contact_uuid, row.sealed)
    if reachable is None or not reachable.phone:
        return None
    return Call(row.serial, row.name, reachable.phone, row.not_after, row.rung)
