"""Korean time, and moments as text."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as some

from kiosk.clock import KST, Clock, in_korea, stamp, unstamp

MOMENTS = some.datetimes(
    min_value=datetime(1970, 1, 2),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2999, 12, 30),  # noqa: DTZ001
    timezones=some.timezones() | some.just(KST),
)  # fmt: skip


@given(some.datetimes(timezones=some.just(UTC)))
def test_every_moment_that_a_certificate_can_say_is_one_in_korea(moment: datetime) -> None:
    here = in_korea(moment)
    assert here.utcoffset() == timedelta(hours=9)
    last = datetime(9999, 12, 31, 14, 59, 59, tzinfo=UTC)
    assert here == min(moment, last) or moment.replace(microsecond=0) == last == here.replace(microsecond=0)


@given(MOMENTS)
def test_a_moment_comes_back_to_the_millisecond(moment: datetime) -> None:
    back = unstamp(stamp(moment))
    assert back.tzinfo is not None
    assert timedelta(0) <= moment - back < timedelta(milliseconds=1)
    assert stamp(back) == stamp(moment)


@given(MOMENTS, MOMENTS)
def test_text_sorts_as_moments_do(one: datetime, other: datetime) -> None:
    if stamp(one) != stamp(other):
        assert (stamp(one) < stamp(other)) == (one.astimezone(UTC) < other.astimezone(UTC))


def test_shape() -> None:
    assert stamp(datetime(2026, 11, 22, 9, 1, 2, 345678, KST)) == "2026-11-22T00:01:02.345Z"


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 11, 22, 14, 59, 59, 999_999, UTC), date(2026, 11, 22)),
        (datetime(2026, 11, 22, 15, 0, tzinfo=UTC), date(2026, 11, 23)),
        (datetime(2026, 12, 31, 23, 0, tzinfo=timezone(timedelta(hours=-12))), date(2027, 1, 1)),
        (datetime(2028, 2, 28, 15, 0, tzinfo=UTC), date(2028, 2, 29)),
    ],
)
def test_the_day_is_koreas(moment: datetime, day: date, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    assert Clock(moment).today() == day


def test_a_stopped_clock_and_a_running_one() -> None:
    moment = datetime(2026, 11, 22, 9, 0, tzinfo=KST)
    stopped = Clock(moment)
    assert stopped.stopped
    assert stopped.now() == stopped.now() == moment
    assert stopped.now().tzinfo is UTC
    running = Clock()
    assert not running.stopped
    before = datetime.now(UTC)
    assert before <= running.now() <= datetime.now(UTC)
