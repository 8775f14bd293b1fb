from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kiosk.reminders import due
from tests.reminders.office import Office, quiet


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few certificates fill several pages."""
    monkeypatch.setattr(due, "PAGE", 3)


@pytest.fixture
async def office(state: Path) -> AsyncIterator[Office]:
    office = await Office.open(state)
    quiet(office)
    yield office
    await office.close()
