"""A person with a token at the kiosk: the real screens, the real worker, SoftHSM and what can go wrong with it."""

import asyncio
import gc
import shutil
from pathlib import Path

import pytest

from kiosk.i18n import text
from kiosk.secret import Secret
from screens.step import Step
from screens.walkup.medium import Medium
from screens.walkup.password import Password
from screens.walkup.pin import Pin
from screens.walkup.proof import Proof
from screens.walkup.reminding import Reminding
from tests.hardware.conftest import LABEL, PIN, WHOLE, Hsm
from tests.hardware.visitor import NEW, WRONG, Here, agrees, declined, slow, to_pin, types
from tests.screens.stage import Stage, stage
from tests.screens.steps import Seen, pages, squeezed
from tests.screens.walk import walk


@pytest.mark.parametrize(("language", "size"), [("ko", (72, 18)), ("en", (72, 18)), ("ko", (36, 9))])
async def test_a_person_gets_a_certificate_on_a_token(
    token_kiosk: Path, hsm: Hsm, language: str, size: tuple[int, int]
) -> None:
    async with stage(token_kiosk, size=size, language=language, sticks=Here()) as on:
        await to_pin(on)
        assert on.sees("step.pin.question")
        assert on.sees("pin.tries.all")
        assert on.visit.place_of(Pin) == on.visit.place_of(Password) == (6, 10)
        await types(on, PIN)
        await declined(on)
        if size == (72, 18):
            assert on.sees("confirm.token")
            assert LABEL in on.page
        await agrees(on)
        await on.at(Proof)
        seen = Seen()
        async for _ in pages(on, seen):
            pass
        assert seen.lost() == []
        said = {squeezed(shown) for _, shown, _ in seen.rows}
        for id_ in (
            "step.proof.question.token",
            "proof.remove.token",
            "proof.token.signed",
            "proof.token.opened",
        ):
            assert any(squeezed(text(id_)) in each for each in said), id_
        assert "USB" not in on.page
        assert on.visit.outcome is not None
        assert on.visit.outcome.request.state == "done"
        assert hsm.objects() == WHOLE
        _nothing_of_the_pin(on, token_kiosk)


def _nothing_of_the_pin(on: Stage, state: Path) -> None:
    """In no file of the state, in nothing that is shown of any object of ours."""
    for path in state.rglob("*"):
        assert not path.is_file() or PIN.encode() not in path.read_bytes(), path
    assert PIN not in repr(on.visit)
    assert PIN not in repr(on.visit.application())
    assert PIN not in on.page
    for each in gc.get_objects():
        if isinstance(each, Step):
            assert PIN not in repr(vars(each))


async def test_wrong_pins_until_it_is_locked(token_kiosk: Path, hsm: Hsm) -> None:
    hsm.plan("tries=3")
    async with stage(token_kiosk, sticks=Here()) as on:
        step = await to_pin(on)
        for said, left in (("pin", "fewer"), ("pin_last", "last"), ("pin_locked", "none")):
            await types(on, WRONG)
            await on.until(lambda left=left: on.sees(f"pin.tries.{left}"), left)
            assert on.app.screen is step
            shown = f"error.token.{said}" if said != "pin_locked" else "error.token.pin_locked.screen"
            assert on.sees(shown, f"error.token.{said}.next")
            assert on.field("pin").content == "", "nobody edits what they cannot see"
        # No more is tried, whatever is typed.
        logins = hsm.calls().count("C_Login")
        await types(on, PIN)
        assert hsm.calls().count("C_Login") == logins
        await on.press("escape")
        await on.at(Medium)
        assert on.choices() == []
        assert on.sees("error.token.pin_locked.screen")


async def test_the_last_try_is_known_before_anything_is_typed(token_kiosk: Path, hsm: Hsm) -> None:
    hsm.plan("tries=3")
    (hsm.place / "wrong").write_text("xx")
    async with stage(token_kiosk, language="en", sticks=Here()) as on:
        step = await to_pin(on)
        assert on.sees("pin.tries.last")
        assert step.query_one("#tries").has_class("warning")
        await types(on, PIN)
        await declined(on)


