"""Who is to be reminded today: found by their certificates' ends, and queued."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache, partial

from data.records import Upcoming
from kiosk.clock import stamp, unstamp
from kiosk.lifecycle.dates import day_start, korean_day
from kiosk.reminders import ladder
from kiosk.reminders.ladder import Planned, Window
from kiosk.services import Services

PAGE = 500


@dataclass(frozen=True)
class Due:
    """One message that is to go out."""

    serial: str
    not_after: str
    rung: int
    planned: Planned


def find(services: Services, ways: Collection[str]) -> Iterator[Due]:
    """Stream what the ladder asks for now and is not queued yet. In the registry's thread, outside a step."""
    for rung in services.policy.reminder_days:
        window = _window(services, rung)
        after: Upcoming | None = None
        while window is not None:
            page = _page(services, rung, window, after)
            for upcoming in page:
                for planned in _plan(upcoming, rung, ways):
                    yield Due(upcoming.serial, upcoming.not_after, rung, planned)
            if len(page) < PAGE:
                break
            after = page[-1]


async def queue_due(services: Services, ways: Collection[str]) -> int:
    """Queue what the ladder asks for now, page by page; give how many messages are new.

    Nothing is lost or doubled by a job that is killed in between: the rung counts as looked at with its last page.
    """
    queued = 0
    for rung in services.policy.reminder_days:
        after: Upcoming | None = None
        while True:
            new, after = await services.in_registry(partial(_queue, services, rung, ways, after))
            queued += new
            if after is None:
                break
    return queued


def _queue(
    services: Services, rung: int, ways: Collection[str], after: Upcoming | None
) -> tuple[int, Upcoming | None]:
    """Queue one page; give how many messages are new, and the last of a page that may not be the last one."""
    window = _window(services, rung)
    if window is None:
        return 0, None
    with services.step() as registry:
        page = _page(services, rung, window, after)
        rows = [
            (upcoming.id, rung, planned.channel, planned.state, planned.reason)
            for upcoming in page
            for planned in _plan(upcoming, rung, ways)
        ]
        queued = registry.queue_deliveries(rows, services.now()) if rows else 0
        if len(page) < PAGE:
            registry.note_rung(rung, services.today())
        if queued:
            services.audit.append("reminders.queued", rung=rung, count=queued)
    return queued, page[-1] if len(page) == PAGE else None


def _window(services: Services, rung: int) -> Window | None:
    """Give the last days that count for a rung today and were not looked at yet."""
    policy, today = services.policy, services.clock.today()
    noted = services.registry.rung_until(rung)
    looked = _day(noted) if noted else None
    return ladder.window(
        rung, today, policy.reminder_days, late=policy.reminder_late_days, looked_until=looked
    )


@lru_cache(maxsize=512)
def last_day(not_after: str) -> date:
    """Give the last Korean day of an end as the registry keeps it."""
    return korean_day(unstamp(not_after))


def _day(text: str) -> date:
    """Read a Korean day as the registry keeps it."""
    return date.fromisoformat(text)


def _page(services: Services, rung: int, window: Window, after: Upcoming | None) -> list[Upcoming]:
    first, before = day_start(window.first), day_start(window.last + timedelta(days=1))
    return services.registry.upcoming(rung, stamp(first), stamp(before), limit=PAGE, after=after)


def _plan(upcoming: Upcoming, rung: int, ways: Collection[str]) -> list[Planned]:
    if not ladder.is_for(rung, last_day(upcoming.not_after), upcoming.created_at, upcoming.agreed_at):
        return []
    return ladder.plan(upcoming.phone, email=bool(upcoming.email), ways=ways)
