"""A year of reminders, day by day, with all that can come between."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bench import places
from tests.reminders.office import Office, quiet
from tests.reminders.year import Year
from tests.summary import YEAR


async def lived(state: Path, count: int, seed: int) -> dict[str, int]:
    with places.directory(in_memory=True) as work:
        office = await Office.open(Path(shutil.copytree(state, work / "state")))
        try:
            quiet(office)
            year = Year(office, count, seed)
            await year.begin()
            await year.run()
            return await year.judge()
        finally:
            await office.close()


def told(counts: dict[str, int]) -> str:
    return "; ".join(f"{what}: {count}" for what, count in sorted(counts.items()))


@pytest.mark.parametrize("seed", [1])
async def test_a_year_of_a_small_centre(
    practice_state: Path, seed: int, record_property: Callable[[str, object], None]
) -> None:
    counts = await lived(practice_state, 250, seed)
    record_property(YEAR, told(counts))
    for what in ("sent", "called", "killed", "days off", "outages", "renewed"):
        assert counts[what] > 0, what
    for why in ("overtaken", "stopped", "failed"):
        assert counts[f"ended as {why}"] > 0, why


@pytest.mark.long
async def test_a_year_of_ten_thousand(
    practice_state: Path, record_property: Callable[[str, object], None]
) -> None:
    counts = await lived(practice_state, 10_000, 3)
    record_property(YEAR, told(counts))
    assert counts["certificates"] > 10_000
    for what in (
        "revoked",
        "suspended",
        "opted out",
        "opted in",
        "killed",
        "renewed",
        "forgotten",
        "ended as late",
    ):
        assert counts[what] > 0, what
