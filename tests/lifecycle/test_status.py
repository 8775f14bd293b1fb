"""Suspending, resuming and revoking: what is done, what is refused, and that a refusal changes nothing."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from data.records import Certificate, Request, WholeCertificate
from kiosk.clock import KST, Clock, stamp, unstamp
from kiosk.config import load_policy
from kiosk.errors import KioskError
from kiosk.identity.phone import Evidence
from kiosk.lifecycle import dates, status
from kiosk.lifecycle.issue import Issuing
from kiosk.lifecycle.revocations import make_list
from kiosk.lifecycle.standing import as_it_counts, of_record, standing
from kiosk.services import Services
from tests.conftest import TODAY

FIRST = datetime(2027, 1, 5, tzinfo=KST)
LAST = datetime(2028, 11, 22, 23, 59, 59, tzinfo=KST)
SERIAL = "4a"
OWNER = bytes(31) + b"\1"
SUSPENDED = datetime(2027, 8, 31, 10, tzinfo=KST)
ENDS = datetime(2028, 2, 29, 23, 59, 59, tzinfo=KST)
"""The design's example."""
SECOND = timedelta(seconds=1)
PHONE = Evidence("phone", "verified", TODAY)
STAFF = Evidence("attended", "in_person", TODAY, "passport")
POSSESSION = Evidence("phone", "possession", TODAY)


class Desk:
    """A state with one certificate in it, whose clock can be set."""

    def __init__(self, services: Services) -> None:
        self.services = services

    def at(self, moment: datetime) -> Services:
        self.services.clock = Clock(moment)
        if self.services._audit is not None:
            self.services._audit._clock = self.services.clock
        return self.services

    async def held(self) -> WholeCertificate:
        found = await self.services.in_registry(lambda: self.services.registry.certificate(serial=SERIAL))
        assert found
        return found

    async def lines(self) -> list[tuple[str, str]]:
        rows = await self.services.in_registry(lambda: list(self.services.registry.audit_rows()))
        return [(row.action, row.facts) for row in rows if row.action.startswith("certificate.")]

    async def refuses(self, id_: str, act: object) -> KioskError:
        """Check that `act` raises `id_`, and that registry and log are as they were."""
        before = await self.held(), await self.lines()
        with pytest.raises(KioskError) as raised:
            await act  # type: ignore[misc]
        assert raised.value.id == id_
        assert (await self.held(), await self.lines()) == before
        return raised.value


@pytest.fixture
async def desk(state: Path) -> AsyncIterator[Desk]:
    async with await Services.open(state, clock=Clock(FIRST)) as services:

        def add() -> None:
            with services.step() as registry:
                person = registry.add_subscriber(OWNER, services.now())
                request = registry.add_request(
                    Request(
                        code="code1", act="issue", subscriber_id=person.id, profile="personal-general",
                        state="void", opened_at=services.now(),
                    )
                )  # fmt: skip
                registry.add_certificate(
                    WholeCertificate(
                        serial=SERIAL, subscriber_id=person.id, request_id=request.id, name="홍길동",
                        common_name="홍길동()1", der=b"x", status="valid", profile="personal-general",
                        created_at=services.now(), not_before=stamp(FIRST), not_after=stamp(LAST),
                    )
                )  # fmt: skip
                services.audit.append("test.added")

        await services.in_registry(add)
        yield Desk(services)


async def test_suspend_and_resume(desk: Desk) -> None:
    held = await status.suspend(desk.at(SUSPENDED), SERIAL, PHONE, owner=OWNER)
    assert (held.status, held.reason, held.status_at) == ("suspended", "certificateHold", stamp(SUSPENDED))
    stands = of_record(held, Clock(SUSPENDED), load_policy())
    assert (stands.status, stands.ends, stands.next_action) == ("suspended", ENDS, "resume")
    held = await status.resume(desk.at(ENDS + 0.999 * SECOND), SERIAL, STAFF)
    assert (held.status, held.reason, held.not_after) == ("valid", None, stamp(LAST))
    assert await desk.lines() == [
        ("certificate.suspended", '{"level":"verified","method":"phone"}'),
        ("certificate.resumed", '{"document":"passport","level":"in_person","method":"attended"}'),
    ]


@pytest.mark.parametrize("reason", status.WORDS["revoke"])
@pytest.mark.parametrize("suspended", [True, False])
async def test_revoke(desk: Desk, reason: str, *, suspended: bool) -> None:
    if suspended:
        await status.suspend(desk.at(SUSPENDED), SERIAL, PHONE)
    held = await status.revoke(desk.at(SUSPENDED + SECOND), SERIAL, reason, PHONE, owner=OWNER)
    assert (held.status, held.reason) == ("revoked", reason)
    made = await make_list(desk.services)
    [entry] = x509.load_der_x509_crl(made.der)
    assert entry.revocation_date_utc == SUSPENDED + SECOND
    assert len(entry.extensions) == (reason != "unspecified")


