"""A batch of issues in one process, against the same steps as `openssl` commands."""

import asyncio
from collections.abc import Iterator

from kiosk.lifecycle.issue import Issuing
from kiosk.services import Services
from tests.bench import measure, people, places
from tests.bench.measure import Fact, Finding, Ratio, Spent
from tests.bench.openssl import Commands

TARGET = 0.25


def run(issues: int = 100, rounds: int = 10) -> Iterator[Finding]:
    """Measure `issues` in memory, in so many rounds, and a third as many on the disk."""
    ours, theirs = _measured(issues // rounds, rounds, in_memory=True)
    yield Ratio(f"{issues} issues / openssl commands, in memory", measure.ratios(ours, theirs), most=TARGET)
    yield Ratio("of that, processor time", measure.ratios(ours, theirs, processor=True))
    yield Fact("one issue", measure.milliseconds(ours))
    yield Fact("one with openssl", measure.milliseconds(theirs))
    ours, theirs = _measured(max(1, issues // 3 // rounds), rounds, in_memory=False)
    yield Ratio("the same on the disk", measure.ratios(ours, theirs))
    yield Fact("one issue", measure.milliseconds(ours))
    yield Fact("one with openssl", measure.milliseconds(theirs))


def _measured(each: int, rounds: int, *, in_memory: bool) -> tuple[list[Spent], list[Spent]]:
    """What one issue took in each round, ours and with `openssl`, both on one file system."""
    with places.directory(in_memory=in_memory) as work, asyncio.Runner() as runner:
        state = people.practice_state(work / "state")
        medium = work / "stick"
        medium.mkdir()
        keys = list(people.keys(each * rounds))
        commands = Commands(work / "openssl", state, keys)
        left = iter(keys)
        applications = iter([people.application(number) for number in range(each * rounds)])
        services = runner.run(Services.open(state.path))
        issuing = Issuing(services, make_key=lambda: next(left))

        async def issue() -> None:
            for _ in range(each):
                await issuing.issue(next(applications), medium)

        try:
            ours, theirs = measure.in_turn(
                rounds,
                lambda: measure.spent(lambda: runner.run(issue()), each),
                lambda: measure.spent(lambda: commands.issue(each), each, children=True),
            )
        finally:
            runner.run(services.close())
    return ours, theirs
