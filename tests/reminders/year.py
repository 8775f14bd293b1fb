"""A year, day by day: what a centre's jobs sent, next to what somebody with a calendar would have sent.

The second is `Calendar`: it knows all certificates, looks at each on each day, and shares nothing with the program
but the rules as DESIGN has them. What the carriers took must be that, message for message.
"""

import contextlib
import random
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from data.records import WholeCertificate
from kiosk.reminders.channel import SENT, Message, Outcome
from kiosk.reminders.consent import forget_over, opt_in, opt_out
from kiosk.reminders.sending import remind
from tests.reminders.office import START, Carrier, Killed, Office, settings

RUNGS = (90, 60, 30, 14, 7, 3, 1, 0, -1)
LATE = 14
TRIES = 6
Key = tuple[int, int, str]
"""Certificate, rung, channel."""


@dataclass
class Person:
    """A certificate as the world knows it, and how its holder is reached."""

    held: WholeCertificate
    end: date
    phone: str
    email: str
    heard: date
    """When they got the certificate or agreed, whichever came later."""
    agreed: bool = True
    status: str = "valid"
    over: bool = False
    """Renewed, replaced or revoked."""
    until: date | None = None
    """The last day of a suspension."""
    rung: int = 1000
    """The last one that was looked at."""

    @property
    def reached(self) -> bool:
        return self.agreed and bool(self.phone or self.email)


@dataclass
class Calendar:
    """What should have happened."""

    sent: dict[Key, date] = field(default_factory=dict)
    waiting: dict[Key, int] = field(default_factory=dict)
    """With the tries so far."""
    ended: Counter[str] = field(default_factory=Counter)
    failed: dict[tuple[int, int], set[str]] = field(default_factory=lambda: defaultdict(set))

    def look(self, people: list[Person], today: date) -> None:
        """Write down who is to hear something from today on."""
        for person in people:
            left = (person.end - today).days
            if person.over or left > RUNGS[0] or left < RUNGS[-1] - LATE:
                continue
            rung = min(each for each in RUNGS if each >= left)
            if rung >= person.rung:
                continue
            person.rung = rung
            known = person.heard >= person.end - timedelta(days=rung)
            if person.status != "valid" or known or rung - left > LATE or not person.reached:
                continue
            for key in [key for key in self.waiting if key[0] == person.held.id]:
                del self.waiting[key]
                self.ended["overtaken"] += 1
            for channel in ways(person):
                self.waiting[person.held.id, rung, channel] = 0

    def send(self, by_id: dict[int, Person], today: date, down: set[str]) -> None:
        """Send what waits, through what is up, as carriers take it."""
        for channel in ("sms", "email", "call"):
            for key in [key for key in self.waiting if key[2] == channel]:
                person = by_id[key[0]]
                if person.over or not person.reached:
                    self._end(key, "stopped")
                elif key[1] - (person.end - today).days > LATE:
                    self._fail(key, person, "late")
                elif channel not in down and person.status == "valid":
                    self._try(key, person, today)

    def _try(self, key: Key, person: Person, today: date) -> None:
        self.waiting[key] += 1
        outcome = judged(person.phone if key[2] == "sms" else "", self.waiting[key])
        if outcome == SENT:
            self._end(key, "sent")
            self.sent[key] = today
        elif outcome.kind == "never" or self.waiting[key] == TRIES:
            self._fail(key, person, "failed")

    def _fail(self, key: Key, person: Person, why: str) -> None:
        self._end(key, why)
        self.failed[key[:2]].add(key[2])
        if key[2] != "call" and person.phone and self.failed[key[:2]] >= set(ways(person)):
            self.waiting[key[0], key[1], "call"] = 0

    def _end(self, key: Key, why: str) -> None:
        del self.waiting[key]
        self.ended[why] += 1


def ways(person: Person) -> list[str]:
    """Mobile phones by SMS, addresses by e-mail, others are called."""
    found = ["sms"] * person.phone.startswith("010") + ["email"] * bool(person.email)
    return found or ["call"]


