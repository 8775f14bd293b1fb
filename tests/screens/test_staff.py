"""Calling staff, and the way there with a lost or stolen certificate: seen, on record, and back again."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from data.registry import Registry
from kiosk import audit
from kiosk.errors import TABLE
from screens.walkup.idle import Idle
from screens.walkup.menu import Menu
from screens.walkup.prepare import Prepare
from tests.screens.stage import Stage, stage


@pytest.fixture
async def on(state: Path, medium: Path) -> AsyncIterator[Stage]:
    async with stage(state, [medium]) as on:
        await on.until(lambda: on.app._complete.is_set())
        yield on


async def called(on: Stage) -> list[tuple[str, dict[str, str | int]]]:
    """What the audit log says of calls; the whole log is verified too."""
    lines = await on.services.in_registry(lambda: list(audit.lines(on.services.registry)))
    head = audit.read_head(on.services.state.head)
    assert audit.verify(lines, on.services.audit.public_key, head=head, anchor=None).first_bad is None
    return [(line.action, line.facts) for line in lines if line.action in {"staff.called", "lost.reported"}]


@pytest.mark.parametrize(
    ("key", "word", "action"), [("f9", "staff", "staff.called"), ("f10", "lost", "lost.reported")]
)
async def test_a_call_is_noted_and_said(on: Stage, key: str, word: str, action: str) -> None:
    await on.press("enter")
    await on.at(Menu)
    await on.press("1")
    before = await on.at(Prepare)
    await on.press(key)
    await on.until(lambda: on.sees(f"step.{word}.question", f"{word}.noted"))
    await on.press("escape")
    assert on.step is before
    assert await called(on) == [(action, {"step": "prepare"})]


async def test_a_call_is_noted_once_for_each_step(on: Stage) -> None:
    """A key that is held down, or pressed in vain again and again, must not fill the log."""
    for _ in range(4):
        await on.press("f9", "f9")
        await on.until(lambda: on.sees("staff.noted"))
        await on.press("escape")
    await on.press("enter")
    await on.at(Menu)
    await on.press("f9")
    await on.until(lambda: on.sees("staff.noted"))
    assert await called(on) == [("staff.called", {"step": step}) for step in ("idle", "menu")]


async def test_one_leads_to_the_other(on: Stage) -> None:
    await on.press("enter")
    await on.at(Menu)
    await on.press("f10")
    await on.until(lambda: on.sees("lost.noted"))
    await on.press("f9")
    await on.until(lambda: on.sees("staff.noted"))
    await on.press("escape")
    assert on.step.word == "menu"
    assert await called(on) == [("lost.reported", {"step": "menu"}), ("staff.called", {"step": "menu"})]


async def test_what_cannot_be_noted_is_said(on: Stage, state: Path) -> None:
    """Another process holds the registry: the person is sent to the desk, and may try again."""
    await on.press("enter")
    await on.at(Menu)
    other = Registry.open(state / "registry.db")
    try:
        await on.services.in_registry(lambda: on.services.registry._execute("PRAGMA busy_timeout = 50"))
        with other.transaction():
            await on.press("f9")
            await on.until(lambda: on.sees("staff.go") and TABLE["registry.busy"].code in on.page)
        await on.press("escape", "f9")
        await on.until(lambda: on.sees("staff.noted"))
    finally:
        other.close()
    assert await called(on) == [("staff.called", {"step": "menu"})]


async def test_a_machine_at_work_is_not_covered(on: Stage) -> None:
    """The act ends by itself: what lay over it would be in the way of what comes then."""
    await on.press("enter")
    step = await on.at(Menu)
    step.at_work = True
    await on.press("f9")
    await on.until(lambda: on.sees("staff.noted"))
    assert on.step is step
    assert await called(on) == [("staff.called", {"step": "menu"})]


async def test_called_before_everything_is_ready(state: Path) -> None:
    """Nobody presses the key of a theft twice: it comes as soon as it can."""
    ready = asyncio.Event()

    async def prepare() -> None:
        await ready.wait()

    async with stage(state, prepare=prepare) as on:
        await on.press("f10")
        await on.at(Idle)
        ready.set()
        await on.until(lambda: on.sees("lost.noted"))
        assert await called(on) == [("lost.reported", {"step": "idle"})]
