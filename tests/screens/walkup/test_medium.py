"""Medium: chosen from what is there now."""

from pathlib import Path

import pytest

from kiosk.i18n import LANGUAGES, text_in
from kiosk.media.offers import Offer
from screens.flow import Nav
from screens.walkup.medium import Medium
from tests.media.sticks import OTHER, STICK
from tests.screens.stage import stage
from tests.screens.steps import plain

PROBLEMS = (
    "medium.encrypted",
    "medium.filesystem",
    "medium.readable",
    "medium.readonly",
    "medium.unformatted",
)
MOUNTING = ("medium.gone", "mount.busy", "mount.denied", "mount.failed", "mount.service")


@pytest.fixture
def sticks(tmp_path: Path) -> list[Path]:
    made = [tmp_path / "A" / "KINGSTON", tmp_path / "B" / "KINGSTON"]
    for stick in made:
        stick.mkdir(parents=True)
    return made


async def test_of_two_sticks_with_one_name_each_can_be_told_and_chosen(
    state: Path, sticks: list[Path]
) -> None:
    async with stage(state, sticks) as on:
        step, answers = await on.show(Medium(on.visit))
        assert [plain(more) for more in step.query(".more")] == [str(stick) for stick in sticks]
        await on.press("2")
        assert answers == [Nav.NEXT]
        assert on.visit.medium == Offer(sticks[1], sticks[1].name)


async def test_a_stick_that_comes_and_goes(state: Path, sticks: list[Path]) -> None:
    async with stage(state) as on:
        step, answers = await on.show(Medium(on.visit))
        assert on.sees("medium.none")
        await on.press("enter", "1")
        assert answers == []
        on.plug(*sticks)
        await on.until(lambda: len(on.choices()) == 2)
        assert step.focused is not None
        on.plug(sticks[1])
        await on.until(lambda: len(on.choices()) == 1)
        await on.press("enter")
        assert answers == [Nav.NEXT]


async def test_a_stick_that_is_gone_when_it_is_chosen(state: Path, sticks: list[Path]) -> None:
    async with stage(state, sticks) as on:
        _, answers = await on.show(Medium(on.visit))
        sticks[0].rmdir()
        await on.press("1")
        assert on.sees("error.medium.missing.screen", "error.medium.missing.next")
        assert answers == []
        assert on.visit.medium is None
        await on.press("2")
        assert answers == [Nav.NEXT]


async def test_touch_chooses(state: Path, sticks: list[Path]) -> None:
    async with stage(state, sticks) as on:
        step, answers = await on.show(Medium(on.visit))
        await on.pilot.click(step.query("Choice").last())
        assert answers == [Nav.NEXT]
        assert on.visit.medium == Offer(sticks[1], sticks[1].name)


async def test_where_a_stick_is_mounted_is_shown_to_nobody_who_can_do_without(
    state: Path, sticks: list[Path]
) -> None:
    async with stage(state, sticks[:1]) as on:
        step, _ = await on.show(Medium(on.visit))
        assert on.sees("key.choose", "medium.stays")
        assert not step.query(".more")
        on.plug()
        await on.until(lambda: on.sees("medium.none"))
        assert not on.sees("key.choose"), "there is nothing that Enter could choose"


async def test_what_cannot_be_used_is_named_and_cannot_be_chosen(state: Path, sticks: list[Path]) -> None:
    async with stage(state) as on:
        _, answers = await on.show(Medium(on.visit))
        on.plug(Offer(None, "잠긴 것", STICK, "medium.encrypted"))
        await on.until(lambda: on.sees("error.medium.encrypted.screen", "medium.another"))
        assert "잠긴것" in on.said
        await on.press("1", "enter")
        assert answers == []
        on.plug(Offer(None, "잠긴 것", STICK, "medium.encrypted"), Offer(None, "새것", OTHER))
        await on.until(lambda: on.sees("medium.connecting"))
        assert not on.sees("medium.another")
        await on.press("1")
        assert answers == []
        on.plug(Offer(None, "잠긴 것", STICK, "medium.encrypted"), Offer(sticks[0], "새것", OTHER))
        await on.until(lambda: len(on.choices()) == 1)
        await on.press("1")
        assert answers == [Nav.NEXT]
        assert on.visit.medium is not None
        assert on.visit.medium.stick == OTHER


@pytest.mark.parametrize("problem", sorted({*PROBLEMS, *MOUNTING}))
async def test_every_reason_has_a_sentence(problem: str) -> None:
    for language in LANGUAGES:
        assert text_in(language, f"error.{problem}.screen") != f"error.{problem}.screen"