def judged(phone: str, tries: int) -> Outcome:
    """Numbers that end in 7 are refused; those in 8 are busy twice, those in 9 always."""
    if phone.endswith("7"):
        return Outcome("never", "number")
    if phone.endswith("9") or (phone.endswith("8") and tries <= 2):
        return Outcome("again", "busy")
    return SENT


def spans(chance: random.Random, count: int, longest: int) -> set[int]:
    """Days of the year in so many stretches."""
    return {
        first + day
        for first in chance.sample(range(20, 340), count)
        for day in range(chance.randint(1, longest))
    }


class Year:
    """The world: people who come and go, jobs that are off, killed, and carriers that are down."""

    def __init__(self, office: Office, count: int, seed: int) -> None:
        self.office = office
        self.count = count
        self.chance = random.Random(seed)
        self.calendar = Calendar()
        self.people: list[Person] = []
        self.by_id: dict[int, Person] = {}
        self.counts: Counter[str] = Counter()
        self.sms = Carrier("sms", page=50)
        self.mail = Carrier("email", page=1, repeats=True)
        self.sms.judge = self._judge
        self.deadly = 0.0
        self.sms.kill = self.mail.kill = lambda: self.chance.random() < self.deadly
        # A job that dies anywhere between two steps of the registry.
        through = office.services.in_registry

        async def in_registry(function):  # type: ignore[no-untyped-def]
            if self.sms.kill():
                raise Killed
            found = await through(function)
            if self.sms.kill():
                raise Killed
            return found

        office.services.in_registry = in_registry  # type: ignore[method-assign]

    def _judge(self, message: Message) -> Outcome:
        """As a carrier does; how often it was asked for this message, and its answer heard, says the registry."""
        if message.to[-1] not in "789":
            return SENT
        path = self.office.services.state.registry
        with contextlib.closing(sqlite3.connect(path)) as registry:
            [tries] = registry.execute("SELECT tries FROM deliveries WHERE uuid = ?", [message.id]).fetchone()
        return judged(message.to, tries)

    async def begin(self) -> None:
        rows = []
        for number in range(self.count):
            phone, email = self._reach(number)
            rows.append((START + timedelta(days=self.chance.randint(-30, 460)), phone, email))
        for start in range(0, len(rows), 500):
            page = rows[start : start + 500]
            for held, (end, phone, email) in zip(await self.office.add_all(page), page, strict=True):
                self._know(Person(held, end, phone, email, end - timedelta(days=365)))

    def _reach(self, number: int) -> tuple[str, str]:
        kind = self.chance.random()
        phone = f"010{number:07}{self.chance.choice('01234567890123456789')}" if kind < 0.65 else ""
        phone = phone or ("021234567" if kind < 0.72 else "+12025550123" if kind < 0.76 else "")
        return phone, f"person{number}@example.com" if 0.45 < kind < 0.9 and kind != 0.7 else ""

    def _know(self, person: Person) -> None:
        self.people.append(person)
        self.by_id[person.held.id] = person

    async def run(self, days: int = 365) -> None:
        off = spans(self.chance, 8, 6) | set(range(150, 160))
        down = {"sms": spans(self.chance, 8, 5) | {200, 201, 202}, "email": spans(self.chance, 6, 20)}
        for number in range(days):
            today = START + timedelta(days=number)
            self.office.clock.set(today)
            await self._live(today)
            if number in off:
                self.counts["days off"] += 1
                continue
            out = {channel for channel, spans_ in down.items() if number in spans_}
            self.sms.down, self.mail.down = "sms" in out, "email" in out
            self.counts["outages"] += len(out)
            await self._jobs(today)
            self.calendar.look(self.people, today)
            self.calendar.send(self.by_id, today, out)

    async def _jobs(self, today: date) -> None:
        """A job, and as often as it is killed another one; every third day one more that finds nothing to do."""
        self.deadly = 0.02 if today.day % 2 else 0.0
        while True:
            try:
                await remind(self.office.services, settings(self.sms, self.mail))
                break
            except Killed:
                self.counts["killed"] += 1
                self.deadly *= 0.7
        self.deadly = 0.0
        if today.day % 3 == 0:
            report = await remind(self.office.services, settings(self.sms, self.mail))
            assert report.queued == report.counts["sent"] == 0
        if today.day == 1:
            self.counts["forgotten"] += await forget_over(self.office.services)

    async def _live(self, today: date) -> None:
        """What people do on one day."""
        services, chance = self.office.services, self.chance
        for person in self._some(today):
            if person.over:
                continue
            left = (person.end - today).days
            fate = chance.random()
            if person.status == "suspended":
                if person.until == today:
                    await self.office.change(person.held, "valid")
                    person.status = "valid"
            elif 0 <= left <= 30 and fate < 0.03:
                await self._renew(person, today, revoke=fate < 0.02)
            elif fate < 0.0008 and left >= 0:
                await self.office.change(person.held, "revoked", "keyCompromise")
                person.over = True
                self.counts["revoked"] += 1
            elif fate > 0.999 and left >= 0:
                await self.office.change(person.held, "suspended")
                person.status, person.until = "suspended", today + timedelta(days=chance.randint(1, 40))
                self.counts["suspended"] += 1
            elif 0.5 < fate < 0.5006 and person.reached:
                assert await opt_out(services, person.held.subscriber_id)
                person.agreed = False
                self.counts["opted out"] += 1
            elif 0.6 < fate < 0.6006 and not person.reached:
                person.phone, person.email = "01099990000", ""
                await opt_in(services, person.held.subscriber_id, phone=person.phone)
                person.agreed, person.heard = True, today
                self.counts["opted in"] += 1

    def _some(self, today: date) -> Iterator[Person]:
        """Those to whom anything can matter: a hundred days before the end and after it."""
        for person in list(self.people):
            if person.status == "suspended" or -3 <= (person.end - today).days <= 110:
                yield person

    async def _renew(self, person: Person, today: date, *, revoke: bool) -> None:
        end = person.end + timedelta(days=365)
        held = await self.office.add(
            end, phone="", replaces=person.held.id, subscriber=person.held.subscriber_id, issued=today
        )
        person.over = True
        if revoke:  # else it stays valid to its end, and must be silent all the same
            await self.office.change(person.held, "revoked", "superseded")
        self.counts["renewed"] += 1
        self._know(Person(held, end, person.phone, person.email, today, person.agreed))

    async def judge(self) -> dict[str, int]:
        """Hold both against each other; give the counts."""
        got: dict[Key, int] = {}
        for carrier in (self.sms, self.mail):
            for id_, times in carrier.taken.items():
                row = await self.office.delivery(id_)
                key = row.certificate_id, row.rung, row.channel
                assert key not in got
                assert row.state == "sent"
                got[key] = times
        expected = {key for key in self.calendar.sent if key[2] != "call"}
        missed, unasked = expected - got.keys(), got.keys() - expected
        twice = [key for key, times in got.items() if times > 1 and key[2] == "sms"]
        repeated = [key for key, times in got.items() if times > 1 and key[2] == "email"]
        listed = {key for key in self.calendar.sent if key[2] == "call"}
        calls = set()
        for person in self.people:
            for rung, channel, state, _ in await self.office.rows(person.held):
                if channel == "call" and state == "sent":
                    calls.add((person.held.id, rung, channel))
        missed |= listed - calls
        unasked |= calls - listed
        counts = dict(self.counts) | {
            "certificates": len(self.people), "should have gone": len(expected) + len(listed), "sent": len(got),
            "called": len(calls), "missed": len(missed), "unasked": len(unasked), "sent twice": len(twice),
            "mails that came again, with the same id": len(repeated),
        }  # fmt: skip
        counts |= {f"ended as {why}": count for why, count in self.calendar.ended.items() if why != "sent"}
        assert len(repeated) <= self.counts["killed"]
        assert (missed, unasked, twice) == (set(), set(), [])
        return counts
