"""A token that is pulled, changed for another, or whose module breaks down, on each screen."""

import asyncio
import shutil
from pathlib import Path

import pytest

from screens.walkup.act import Act
from screens.walkup.confirm import Confirm
from screens.walkup.medium import Medium
from screens.walkup.pin import Pin
from screens.walkup.prepare import Prepare
from screens.walkup.proof import Proof
from screens.walkup.reminding import Reminding
from tests.hardware.conftest import LABEL, PIN, WHOLE, Hsm, set_up
from tests.hardware.visitor import FAILED, GONE, Here, agrees, declined, slow, to_confirm, to_pin, types
from tests.screens.stage import Stage, stage
from tests.screens.walk import walk


@pytest.mark.parametrize("away", [GONE, FAILED], ids=["pulled", "crash"])
async def test_pulled_while_one_reads_what_is_needed(token_kiosk: Path, hsm: Hsm, away: str) -> None:
    async with stage(token_kiosk, sticks=Here()) as on:
        slow(on)
        await walk(on, Prepare)
        await on.until(lambda: on.sees("prepare.token"))
        hsm.plan(away)
        await on.until(lambda: not on.sees("prepare.token"))
        hsm.plan()
        await on.until(lambda: on.sees("prepare.token"))


@pytest.mark.parametrize("away", [GONE, FAILED], ids=["pulled", "crash"])
async def test_pulled_while_one_chooses(token_kiosk: Path, hsm: Hsm, away: str) -> None:
    async with stage(token_kiosk, sticks=Here()) as on:
        slow(on)
        await walk(on, Medium)
        await on.until(lambda: on.choices() == ["1"])
        hsm.plan(away)
        await on.until(lambda: on.choices() == [])
        assert on.sees("medium.none") if away == GONE else on.sees("error.token.module.screen")
        hsm.plan()
        await on.until(lambda: on.choices() == ["1"])


@pytest.mark.parametrize(
    ("away", "said"), [(GONE, "token.gone"), (FAILED, "token.module.screen")], ids=["pulled", "crash"]
)
async def test_pulled_at_the_pin_and_at_the_confirmation(
    token_kiosk: Path, hsm: Hsm, away: str, said: str
) -> None:
    """It is said by itself, nothing goes on without it, and the same one back goes on."""
    async with stage(token_kiosk, sticks=Here()) as on:
        for step in (await to_pin(on), None):
            here = step or await declined(on)
            hsm.plan(away)
            await on.until(lambda: on.sees(f"error.{said}"), said)
            if step:
                await on.type(PIN)
            for _ in range(3):
                await on.press("enter")
            assert on.app.screen is here
            assert "C_Login" not in hsm.calls() or not step
            hsm.plan()
            await on.until(lambda: not on.sees(f"error.{said}"), "it is taken back")
            await on.press("enter")
        await agrees(on)
        await on.at(Proof)
        assert hsm.objects() == WHOLE


async def test_another_token_is_not_the_one(token_kiosk: Path, hsm: Hsm) -> None:
    """Of the same name, from the same maker, with the same PIN; only its serial number is its own."""
    async with stage(token_kiosk, sticks=Here()) as on:
        step = await to_confirm(on)
        first = hsm.place / "first"
        (hsm.place / "tokens").rename(first)
        (hsm.place / "tokens").mkdir()
        set_up(hsm.place, LABEL)
        await _read_anew(on)
        await on.until(lambda: on.sees("error.token.gone"))
        for _ in range(4):
            await on.press("enter")
        assert on.app.screen is step
        assert not await on.services.in_registry(on.services.registry.active_requests)
        # The act itself would not take it either.
        assert on.visit.medium is not None
        shutil.rmtree(hsm.place / "tokens")
        first.rename(hsm.place / "tokens")
        await _read_anew(on)
        await on.until(lambda: not on.sees("error.token.gone"))
        await agrees(on)
        await on.at(Proof)


