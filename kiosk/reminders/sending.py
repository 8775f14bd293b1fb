"""Sending what is queued: claimed, handed to its channel, and written down, page by page."""

import asyncio
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from data.records import Outgoing
from data.registry import Registry
from kiosk import log
from kiosk.clock import stamp, unstamp
from kiosk.errors import KioskError
from kiosk.lifecycle.dates import korean_day
from kiosk.lifecycle.request import working_on
from kiosk.reminders import contacts
from kiosk.reminders.channel import Absent, Channel, Message, Outcome, Returned
from kiosk.reminders.due import queue_due
from kiosk.reminders.settings import Settings, load_settings
from kiosk.reminders.text import compose
from kiosk.services import Services

LOCK = "reminders"
_REASON = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_SETTLED_AT_ONCE = 200


@dataclass
class Report:
    """What one job did: messages queued; sent, to be tried again, failed and dropped; and channels that were down."""

    queued: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    down: dict[str, str] = field(default_factory=dict)


async def remind(services: Services, settings: Settings | None = None) -> Report:
    """Queue what is due and send what is queued. Raises `remind.busy`, `remind.config`, `clock.*`, `registry.*`."""
    settings = settings or load_settings(services.state)
    await services.in_registry(services.require_steady_clock)
    try:
        with working_on(services.state.locks, LOCK):
            return await _remind(services, settings)
    except KioskError as error:
        raise KioskError("remind.busy") if error.id == "request.busy" else error from None


async def _remind(services: Services, settings: Settings) -> Report:
    report = Report()
    await services.in_registry(lambda: _release(services))
    for channel in settings.channels:
        await _settle(services, channel, report)
    report.queued = await queue_due(services, settings.ways)
    waiting = await services.in_registry(services.registry.delivery_channels)
    there = [channel.name for channel in settings.channels]
    # The list of calls is the last channel: what fails on another one gets there in the same job.
    for channel in (*(Absent(name) for name in waiting if name not in there), *settings.channels):
        job = _Sending(services, settings, channel, report)
        try:
            await job.run()
        finally:
            await asyncio.to_thread(channel.close)
    return report


def _release(services: Services) -> None:
    """Take up what a job left that died: no other one is sending, or the lock would not be ours."""
    if services.registry.count_sending():
        with services.step() as registry:
            services.audit.append("reminders.released", count=registry.release_deliveries(services.now()))


async def _settle(services: Services, channel: Channel, report: Report) -> None:
    """Note what became of messages after they were taken, and have what is left of them deleted."""
    known = await asyncio.to_thread(lambda: list(channel.returned()))
    for start in range(0, len(known), _SETTLED_AT_ONCE):
        page = known[start : start + _SETTLED_AT_ONCE]
        over = await services.in_registry(partial(_settled, services, page, report))
        await asyncio.to_thread(channel.clear, over)


def _settled(services: Services, page: Sequence[Returned], report: Report) -> list[str]:
    """Give the ids of those whose end is on record, after noting those that did not arrive."""
    over = []
    lost: list[tuple[Outgoing, str]] = []
    for each in page:
        delivery = services.registry.delivery(each.id)
        if delivery is not None and delivery.done_at is not None:
            over.append(each.id)
            if each.reason is not None and delivery.state == "sent":
                lost.append((delivery, each.reason))
    if lost:
        with services.step() as registry:
            for delivery, reason in lost:
                registry.fail_delivery(delivery.id, reason, services.now())
                _call_instead(services, registry, delivery)
            services.audit.append("reminders.returned", count=len(lost))
        report.counts["failed"] += len(lost)
    return over


