from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.clock import stamp
from kiosk.config import load_policy
from kiosk.lifecycle.dates import day_end, day_start
from kiosk.reminders.ladder import Planned, current, is_for, plan, window

RUNGS = (90, 60, 30, 14, 7, 3, 1, 0, -1)
LATE = 14
DAYS = st.dates(date(2026, 1, 1), date(2035, 12, 31))


@pytest.mark.parametrize(
    ("left", "rung"),
    [
        (200, None), (91, None), (90, 90), (89, 90), (76, 90), (75, None), (61, None), (60, 60), (46, 60), (45, None),
        (30, 30), (16, 30), (15, None), (14, 14), (8, 14), (7, 7), (4, 7), (3, 3), (2, 3), (1, 1), (0, 0), (-1, -1),
        (-15, -1), (-16, None),
    ],
)  # fmt: skip
def test_which_rung_counts(left: int, rung: int | None) -> None:
    assert current(left, RUNGS, LATE) == rung


def test_ten_days_off_are_one_message() -> None:
    """The job ran last with 12 days left and runs again with 2: of 7, 3 and what was before, one is left."""
    assert current(12, RUNGS, LATE) == 14
    assert current(2, RUNGS, LATE) == 3


@given(DAYS, st.integers(-40, 120), st.none() | st.integers(-30, 30))
def test_a_window_is_just_the_ends_for_which_the_rung_counts(
    today: date, left: int, looked: int | None
) -> None:
    """Of `window` and `current` each says what the other does; days looked at before are left out, and no others."""
    until = None if looked is None else today + timedelta(days=looked)
    end = today + timedelta(days=left)
    for rung in RUNGS:
        found = window(rung, today, RUNGS, late=LATE, looked_until=until)
        inside = found is not None and found.first <= end <= found.last
        counts = current(left, RUNGS, LATE) == rung
        seen = until is not None and until <= today and end - timedelta(days=rung) <= until
        assert inside == (counts and not seen)


@given(DAYS, DAYS)
def test_who_was_there_on_the_day_has_heard_it(end: date, met: date) -> None:
    for moment in (day_start(met), day_end(met)):
        for rung in RUNGS:
            assert is_for(rung, end, stamp(moment)) == (met < end - timedelta(days=rung))
            assert is_for(rung, end, stamp(day_start(date(2020, 1, 1))), stamp(moment)) == is_for(
                rung, end, stamp(moment)
            )


SMS, EMAIL, CALL = (Planned(channel, "waiting", None) for channel in ("sms", "email", "call"))
NONE = Planned("email", "failed", "no_channel")


@pytest.mark.parametrize(
    ("phone", "email", "ways", "planned"),
    [
        ("mobile", False, {"sms", "email"}, [SMS]),
        ("mobile", True, {"sms", "email"}, [SMS, EMAIL]),
        ("mobile", True, {"email"}, [EMAIL]),
        ("mobile", False, {"email"}, [CALL]),
        ("landline", False, {"sms", "email"}, [CALL]),
        ("landline", True, {"sms", "email"}, [EMAIL]),
        ("abroad", False, {"sms"}, [CALL]),
        ("abroad", False, {"sms", "abroad"}, [SMS]),
        ("abroad", False, {"abroad"}, [CALL]),
        ("none", True, {"sms", "email"}, [EMAIL]),
        ("none", True, set(), [NONE]),
        ("mobile", True, set(), [CALL]),
    ],
)  # fmt: skip
def test_through_which_channels(phone: str, email: bool, ways: set[str], planned: list[Planned]) -> None:
    assert plan(phone, email=email, ways=ways) == planned


def test_the_ladder_is_the_policys() -> None:
    assert tuple(load_policy().reminder_days) == RUNGS
    assert load_policy().reminder_late_days == LATE
