from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kiosk.clock import Clock
from kiosk.services import Services
from tests.conftest import TODAY


@pytest.fixture
async def services(state: Path) -> AsyncIterator[Services]:
    """The services over a practice state of this test's own, at `TODAY`."""
    async with await Services.open(state, clock=Clock(TODAY)) as opened:
        yield opened
