"""A person changes their token's PIN, and deletes what is on it, at the real screens."""

import asyncio
from pathlib import Path

import pytest

from kiosk.lifecycle.application import Application
from kiosk.lifecycle.issue import Issuing
from kiosk.pki.profiles import load_profiles
from kiosk.secret import Secret
from screens.walkup.agree import Consent
from screens.walkup.kept import Kept
from screens.walkup.look import Look
from screens.walkup.menu import Menu
from screens.walkup.new_password import OtherPin
from screens.walkup.unlock import TokenPin
from screens.walkup.which import Which
from screens.walkup.work import Work
from tests.conftest import ID_NUMBER
from tests.hardware.conftest import PIN, URI, WHOLE, Hsm
from tests.hardware.visitor import NEW, WRONG, Here, slow, types
from tests.screens.stage import Stage, stage


async def has_one(on: Stage) -> None:
    """Have a certificate on the token before the visit."""
    slow(on)
    application = Application(
        profile=load_profiles()["personal-general"], name="홍길동", id_number=Secret(ID_NUMBER),
        phone="01023456789", password=Secret(""), method="phone", pin=Secret(PIN),
    )  # fmt: skip
    await Issuing(on.services).issue(application, URI)


async def begin(on: Stage, flow: str) -> None:
    """From the idle screen to the choice of the only certificate."""
    await has_one(on)
    await on.press("enter")
    (await on.at(Menu)).chosen(flow)
    await on.at(Which)
    await on.until(on.choices, "the certificate on the token")
    await on.press("1")


@pytest.mark.parametrize("size", [(72, 18), (36, 9)])
async def test_the_pin_is_changed(token_kiosk: Path, hsm: Hsm, size: tuple[int, int]) -> None:
    async with stage(token_kiosk, size=size, sticks=Here()) as on:
        await begin(on, "password")
        await on.at(OtherPin)
        assert on.sees("step.new_pin.question")
        assert on.sees("pin.tries.all")
        await types(on, WRONG, NEW, NEW)
        assert on.sees("error.token.pin")
        await types(on, PIN, NEW, NEW)
        await on.at(Kept)
        await on.until(lambda: on.sees("kept.pin.question"))
        if size == (72, 18):
            await on.until(lambda: on.sees("proof.remove.token"))
            assert on.sees("kept.pin.taken", "kept.pin.next")
            assert "USB" not in on.page
        token = on.services.tokens.find(URI)
        await asyncio.to_thread(on.services.tokens.login, token, Secret(NEW))
        assert hsm.calls().count("C_SetPIN") == 2


async def test_deleted(token_kiosk: Path, hsm: Hsm) -> None:
    """From what was looked at, with the PIN and the word; pulled in between, it is done when that is back."""
    async with stage(token_kiosk, language="en", sticks=Here()) as on:
        await has_one(on)
        await on.press("enter")
        (await on.at(Menu)).chosen("look")
        look = await on.at(Look)
        await on.until(lambda: "go:delete" in on.choices())
        assert "go:copy" not in on.choices()
        assert "go:export" not in on.choices()
        look.chosen("go:delete")
        await on.at(TokenPin)
        await types(on, PIN)
        await on.at(Consent)
        assert on.sees("agree.delete.token")
        hsm.plan("C_DestroyObject@2=0x32")
        await on.type("delete")
        await on.press("enter")
        await on.press("enter")
        step = await on.at(Work)
        await on.until(lambda: not step.at_work)
        assert on.sees("error.token.gone")
        assert hsm.objects()["Certificate"] == 1
        hsm.plan()
        await on.press("enter")
        await on.at(Kept)
        await on.until(lambda: on.sees("proof.remove.token"))
        assert on.sees("kept.delete.token.gone", "kept.delete.token.next")
        assert hsm.objects() == {}


async def test_nothing_is_deleted_with_a_wrong_pin(token_kiosk: Path, hsm: Hsm) -> None:
    async with stage(token_kiosk, sticks=Here()) as on:
        await begin(on, "delete")
        await on.at(TokenPin)
        await types(on, WRONG)
        assert on.sees("error.token.pin")
        await on.press("escape")
        await on.at(Which)
        assert hsm.objects() == WHOLE