async def test_what_no_pin_has_is_not_taken(token_kiosk: Path) -> None:
    """Hangul never reaches the token, and nothing is tried with nothing typed."""
    async with stage(token_kiosk, sticks=Here()) as on:
        await to_pin(on)
        await on.press("enter")
        assert on.sees("pin.empty")
        await on.type("한ㅎ７1")
        assert on.field("pin").content == "71"
        assert "71" not in on.page


async def test_a_token_that_is_not_set_up(token_kiosk: Path, hsm: Hsm) -> None:
    shutil.rmtree(hsm.place / "tokens")
    (hsm.place / "tokens").mkdir()
    async with stage(token_kiosk, sticks=Here()) as on:
        slow(on)
        await walk(on, Medium)
        await on.until(lambda: on.sees("error.token.blank.screen"))
        assert on.choices() == []


async def test_the_makers_pin_is_changed_first(token_kiosk: Path, hsm: Hsm) -> None:
    hsm.plan("flags=0x80000")
    async with stage(token_kiosk, sticks=Here()) as on:
        await to_pin(on)
        assert on.sees("step.pin.question.change")
        assert on.sees("pin.rule.least", least=4) or on.sees("pin.rule.lengths", least=4, most=255)
        await types(on, PIN, "123", "123")
        assert on.sees("error.token.pin_weak"), "SoftHSM takes four characters or more"
        assert "C_SetPIN" not in hsm.calls()
        await types(on, NEW, WRONG)
        assert on.sees("error.password.differs")
        await types(on, NEW)
        await declined(on)
        hsm.plan()  # a real token takes its flag back with the change
        await on.press("escape")
        await on.at(Reminding)
        await on.press("escape")
        await on.at(Pin)
        await on.until(lambda: on.sees("step.pin.question"), "nothing is to be changed any more")
        await types(on, NEW)
        await declined(on)
        await agrees(on)
        await on.at(Proof)
        token = on.services.tokens.find(await on.visit.target())
        await asyncio.to_thread(on.services.tokens.login, token, Secret(NEW))


async def test_the_makers_pin_and_a_wrong_one(token_kiosk: Path, hsm: Hsm) -> None:
    """Of the three that were typed it is said which one is not taken."""
    hsm.plan("flags=0x80000")
    async with stage(token_kiosk, sticks=Here()) as on:
        await to_pin(on)
        await types(on, WRONG, NEW, NEW)
        assert on.sees("error.token.pin")
        assert [on.field(name).content for name in ("pin", "new", "again")] == ["", "", ""]
        await types(on, PIN, PIN, PIN)
        assert on.sees("error.token.pin_weak"), "the same once more is no change"
        assert [len(on.field(name).content) for name in ("pin", "new", "again")] == [len(PIN), 0, 0]


async def test_a_makers_pin_that_only_the_settings_know(token_kiosk: Path, hsm: Hsm) -> None:
    """It is tried first, so that a wrong one is said to be wrong; and it is no new PIN for anybody."""
    settings = token_kiosk / "tokens.toml"
    settings.write_text(settings.read_text() + f'factory_pins = ["{PIN}", "12345678"]\n')
    async with stage(token_kiosk, sticks=Here()) as on:
        await to_pin(on)
        await types(on, WRONG)
        assert on.sees("error.token.pin")
        await types(on, PIN)
        assert on.sees("step.pin.question.change")
        await types(on, PIN, "12345678", "12345678")
        assert on.sees("error.token.pin_weak")
        assert "C_SetPIN" not in hsm.calls()
        await types(on, NEW, NEW)
        await declined(on)


async def test_a_token_that_says_only_at_the_pin_that_it_must_be_changed(token_kiosk: Path, hsm: Hsm) -> None:
    hsm.plan("C_Login=0xa3")
    async with stage(token_kiosk, sticks=Here()) as on:
        await to_pin(on)
        await types(on, PIN)
        assert on.sees("step.pin.question.change") or on.sees("error.token.pin_change")
        hsm.plan()
        await types(on, PIN, NEW, NEW)
        await declined(on)
