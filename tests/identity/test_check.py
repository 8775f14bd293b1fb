"""Which ways there are, and counters that hold across processes."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.clock import Clock
from kiosk.errors import KioskError
from kiosk.identity.check import RegistryTries, identify, require_method
from kiosk.lifecycle.application import Application
from kiosk.pki.profiles import load_profiles
from kiosk.secret import Secret
from kiosk.services import Services
from tests.conftest import ID_NUMBER, PASSWORD, TODAY

PHONE = "01023456789"


@pytest.fixture
async def services(state: Path) -> AsyncIterator[Services]:
    async with await Services.open(state, clock=Clock(TODAY)) as opened:
        yield opened


def application(**changes: object) -> Application:
    usual = Application(
        profile=load_profiles()["personal-general"], name="홍길동", id_number=Secret(ID_NUMBER), phone=PHONE,
        password=Secret(PASSWORD), method="phone",
    )  # fmt: skip
    return replace(usual, **changes)  # type: ignore[arg-type]


def test_methods(services: Services) -> None:
    require_method(services, application())
    for method in ("bank", "", "p" * 100):
        with pytest.raises(KioskError, match=r"identity\.method") as caught:
            require_method(services, application(method=method))
        assert caught.value.facts == {"method": method[:32]}
    business = application(profile=load_profiles()["business-general"])
    with pytest.raises(KioskError, match=r"identity\.level") as caught:
        require_method(services, business)
    assert caught.value.facts == {"profile": "business-general", "level": "in_person"}


async def test_without_a_carrier_there_is_no_phone(services: Services) -> None:
    """As in a real state."""
    services.carrier = None
    for call in (lambda: require_method(services, application()),):
        with pytest.raises(KioskError, match=r"identity\.method"):
            call()
    with pytest.raises(KioskError, match=r"identity\.method"):
        await identify(services, application())


async def test_practice_reads_the_code_itself(services: Services) -> None:
    evidence = await identify(services, application())
    assert (evidence.method, evidence.level) == ("phone", "verified")
    with pytest.raises(KioskError, match=r"identity\.code"):
        await identify(services, application(code=Secret("1")))


async def test_counters_are_the_registrys(services: Services, state: Path) -> None:
    """Another process, another visit: one number, one day, one count; and the number itself is nowhere."""
    for left in (4, 3):
        with pytest.raises(KioskError) as caught:
            await identify(services, application(code=Secret("1")))
        assert caught.value.facts["left"] == left
    async with await Services.open(state, clock=Clock(TODAY)) as other:
        with pytest.raises(KioskError) as caught:
            await identify(other, application(code=Secret("1")))
        assert caught.value.facts["left"] == 2
        tries = RegistryTries(other, PHONE)
        assert await other.in_registry(tries.count) == (3, 3)
        assert await other.in_registry(RegistryTries(other, "01000000000").count) == (0, 0)
    for file in state.rglob("*"):
        assert file.is_dir() or PHONE.encode() not in file.read_bytes()


async def test_each_step_of_a_check_is_a_line(services: Services) -> None:
    with pytest.raises(KioskError):
        await identify(services, application(code=Secret("1")))
    await identify(services, application())
    rows = await services.in_registry(lambda: list(services.registry.audit_rows(2)))
    assert [row.action for row in rows] == [
        "code.sent",
        "code.tried",
        "code.sent",
        "code.tried",
        "code.right",
    ]
