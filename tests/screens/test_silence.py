"""How long a silence may last: the counting by itself, and in the app with a clock that the test turns."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screens.silence import Limits, Mood, Silence
from screens.walkup.still import Still
from tests.screens.stage import Stage, stage

LIMITS = Limits()


def test_a_person_is_asked_after_a_minute_and_has_twenty_seconds() -> None:
    silence = Silence(100)
    assert silence.mood(159.9, LIMITS) is Mood.FINE
    assert silence.mood(160, LIMITS) is Mood.ASK
    assert silence.left(160, LIMITS) == 20
    assert silence.mood(179.9, LIMITS) is Mood.ASK
    assert silence.left(179.9, LIMITS) == 0
    assert silence.mood(180, LIMITS) is Mood.END


def test_the_time_to_answer_counts_from_the_question() -> None:
    """The machine may have been too busy to ask in time: nobody loses by that."""
    silence = Silence(0)
    assert silence.mood(500, LIMITS) is Mood.ASK
    assert silence.mood(519, LIMITS) is Mood.ASK
    assert silence.mood(520, LIMITS) is Mood.END


def test_one_key_extends_ten_times_in_a_row() -> None:
    silence, now = Silence(0), 0.0
    for _ in range(10):
        now += 60
        assert silence.mood(now, LIMITS) is Mood.ASK
        silence.heard(now)
        assert silence.mood(now, LIMITS) is Mood.FINE
    assert silence.mood(now + 60, LIMITS) is Mood.END


def test_a_key_that_is_no_answer_begins_the_count_anew() -> None:
    silence, now = Silence(0), 0.0
    for _ in range(30):
        now += 60
        assert silence.mood(now, LIMITS) is Mood.ASK
        silence.heard(now)
        silence.heard(now)


def test_easy_mode_doubles_it_all() -> None:
    assert LIMITS.eased() == Limits(120, 40, 20)


def test_somebody_busy_elsewhere_gets_the_time_that_it_takes() -> None:
    silence = Silence(0)
    assert silence.mood(179, LIMITS, patience=180) is Mood.FINE
    assert silence.mood(180, LIMITS, patience=180) is Mood.ASK
    assert Silence(0).mood(59, LIMITS, patience=10) is Mood.FINE


@given(st.lists(st.tuples(st.floats(0, 100), st.booleans()), max_size=60))
def test_nobody_is_cut_off_without_a_question(moves: list[tuple[float, bool]]) -> None:
    """Unless they only answered, and did nothing else, ten times in a row."""
    silence, now, asked, answers = Silence(0), 0.0, None, 0
    for wait, key in moves:
        now += wait
        mood = silence.mood(now, LIMITS)
        if mood is Mood.END:
            assert answers == 10 or (asked is not None and now - asked >= 20)
            return
        asked = (now if asked is None else asked) if mood is Mood.ASK else None
        if key:
            answers = answers + 1 if asked is not None else 0
            asked = None
            silence.heard(now)


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Hands:
    """Hands that do nothing for a while."""

    on: Stage
    clock: Clock

    async def wait(self, *seconds: int) -> None:
        """Let time pass, and the app look at it each time."""
        for some in seconds:
            self.clock.now += some
            self.on.app.watch_silence()
            await self.on.pilot.pause()

    async def goes_to(self, *keys: str, word: str) -> None:
        await self.on.press(*keys)
        await self.on.until(lambda: self.word == word)

    @property
    def word(self) -> str:
        return getattr(self.on.app.screen, "word", "")

    @property
    def asked(self) -> bool:
        return isinstance(self.on.app.screen, Still)

    @property
    def ended(self) -> bool:
        return self.on.app._exit


@pytest.fixture
async def hands(state: Path, medium: Path) -> AsyncIterator[Hands]:
    clock = Clock()
    async with stage(state, [medium], now=clock) as on:
        yield Hands(on, clock)


async def test_on_the_idle_screen_nothing_times_out(hands: Hands) -> None:
    await hands.wait(*[50] * 10)
    assert not hands.ended
    assert hands.word == "idle"
    await hands.goes_to("enter", word="menu")
    await hands.wait(59)
    assert hands.word == "menu"


async def test_silence_is_asked_about_and_ends_the_visit(hands: Hands) -> None:
    await hands.goes_to("enter", word="menu")
    await hands.wait(60)
    assert hands.asked
    await hands.wait(19)
    assert hands.asked
    assert not hands.ended
    await hands.wait(1)
    assert hands.ended
    assert hands.on.app.return_value == 0


@pytest.mark.parametrize("key", ["enter", "escape", "f9", "x", "1", "f1", "pagedown", "tab", "ctrl+c"])
async def test_any_key_extends_and_does_nothing_else(hands: Hands, key: str) -> None:
    await hands.goes_to("enter", word="menu")
    await hands.goes_to("1", word="prepare")
    before = hands.on.app.screen
    await hands.wait(60, 5)
    assert hands.asked
    await hands.on.press(key)
    await hands.on.until(lambda: hands.on.app.screen is before)
    await hands.wait(59)
    assert hands.on.app.screen is before
    await hands.wait(1)
    assert hands.asked


async def test_a_touch_extends_too(hands: Hands) -> None:
    await hands.goes_to("enter", word="menu")
    before = hands.on.app.screen
    await hands.wait(60, 5)
    await hands.on.pilot.click(offset=(30, 8))
    await hands.on.until(lambda: hands.on.app.screen is before)
    await hands.wait(59)
    assert hands.on.app.screen is before


async def test_the_seconds_left_are_shown(hands: Hands) -> None:
    await hands.goes_to("enter", word="menu")
    await hands.wait(60, 5)
    await hands.on.until(lambda: hands.on.sees("still.left", seconds=15))
    await hands.wait(3)
    await hands.on.until(lambda: hands.on.sees("still.left", seconds=12))


async def test_a_code_on_its_way_is_waited_for(hands: Hands) -> None:
    await hands.goes_to("enter", word="menu")
    await hands.goes_to("1", word="prepare")
    await hands.goes_to("enter", word="kind")
    await hands.goes_to("1", word="details")
    for answer in ("ghdrlfehd", "9001011234568", "01023456789"):
        await hands.on.type(answer)
        await hands.on.press("enter")
    await hands.on.until(lambda: hands.word == "identity")
    await hands.wait(hands.on.services.policy.code_seconds - 1)
    assert hands.word == "identity"
    await hands.wait(1)
    assert hands.asked


async def test_a_machine_at_work_is_never_interrupted(hands: Hands) -> None:
    await hands.goes_to("enter", word="menu")
    hands.on.step.at_work = True
    await hands.wait(*[50] * 6)
    assert hands.word == "menu"
    hands.on.step.at_work = False
    await hands.wait(60)
    assert hands.asked


async def test_easy_mode_in_the_app(hands: Hands) -> None:
    await hands.on.press("f4")
    await hands.goes_to("enter", word="menu")
    await hands.wait(119)
    assert hands.word == "menu"
    await hands.wait(1)
    assert hands.asked
    await hands.wait(39)
    assert not hands.ended
    await hands.wait(1)
    assert hands.ended


async def test_a_silence_over_the_help_counts_too(hands: Hands) -> None:
    await hands.goes_to("enter", word="menu")
    await hands.goes_to("f1", word="help")
    await hands.wait(60)
    assert hands.asked
    await hands.wait(20)
    assert hands.ended
