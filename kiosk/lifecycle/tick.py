"""What happens by the clock: a list of jobs, one after the other, none of which stops the others.

`kiosk tick` does them from a timer, and the walk-up kiosk while nobody is there. A job that cannot be undone waits
for staff when the clock may be wrong (`Services.require_steady_clock`).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from data.registry import StateConflict
from kiosk import log
from kiosk.clock import KST, unstamp
from kiosk.errors import KioskError
from kiosk.lifecycle.dates import korean_day
from kiosk.lifecycle.journal import Journal
from kiosk.lifecycle.publishing import publish
from kiosk.lifecycle.recovery import Recovery
from kiosk.lifecycle.status import end_suspensions
from kiosk.reminders.consent import forget_over
from kiosk.reminders.sending import remind
from kiosk.services import Services

HEARTBEAT = "clock.ticked"
CONFIRMED = "clock.confirmed"


@dataclass(frozen=True)
class Job:
    """One act by the clock: its name, what does it (it gives counts), and whether it can be undone."""

    name: str
    work: Callable[[Services], Awaitable[dict[str, int]]]
    final: bool = True


@dataclass(frozen=True)
class Done:
    """What became of a job: counts, or the error that ended it."""

    job: str
    counts: dict[str, int] = field(default_factory=dict)
    error: KioskError | None = None


async def void_stale(services: Services) -> dict[str, int]:
    """Void requests that were not resumed in time."""
    await Recovery(services, Journal(services)).void_stale()
    return {}


async def revoke_forgotten(services: Services) -> dict[str, int]:
    """Write down which suspensions became revocations."""
    return {"revoked": await end_suspensions(services)}


async def publish_list(services: Services) -> dict[str, int]:
    """Bring the published revocation list up to date. Another process that is at it is no failure."""
    try:
        return {"published": int(await publish(services))}
    except KioskError as error:
        if error.id == "request.busy":
            return {"busy": 1}
        raise


async def send_reminders(services: Services) -> dict[str, int]:
    """Send the reminders that are due, but not at night. Another job that is at it is no failure."""
    begins, ends = services.policy.reminder_hours
    if not begins <= services.clock.now().astimezone(KST).hour < ends:
        return {"night": 1}
    try:
        report = await remind(services)
    except KioskError as error:
        if error.id == "remind.busy":
            return {"busy": 1}
        raise
    return {"queued": report.queued, **report.counts, "down": len(report.down)}


async def forget_contacts(services: Services) -> dict[str, int]:
    """Forget how people are reached whose certificates are over."""
    return {"forgotten": await forget_over(services)}


JOBS = (
    Job("requests", void_stale),
    Job("suspensions", revoke_forgotten),
    Job("list", publish_list),
    Job("contacts", forget_contacts),
    # The last one: it waits for other machines.
    Job("reminders", send_reminders),
)


async def tick(services: Services, jobs: tuple[Job, ...] = JOBS) -> list[Done]:
    """Do every job; give what became of each. Raises nothing that a job raises, but bugs."""
    done = []
    try:
        await services.in_registry(lambda: _beat(services))
    except KioskError as error:
        done.append(Done("clock", error=error))
    for job in jobs:
        try:
            if job.final:
                await services.in_registry(services.require_steady_clock)
            done.append(Done(job.name, await job.work(services)))
        except KioskError as error:
            log.event("tick.failed", check=job.name, error=error.code)
            done.append(Done(job.name, error=error))
        except StateConflict:  # somebody else was quicker
            done.append(Done(job.name))
    return done


async def confirm_clock(services: Services) -> None:
    """Put on record that staff looked at the clock and found it right. Raises `request.clock`."""

    def work() -> None:
        with services.step():
            services.require_clock()
            services.audit.append(CONFIRMED)

    await services.in_registry(work)


def _beat(services: Services) -> None:
    """Write one line a day where there is none, so that a quiet month is no jump of the clock."""
    services.require_steady_clock()
    latest = services.registry.latest_at()
    if latest is None or korean_day(unstamp(latest)) < services.clock.today():
        with services.step():
            services.audit.append(HEARTBEAT)
