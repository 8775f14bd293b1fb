"""The published list: new after a change, not too often, whole at every moment, and never in an act's way."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from kiosk.clock import Clock
from kiosk.errors import KioskError
from kiosk.lifecycle import status
from kiosk.lifecycle.publishing import DER, PEM, publish
from kiosk.lifecycle.request import working_on
from kiosk.services import Services
from tests.lifecycle.test_status import PHONE, SERIAL, SUSPENDED, Desk, desk

__all__ = ["desk"]
MINUTE = timedelta(seconds=60)


@pytest.fixture
async def out(desk: Desk, tmp_path: Path) -> AsyncIterator[Path]:
    """A directory that the state names."""
    path = tmp_path / "out"
    path.mkdir()
    desk.services.state.publish.write_text(f'crl_directory = "{path}"\n')
    desk.at(SUSPENDED)
    yield path


def number(out: Path) -> int:
    der, pem = (out / DER).read_bytes(), (out / PEM).read_bytes()
    made = x509.load_der_x509_crl(der)
    assert x509.load_pem_x509_crl(pem) == made
    assert sorted(path.name for path in out.iterdir()) == [DER, PEM]
    return made.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


async def test_where_none_is_named_nothing_is_made(desk: Desk) -> None:
    assert not await publish(desk.services)
    await status.suspend(desk.at(SUSPENDED), SERIAL, PHONE)
    assert await desk.services.in_registry(desk.services.registry.last_crl) is None


async def test_after_each_change_but_at_most_once_a_minute(desk: Desk, out: Path) -> None:
    await status.suspend(desk.services, SERIAL, PHONE)
    assert number(out) == 1
    await status.revoke(desk.at(SUSPENDED + 0.9 * MINUTE), SERIAL, "keyCompromise", PHONE)
    assert number(out) == 1
    assert await publish(desk.at(SUSPENDED + MINUTE))
    assert number(out) == 2
    [entry] = x509.load_der_x509_crl((out / DER).read_bytes())
    assert (
        entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
        is x509.ReasonFlags.key_compromise
    )
    assert not await publish(desk.at(SUSPENDED + 5 * MINUTE))
    assert not await publish(desk.at(SUSPENDED + 24 * 60 * MINUTE))
    assert await publish(desk.at(SUSPENDED + MINUTE + timedelta(hours=24)))
    assert number(out) == 3


async def test_the_resumed_one_is_not_on_the_next_list(desk: Desk, out: Path) -> None:
    await status.suspend(desk.services, SERIAL, PHONE)
    assert len(list(x509.load_der_x509_crl((out / DER).read_bytes()))) == 1
    await status.resume(desk.at(SUSPENDED + MINUTE), SERIAL, status.staff_evidence(desk.services))
    assert list(x509.load_der_x509_crl((out / DER).read_bytes())) == []


async def test_what_was_lost_or_spoilt_is_put_back_without_a_new_list(desk: Desk, out: Path) -> None:
    assert await publish(desk.services)
    (out / DER).write_bytes(b"spoilt")
    (out / PEM).unlink()
    assert await publish(desk.services)
    assert number(out) == 1


@pytest.mark.parametrize("content", ["", "crl_directory = 1", 'crl_directory = "relative"', "[", 'x = "/a"'])
async def test_an_act_never_fails_because_of_it(desk: Desk, out: Path, content: str) -> None:
    desk.services.state.publish.write_text(content)
    held = await status.suspend(desk.services, SERIAL, PHONE)
    assert held.status == "suspended"
    with pytest.raises(KioskError, match=r"publish\.config"):
        await publish(desk.services)
    desk.services.state.publish.write_text(f'crl_directory = "{out}/none"')
    held = await status.revoke(desk.services, SERIAL, "superseded", PHONE)
    assert held.status == "revoked"
    with pytest.raises(KioskError, match=r"usage\.file"):
        await publish(desk.services)
    assert list(out.iterdir()) == []


async def test_only_one_process_at_a_time_writes_it(desk: Desk, out: Path) -> None:
    """The newest list wins: whoever comes second leaves it to the first, and to the next tick."""
    with working_on(desk.services.state.locks, "publish"):
        with pytest.raises(KioskError, match=r"request\.busy"):
            await publish(desk.services)
        assert (await status.suspend(desk.services, SERIAL, PHONE)).status == "suspended"
    assert list(out.iterdir()) == []
    async with await Services.open(desk.services.state.path, clock=Clock(SUSPENDED)) as other:
        await asyncio.gather(*(publish(each) for each in (desk.services, other)), return_exceptions=True)
    assert number(out) == 1
