"""Every step, at every size, in both languages and themes, with hostile data. A new step is covered as it is."""

from pathlib import Path

import pytest

from kiosk.i18n import visible
from screens.glyphs import SAFE
from screens.step import Step
from screens.widgets.body import Body
from screens.widgets.choice import Choice
from screens.widgets.field import Field
from screens.widgets.frame import Key, KeyBar
from tests.screens import glass
from tests.screens.stage import Stage, stage
from tests.screens.steps import (
    ACTING,
    LONG,
    MARKUP,
    SIZES,
    Seen,
    every_step,
    fill,
    make,
    media_of,
    pages,
    squeezed,
)

STEPS = every_step()
NAMES = {"base": MARKUP, "zoom": LONG, "terminal": ACTING, "large": MARKUP}
each_step = pytest.mark.parametrize("kind", STEPS, ids=lambda kind: kind.__name__)


def test_all_steps_are_found() -> None:
    names = {step.__name__ for step in STEPS}
    assert names >= {
        "Idle",
        "Menu",
        "Prepare",
        "Kind",
        "Details",
        "Identity",
        "Medium",
        "Password",
        "Confirm",
    }
    assert names >= {"Act", "Proof", "Help", "CalendarCode", "Slip", "Staff", "Lost", "Still"}


@pytest.mark.parametrize(
    ("language", "theme", "sizes"),
    [
        ("ko", "paper", ["base", "zoom"]),
        ("en", "contrast", ["base", "zoom"]),
        pytest.param("ko", "contrast", ["terminal", "large"], marks=pytest.mark.long),
        pytest.param("en", "paper", ["terminal", "large"], marks=pytest.mark.long),
    ],
)
@each_step
async def test_a_step(
    kind: type[Step], language: str, theme: str, sizes: list[str], state: Path, tmp_path: Path
) -> None:
    async with stage(state, media_of(tmp_path / "media"), language=language, theme=theme) as on:
        for name in sizes:
            await on.resize(SIZES[name])
            fill(on.visit, NAMES[name])
            step, answers = await on.show(make(kind, on.visit))
            # What works by itself comes to rest first; a step at work has tests of its own.
            await on.until(lambda step=step: not step.at_work)
            _something_is_marked(step)
            seen = Seen()
            async for _ in pages(on, seen):
                _nothing_unsafe(on)
                _readable(on, theme)
                _keys_are_whole(on)
            assert on.app.screen is step
            assert seen.lost() == []
            _shown_as_it_is(seen)
            await on.press("escape")
            if step.stays:
                assert on.app.screen is step
                assert answers == []
                await on.take_away(step)
            else:
                await on.until(lambda step=step: step not in on.app.screen_stack, "Esc leads back")
                assert [answer.value for answer in answers if answer] == ["back"]
            assert on.app.is_running


def _something_is_marked(step: Step) -> None:
    parts = [part for part in step.query("Choice, Field") if part.display]
    assert not parts or step.focused in parts


def _nothing_unsafe(on: Stage) -> None:
    for strip in glass.strips(on.app):
        strange = set(strip.text) - SAFE
        assert not strange, f"{sorted(strange)}\n{on.page}"
        for segment in strip:
            assert segment.style is None or not [key for key in segment.style.meta if key.startswith("@")]


def _readable(on: Stage, theme: str) -> None:
    """Everything that is drawn can be told from its ground, and both are colours that the theme names as a pair."""
    for run in glass.runs(on.app):
        if run.text.strip() and run.text.strip("█"):
            assert glass.contrast(run.ink, run.ground) >= 4.5, f"{run}\n{on.page}"
            assert (run.ink, run.ground) in glass.pairs(theme), f"{run} is no pair of the theme\n{on.page}"


def _keys_are_whole(on: Stage) -> None:
    bar, body = on.step.query_one(KeyBar), on.step.query_one(Body)
    width, height = on.app.size
    assert bar.region.y == height - 1
    assert bar.region.height == 1
    assert body.region.bottom <= bar.region.y
    right = 0
    for key in bar.query(Key):
        assert key.region.x >= right
        right = key.region.right
    assert right <= width


def _shown_as_it_is(seen: Seen) -> None:
    """Wherever a piece of the hostile data is on a screen, its end is, letter by letter: no tag, no colour."""
    everything = squeezed("".join("".join(rows.values()) for rows in seen.rows.values()))
    for word, text in (("CLICK", MARKUP), ("RED", MARKUP), ("VIP", MARKUP), ("ESC", ACTING), ("끝끝", LONG)):
        assert word not in everything or squeezed(visible(text))[-8:] in everything


@each_step
async def test_a_step_that_is_resized(kind: type[Step], state: Path, tmp_path: Path) -> None:
    """What is marked stays marked and in sight, and all of the text is on some page of the new size."""
    async with stage(state, media_of(tmp_path / "media")) as on:
        fill(on.visit, LONG)
        step, _ = await on.show(make(kind, on.visit))
        await on.until(lambda: not step.at_work)
        await on.press("down")
        marked = step.focused
        for size in ((20, 5), SIZES["zoom"]):
            await on.resize(size)
            assert step.focused is marked
        if isinstance(marked, Choice | Field):
            assert step.query_one(Body).shows(marked)
        seen = Seen()
        async for _ in pages(on, seen):
            _keys_are_whole(on)
        assert seen.lost() == []