@pytest.mark.parametrize(
    "word", ["removeFromCRL", "certificateHold", "keycompromise", "", "cACompromise", "\x1b[31m"]
)
async def test_words_that_are_no_cause(desk: Desk, word: str) -> None:
    error = await desk.refuses("usage.reason", status.revoke(desk.services, SERIAL, word, STAFF))
    assert str(error.facts["known"]).startswith("unspecified, keyCompromise, ")
    assert "removeFromCRL" not in str(error.facts["known"])


async def test_what_cannot_be_changed_stays(desk: Desk) -> None:
    for act in (status.suspend, status.resume):
        error = await desk.refuses("certificate.unknown", act(desk.services, "4b", STAFF))
        assert error.facts == {"serial": "4b"}
    await desk.refuses("certificate.not_suspended", status.resume(desk.services, SERIAL, STAFF))
    await status.suspend(desk.at(SUSPENDED), SERIAL, PHONE)
    error = await desk.refuses("certificate.suspended", status.suspend(desk.services, SERIAL, STAFF))
    assert error.facts["day"] == "2027-08-31"
    await status.revoke(desk.services, SERIAL, "keyCompromise", STAFF)
    for again in (
        status.suspend(desk.services, SERIAL, STAFF), status.resume(desk.services, SERIAL, STAFF),
        status.revoke(desk.services, SERIAL, "superseded", STAFF),
    ):  # fmt: skip
        await desk.refuses("certificate.revoked", again)


async def test_after_its_end_nothing_is_to_be_done(desk: Desk) -> None:
    await status.suspend(desk.at(LAST + 0.9 * SECOND), SERIAL, PHONE)
    desk.at(LAST + SECOND)
    for act in (status.suspend, status.resume):
        await desk.refuses("certificate.expired", act(desk.services, SERIAL, STAFF))
    await desk.refuses("certificate.expired", status.revoke(desk.services, SERIAL, "unspecified", STAFF))


async def test_an_unproved_one_is_not_out_yet(desk: Desk) -> None:
    def change() -> None:
        with desk.services.step() as registry:
            registry.change_certificate(1, expect="valid", status="unproved", at=desk.services.now())

    await desk.services.in_registry(change)
    for act in (status.suspend, status.resume):
        await desk.refuses("certificate.unproved", act(desk.services, SERIAL, STAFF))
    await desk.refuses("certificate.unproved", status.revoke(desk.services, SERIAL, "unspecified", STAFF))


async def test_who_may(desk: Desk) -> None:
    services = desk.at(SUSPENDED)
    stranger = bytes(32)
    await desk.refuses("certificate.unknown", status.suspend(services, SERIAL, PHONE, owner=stranger))
    await desk.refuses("identity.level", status.suspend(services, SERIAL, POSSESSION, owner=OWNER))
    await desk.refuses("identity.level", status.revoke(services, SERIAL, "keyCompromise", POSSESSION))
    await status.suspend(services, SERIAL, PHONE, owner=OWNER)
    await desk.refuses("identity.level", status.resume(services, SERIAL, PHONE, owner=OWNER))
    await desk.refuses("certificate.unknown", status.resume(services, SERIAL, STAFF, owner=stranger))


async def test_a_clock_that_went_back_changes_nothing(desk: Desk) -> None:
    await desk.refuses("request.clock", status.suspend(desk.at(FIRST - timedelta(days=1)), SERIAL, STAFF))


async def test_what_is_forgotten_is_revoked_at_once_and_everywhere(desk: Desk) -> None:
    """From the first second on, whether or not the job ran; and the job changes nothing for anybody."""
    await status.suspend(desk.at(SUSPENDED), SERIAL, PHONE)
    services = desk.at(ENDS + 0.999 * SECOND)
    assert await status.end_suspensions(services) == 0
    assert of_record(await desk.held(), services.clock, services.policy).status == "suspended"

    services = desk.at(ENDS + SECOND)
    before = of_record(await desk.held(), services.clock, services.policy)
    assert (before.status, before.reason, before.since, before.next_action, before.ends) == (
        "revoked", "unspecified", ENDS + SECOND, "issue", None,
    )  # fmt: skip
    await desk.refuses("certificate.forgotten", status.resume(services, SERIAL, STAFF))
    await desk.refuses("certificate.forgotten", status.revoke(services, SERIAL, "keyCompromise", STAFF))
    assert await status.stoppable(services, OWNER) == []
    listed = [_entry(await make_list(services))]

    services = desk.at(ENDS + timedelta(days=9))
    assert await status.end_suspensions(services) == 1
    assert await status.end_suspensions(services) == 0
    after = of_record(await desk.held(), services.clock, services.policy)
    assert replace(after, days_left=before.days_left) == before
    listed.append(_entry(await make_list(services)))
    assert listed == [(ENDS + SECOND, 0)] * 2
    assert (await desk.lines())[-1] == (
        "certificate.revoked",
        '{"method":"clock","reason":"unspecified","since":"2028-02-29T15:00:00.000Z"}',
    )


