"""Help: an answer for every step, the guide's questions, and back to just where one was."""

from pathlib import Path

import pytest

from kiosk.i18n import text_in
from screens.walkup.details import Details
from screens.walkup.help import QUESTIONS, Help
from screens.walkup.menu import Menu
from tests.screens.stage import stage
from tests.screens.steps import every_step
from tests.screens.walk import walk


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_step_has_its_own_answer(language: str) -> None:
    words = {step.word for step in every_step() if not issubclass(step, Help)}
    assert len({text_in(language, f"step.{word}.help") for word in words}) == len(words) > 10


async def test_f1_answers_for_the_step_that_is_shown(state: Path) -> None:
    async with stage(state) as on:
        await on.press("enter")
        await on.at(Menu)
        await on.press("f1")
        await on.at(Help)
        assert on.sees("step.menu.help")
        await on.press("f1", "f1")
        assert [type(screen) for screen in on.app.screen_stack].count(Help) == 1
        await on.press("escape")
        await on.at(Menu)


async def test_esc_returns_to_what_was_typed(state: Path) -> None:
    async with stage(state) as on:
        await walk(on, Details)
        await on.type("ghdrlf")
        step, name = on.step, on.field("name")
        await on.press("f1")
        await on.at(Help)
        assert on.sees("step.details.help")
        await on.press("x", "7")
        await on.press("escape")
        assert await on.at(Details) is step
        assert (step.focused, name.content) == (name, "홍길")
        await on.type("ehd")
        assert name.content == "홍길동"


@pytest.mark.parametrize(
    ("language", "typed", "found"),
    [
        ("ko", "qlalfqjsgh", {"1", "5"}),  # 비밀번호
        ("ko", "ehs", {"2"}),  # 돈
        ("en", "phone", {"6", "8"}), ("en", "PASSWORD", {"1", "5"}), ("en", "renew before", {"7"}),
    ],
)  # fmt: skip
async def test_search_finds_in_questions_and_answers(
    state: Path, language: str, typed: str, found: set[str]
) -> None:
    async with stage(state, language=language) as on:
        await on.show(Help(on.visit, "menu"))
        await on.type(typed)
        assert set(on.choices()) == found
        for number in range(1, QUESTIONS + 1):
            assert on.sees(f"faq.{number}.q") == (str(number) in found)
        for _ in typed:
            await on.press("backspace")
        assert len(on.choices()) == QUESTIONS


async def test_enter_opens_the_only_one_found(state: Path) -> None:
    async with stage(state, language="en") as on:
        await on.show(Help(on.visit, "menu"))
        await on.type("cost")
        await on.press("enter")
        assert on.sees("faq.2.q", "faq.2.a")
        await on.press("escape")
        assert len(on.choices()) == QUESTIONS


async def test_every_question_opens_by_its_number_and_closes(state: Path) -> None:
    async with stage(state) as on:
        step, answers = await on.show(Help(on.visit, "menu"))
        for number in range(1, QUESTIONS + 1):
            await on.press(str(number))
            assert on.sees(f"faq.{number}.q", f"faq.{number}.a")
            assert on.choices() == []
            await on.press("escape")
            assert len(on.choices()) == QUESTIONS
            assert step.focused is not None
        assert answers == []


async def test_what_is_not_found_can_be_searched_again(state: Path) -> None:
    async with stage(state, language="en") as on:
        await on.show(Help(on.visit, "menu"))
        await on.type("zzz")
        assert on.choices() == []
        await on.press("enter", "down", "up", "1")
        assert on.step.query_one("Field").has_focus
        await on.press("ctrl+u")
        assert len(on.choices()) == QUESTIONS


async def test_the_first_page_of_a_doubled_screen_is_the_answer_for_the_step(state: Path) -> None:
    async with stage(state, size=(36, 9)) as on:
        await on.show(Help(on.visit, "password"))
        assert on.sees("step.password.help")


async def test_enter_opens_and_closes_an_answer_and_says_so(state: Path) -> None:
    async with stage(state) as on:
        await on.press("enter")
        await on.at(Menu)
        await on.press("f1")
        await on.at(Help)
        assert on.sees("key.choose")
        await on.press("down", "enter")
        assert on.sees("faq.2.a")
        assert not on.sees("key.choose")
        await on.press("enter")
        assert on.sees("step.menu.help", "key.choose")
