"""Whoever goes on or back while a step still looks at something: what it finds comes too late, and harms nobody."""

import asyncio
from pathlib import Path

import pytest

from kiosk.media.directory import DirectoryMedium
from kiosk.selfcheck import Finding
from screens.flow import Nav
from screens.step import Step
from screens.walkup import confirm
from screens.walkup.confirm import Confirm
from screens.walkup.menu import Menu
from tests.screens.stage import stage
from tests.screens.steps import every_step, fill, make


def gone(step: Step) -> bool:
    """Whether its lines have been taken away, or all of it."""
    return not step.is_attached or not step.query("Static")


async def test_back_while_the_machine_checks_itself(
    state: Path, medium: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends: list[str] = []

    async def examine(services: object) -> list[Finding]:
        ends.append("cancelled")
        while not gone(step):
            await asyncio.sleep(0)
        ends[-1] = "done"
        return [Finding("registry", "good")]

    monkeypatch.setattr(confirm, "examine", examine)
    async with stage(state, [medium]) as on:
        fill(on.visit, "Hong")
        on.visit.medium, on.visit.medium_identity = medium, DirectoryMedium.open(medium).identity
        step = Confirm(on.visit)
        _, answers = await on.show(step)
        on.send("escape")
        await on.until(lambda: answers == [Nav.BACK] and not step.is_attached)
        assert ends == ["done"]
        await on.press("enter")
        await on.at(Menu)


async def test_every_step_can_be_left_at_once(state: Path, medium: Path) -> None:
    """Before it is painted, before it has looked at anything: keys come as fast as they are read."""
    async with stage(state, [medium]) as on:
        for kind in every_step():
            if kind.stays or kind.word == "act":
                continue
            for keys in (
                ["escape"],
                ["escape"] * 5,
                ["enter", "escape", "escape"],
                ["f1", "escape", "escape"],
            ):
                fill(on.visit, "Hong")
                on.visit.medium, on.visit.medium_identity = medium, DirectoryMedium.open(medium).identity
                step = make(kind, on.visit)
                on.app.push_screen(step)
                on.send(*keys)
                await on.settle()
                while step in on.app.screen_stack:
                    await on.press("escape")
                assert on.app.is_running
