from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from kiosk.clock import Clock
from kiosk.lifecycle.keys import make_rsa_key
from kiosk.services import Services
from tests.conftest import TODAY
from tests.lifecycle.desk import Desk


@pytest.fixture
async def services(state: Path) -> AsyncIterator[Services]:
    """The services over a practice state of this test's own, at `TODAY`."""
    async with await Services.open(state, clock=Clock(TODAY)) as opened:
        yield opened


@pytest.fixture(scope="session")
def keys() -> list[rsa.RSAPrivateKey]:
    """Subscribers' keys, made once."""
    return [make_rsa_key() for _ in range(2)]


@pytest.fixture
async def desk(state: Path, keys: list[rsa.RSAPrivateKey], services: Services) -> Desk:
    """A state with people who come to it, at `TODAY`."""
    return Desk(state, services, keys)
