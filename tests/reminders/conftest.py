from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.reminders.office import Office, quiet


@pytest.fixture
async def office(state: Path) -> AsyncIterator[Office]:
    office = await Office.open(state)
    quiet(office)
    yield office
    await office.close()
