"""Reminders in a registry of a million certificates: finding who is due, and the whole job, next to bare SQLite."""

import asyncio
import os
import sqlite3
import tracemalloc
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kiosk.clock import KST, Clock, stamp
from kiosk.config import load_policy
from kiosk.lifecycle.dates import day_end
from kiosk.reminders.channel import SENT, CallList, Message, Outcome, Returned
from kiosk.reminders.due import find
from kiosk.reminders.sending import remind
from kiosk.reminders.settings import Settings
from kiosk.secret import Secret
from kiosk.services import Services
from tests.bench import measure, people, places, rows
from tests.bench.measure import Fact, Finding, Ratio, Spent

SELECTION = 10.0
"""What it looks at beside the end: the contact, a successor, and what was sent before."""
RUN = 20.0
"""A message is decrypted to, written, claimed and noted, and each page is an audit line and two commits."""
MEMORY = 1.2
_FIRST = date(2027, 3, 1)
_SHARE = 0.8
"""Of those who have a certificate, so many agreed: of a million, 20,000 are due each day."""


class _Taken:
    """A carrier that takes everything at once: what is measured is ours."""

    name = "sms"
    page = 200

    def __init__(self) -> None:
        self.count = 0

    def send(self, messages: Sequence[Message]) -> list[Outcome]:
        self.count += len(messages)
        return [SENT for _ in messages]

    def returned(self) -> Iterable[Returned]:
        return ()

    def clear(self, ids: Iterable[str]) -> None:
        pass

    def close(self) -> None:
        pass


def run(many: int = 1_000_000, rounds: int = 3) -> Iterator[Finding]:
    """Fill two registries, one with a tenth of the other's rows, and live one day after the other.

    In memory, and by the processor's time: it is not the disk that is measured.
    """
    with places.directory(in_memory=True) as work, asyncio.Runner() as runner:
        large, small = _Side(runner, work / "many", many), _Side(runner, work / "few", many // 10)
        found = [(large.selection(), large.bare_selection()) for _ in range(rounds)]
        ours, base = zip(*found, strict=True)
        yield Ratio(
            f"who is due, of {many} / an indexed query",
            measure.ratios(ours, base, processor=True),
            most=SELECTION,
        )
        yield Fact(f"found {large.due}", measure.milliseconds(ours))
        whole = [large.day() for _ in range(rounds)]
        bare = [large.bare_insert() for _ in range(rounds)]
        yield Ratio(
            "queued, sent, on record / bare insert, a message",
            measure.ratios(whole, bare, processor=True),
            most=RUN,
        )
        yield Fact("a message", measure.milliseconds(whole))
        yield Ratio(
            "memory of a job / with a tenth of the messages", [large.peak() / small.peak()], most=MEMORY
        )
        for side in (large, small):
            side.close()


class _Side:
    """A practice state whose registry has `count` certificates, most of them with a contact."""

    def __init__(self, runner: asyncio.Runner, path: Path, count: int) -> None:
        self._runner = runner
        self._path = path
        state = people.practice_state(path)
        state.registry.unlink()
        rows.fill(state.registry, count)
        self._today = _FIRST
        self.services = self._open()
        self._fill(count)
        self.due = 0
        self._rows: list[tuple[object, ...]] = []

    def _open(self) -> Services:
        at = datetime(self._today.year, self._today.month, self._today.day, 9, tzinfo=KST)
        return self._runner.run(Services.open(self._path, clock=Clock(at)))

    def _fill(self, count: int) -> None:
        """Write contacts as `contacts.seal` does, without seeing each onto the disk."""
        keys = os.urandom(32 * (count + 1))
        self.services.state.contact_keys.write_bytes(keys)
        services, moment = self.services, rows.AT

        def contacts() -> Iterator[tuple[object, ...]]:
            for n in range(1, int(count * _SHARE) + 1):
                number = n * 7919 % count + 1
                key = services.keyed_hash("contact", Secret(keys[number * 32 : number * 32 + 32]))
                text = b'{"phone": "010%08d", "email": ""}' % number
                sealed = bytes(12) + AESGCM(key).encrypt(bytes(12), text, b"contact-%d" % number)
                yield (
                    number,
                    f"contact-{number}",
                    "bench",
                    sealed,
                    "mobile",
                    0,
                    "ko",
                    1,
                    moment,
                    "2099" + moment[4:],
                )

        def work() -> None:
            connection = services.registry._connection
            with services.registry.transaction():
                services.registry.consent("2026-11", "ko", "words")
                connection.executemany(
                    "INSERT INTO contacts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", contacts()
                )
                for rung in services.policy.reminder_days:
                    services.registry.note_rung(rung, (self._today - timedelta(days=1)).isoformat())

        self._runner.run(services.in_registry(work))

    def selection(self) -> Spent:
        def work() -> Spent:
            found: list[object] = []
            spent = measure.spent(lambda: found.extend(find(self.services, {"sms"})))
            self.due = len(found)
            return spent

        return self._runner.run(self.services.in_registry(work))

    def bare_selection(self) -> Spent:
        """The same certificates by nothing but their ends, and no look at who agreed and who was reminded."""
        ends = [stamp(day_end(self._today + timedelta(days=rung))) for rung in load_policy().reminder_days]

        def work() -> Spent:
            connection = self.services.registry._connection
            return measure.spent(
                lambda: [
                    connection.execute(
                        "SELECT id, serial, not_after, created_at FROM certificates INDEXED BY certificates_status"
                        " WHERE status = 'valid' AND not_after = ?", [end],
                    ).fetchall() for end in ends
                ]
            )  # fmt: skip

        return self._runner.run(self.services.in_registry(work))

    def day(self) -> Spent:
        """The whole job of one day; then it is the next day. Gives what one message took."""
        sent: list[int] = []
        spent = measure.spent(lambda: sent.append(self._job()))
        [count] = sent
        registry = sqlite3.connect(self.services.state.registry)
        self._rows = registry.execute("SELECT * FROM deliveries ORDER BY id DESC LIMIT ?", [count]).fetchall()
        registry.close()
        self._runner.run(self.services.close())
        self._today += timedelta(days=1)
        self.services = self._open()
        return Spent(spent.wall / count, spent.processor / count)

    def _job(self) -> int:
        channel = _Taken()
        settings = Settings((channel, CallList()), frozenset({"sms"}), "")
        self._runner.run(remind(self.services, settings))
        if not channel.count:
            raise RuntimeError("nobody was due")
        return channel.count

    def bare_insert(self) -> Spent:
        """Put the rows of the last day into a table like theirs, in one transaction, on the same disk."""
        path = self._path / "bare.db"
        path.unlink(missing_ok=True)
        registry = sqlite3.connect(self.services.state.registry)
        made = registry.execute(
            "SELECT sql FROM sqlite_master WHERE tbl_name = 'deliveries' AND sql IS NOT NULL ORDER BY rowid"
        ).fetchall()
        registry.close()
        bare = sqlite3.connect(path)
        bare.execute("PRAGMA journal_mode = WAL")
        bare.execute("PRAGMA synchronous = FULL")
        for (statement,) in made:
            bare.execute(statement)

        def work() -> None:
            with bare:
                bare.executemany(
                    "INSERT INTO deliveries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", self._rows
                )

        spent = measure.spent(work, len(self._rows))
        bare.close()
        return spent

    def peak(self) -> float:
        """The most memory that Python took for the job of a day."""
        tracemalloc.start()
        try:
            self._job()
            return float(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()

    def close(self) -> None:
        self._runner.run(self.services.close())