class _Sending:
    """One channel's part of one job."""

    def __init__(self, services: Services, settings: Settings, channel: Channel, report: Report) -> None:
        self._services = services
        self._settings = settings
        self._channel = channel
        self._report = report

    async def run(self) -> None:
        """Send until nothing is left that may be tried now, or nothing gets through."""
        services, name = self._services, self._channel.name
        if not await services.in_registry(lambda: services.registry.has_waiting(name, services.now())):
            return
        results: list[tuple[Outgoing, Outcome]] = []
        while True:
            more, claimed = await services.in_registry(partial(self._exchange, results))
            if not more:
                return
            messages = [message for _, message in claimed]
            outcomes = await asyncio.to_thread(self._channel.send, messages) if messages else []
            untried = outcomes[-1] if outcomes else Outcome("sent")
            outcomes += [untried] * (len(claimed) - len(outcomes))
            results = [(outgoing, outcome) for (outgoing, _), outcome in zip(claimed, outcomes, strict=True)]
            if untried.kind == "down":
                self._report.down[name] = _code(untried.reason)
                log.event("reminders.down", error=f"{name}:{_code(untried.reason)}")
                await services.in_registry(partial(self._record, results))
                return

    def _exchange(
        self, results: Sequence[tuple[Outgoing, Outcome]]
    ) -> tuple[bool, list[tuple[Outgoing, Message]]]:
        """In one step, note what became of a page and claim the next; False: there is none."""
        services = self._services
        with services.step() as registry:
            self._note(registry, results)
            page = registry.claim_deliveries(self._channel.name, services.now(), self._channel.page)
            over, claimed = [], []
            for outgoing in page:
                ended = self._ended(outgoing)
                if ended is not None:
                    over.append((outgoing, ended))
                elif (message := self._composed(outgoing)) is None:
                    over.append((outgoing, ("dropped", "stopped")))
                else:
                    claimed.append((outgoing, message))
            now = services.now()
            tomorrow = stamp(services.clock.now() + timedelta(days=1))
            registry.finish_deliveries(
                [(each.id, *ended, tomorrow) for each, ended in over], now, tried=False
            )
            self._report.counts.update("again" if state == "waiting" else state for _, (state, _) in over)
        return bool(page), claimed

    def _record(self, results: Sequence[tuple[Outgoing, Outcome]]) -> None:
        with self._services.step() as registry:
            self._note(registry, results)

    def _note(self, registry: Registry, results: Sequence[tuple[Outgoing, Outcome]]) -> None:
        """Write down what became of each message that was claimed."""
        if not results:
            return
        services = self._services
        now = services.now()
        counts: Counter[str] = Counter()
        tried: list[tuple[int, str, str | None, str]] = []
        untried: list[tuple[int, str, str | None, str]] = []
        failed: list[Outgoing] = []
        for outgoing, outcome in results:
            state, again = self._judged(outgoing, outcome)
            row = (outgoing.id, state, _code(outcome.reason) if outcome.reason else None, again)
            (untried if outcome.kind == "down" else tried).append(row)
            counts["again" if state == "waiting" else state] += 1
            if state == "failed":
                failed.append(outgoing)
        registry.finish_deliveries(tried, now)
        registry.finish_deliveries(untried, now, tried=False)
        for outgoing in failed:
            _call_instead(services, registry, outgoing)
        self._report.counts.update(counts)
        services.audit.append("reminders.sent", channel=self._channel.name, **counts)

    def _judged(self, outgoing: Outgoing, outcome: Outcome) -> tuple[str, str]:
        """Give the state that an outcome leads to, and when to try again."""
        services = self._services
        waits = services.policy.reminder_retry_minutes
        if outcome.kind == "down":
            return "waiting", services.now()
        if outcome.kind == "again" and outgoing.tries <= len(waits):
            again = services.clock.now() + timedelta(minutes=waits[outgoing.tries - 1])
            return "waiting", stamp(again)
        return ("sent" if outcome.kind == "sent" else "failed"), services.now()

    def _ended(self, outgoing: Outgoing) -> tuple[str, str] | None:
        """Say why a message is not to go out, or not today: state and reason."""
        if outgoing.replaced_by is not None:
            return "dropped", "replaced"
        if outgoing.status == "revoked":
            return "dropped", "revoked"
        left = (korean_day(unstamp(outgoing.not_after)) - self._services.clock.today()).days
        if outgoing.rung - left > self._services.policy.reminder_late_days:
            return "failed", "late"
        # It may be resumed before it is too late.
        return ("waiting", outgoing.status) if outgoing.status != "valid" else None

    def _composed(self, outgoing: Outgoing) -> Message | None:
        """Write the message; None when its contact was forgotten."""
        services = self._services
        if outgoing.sealed is None or outgoing.contact_uuid is None:
            return None
        reachable = contacts.unseal(services, outgoing.subscriber_id, outgoing.contact_uuid, outgoing.sealed)
        if reachable is None:
            return None
        return compose(
            outgoing, reachable, services.clock.today(), state=services.state, policy=services.policy,
            help_=self._settings.help,
        )  # fmt: skip


def _call_instead(services: Services, registry: Registry, outgoing: Outgoing) -> None:
    """Have somebody called whom no message of this rung reached or will reach. In a `step` only."""
    if outgoing.channel == "call" or outgoing.phone in {None, "none"}:
        return
    others = [each for each in registry.deliveries_of(outgoing.certificate_id) if each.rung == outgoing.rung]
    if all(each.state == "failed" for each in others):
        call = (outgoing.certificate_id, outgoing.rung, "call", "waiting", None)
        registry.queue_deliveries([call], services.now())
        services.audit.append("reminders.call", certificate=outgoing.certificate_id, rung=outgoing.rung)


def _code(reason: str | None) -> str:
    return reason if reason and _REASON.fullmatch(reason) else "unknown"
