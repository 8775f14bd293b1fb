"""A terminal that is too small says so, plainly, and gives everything back when it grows."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from kiosk.lifecycle.outcome import Outcome
from screens.step import Step
from screens.toosmall import TooSmall
from screens.walkup import act
from screens.walkup.confirm import Confirm
from screens.walkup.details import Details
from screens.walkup.kind import Kind
from screens.walkup.menu import Menu
from screens.walkup.prepare import Prepare
from screens.walkup.proof import Proof
from tests.screens.stage import Stage, stage
from tests.screens.walk import walk

SMALL = [(35, 18), (72, 8), (10, 3), (1, 1)]


async def goes(on: Stage, *steps: type[Step]) -> None:
    """Go on with Enter, which takes what is marked, step by step."""
    for step in steps:
        await on.press("enter")
        await on.at(step)


@pytest.mark.parametrize("size", SMALL, ids=str)
async def test_below_the_floor_there_is_one_sentence(
    state: Path, medium: Path, size: tuple[int, int]
) -> None:
    async with stage(state, [medium]) as on:
        await goes(on, Menu, Prepare, Kind, Details)
        await on.type("ghdrlf")
        before = on.page
        await on.resize(size)
        assert on.sees("too_small") or size[0] * size[1] < 50
        assert "홍" not in on.page
        assert "F1" not in on.page
        # What is pressed now is pressed blindly.
        await on.press("escape", "x", "enter", "f9")
        await on.resize((72, 18))
        await on.until(lambda: on.page == before)
        assert on.field("name").content == "홍길"
        await on.type("ehd")
        assert on.field("name").content == "홍길동"


async def test_the_layout_follows_what_happened_meanwhile(state: Path, medium: Path) -> None:
    """From small to zoom, by way of too small: it is as if it had opened in zoom, and the other way round."""
    async with stage(state, [medium]) as on:
        await goes(on, Menu, Prepare, Kind)
        base = on.page
        for size in ((36, 9), (72, 18)):
            await on.resize((30, 5))
            await on.resize(size)
            await on.until(lambda zoomed=size == (36, 9): on.step.has_class("-zoom") == zoomed)
        await on.until(lambda: on.page == base)


async def test_the_floor_itself_is_enough(state: Path, medium: Path) -> None:
    async with stage(state, [medium], size=(36, 9)) as on:
        assert not on.sees("too_small")
        await goes(on, Menu)


async def test_a_screen_that_comes_meanwhile_is_covered_too(state: Path, medium: Path) -> None:
    """The act ends by itself, and what comes then must not be shown in pieces."""
    async with stage(state, [medium]) as on:
        await goes(on, Menu, Prepare)
        await on.resize((30, 5))
        on.app.push_screen(Prepare(on.visit))
        await on.until(lambda: isinstance(on.app.screen, TooSmall) and on.sees("too_small"))
        await on.resize((72, 18))
        await on.until(lambda: on.sees("step.prepare.question"))


async def test_a_window_that_opens_too_small_says_so_at_once(state: Path, medium: Path) -> None:
    async with stage(state, [medium]) as on:
        await on.resize((20, 5))
        assert "가로36칸" in on.said
        await on.resize((72, 18))
        assert on.sees("step.idle.question")


async def test_an_act_that_ends_while_the_window_is_too_small(
    state: Path, medium: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes on by itself, and when the window grows the proof is there."""
    go = asyncio.Event()

    class Waiting(act.Issuing):
        async def issue(self, *answers: Any) -> Outcome:
            await go.wait()
            return await super().issue(*answers)

    monkeypatch.setattr(act, "Issuing", Waiting)
    async with stage(state, [medium], language="en") as on:
        await walk(on, Confirm)
        await on.press("enter")
        await on.at(act.Act)
        for size in ((36, 9), (20, 5), (120, 36), (10, 3)):
            await on.resize(size)
        assert isinstance(on.app.screen, TooSmall)
        go.set()
        await on.until(lambda: on.visit.outcome is not None)
        await on.until(lambda: isinstance(on.app.screen, TooSmall))
        await on.resize((72, 18))
        await on.at(Proof)
        assert on.sees("step.proof.question")
        assert len(list(medium.rglob("signCert.der"))) == 1
