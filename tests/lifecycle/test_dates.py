"""The days of the rules' examples, and that no moment and no machine's time zone changes them."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.clock import KST
from kiosk.lifecycle import dates

MOMENTS = st.datetimes(
    datetime(2000, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    datetime(2090, 1, 1),  # noqa: DTZ001
    timezones=st.timezones(),
)


def kst(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=KST)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    "moment", [kst(2026, 11, 22), kst(2026, 11, 22, 12), kst(2026, 11, 22, 23, 59, 59, 999_999)]
)
def test_issued_at_any_moment_of_a_day(moment: datetime) -> None:
    for seen in (moment, moment.astimezone(UTC)):
        validity = dates.issued(seen)
        assert validity.not_before == kst(2026, 11, 22)
        assert validity.not_after == kst(2027, 11, 22, 23, 59, 59)


def test_renewed() -> None:
    validity = dates.renewed(kst(2027, 11, 1, 15), kst(2027, 11, 22, 23, 59, 59))
    assert validity.not_before == kst(2027, 11, 1)
    assert validity.not_after == kst(2028, 11, 22, 23, 59, 59)
    assert dates.renewal_opens(kst(2027, 11, 22, 23, 59, 59)) == kst(2027, 10, 23)


def test_leap_day() -> None:
    assert dates.issued(kst(2028, 2, 29)).not_after == kst(2029, 2, 28, 23, 59, 59)
    assert dates.renewed(kst(2028, 2, 1), kst(2028, 2, 29, 23, 59, 59)).not_after == kst(
        2029, 2, 28, 23, 59, 59
    )
    assert dates.issued(kst(2027, 2, 28)).not_after == kst(2028, 2, 28, 23, 59, 59)


def test_suspension_ends_on_the_same_day_or_the_months_last() -> None:
    assert dates.suspension_ends(kst(2027, 8, 31, 10)) == kst(2028, 2, 29, 23, 59, 59)
    assert dates.suspension_ends(kst(2027, 3, 15)) == kst(2027, 9, 15, 23, 59, 59)
    assert dates.suspension_ends(kst(2026, 8, 31)) == kst(2027, 2, 28, 23, 59, 59)


@given(MOMENTS)
def test_any_moment_falls_within_its_certificate(moment: datetime) -> None:
    validity = dates.issued(moment)
    assert validity.not_before <= moment.astimezone(KST)
    assert moment.astimezone(KST) - validity.not_before < timedelta(days=1)
    assert (validity.not_before.hour, validity.not_before.minute, validity.not_before.second) == (0, 0, 0)
    assert validity.not_after.strftime("%H:%M:%S") == "23:59:59"
    first, last = validity.not_before.date(), validity.not_after.date()
    assert last.year == first.year + 1
    assert (last.month, last.day) == (
        (2, 28) if (first.month, first.day) == (2, 29) else (first.month, first.day)
    )


@given(MOMENTS)
def test_days_left_counts_down_to_nought_on_the_last_day(moment: datetime) -> None:
    end = dates.issued(moment).not_after
    assert dates.days_left(end, end) == 0
    assert dates.days_left(end, end + timedelta(seconds=1)) == -1
    assert dates.days_left(end, moment) in {365, 366}


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(0, 240))
def test_months_later_keeps_the_day_or_takes_the_last(day: date, months: int) -> None:
    later = dates.months_later(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later + timedelta(days=1)).day == 1


@pytest.mark.parametrize(
    "zone", ["Pacific/Kiritimati", "Pacific/Niue", "America/New_York", "Asia/Seoul", "UTC"]
)
def test_the_machines_zone_changes_nothing(zone: str) -> None:
    program = (
        "from datetime import datetime;from kiosk.lifecycle import dates;from kiosk.clock import Clock,stamp;"
        "m=datetime.fromisoformat('2026-11-22T15:30:00+00:00');v=dates.issued(m);"
        "print(v.not_before.isoformat(),v.not_after.isoformat(),Clock(m).today(),stamp(m))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "TZ": zone},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [
        "2026-11-23T00:00:00+09:00", "2027-11-23T23:59:59+09:00", "2026-11-23", "2026-11-22T15:30:00.000Z",
    ]  # fmt: skip
