"""Identity: the code, the tries, and what the check was about."""

import re
from pathlib import Path

import pytest

from kiosk.pki.profiles import load_profiles
from kiosk.secret import Secret
from screens.flow import Nav
from screens.walkup.details import Details
from screens.walkup.identity import Identity
from screens.walkup.kind import Kind
from screens.walkup.medium import Medium
from tests.screens.stage import Stage, stage
from tests.screens.walk import ID_NUMBER, PHONE, type_code, walk


async def identity(on: Stage, profile: str = "personal-general") -> tuple[Identity, list[Nav | None]]:
    on.visit.profile = load_profiles()[profile]
    on.visit.name, on.visit.phone, on.visit.id_number = "Hong", PHONE, Secret(ID_NUMBER)
    return await on.show(Identity(on.visit))


def sent(on: Stage) -> str:
    assert on.services.carrier is not None
    return on.services.carrier.read(PHONE).text()


def wrong(on: Stage) -> str:
    return f"{(int(sent(on)) + 1) % 1_000_000:06}"


async def test_the_code_that_was_sent_identifies(state: Path) -> None:
    async with stage(state) as on:
        _, answers = await identity(on)
        assert on.sees("identity.practice", code=sent(on))
        assert on.sees("identity.left", left=5)
        assert PHONE not in on.page
        assert not on.visit.identified
        await type_code(on)
        assert answers == [Nav.NEXT]
        assert on.visit.identified


async def test_a_wrong_code_shows_the_tries_left(state: Path) -> None:
    async with stage(state) as on:
        step, answers = await identity(on)
        for left in (4, 3):
            await on.type(wrong(on))
            await on.press("enter")
            assert on.sees("error.identity.code", left=left)
            assert on.sees("identity.left", left=left)
            assert on.field("code").content == ""
            assert step.focused is on.field("code")
        await type_code(on)
        assert answers == [Nav.NEXT]


async def test_enter_twice_is_one_try(state: Path) -> None:
    async with stage(state) as on:
        await identity(on)
        await on.type(wrong(on))
        on.send("enter", "enter", "enter")
        await on.settle()
        assert on.sees("identity.left", left=4)


async def test_half_a_code_is_no_try(state: Path) -> None:
    async with stage(state) as on:
        _, answers = await identity(on)
        await on.press("enter")
        assert on.sees("identity.short", digits=6)
        await on.type("123")
        await on.press("enter")
        assert on.sees("identity.short", digits=6)
        assert on.field("code").content == "123"
        assert on.sees("identity.left", left=5)
        assert answers == []


@pytest.mark.parametrize("between", ["-", " ", "+"])
async def test_a_code_is_taken_however_the_message_writes_it(state: Path, between: str) -> None:
    """A message may part its digits: what stands between them takes no digit's place, and costs no try."""
    async with stage(state) as on:
        _, answers = await identity(on)
        code = sent(on)
        await on.type(between + between.join((code[:3], code[3:])))
        assert on.field("code").content == code
        await on.press("enter")
        assert answers == [Nav.NEXT]


async def test_a_code_of_letters_is_no_try(state: Path) -> None:
    async with stage(state) as on:
        _, answers = await identity(on)
        await on.type("abcdef가나----")
        await on.press("enter")
        assert on.sees("identity.short", digits=6)
        assert on.sees("identity.left", left=5)
        assert answers == []


async def test_a_key_that_is_held_down_sends_one_code(state: Path) -> None:
    async with stage(state) as on:
        await identity(on)
        first = sent(on)
        on.send(*["f5"] * 20)
        await on.settle()
        assert sent(on) == first
        assert re.search("방금보냈습니다.(19|20)초", on.said)
        await type_code(on)
        assert on.visit.identified


async def test_another_code_takes_the_place_of_the_first(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("screens.walkup.identity.PATIENCE", 0)
    async with stage(state) as on:
        _, answers = await identity(on)
        first = sent(on)
        while sent(on) == first:
            await on.press("f5")
        assert on.sees("identity.practice", code=sent(on))
        await on.type(first)
        await on.press("enter")
        assert on.sees("error.identity.code", left=4)
        await type_code(on)
        assert answers == [Nav.NEXT]


async def test_with_no_tries_left_staff_are_the_way(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("screens.walkup.identity.PATIENCE", 0)
    async with stage(state) as on:
        _, answers = await identity(on)
        for _ in range(5):
            await on.type(wrong(on))
            await on.press("enter")
        await type_code(on)
        assert on.sees("error.identity.locked", "error.identity.locked.next")
        assert answers == []
        await on.press("f5")
        assert on.sees("error.identity.locked")
        # Another visit with the same number is told at once, and nothing is sent.
        _, answers = await identity(on)
        assert on.sees("error.identity.locked")
        await on.type("123456")
        await on.press("enter", "escape")
        assert answers == [Nav.BACK]


async def test_a_kind_that_needs_more_is_refused_whatever_is_pressed(state: Path) -> None:
    async with stage(state) as on:
        _, answers = await identity(on, "business-general")
        assert on.sees("error.identity.level.screen")
        assert on.services.carrier is not None
        assert not on.services.carrier.read(PHONE)
        await on.type("123456")
        await on.press("enter", "f5")
        assert on.sees("error.identity.level.screen")
        await on.press("escape")
        assert answers == [Nav.BACK]


@pytest.mark.parametrize("change", ["nothing", "name", "number", "phone", "kind"])
async def test_details_that_change_void_the_check(state: Path, medium: Path, change: str) -> None:
    """Nobody is asked again for nothing, and a check never counts for what it was not about."""
    async with stage(state, [medium]) as on:
        await walk(on, Medium)
        evidence = on.visit.evidence
        await on.press("escape")
        await on.at(Details)
        if change == "name":
            await on.type("x")
        if change == "kind":
            await on.press("escape")
            await on.at(Kind)
            await on.press("2")
            await on.at(Details)
        await on.press("enter")
        if change == "number":
            await on.press("backspace", "1")
        await on.press("enter")
        if change == "phone":
            await on.press("backspace", "0")
        await on.press("enter")
        if change == "nothing":
            await on.at(Medium)
            assert on.visit.evidence is evidence
            return
        await on.at(Identity)
        assert not on.visit.identified
        assert on.visit.application().evidence is None
        await type_code(on)
        await on.at(Medium)
        assert on.visit.identified
