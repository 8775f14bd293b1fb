"""Confirm: everything on one page, the machine's own check, and no consent to what was not seen."""

from pathlib import Path

import pytest

from kiosk.i18n import text
from kiosk.selfcheck import Finding
from screens.flow import Nav
from screens.walkup import confirm
from screens.walkup.confirm import Confirm
from screens.widgets.frame import KeyBar
from tests.screens.stage import Stage, stage
from tests.screens.steps import fill


async def shown(on: Stage, medium: Path) -> tuple[Confirm, list[Nav | None]]:
    fill(on.visit, "Hong")
    on.choose(medium)
    return await on.show(Confirm(on.visit))


async def test_all_answers_are_there_but_for_the_number(state: Path, medium: Path) -> None:
    async with stage(state, language="en") as on:
        _, answers = await shown(on, medium)
        for answer in ("General, personal", "Hong", on.visit.phone, "900101-*******"):
            assert answer in on.page
        assert "1234568" not in on.page
        assert on.sees("confirm.consent", "notice.own")
        await on.until(lambda: on.sees("confirm.machine"))
        await on.press("enter")
        assert answers == [Nav.NEXT]


async def test_enter_turns_the_pages_before_it_acts(state: Path, medium: Path) -> None:
    async with stage(state, size=(36, 9)) as on:
        step, answers = await shown(on, medium)
        machine = step.query_one("#machine")
        await on.until(lambda: machine.has_class("good"), "the machine has checked itself")
        seen = on.said
        assert on.sees("key.next")
        while step.query_one(KeyBar).hints[0].word != text("key.issue"):
            assert answers == []
            await on.press("enter")
            seen += on.said
        assert "동의하시는" in seen
        assert answers == []
        await on.press("enter")
        await on.until(lambda: answers, "the medium was looked at")
        assert answers == [Nav.NEXT]


async def test_a_machine_with_a_problem_says_so(
    state: Path, medium: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def examine(services: object) -> list[Finding]:
        return [Finding("registry", "good"), Finding("audit", "bad", {"problem": "x"})]

    monkeypatch.setattr(confirm, "examine", examine)
    async with stage(state) as on:
        await shown(on, medium)
        await on.until(lambda: on.sees("confirm.machine.bad"))
        assert not on.sees("confirm.machine")