def _entry(made: object) -> tuple[datetime, int]:
    [entry] = x509.load_der_x509_crl(made.der)  # type: ignore[attr-defined]
    return entry.revocation_date_utc, len(entry.extensions)


async def test_what_a_person_may_stop(desk: Desk) -> None:
    assert [held.serial for held, _ in await status.stoppable(desk.services, OWNER)] == [SERIAL]
    assert await status.stoppable(desk.services, bytes(32)) == []
    await status.suspend(desk.at(SUSPENDED), SERIAL, PHONE)
    assert [how.status for _, how in await status.stoppable(desk.services, OWNER)] == ["suspended"]
    await status.revoke(desk.services, SERIAL, "keyCompromise", PHONE)
    assert await status.stoppable(desk.services, OWNER) == []


async def test_a_new_one_may_be_issued_where_an_old_one_is_forgotten(
    state: Path, medium: Path, write_answers: Callable[..., Path]
) -> None:
    """A second one on the same medium is refused while the first is good, or suspended and not forgotten."""
    from kiosk.lifecycle.answers import read_answers

    async with await Services.open(state, clock=Clock(TODAY)) as services:
        desk = Desk(services)
        application = read_answers(write_answers(), TODAY.date())
        first = await Issuing(services).issue(application, medium)
        await status.suspend(services, first.serial, PHONE)
        desk.at(TODAY + timedelta(days=181))
        with pytest.raises(KioskError, match=r"request\.holds"):
            await Issuing(services).issue(application, medium)
        desk.at(TODAY + timedelta(days=182))
        assert (await Issuing(services).issue(application, medium)).serial != first.serial


MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1), timezones=st.timezones())  # noqa: DTZ001
HELD = Certificate(
    id=1, serial=SERIAL, subscriber_id=1, request_id=1, profile="personal-general", name="홍길동",
    common_name="홍길동()1", not_before=stamp(FIRST), not_after=stamp(datetime(2999, 1, 1, tzinfo=KST)),
    status="suspended", reason="certificateHold", created_at=stamp(FIRST),
)  # fmt: skip


@given(MOMENTS, st.timedeltas(-timedelta(days=3), timedelta(days=3)))
def test_a_suspension_ends_on_its_korean_day(moment: datetime, beside: timedelta) -> None:
    """For any moment of suspending and in any zone: the last second of the same day six months on, in Korea."""
    policy = load_policy()
    held = replace(HELD, status_at=stamp(moment))
    day = unstamp(held.status_at).astimezone(KST)
    stands = standing(FIRST, LAST.replace(year=2999), held, Clock(moment), policy)
    assert stands.ends
    last = stands.ends.astimezone(KST)
    months = (last.year * 12 + last.month) - (day.year * 12 + day.month)
    assert (months, f"{last:%H:%M:%S}") == (policy.suspension_months, "23:59:59")
    assert last.day == day.day or (last.day < day.day and (last + SECOND).day == 1)
    now = stands.ends + beside
    counted = as_it_counts(held, now, policy)
    assert counted.status == ("revoked" if now >= stands.ends + SECOND else "suspended")
    if counted.status == "revoked":
        assert unstamp(counted.status_at) == stands.ends + SECOND
        assert dates.korean_day(unstamp(counted.status_at)) == last.date() + timedelta(days=1)


@pytest.mark.parametrize(
    "zone", ["Pacific/Kiritimati", "Pacific/Niue", "America/New_York", "Asia/Seoul", "UTC"]
)
def test_the_machines_zone_changes_no_end(zone: str) -> None:
    program = (
        "from datetime import datetime as D;from tests.lifecycle.test_status import HELD,stamp,replace;"
        "from kiosk.lifecycle.standing import of_record,as_it_counts,korean;from kiosk.clock import Clock;"
        "from kiosk.config import load_policy;h=replace(HELD,status_at=stamp(D.fromisoformat('2027-08-30T15:00:00Z')));"
        "ends=of_record(h,Clock(D.fromisoformat('2027-09-01T00:00:00Z')),load_policy()).ends;print(korean(ends));"
        "[print(as_it_counts(h,D.fromisoformat('2028-02-29T'+t),load_policy()).status) for t in"
        " ('14:59:59.999Z','15:00:00Z')]"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "TZ": zone},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["2028-02-29T23:59:59+09:00", "suspended", "revoked"]