async def _read_anew(on: Stage) -> None:
    """SoftHSM reads its tokens when it is loaded, and at no other time."""
    await asyncio.to_thread(on.services.tokens.close)
    assert on.visit.sticks.tokens is not None
    on.visit.sticks.tokens.look(anew=True)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("C_CreateObject=0x32", "token.gone"), ("C_GenerateKeyPair=crash", "token.module.screen"),
        ("C_Sign@2=0x32", "token.gone"),
    ],
    ids=["pulled", "crash", "pulled-at-the-proof"],
)  # fmt: skip
async def test_pulled_in_the_act(token_kiosk: Path, hsm: Hsm, fault: str, said: str) -> None:
    async with stage(token_kiosk, sticks=Here()) as on:
        await to_confirm(on)
        hsm.plan(fault)
        await agrees(on)
        step = await on.at(Act)
        await on.until(lambda: not step.at_work)
        assert on.sees("act.stopped")
        assert on.sees(f"error.{said}")
        assert on.sees("key.retry")
        hsm.plan()
        await on.press("enter")
        await on.at(Proof)
        assert hsm.objects() == WHOLE


@pytest.mark.parametrize("away", [GONE, FAILED], ids=["pulled", "crash"])
async def test_pulled_at_the_proof(token_kiosk: Path, hsm: Hsm, away: str) -> None:
    """Everything is on it: it may go, nothing is missed, and slip and end are there as before."""
    async with stage(token_kiosk, sticks=Here()) as on:
        await to_confirm(on)
        await agrees(on)
        step = await on.at(Proof)
        page, calls = on.page, len(hsm.calls())
        assert on.sees("proof.remove.token")
        hsm.plan(away)
        on.visit.sticks.look_for_tokens()
        await on.until(lambda: len(hsm.calls()) > calls, "the token is missed")
        await on.until(lambda: not any(offer.usable for offer in on.visit.media if offer.token))
        assert on.page == page
        await on.press("2")
        await on.until(lambda: on.app.screen is not step)
        await on.press("escape")
        await on.at(Proof)
        assert on.page == page
        assert on.sees("key.end")
        hsm.plan()
        assert hsm.objects() == WHOLE


async def test_no_pin_is_tried_again_by_itself(token_kiosk: Path, hsm: Hsm) -> None:
    """A PIN that was right and is wrong now: each try counts, so it is asked for anew."""
    async with stage(token_kiosk, sticks=Here()) as on:
        await to_confirm(on)
        hsm.plan("C_Login=0xa0")
        await agrees(on)
        step = await on.at(Act)
        await on.until(lambda: not step.at_work)
        assert on.sees("error.token.pin")
        assert not on.sees("key.retry")
        logins = hsm.calls().count("C_Login")
        await on.press("escape")
        await on.at(Confirm)
        await agrees(on)
        assert on.sees("error.token.pin")
        assert isinstance(on.app.screen, Confirm)
        assert hsm.calls().count("C_Login") == logins
        hsm.plan()
        await on.press("escape")
        await on.at(Reminding)
        await on.press("escape")
        await on.at(Pin)
        await types(on, PIN)
        await declined(on)
        await agrees(on)
        await on.at(Proof)


async def test_a_module_that_hangs_disturbs_nobody_with_a_stick(
    token_kiosk: Path, hsm: Hsm, medium: Path
) -> None:
    hsm.plan("C_GetTokenInfo=hang")
    async with stage(token_kiosk, language="en", sticks=Here([medium])) as on:
        slow(on, 1.0)
        await walk(on, Confirm)
        await on.until(lambda: on.sees("confirm.machine"))
        await agrees(on)
        await on.at(Proof)
        assert on.sees("proof.remove")


async def test_a_token_that_hangs_at_its_pin(token_kiosk: Path, hsm: Hsm) -> None:
    async with stage(token_kiosk, sticks=Here()) as on:
        slow(on, 2.0)
        await walk(on, Medium)
        await on.until(lambda: on.choices() == ["1"])
        await on.press("1")
        step = await on.at(Pin)
        hsm.plan("C_Login=hang")
        await on.type(PIN)
        await on.press("enter")
        await on.until(lambda: step.at_work or on.sees("error.token.timeout.screen"))
        await on.press("escape", "enter")
        assert on.app.screen is step
        await on.until(lambda: on.sees("error.token.timeout.screen"))
        hsm.plan()
        await types(on, PIN)
        await declined(on)
