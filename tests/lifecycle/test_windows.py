"""Whatever the moment and the machine's time zone: windows and ends are the policy's, in Korean days.

The rules are computed here once more, on plain dates, so that the code is not compared with itself.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.records import Certificate
from kiosk.clock import Clock, stamp
from kiosk.config import load_policy
from kiosk.errors import KioskError
from kiosk.lifecycle import dates, rules, standing
from tests.zones import MOMENTS, ZONES, machine_in

SEOUL = timezone(timedelta(hours=9))
SECOND = timedelta(seconds=1)


def a_year_on(day: date) -> date:
    if (day.month, day.day) == (2, 29):
        return date(day.year + 1, 2, 28)
    return date(day.year + 1, day.month, day.day)


def first_second(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SEOUL)


def last_second(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=SEOUL)


class Nothing:
    """A registry in which nothing was replaced."""

    def replacing(self, certificate_id: int) -> None:
        return None

    def request(self, *, id: int) -> Any:  # noqa: A002
        return SimpleNamespace(act="issue")


def held(validity: dates.Validity) -> Certificate:
    return Certificate(
        serial="1", subscriber_id=1, request_id=1, profile="personal-general", name="", common_name="",
        not_before=stamp(validity.not_before), not_after=stamp(validity.not_after), status="valid",
        created_at=stamp(validity.not_before),
    )  # fmt: skip


def refusal(check: Callable[..., None], certificate: Certificate, moment: datetime, **words: bool) -> str:
    try:
        check(Nothing(), certificate, Clock(moment), load_policy(), **words)
    except KioskError as error:
        return error.id
    return ""


@settings(max_examples=150, deadline=None)
@given(MOMENTS, ZONES)
def test_an_issued_certificate_and_its_window(moment: datetime, zone: str) -> None:
    """Every edge: the second before the window opens, its first, the last, and the one after."""
    with machine_in(zone):
        validity = dates.issued(moment)
        day = moment.astimezone(SEOUL).date()
        end = a_year_on(day)
        assert (validity.not_before, validity.not_after) == (first_second(day), last_second(end))
        certificate = held(validity)
        opens = first_second(end - timedelta(days=30))
        for edge, said in (
            (opens - SECOND, "renew.early"),
            (opens, ""),
            (last_second(end), ""),
            (last_second(end) + timedelta(milliseconds=999), ""),
            (last_second(end) + SECOND, "renew.over"),
        ):
            for seen in (edge, edge.astimezone(UTC), edge.astimezone()):
                assert refusal(rules.require_renewable, certificate, seen) == said
                stands = standing.of_record(certificate, Clock(seen), load_policy())
                assert (stands.next_action == "renew") == (said == "")
                over = refusal(rules.require_reissuable, certificate, seen, lost=False) == "reissue.none"
                assert over == (said == "renew.over")


@settings(max_examples=150, deadline=None)
@given(MOMENTS, ZONES, st.data())
def test_a_renewed_certificate(moment: datetime, zone: str, data: st.DataObject) -> None:
    """At any second of the window: from that day on, to a year after the old end."""
    with machine_in(zone):
        old = dates.issued(moment)
        end = old.not_after.astimezone(SEOUL).date()
        opens = first_second(end - timedelta(days=30))
        seconds = int((last_second(end) - opens).total_seconds())
        renewed_at = opens + timedelta(seconds=data.draw(st.integers(0, seconds)))
        new = dates.renewed(renewed_at.astimezone(), old.not_after.astimezone())
        assert new.not_before == first_second(renewed_at.date())
        assert new.not_after == last_second(a_year_on(end))
        assert refusal(rules.require_renewable, held(old), renewed_at) == ""
        assert refusal(rules.require_renewable, held(new), renewed_at) == "renew.early"


@settings(max_examples=150, deadline=None)
@given(MOMENTS, ZONES, st.integers(0, 365 * 24 * 3600))
def test_a_reissued_certificate(moment: datetime, zone: str, later: int) -> None:
    with machine_in(zone):
        old = dates.issued(moment)
        reissued_at = min(moment + timedelta(seconds=later), old.not_after)
        new = dates.reissued(reissued_at.astimezone(), old.not_after.astimezone())
        assert new.not_before == first_second(reissued_at.astimezone(SEOUL).date())
        assert new.not_after == old.not_after
        assert refusal(rules.require_reissuable, held(old), reissued_at, lost=False) == ""


@pytest.mark.parametrize("zone", ["UTC", "Asia/Seoul", "Pacific/Pago_Pago", "Pacific/Kiritimati"])
def test_the_examples_of_the_rules(zone: str) -> None:
    with machine_in(zone):
        for second in (0, 1, 12 * 3600, 24 * 3600 - 1):
            validity = dates.issued(first_second(date(2026, 11, 22)) + second * SECOND)
            assert validity.not_before == first_second(date(2026, 11, 22))
            assert validity.not_after == last_second(date(2027, 11, 22))
        opens, closes = rules.window(last_second(date(2027, 11, 22)), load_policy())
        assert (opens, closes) == (first_second(date(2027, 10, 23)), last_second(date(2027, 11, 22)))
        new = dates.renewed(first_second(date(2027, 11, 1)), last_second(date(2027, 11, 22)))
        assert new.not_before == first_second(date(2027, 11, 1))
        assert new.not_after == last_second(date(2028, 11, 22))
        leap = dates.renewed(first_second(date(2028, 2, 10)), last_second(date(2028, 2, 29)))
        assert leap.not_after == last_second(date(2029, 2, 28))
