"""Jobs by the clock: each by itself, and those that cannot be undone only when the clock is sure."""

from datetime import timedelta
from pathlib import Path

import pytest

from kiosk.errors import KioskError
from kiosk.lifecycle.tick import CONFIRMED, HEARTBEAT, JOBS, Job, confirm_clock, tick
from kiosk.services import Services
from tests.reminders.office import START, Office


@pytest.fixture
async def centre(state: Path) -> Office:
    return await Office.open(state)


def job(name: str, done: list[str], *, final: bool = True, error: str | None = None) -> Job:
    async def work(services: Services) -> dict[str, int]:
        if error is not None:
            raise KioskError(error, path="")
        done.append(name)
        return {"done": 1}

    return Job(name, work, final)


async def lines(office: Office, action: str) -> int:
    rows = await office.services.in_registry(lambda: list(office.services.registry.audit_rows()))
    return sum(row.action == action for row in rows)


async def test_one_that_fails_stops_no_other(centre: Office) -> None:
    done: list[str] = []
    jobs = (job("a", done), job("b", done, error="registry.busy"), job("c", done))
    found = await tick(centre.services, jobs)
    assert done == ["a", "c"]
    assert [(each.job, each.counts, each.error and each.error.id) for each in found] == [
        ("a", {"done": 1}, None), ("b", {}, "registry.busy"), ("c", {"done": 1}, None),
    ]  # fmt: skip
    await centre.close()


@pytest.mark.parametrize(("days", "error"), [(-1, "request.clock"), (15, "clock.unsure"), (14, None)])
async def test_what_cannot_be_undone_waits_for_staff(centre: Office, days: int, error: str | None) -> None:
    """And it waits as long as nobody said that the clock is right, however often it is tried."""
    centre.clock.set(START + timedelta(days=days), 8)
    for _ in range(2):
        done: list[str] = []
        found = await tick(centre.services, (job("final", done), job("other", done, final=False)))
        assert done == (["other"] if error else ["final", "other"])
        assert {each.error.id for each in found if each.error} == ({error} if error else set())
    assert await lines(centre, HEARTBEAT) == (0 if error else 1)
    if error == "clock.unsure":
        await confirm_clock(centre.services)
        assert await lines(centre, CONFIRMED) == 1
        assert await tick(centre.services, (job("final", done),))
        assert done[-1] == "final"
    elif error:
        with pytest.raises(KioskError, match=r"request\.clock"):
            await confirm_clock(centre.services)
    await centre.close()


async def test_a_quiet_year_is_no_jump(centre: Office) -> None:
    """One line a day, however often the job runs."""
    for day in range(1, 60):
        for hour in (1, 9, 23):
            centre.clock.set(START + timedelta(days=day), hour)
            done: list[str] = []
            await tick(centre.services, (job("final", done),))
            assert done == ["final"]
    assert await lines(centre, HEARTBEAT) == 59
    await centre.close()


async def test_nobody_is_woken(centre: Office) -> None:
    """What is due at night goes out in the morning, and what is due in the evening still does."""
    held = await centre.add(START + timedelta(days=31))
    for day, hour, sent in (
        (1, 0, 0),
        (1, 7, 0),
        (1, 8, 1),
        (17, 20, 1),
        (24, 21, 0),
        (24, 23, 0),
        (25, 9, 1),
    ):
        centre.clock.set(START + timedelta(days=day), hour)
        await confirm_clock(centre.services)
        found = {each.job: each for each in await tick(centre.services)}
        assert found["reminders"].counts.get("sent", 0) == sent, (day, hour)
        assert found["reminders"].counts.get("night", 0) == (0 if 8 <= hour < 21 else 1)
    assert [row[0] for row in await centre.rows(held)] == [30, 14, 7]
    await centre.close()


async def test_the_real_jobs(centre: Office) -> None:
    held = await centre.add(START + timedelta(days=30))
    found = {each.job: each for each in await tick(centre.services)}
    assert [each.name for each in JOBS] == list(found)
    assert all(each.error is None for each in found.values())
    assert found["reminders"].counts["sent"] == 1
    assert found["contacts"].counts["forgotten"] == 0
    assert await centre.rows(held) == [(30, "sms", "sent", None)]
    await centre.change(held, "revoked")
    found = {each.job: each for each in await tick(centre.services)}
    assert found["contacts"].counts["forgotten"] == 1
    await centre.close()
