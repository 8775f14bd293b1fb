"""The code of staff: set on record, compared at a growing price, never locked, and lent by the teller in practice."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from kiosk.clock import Clock
from kiosk.closing import has_code, require_code, set_code
from kiosk.errors import KioskError
from kiosk.identity.attended import attend, is_offered
from kiosk.secret import Secret
from kiosk.services import Services
from tests.conftest import TODAY

CODE = "20261122"
SECOND = timedelta(seconds=1)


@pytest.fixture
async def services(state: Path) -> AsyncIterator[Services]:
    """As if it were no practice: there a teller lends the code."""
    async with await Services.open(state, clock=Clock(TODAY)) as opened:
        opened.state = replace(opened.state, practice=False)
        opened.teller = None
        await set_code(opened, Secret(CODE))
        yield opened


async def lines(services: Services) -> list[str]:
    rows = await services.in_registry(lambda: list(services.registry.audit_rows()))
    return [f"{row.action} {row.facts}" for row in rows if row.action.startswith("staff.")]


async def wrong(services: Services, id_: str = "close.wrong") -> KioskError:
    with pytest.raises(KioskError) as raised:
        await require_code(services, Secret("000000"), "close")
    assert raised.value.id == id_
    return raised.value


async def test_the_right_one(services: Services) -> None:
    await require_code(services, Secret(CODE), "close")
    assert await lines(services) == [
        "staff.code_set {}", 'staff.code_tried {"purpose":"close"}', 'staff.code_right {"purpose":"close"}',
    ]  # fmt: skip


async def test_wrong_ones_cost_more_and_more(services: Services) -> None:
    """Three are free; then 30 seconds, doubled with each, up to ten minutes; the right one ends it."""
    for _ in range(3):
        await wrong(services)
    moment = TODAY
    for seconds in (30, 60, 120, 240, 480, 600, 600):
        services.clock = Clock(moment)
        error = await wrong(services, "close.wait")
        assert error.facts == {"seconds": seconds}
        services.clock = Clock(moment + (seconds - 1) * SECOND)
        assert (await wrong(services, "close.wait")).facts == {"seconds": 1}
        # Not even the right one: it would tell that it was right.
        with pytest.raises(KioskError, match=r"close\.wait"):
            await require_code(services, Secret(CODE), "close")
        moment += seconds * SECOND
        services.clock = Clock(moment)
        await wrong(services)
    services.clock = Clock(moment + 600 * SECOND)
    await require_code(services, Secret(CODE), "close")
    for _ in range(3):
        await wrong(services)
    await wrong(services, "close.wait")
    assert sum("code_tried" in line for line in await lines(services)) == 3 + 7 + 1 + 3


async def test_the_next_day_and_a_new_code_begin_anew(services: Services) -> None:
    for _ in range(3):
        await wrong(services)
    await wrong(services, "close.wait")
    await set_code(services, Secret("654321"))
    await require_code(services, Secret("654321"), "close")
    for _ in range(3):
        await wrong(services)
    services.clock = Clock(TODAY + timedelta(days=1))
    await wrong(services)


async def test_a_clock_that_went_back_makes_no_longer_wait(services: Services) -> None:
    for _ in range(3):
        await wrong(services)
    services.clock = Clock(TODAY - timedelta(hours=5))
    assert (await wrong(services, "close.wait")).facts == {"seconds": 30}


async def test_other_processes_count_too(services: Services, state: Path) -> None:
    for _ in range(3):
        await wrong(services)
    async with await Services.open(state, clock=Clock(TODAY)) as other:
        other.state = services.state
        await wrong(other, "close.wait")


async def test_where_it_cannot_be_written_the_one_before_is_good(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise KioskError("usage.file", path="x")

    before = await lines(services)
    with monkeypatch.context() as patch:
        patch.setattr("kiosk.closing.replace_file", full)
        with pytest.raises(KioskError, match=r"usage\.file"):
            await set_code(services, Secret("654321"))
    assert await lines(services) == before
    await require_code(services, Secret(CODE), "close")


@pytest.mark.parametrize(
    "code", ["12345", "1234567890123", "12345x", "", "１２３４５６", b"\xff\xff\xff\xff\xff\xff"]
)
async def test_codes_that_are_refused(services: Services, code: str | bytes) -> None:
    with pytest.raises(KioskError, match=r"close\.code"):
        await set_code(services, Secret(code))
    await require_code(services, Secret(CODE), "close")


# -- face to face


async def test_staff_confirm_what_they_saw(services: Services) -> None:
    evidence = await attend(services, Secret(CODE), "passport")
    assert (evidence.method, evidence.level, evidence.document) == ("attended", "in_person", "passport")
    assert evidence.moment == TODAY
    with pytest.raises(KioskError, match=r"close\.wrong"):
        await attend(services, Secret("1"), "passport")
    with pytest.raises(ValueError, match="document"):
        await attend(services, Secret(CODE), "library card")


async def test_only_where_there_is_a_code(state: Path) -> None:
    async with await Services.open(state, clock=Clock(TODAY)) as practice:
        assert is_offered(practice)
        assert not has_code(practice.state)
        assert practice.teller
        assert (await attend(practice, practice.teller.code, "residentCard")).level == "in_person"
        with pytest.raises(KioskError, match=r"close\.wrong"):
            await attend(practice, Secret("000"), "residentCard")
        practice.state = replace(practice.state, practice=False)
        assert not is_offered(practice)
        with pytest.raises(KioskError, match=r"close\.wrong"):
            await attend(practice, practice.teller.code, "residentCard")
