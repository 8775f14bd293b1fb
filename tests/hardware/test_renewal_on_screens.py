"""A person renews what is on their token, at the real screens."""

from datetime import datetime, timedelta
from pathlib import Path

from kiosk.clock import KST, Clock
from kiosk.lifecycle.application import Application
from kiosk.lifecycle.issue import Issuing
from kiosk.pki.profiles import load_profiles
from kiosk.secret import Secret
from screens.walkup.confirm_again import ConfirmRenewal
from screens.walkup.menu import Menu
from screens.walkup.number import Number
from screens.walkup.proof import Proof
from screens.walkup.unlock import Unlock, UnlockToken
from screens.walkup.which import Which
from tests.conftest import ID_NUMBER, TODAY
from tests.hardware.conftest import PIN, URI, WHOLE, Hsm
from tests.hardware.visitor import WRONG, Here, agrees, slow, types
from tests.screens.stage import stage


async def test_renewed(token_kiosk: Path, hsm: Hsm) -> None:
    async with stage(token_kiosk, sticks=Here()) as on:
        slow(on)
        application = Application(
            profile=load_profiles()["personal-general"], name="홍길동", id_number=Secret(ID_NUMBER),
            phone="01023456789", password=Secret(""), method="phone", pin=Secret(PIN),
        )  # fmt: skip
        await Issuing(on.services).issue(application, URI)
        on.services.clock = Clock(TODAY + timedelta(days=350))
        await on.press("enter")
        await on.at(Menu)
        await on.press(str(on.choices().index("renew") + 1))
        await on.at(Which)
        await on.until(on.choices, "the certificate on the token")
        await on.press("1")
        await on.at(UnlockToken)
        assert on.visit.place_of(UnlockToken) == on.visit.place_of(Unlock) == (2, 8)
        await types(on, WRONG)
        assert on.sees("error.token.pin")
        await types(on, PIN)
        await on.at(Number)
        await types(on, "9203042234567")
        await on.until(lambda: on.sees("error.identity.number"), "the number is wrong")
        on.field("number").wipe()
        await types(on, ID_NUMBER)
        await on.at(ConfirmRenewal)
        await agrees(on)
        await on.at(Proof)
        outcome = on.visit.outcome
        assert outcome is not None
        assert outcome.not_after == datetime(2028, 11, 22, 23, 59, 59, tzinfo=KST)
        assert hsm.objects() == WHOLE
