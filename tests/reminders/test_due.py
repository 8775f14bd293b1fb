"""Who is due: whatever the moment and the machine's time zone, the rung is the policy's, counted in Korean days.

The ladder is computed here once more, on plain dates, so that the code is not compared with itself.
"""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.clock import Clock
from kiosk.lifecycle import dates
from kiosk.reminders.due import find
from tests.reminders.office import START, Office, quiet
from tests.zones import ZONES, machine_in

SEOUL = timezone(timedelta(hours=9))
SECOND = timedelta(seconds=1)
ENDS = [START + timedelta(days=days) for days in range(-30, 130)]
RUNGS = (90, 60, 30, 14, 7, 3, 1, 0, -1)
LATE = 14
SECONDS = st.integers(0, 24 * 3600 - 1)


def counts(left: int) -> int | None:
    """The rung that was reached last, unless its day is too long ago."""
    reached = [rung for rung in RUNGS if left <= rung]
    return reached[-1] if reached and reached[-1] - left <= LATE else None


@contextmanager
def asking(state: Path, ends: list[date]) -> Iterator["Asking"]:
    """A centre whose certificates end on these days; each holder agreed to be reminded."""
    with asyncio.Runner() as runner:
        office = runner.run(Office.open(state))
        quiet(office)
        try:
            serials = {end: runner.run(office.add(end)).serial for end in ends}
            yield Asking(runner, office, {serial: end for end, serial in serials.items()})
        finally:
            runner.run(office.close())


class Asking:
    """Who is due at a moment: the last day of each certificate, and the rung."""

    def __init__(self, runner: asyncio.Runner, office: Office, ends: dict[str, date]) -> None:
        self._runner = runner
        self._services = office.services
        self._ends = ends

    def __call__(self, moment: datetime) -> dict[date, int]:
        self._services.clock = Clock(moment)
        found = self._runner.run(self._services.in_registry(lambda: list(find(self._services, {"sms"}))))
        due = {self._ends[each.serial]: each.rung for each in found}
        assert len(due) == len(found), "one rung at a time"
        return due


def test_at_any_moment_in_any_zone(state: Path) -> None:
    """Of certificates that end on each of many days, just those are due whose day in Korea has come."""
    with asking(state, ENDS) as due:

        @settings(max_examples=60, deadline=None)
        @given(st.integers(-5, 60), SECONDS, ZONES)
        def at(days: int, seconds: int, zone: str) -> None:
            today = START + timedelta(days=days)
            moment = datetime(today.year, today.month, today.day, tzinfo=SEOUL) + seconds * SECOND
            expected = {end: rung for end in ENDS if (rung := counts((end - today).days)) is not None}
            with machine_in(zone):
                for seen in (moment, moment.astimezone(UTC), moment.astimezone()):
                    assert due(seen) == expected

        at()


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Kiritimati", "UTC"])
def test_the_ladder_of_one_that_is_issued_now(state: Path, zone: str) -> None:
    """A rung begins with the first second of its day in Korea, and not one before."""

    @settings(max_examples=15, deadline=None)
    @given(st.dates(START, date(2050, 1, 1)), SECONDS)
    def issued(day: date, seconds: int) -> None:
        end = dates.issued(datetime(day.year, day.month, day.day, tzinfo=SEOUL) + seconds * SECOND).not_after
        last = end.astimezone(SEOUL).date()
        shutil.copytree(state, own := state.parent / f"{day}-{seconds}", dirs_exist_ok=True)
        with machine_in(zone), asking(own, [last]) as due:
            for rung in RUNGS:
                first = datetime(last.year, last.month, last.day, tzinfo=SEOUL) - timedelta(days=rung)
                assert due(first) == {last: rung}
                assert due((first + timedelta(days=1) - SECOND).astimezone()) == {last: rung}
                assert due(first - SECOND).get(last) != rung
        shutil.rmtree(own)

    issued()
