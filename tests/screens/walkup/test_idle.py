"""The idle screen: language, look and pace, before anything else."""

from pathlib import Path

from kiosk.i18n import language_of
from screens.walkup.idle import Idle
from screens.walkup.menu import Menu
from tests.screens.stage import stage


async def test_the_other_language(state: Path) -> None:
    async with stage(state) as on:
        assert on.sees("step.idle.question", "idle.welcome", "idle.lost")
        await on.press("f2")
        assert language_of() == "en"
        assert on.sees("step.idle.question", "idle.welcome", "idle.lost")
        assert "Press Enter" in on.page
        await on.press("f2")
        assert language_of() == "ko"
        assert "누르면 시작합니다" in on.page


async def test_the_look_holds_for_the_visit(state: Path) -> None:
    async with stage(state) as on:
        await on.press("f3")
        assert on.app.theme == "contrast"
        await on.press("enter")
        await on.at(Menu)
        assert on.app.theme == "contrast"
        await on.press("f3")
        assert on.app.theme == "paper"


async def test_the_pace(state: Path) -> None:
    async with stage(state) as on:
        for easy in (True, False):
            await on.press("f4")
            assert on.visit.easy is easy
            assert on.sees("idle.easy_on" if easy else "idle.easy_off")


async def test_no_key_leads_anywhere_but_enter(state: Path) -> None:
    async with stage(state) as on:
        idle = await on.at(Idle)
        await on.press("escape", "1", "a", "tab", "ctrl+c", "ctrl+q", "ctrl+p", "ctrl+z", "backspace")
        assert on.app.screen is idle
        # Pressed twice, it begins one visit.
        on.send("enter", "enter")
        await on.at(Menu)
        assert [type(screen) for screen in on.app.screen_stack if isinstance(screen, Menu)] == [Menu]
        assert on.app.is_running
