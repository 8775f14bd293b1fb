"""Look-ups in a registry of a million certificates, against the same in one of a thousand."""

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from data.registry import Registry
from kiosk.services import Services
from tests.bench import measure, people, places, rows
from tests.bench.measure import Fact, Finding, Ratio, Spent

TARGET = 1.5
PAGE = 50


@dataclass(frozen=True)
class Look:
    """One look-up for row `n`; `found` is how many records it gives, `each` how often a round does it."""

    what: str
    look: Callable[[Registry, int], list[object]]
    found: int
    each: int

    def check(self, found: list[object]) -> None:
        """A look-up that finds nothing would be quick."""
        if len(found) != self.found or None in found:
            raise RuntimeError(f"{self.what}: found {len(found)} of {self.found}")


def _of_person(registry: Registry, n: int) -> list[object]:
    found = registry.subscriber(rows.digest(n))
    return [*registry.certificates_of(found.id)] if found else []


def _next_page(registry: Registry, n: int) -> list[object]:
    found = registry.find_certificates(
        expiring_after="2026-11-23", expiring_before="2028", limit=PAGE, after_id=n - PAGE
    )
    return [*found]


LOOK_UPS = (
    Look("serial", lambda registry, n: [registry.certificate(serial=rows.serial(n))], 1, 150),
    Look("request code", lambda registry, n: [registry.request(code=rows.code(n))], 1, 150),
    Look(
        "search for a code", lambda registry, n: [*registry.find_certificates(find=rows.code(n))], 1, 200
    ),
    Look(
        "search for the beginning of a name",
        lambda registry, n: [*registry.find_certificates(find=rows.name(n)[:1], limit=PAGE)], PAGE, 15,
    ),
    Look("subscriber, with certificates", _of_person, 1, 100),
    Look("next page of expiring", _next_page, PAGE, 15),
)  # fmt: skip


def run(many: int = 1_000_000, few: int = 1000, rounds: int = 40) -> Iterator[Finding]:
    """Fill the registries of two states on the disk, and look up rows at random."""
    with places.directory(in_memory=False) as work, asyncio.Runner() as runner:
        begun = time.perf_counter()
        large = _Side(runner, work / "many", many)
        filled = time.perf_counter() - begun
        small = _Side(runner, work / "few", few)
        size = large.services.state.registry.stat().st_size
        try:
            for look in LOOK_UPS:
                yield from _compared(look, large, small, rounds)
        finally:
            large.close()
            small.close()
    yield Fact(f"filling {many} rows in three tables, {size >> 20} MiB", f"{filled:.0f} s")


def _compared(look: Look, large: "_Side", small: "_Side", rounds: int) -> Iterator[Finding]:
    for side in (large, small):  # warm up
        side.through_services(look)
    ours, base = measure.in_turn(
        rounds, lambda: large.through_services(look), lambda: small.through_services(look)
    )
    what = f"{large.count} rows / {small.count}"
    yield Ratio(f"{look.what}: {what}", measure.ratios(ours, base), most=TARGET)
    yield Fact(f"at {large.count}", measure.milliseconds(ours))
    ours, base = measure.in_turn(rounds, lambda: large.in_data_layer(look), lambda: small.in_data_layer(look))
    yield Ratio("without the way into the registry's thread and back", measure.ratios(ours, base))


class _Side:
    """A state whose registry has `count` certificates."""

    def __init__(self, runner: asyncio.Runner, path: Path, count: int) -> None:
        self.count = count
        self._runner = runner
        self._chance = random.Random(count)
        state = people.practice_state(path)
        state.registry.unlink()
        rows.fill(state.registry, count)
        # It is not the disk that is measured: have the operating system hold all of the file.
        with state.registry.open("rb", buffering=0) as file:
            while file.read(1 << 20):
                pass
        self.services = runner.run(Services.open(path))

    def through_services(self, look: Look) -> Spent:
        """Look up as commands and screens do: each time a call into the registry's own thread."""

        async def work() -> None:
            for n in chosen:
                found = await self.services.in_registry(lambda n=n: look.look(self.services.registry, n))
                look.check(found)

        chosen = self._chosen(look)
        return measure.spent(lambda: self._runner.run(work()), look.each)

    def in_data_layer(self, look: Look) -> Spent:
        """Look up one after the other, all in the registry's thread."""

        def work() -> Spent:
            return measure.spent(
                lambda: [look.check(look.look(self.services.registry, n)) for n in chosen], look.each
            )

        chosen = self._chosen(look)
        return self._runner.run(self.services.in_registry(work))

    def _chosen(self, look: Look) -> list[int]:
        return [self._chance.randrange(self.count // 10, self.count) + 1 for _ in range(look.each)]

    def close(self) -> None:
        self._runner.run(self.services.close())
