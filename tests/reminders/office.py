"""A centre whose clock tests set, with certificates that are rows and nothing else, and carriers that can fail."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

from data.records import Contact, Outgoing, Request, WholeCertificate
from kiosk.clock import KST, Clock, stamp
from kiosk.lifecycle.dates import day_end, day_start
from kiosk.reminders import contacts
from kiosk.reminders.channel import SENT, CallList, Channel, Message, Outcome, Returned
from kiosk.reminders.consent import consent_text
from kiosk.reminders.contacts import Reachable
from kiosk.reminders.sending import Report, remind
from kiosk.reminders.settings import Settings
from kiosk.services import Services

START = date(2026, 11, 22)
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class HandClock(Clock):
    """A running clock that tests set."""

    def __init__(self, day: date = START, hour: int = 9) -> None:
        super().__init__()
        self.set(day, hour)

    def set(self, day: date, hour: int = 9) -> None:
        self._now = datetime.combine(day, time(hour), KST)

    def forward(self, **span: float) -> None:
        self._now += timedelta(**span)

    def now(self) -> datetime:
        return self._now


class Killed(BaseException):
    """Where a job is killed: no code of ours catches it."""


class Carrier:
    """A channel that counts what it takes. One that `repeats` does not know a message that it took before."""

    def __init__(self, name: str, *, page: int = 50, repeats: bool = False) -> None:
        self.name = name
        self.page = page
        self.taken: Counter[str] = Counter()
        self.texts: dict[str, Message] = {}
        self.down = False
        self.judge: Callable[[Message], Outcome] = lambda message: SENT
        self.kill: Callable[[], bool] = lambda: False
        self._repeats = repeats

    def send(self, messages: Sequence[Message]) -> list[Outcome]:
        if self.down:
            return [Outcome("down", "outage")]
        outcomes = []
        for message in messages:
            if self.kill():
                raise Killed
            outcome = self.judge(message)
            if outcome == SENT:
                self.taken[message.id] = self.taken[message.id] + 1 if self._repeats else 1
                self.texts[message.id] = message
            outcomes.append(outcome)
            if self.kill():
                raise Killed
        return outcomes

    def returned(self) -> Iterable[Returned]:
        return ()

    def clear(self, ids: Iterable[str]) -> None:
        pass

    def close(self) -> None:
        pass


def settings(*channels: Channel, abroad: bool = False, help_: str = "02-123-4567") -> Settings:
    ways = {channel.name for channel in channels} | ({"abroad"} if abroad else set())
    return Settings((*channels, CallList()), frozenset(ways), help_)


class Office:
    """Services over a practice state, and what tests put into its registry."""

    def __init__(self, services: Services, clock: HandClock) -> None:
        self.services = services
        self.clock = clock
        self._number = 0

    @classmethod
    async def open(cls, path: Path, day: date = START) -> "Office":
        clock = HandClock(day)
        return cls(await Services.open(path, clock=clock), clock)

    async def add(
        self, end: date, *, phone: str = "01023456789", email: str = "", issued: date | None = None,
        agreed: date | None = None, replaces: int | None = None, subscriber: int | None = None, language: str = "ko",
    ) -> WholeCertificate:  # fmt: skip
        """Add a valid certificate, and its holder's contact when there is a phone or an address."""
        [held] = await self.add_all(
            [(end, phone, email)], issued=issued, agreed=agreed, replaces=replaces, subscriber=subscriber,
            language=language,
        )  # fmt: skip
        return held

    async def add_all(
        self, rows: Sequence[tuple[date, str, str]], *, issued: date | None = None, agreed: date | None = None,
        replaces: int | None = None, subscriber: int | None = None, language: str = "ko",
    ) -> list[WholeCertificate]:  # fmt: skip
        """Add certificates: (end, phone, e-mail), issued and agreed to on these days, a year ago by default."""

        def work() -> list[WholeCertificate]:
            with self.services.step() as registry:
                added = []
                for end, phone, email in rows:
                    self._number += 1
                    number = hashlib.sha256(b"%d" % self._number)
                    day = issued or end - timedelta(days=365)
                    at = stamp(day_start(day))
                    owner = subscriber or registry.add_subscriber(number.digest(), at).id
                    request = registry.add_request(
                        Request(
                            code="".join(_LETTERS[byte % 31] for byte in number.digest()[:12]), act="issue",
                            subscriber_id=owner, profile="personal-general" + str(self._number) * bool(subscriber),
                            state="cancelled", opened_at=at, replaces=replaces,
                        )
                    )  # fmt: skip
                    held = registry.add_certificate(
                        WholeCertificate(
                            serial="a" + number.hexdigest()[:20], subscriber_id=owner, request_id=request.id,
                            profile="personal-general", name="홍길동", common_name=f"홍길동(){self._number}",
                            der=b"der", not_before=at, not_after=stamp(day_end(end)), status="valid", created_at=at,
                        )
                    )  # fmt: skip
                    if phone or email:
                        self._agree(owner, Reachable(phone, email), stamp(day_start(agreed or day)), language)
                    added.append(held)
                self.services.audit.append("test.added", count=len(added))
                return added

        return await self.services.in_registry(work)

    def _agree(self, subscriber: int, reachable: Reachable, at: str, language: str) -> None:
        registry, row = self.services.registry, f"contact-{subscriber}"
        registry.put_contact(
            Contact(
                subscriber_id=subscriber, uuid=row, sealed=contacts.seal(self.services, subscriber, row, reachable),
                phone=reachable.kind, email=int(bool(reachable.email)), language=language, agreed_at=at,
                consent_id=registry.consent("2026-11", language, consent_text(self.services, language)),
                keep_until="2099-01-01T00:00:00.000Z",
            )
        )  # fmt: skip

    async def change(self, held: WholeCertificate, status: str, reason: str | None = None) -> None:
        def work() -> None:
            with self.services.step() as registry:
                registry.change_certificate(
                    held.id,
                    expect=("valid", "suspended"),
                    status=status,
                    at=self.services.now(),
                    reason=reason,
                )
                self.services.audit.append("test.changed", certificate=held.id)

        await self.services.in_registry(work)

    async def run(self, *channels: Channel, day: date | None = None, abroad: bool = False) -> Report:
        if day is not None:
            self.clock.set(day)
        return await remind(self.services, settings(*channels, abroad=abroad))

    async def rows(self, held: WholeCertificate) -> list[tuple[int, str, str, str | None]]:
        """The messages about a certificate: rung, channel, state, reason."""
        found = await self.services.in_registry(lambda: self.services.registry.deliveries_of(held.id))
        return [(each.rung, each.channel, each.state, each.reason) for each in found]

    async def delivery(self, id_: str) -> Outgoing:
        found = await self.services.in_registry(lambda: self.services.registry.delivery(id_))
        assert found is not None
        return found

    async def close(self) -> None:
        with suppress(Killed):
            await self.services.close()


def quiet(office: Office) -> None:
    """Let a long time pass without a jump of the clock: the log has no line that it would be measured from."""
    office.services.policy = replace(office.services.policy, clock_gap_days=100_000)
