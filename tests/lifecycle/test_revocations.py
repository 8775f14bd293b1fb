"""The list of what is revoked: numbered without gaps, in one transaction, and shrinking."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from data.records import Request, WholeCertificate
from kiosk.clock import Clock, stamp
from kiosk.errors import KioskError
from kiosk.lifecycle.revocations import make_list
from kiosk.services import Services
from tests.conftest import TODAY

ISSUED = TODAY + timedelta(minutes=1)


@pytest.fixture
async def services(state: Path) -> AsyncIterator[Services]:
    async with await Services.open(state, clock=Clock(ISSUED)) as opened:
        yield opened


@pytest.fixture
def add(services: Services) -> Callable[..., None]:
    """Put certificates of a status into the registry, as the journal would have."""

    def certificates(first: int, count: int, status: str, days: int = 365) -> None:
        with services.step() as registry:
            for number in range(first, first + count):
                person = registry.add_subscriber(number.to_bytes(32, "big"), services.now())
                request = registry.add_request(
                    Request(
                        code=f"code{number:08}", act="issue", subscriber_id=person.id,
                        profile="personal-general", state="void", opened_at=services.now(),
                    )
                )  # fmt: skip
                registry.add_certificate(
                    WholeCertificate(
                        serial=f"4{number:031x}", subscriber_id=person.id, request_id=request.id,
                        name="홍길동", common_name=f"홍길동(){number}", der=b"x", status=status,
                        profile="personal-general",
                        reason="keyCompromise" if status == "revoked" else None, created_at=services.now(),
                        not_before=stamp(TODAY), not_after=stamp(TODAY + timedelta(days=days)),
                    )
                )  # fmt: skip
            services.audit.append("test.added", count=count)

    return certificates


async def test_what_is_on_it(services: Services, add: Callable[..., None]) -> None:
    for first, status in ((100, "revoked"), (200, "suspended"), (300, "unproved"), (400, "valid")):
        await services.in_registry(lambda first=first, status=status: add(first, 2, status))
    made = await make_list(services)
    signed = x509.load_der_x509_crl(made.der)
    reasons = {
        entry.serial_number & 0xFFF: entry.extensions.get_extension_for_class(
            x509.CRLReason
        ).value.reason.name
        for entry in signed
    }
    assert reasons == {
        100: "key_compromise", 101: "key_compromise", 200: "certificate_hold", 201: "certificate_hold",
        300: "certificate_hold", 301: "certificate_hold",
    }  # fmt: skip
    assert (made.number, made.entries) == (1, 6)
    assert (made.this_update, made.next_update) == (ISSUED, ISSUED + timedelta(days=7))
    line = await services.in_registry(services.registry.last_audit)
    assert line
    assert (line.action, line.facts) == ("crl.made", '{"entries":6,"number":1}')


async def test_entries_leave_one_list_after_their_end(
    services: Services, add: Callable[..., None], state: Path
) -> None:
    """RFC 5280 §3.3: what expired is on one more list, so that nobody misses it."""
    await services.in_registry(lambda: add(100, 1, "revoked", days=10))
    counts = []
    for day in (1, 9, 11, 12):
        async with await Services.open(state, clock=Clock(TODAY + timedelta(days=day))) as later:
            made = await make_list(later)
            counts.append((made.number, made.entries))
    assert counts == [(1, 1), (2, 1), (3, 1), (4, 0)]


async def test_two_at_once_have_two_numbers(services: Services, state: Path) -> None:
    async with await Services.open(state, clock=Clock(ISSUED)) as other:
        made = await asyncio.gather(*(make_list(each) for each in (services, other) for _ in range(5)))
    assert sorted(each.number for each in made) == list(range(1, 11))


async def test_no_list_before_the_last_line(state: Path) -> None:
    async with await Services.open(state, clock=Clock(TODAY - timedelta(days=1))) as earlier:
        with pytest.raises(KioskError, match=r"request\.clock"):
            await make_list(earlier)
        assert await earlier.in_registry(earlier.registry.last_crl) is None


async def test_a_number_is_not_used_up_by_a_failure(services: Services, state: Path) -> None:
    key = state / "authority" / "issuing.key"
    kept = key.read_bytes()
    key.unlink()
    with pytest.raises(KioskError, match=r"authority\.missing"):
        await make_list(services)
    key.write_bytes(kept)
    assert (await make_list(services)).number == 1
