"""The check by phone: code, time, tries. Counters in memory here; the registry's are in test_check."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from kiosk.clock import Clock
from kiosk.config import load_policy
from kiosk.errors import KioskError
from kiosk.identity.phone import PhoneCheck
from kiosk.practice import PracticeCarrier
from kiosk.secret import Secret
from tests.conftest import TODAY

PHONE = "01023456789"


class Tries:
    """Counters of one number and day."""

    def __init__(self) -> None:
        self.sends = self.wrong = 0

    def count(self, *, sends: int = 0, wrong: int = 0) -> tuple[int, int]:
        self.sends += sends
        self.wrong += wrong
        return self.sends, self.wrong

    def clear(self) -> None:
        self.sends = self.wrong = 0


class MovableClock(Clock):
    """A clock that a test moves."""

    def __init__(self) -> None:
        super().__init__(TODAY)
        self.later = timedelta()

    def now(self) -> datetime:
        return super().now() + self.later


@pytest.fixture
def tries() -> Tries:
    return Tries()


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def carrier() -> PracticeCarrier:
    return PracticeCarrier()


@pytest.fixture
def begin(tries: Tries, clock: MovableClock, carrier: PracticeCarrier) -> Callable[..., PhoneCheck]:
    def make(**policy: object) -> PhoneCheck:
        return PhoneCheck(PHONE, carrier, tries, replace(load_policy(), **policy), clock)  # type: ignore[arg-type]

    return make


def refused(call: Callable[..., object], *arguments: object) -> tuple[str, object]:
    with pytest.raises(KioskError) as caught:
        call(*arguments)
    return caught.value.id, caught.value.facts.get("left")


def test_a_right_code(begin: Callable[..., PhoneCheck], carrier: PracticeCarrier, tries: Tries) -> None:
    check = begin()
    check.send()
    code = carrier.read(PHONE)
    assert len(code) == 6
    assert code.text().isdigit()
    assert check.left() == 5
    evidence = check.confirm(code)
    assert (evidence.method, evidence.level, evidence.moment) == ("phone", "verified", TODAY)
    assert (tries.sends, tries.wrong) == (0, 0)
    # It was good once.
    assert refused(check.confirm, code) == ("identity.method", None)


def test_nothing_was_sent(begin: Callable[..., PhoneCheck], carrier: PracticeCarrier) -> None:
    assert refused(begin().confirm, Secret("")) == ("identity.method", None)
    assert not carrier.read(PHONE)


def test_a_code_of_another_number(begin: Callable[..., PhoneCheck], carrier: PracticeCarrier) -> None:
    check = begin()
    check.send()
    assert not carrier.read("01011112222")
    assert refused(check.confirm, carrier.read("01011112222")) == ("identity.code", 4)


def test_five_tries_then_none(begin: Callable[..., PhoneCheck], carrier: PracticeCarrier) -> None:
    check = begin()
    check.send()
    for left in (4, 3, 2, 1, 0):
        assert refused(check.confirm, Secret("")) == ("identity.code", left)
        assert check.left() == left
    assert refused(check.confirm, carrier.read(PHONE)) == ("identity.locked", None)
    assert refused(check.send) == ("identity.locked", None)
    assert refused(begin().send) == ("identity.locked", None)
    assert begin().left() == 0


def test_the_fifth_try_counts_when_it_is_right(
    begin: Callable[..., PhoneCheck], carrier: PracticeCarrier
) -> None:
    check = begin()
    check.send()
    for _ in range(4):
        refused(check.confirm, Secret("000"))
    assert check.confirm(carrier.read(PHONE)).level == "verified"


@pytest.mark.parametrize(("seconds", "good"), [(0, True), (180, True), (180.001, False), (86400, False)])
def test_a_code_lives_three_minutes(
    begin: Callable[..., PhoneCheck],
    carrier: PracticeCarrier,
    clock: MovableClock,
    seconds: float,
    good: bool,
) -> None:
    check = begin()
    check.send()
    clock.later = timedelta(seconds=seconds)
    if good:
        assert check.confirm(carrier.read(PHONE)).moment == clock.now()
    else:
        assert refused(check.confirm, carrier.read(PHONE)) == ("identity.code", 4)


def test_a_new_code_makes_the_old_one_worthless(
    begin: Callable[..., PhoneCheck], carrier: PracticeCarrier
) -> None:
    check = begin(code_digits=20)
    check.send()
    old = carrier.read(PHONE)
    check.send()
    assert refused(check.confirm, old) == ("identity.code", 4)
    assert check.confirm(carrier.read(PHONE)).level == "verified"


def test_codes_that_nobody_types_back_run_out(begin: Callable[..., PhoneCheck], tries: Tries) -> None:
    """Each costs the carrier money and the owner of the number a message."""
    for number in range(10):
        begin().send()
        assert tries.sends == number + 1
    assert refused(begin().send) == ("identity.locked", None)
    assert tries.sends == 10


def test_the_try_is_counted_before_it_is_judged(
    begin: Callable[..., PhoneCheck], tries: Tries, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pulling the plug at the right moment must not give tries for free."""
    check = begin()
    check.send()

    def pull(*_: object) -> bool:
        assert tries.wrong == 1
        raise SystemExit

    monkeypatch.setattr("hmac.compare_digest", pull)
    with pytest.raises(SystemExit):
        check.confirm(Secret("000000"))
    assert tries.wrong == 1


def test_codes_do_not_repeat(begin: Callable[..., PhoneCheck], carrier: PracticeCarrier) -> None:
    codes = set()
    for _ in range(9):
        begin(code_digits=12).send()
        codes.add(carrier.read(PHONE).text())
    assert len(codes) == 9
