"""The authority with registry and audit chain on, against bare RSA signatures, on one core."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from data.records import Request
from kiosk.lifecycle.journal import Journal
from kiosk.lifecycle.keys import signing_request
from kiosk.services import Services
from tests.bench import measure, people, places
from tests.bench.measure import Fact, Finding, Ratio, Spent

TARGET = 0.1
BARE = 6
"""Bare signatures for each certificate: so both sides take about as long, and share the noise alike."""


def run(certificates: int = 500, rounds: int = 10) -> Iterator[Finding]:
    """Measure so many `certificates` in memory, and a fifth of them on the disk, where steps are synced."""
    with _one_core():
        certified, bare = _measured(certificates // rounds, rounds, in_memory=True)
        # Rates, so the other way round than times.
        yield Ratio(
            "certificates with audit chain / bare RSA-2048 signatures", measure.ratios(bare, certified),
            least=TARGET,
        )  # fmt: skip
        yield Ratio("of that, processor time", measure.ratios(bare, certified, processor=True))
        yield Fact("one bare signature", measure.milliseconds(bare))
        yield Fact("one certificate, its row and audit line", measure.milliseconds(certified))
        certified, bare = _measured(max(1, certificates // 5 // rounds), rounds, in_memory=False)
        yield Ratio("the same with the state on the disk", measure.ratios(bare, certified))
        yield Fact("one certificate, its row and audit line", measure.milliseconds(certified))


def _measured(each: int, rounds: int, *, in_memory: bool) -> tuple[list[Spent], list[Spent]]:
    """What one certificate and one bare signature took in each round."""
    with places.directory(in_memory=in_memory) as work, asyncio.Runner() as runner:
        services = runner.run(Services.open(people.practice_state(work / "state").path))
        try:
            key = next(people.keys(1))
            csr = signing_request(key)
            journal = Journal(services)
            requests = iter(runner.run(services.in_registry(lambda: _submitted(services, each * rounds + 1))))

            async def certify(count: int) -> None:
                for _ in range(count):
                    await journal.sign(next(requests), people.NAME, csr)

            def sign() -> None:
                for _ in range(each * BARE):
                    key.sign(csr, padding.PKCS1v15(), hashes.SHA256())

            runner.run(certify(1))  # loads the authority's keys
            certified, bare = measure.in_turn(
                rounds,
                lambda: measure.spent(lambda: runner.run(certify(each)), each),
                lambda: measure.spent(sign, each * BARE),
            )
        finally:
            runner.run(services.close())
    return certified, bare


def _submitted(services: Services, count: int) -> list[Request]:
    """Requests that wait for the authority, each of another subscriber."""
    with services.step() as registry:
        now = services.now()
        return [
            registry.add_request(
                Request(
                    code=f"bench{number}", act="issue", profile="personal-general", state="submitted",
                    subscriber_id=registry.add_subscriber(number.to_bytes(32), now).id, medium="0:0:0",
                    identity_method="phone", identity_level="verified", identified_at=now,
                    public_key_hash=bytes(32), vid=bytes(32), opened_at=now,
                )
            )
            for number in range(count)
        ]  # fmt: skip


@contextmanager
def _one_core() -> Iterator[None]:
    """Keep this process, with all its threads, on one core."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)
