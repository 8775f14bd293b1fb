"""Renewing and reissuing on the screens, step by step, and what each says when something is wrong."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from kiosk.clock import KST, Clock
from kiosk.errors import KioskError
from kiosk.lifecycle.application import Application
from kiosk.lifecycle.issue import Issuing
from kiosk.lifecycle.keys import make_rsa_key
from kiosk.lifecycle.reissue import Reissuing
from kiosk.lifecycle.renew import Renewing
from kiosk.pki.container import encrypt_key
from kiosk.pki.profiles import load_profiles
from kiosk.secret import Secret
from screens.step import Step
from screens.walkup import act
from screens.walkup.act import Act
from screens.walkup.confirm_again import ConfirmReissue, ConfirmRenewal
from screens.walkup.details import Details
from screens.walkup.former import Former
from screens.walkup.identity import Identity
from screens.walkup.keep import Keep, NewPassword
from screens.walkup.kind import Kind
from screens.walkup.medium import Medium
from screens.walkup.menu import Menu
from screens.walkup.number import Number
from screens.walkup.password import Password
from screens.walkup.prepare import Prepare
from screens.walkup.proof import Proof
from screens.walkup.unlock import Unlock
from screens.walkup.which import Which
from screens.walkup.why import Why
from tests.conftest import ID_NUMBER, PASSWORD, TODAY
from tests.pki import independent
from tests.screens.stage import Stage, stage
from tests.screens.walk import fill_details, type_code, type_password

LATER = TODAY + timedelta(days=350)
NEW_PASSWORD = "Moon4*river-stone"
KEY = make_rsa_key()


@asynccontextmanager
async def holder(
    state: Path, medium: Path, *, at: datetime = LATER, password: str = PASSWORD, **options: object
) -> AsyncIterator[Stage]:
    """Somebody who was here before comes back with their stick, at the moment `at`."""
    async with stage(state, [medium], **options) as on:  # type: ignore[arg-type]
        await issued(on, medium, password)
        on.services.clock = Clock(at)
        yield on


async def issued(on: Stage, medium: Path, password: str = PASSWORD, **changes: object) -> None:
    """Issue the certificate that they have."""
    usual = {
        "profile": load_profiles()["personal-general"], "name": "홍길동", "id_number": Secret(ID_NUMBER),
        "phone": "01023456789", "password": Secret(password), "method": "phone",
    }  # fmt: skip
    application = Application(**usual | changes)  # type: ignore[arg-type]
    await Issuing(on.services, make_key=lambda: KEY).issue(application, medium)


async def begin(on: Stage, flow: str) -> None:
    """From the idle screen into a flow, by its number on the menu."""
    await on.press("enter")
    await on.at(Menu)
    await on.press(str(on.choices().index(flow) + 1))


async def renewing(on: Stage, to: type[Step]) -> None:
    """Go on to the step `to` of a renewal, with the password kept."""
    await begin(on, "renew")
    for kind, answer in (
        (Which, lambda: on.press("1")), (Unlock, lambda: typed(on, PASSWORD)), (Number, lambda: typed(on, ID_NUMBER)),
        (Keep, lambda: on.press("1")), (ConfirmRenewal, lambda: agreed(on)), (Act, lambda: on.settle()),
        (Proof, lambda: on.settle()),
    ):  # fmt: skip
        await on.at(kind)
        await on.until(lambda: not on.step.at_work or isinstance(on.step, Act))
        if kind is to:
            return
        await answer()


async def reissuing(on: Stage, to: type[Step], why: str = "1") -> None:
    """Go on to the step `to` of a reissue."""
    await begin(on, "reissue")
    for kind, answer in (
        (Prepare, lambda: on.press("enter")), (Kind, lambda: on.press("1")),
        (Details, lambda: fill_details(on, name="홍길동")), (Identity, lambda: type_code(on)),
        (Former, lambda: on.press("1")), (Why, lambda: on.press(why)), (Medium, lambda: on.press("1")),
        (Password, lambda: type_password(on, NEW_PASSWORD)), (ConfirmReissue, lambda: agreed(on)),
        (Act, lambda: on.settle()), (Proof, lambda: on.settle()),
    ):  # fmt: skip
        await on.at(kind)
        if kind is Former:
            await on.until(lambda: on.step._found is not None)  # type: ignore[attr-defined]
        if kind is to:
            return
        await answer()


async def typed(on: Stage, text: str) -> None:
    await on.type(text)
    await on.press("enter")


async def agreed(on: Stage) -> None:
    """Read every page, then act."""
    while isinstance(on.app.screen, ConfirmRenewal | ConfirmReissue):
        await on.press("enter")


@pytest.fixture(autouse=True)
def _ready_made(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [make_rsa_key()]
    for service in (Renewing, Reissuing):

        class Ready(service):  # type: ignore[misc, valid-type]
            def __init__(self, *arguments: object, **words: object) -> None:
                super().__init__(*arguments, make_key=lambda: keys[0], **words)

        monkeypatch.setattr(act, service.__name__, Ready)


async def test_renewed(state: Path, medium: Path) -> None:
    async with holder(state, medium) as on:
        await renewing(on, ConfirmRenewal)
        assert on.sees("confirm.renew.question", "key.renew")
        for year in (2027, 2028):
            assert on.sees("confirm.day", year=year, month=11, day=22)
        await agreed(on)
        await on.at(Proof)
        assert on.sees("proof.old")
        outcome = on.visit.outcome
        assert outcome is not None
        assert outcome.not_after == datetime(2028, 11, 22, 23, 59, 59, tzinfo=KST)
        [key] = medium.rglob("signPri.key")
        assert independent.open_key(key.read_bytes(), PASSWORD.encode())


async def test_with_another_password(state: Path, medium: Path) -> None:
    async with holder(state, medium) as on:
        await renewing(on, Keep)
        await on.press("2")
        await on.at(NewPassword)
        assert on.sees("keep.question")
        await type_password(on, NEW_PASSWORD)
        await on.at(ConfirmRenewal)
        await agreed(on)
        await on.at(Proof)
        [key] = medium.rglob("signPri.key")
        assert independent.open_key(key.read_bytes(), NEW_PASSWORD.encode())


async def test_a_change_of_mind_about_the_password(state: Path, medium: Path) -> None:
    """Back from the new password, and the old one kept: what was typed is forgotten."""
    async with holder(state, medium) as on:
        await renewing(on, Keep)
        await on.press("2")
        await on.at(NewPassword)
        await type_password(on, NEW_PASSWORD)
        await on.at(ConfirmRenewal)
        await on.press("escape")
        await on.at(NewPassword)
        await on.press("escape")
        await on.at(Keep)
        await on.press("1")
        await on.at(ConfirmRenewal)
        await agreed(on)
        await on.at(Proof)
        [key] = medium.rglob("signPri.key")
        assert independent.open_key(key.read_bytes(), PASSWORD.encode())


async def test_an_old_password_that_is_too_easy(state: Path, medium: Path) -> None:
    """It cannot be kept, so nobody is asked."""
    async with holder(state, medium) as on:
        [file] = medium.rglob("signPri.key")
        pkcs8 = independent.open_key(file.read_bytes(), PASSWORD.encode())
        file.write_bytes(encrypt_key(Secret(pkcs8), Secret("easy")))
        await begin(on, "renew")
        await on.at(Which)
        await on.until(on.choices)
        await on.press("1")
        await on.at(Unlock)
        await typed(on, "easy")
        await on.at(Number)
        await typed(on, ID_NUMBER)
        await on.at(NewPassword)
        assert on.sees("keep.question.weak")
        await on.press("escape")
        await on.at(Number)


async def test_too_early(state: Path, medium: Path) -> None:
    """It is said of the certificate at once, and it cannot be chosen."""
    async with holder(state, medium, at=TODAY + timedelta(days=334)) as on:
        await begin(on, "renew")
        await on.at(Which)
        await on.until(lambda: not on.step.at_work)
        assert on.choices() == []
        assert on.sees("unfit.early", year=2027, month=10, day=23)


async def test_a_wrong_password(state: Path, medium: Path) -> None:
    async with holder(state, medium) as on:
        await renewing(on, Unlock)
        assert on.sees("unlock.left", left=5)
        await on.press("enter")
        assert on.sees("unlock.empty")
        await typed(on, "Wrong7!word-here")
        await on.until(lambda: on.sees("unlock.left", left=4))
        assert on.sees("error.medium.wrong_password", left=4)
        assert on.step.focused is on.field("password")
        assert on.field("password").content == ""
        await typed(on, PASSWORD)
        await on.at(Number)


async def test_a_wrong_number(state: Path, medium: Path) -> None:
    async with holder(state, medium) as on:
        await renewing(on, Number)
        await typed(on, "12")
        assert on.sees("error.answers.id_format.screen")
        on.field("number").wipe()
        await typed(on, "9203042234567")
        await on.until(lambda: on.sees("error.identity.number"))
        on.field("number").wipe()
        await typed(on, ID_NUMBER)
        await on.at(Keep)


async def test_stopped_and_gone_on_with(state: Path, medium: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says that the old certificate is still good, and that this can be resumed."""
    async with holder(state, medium) as on:

        def gone(*_: object) -> None:
            raise KioskError("medium.gone")

        with monkeypatch.context() as patch:
            patch.setattr("kiosk.lifecycle.stick.StickMedium.prove", gone)
            await renewing(on, ConfirmRenewal)
            await agreed(on)
            await on.at(Act)
            await on.until(lambda: on.sees("act.stopped.renew"))
        assert on.sees("act.old", "error.medium.gone.screen")
        await on.press("enter")
        await on.at(Proof)
        assert on.visit.outcome is not None
        assert on.visit.outcome.resumed


async def test_reissued_because_forgotten(state: Path, medium: Path) -> None:
    async with holder(state, medium, at=TODAY + timedelta(days=60)) as on:
        await reissuing(on, ConfirmReissue)
        assert on.sees("confirm.reissue.question", "confirm.reissue.consent", "key.reissue")
        assert "그대로" in on.said
        await agreed(on)
        await on.at(Proof)
        outcome = on.visit.outcome
        assert outcome is not None
        assert outcome.not_after == datetime(2027, 11, 22, 23, 59, 59, tzinfo=KST)
        [key] = medium.rglob("signPri.key")
        assert independent.open_key(key.read_bytes(), NEW_PASSWORD.encode())


async def test_reissued_because_lost(state: Path, medium: Path, tmp_path: Path) -> None:
    """Onto another stick; what is said when it stops does not promise that the old one works."""
    other = tmp_path / "other"
    other.mkdir()
    async with holder(state, medium, at=TODAY + timedelta(days=60)) as on:
        on.plug(other)
        await reissuing(on, ConfirmReissue, why="3")
        assert on.sees("confirm.reissue.consent.lost")
        await agreed(on)
        await on.at(Proof)
        held = await on.services.in_registry(lambda: on.services.registry.certificate(id=1))
        assert held is not None
        assert (held.status, held.reason) == ("revoked", "keyCompromise")


async def test_what_can_be_reissued(state: Path, medium: Path, tmp_path: Path) -> None:
    """All of the kind, the newest first; a suspended one with what to do about it."""
    other = tmp_path / "other"
    other.mkdir()
    async with holder(state, medium, at=TODAY + timedelta(days=60)) as on:
        await issued(on, other)
        await reissuing(on, Former)
        await on.until(lambda: len(on.choices()) == 2)
        assert on.sees("former.stays")

        def suspend() -> None:
            with on.services.registry.transaction():
                on.services.registry.change_certificate(
                    2, expect="valid", status="suspended", at=on.services.now()
                )

        await on.services.in_registry(suspend)
        await on.press("escape")
        await on.at(Details)
        await on.press("enter", "enter", "enter")
        await on.at(Former)
        await on.until(lambda: len(on.choices()) == 1)
        assert on.sees("error.reissue.suspended", day="2027-01-21")


async def test_nothing_to_reissue(state: Path, medium: Path) -> None:
    async with stage(state, [medium]) as on:
        await reissuing_nobody(on)
        await on.until(lambda: on.sees("former.none"))
        assert on.choices() == []
        await on.press("enter")
        await on.at(Former)


async def reissuing_nobody(on: Stage) -> None:
    await begin(on, "reissue")
    await on.at(Prepare)
    await on.press("enter")
    await on.at(Kind)
    await on.press("1")
    await on.at(Details)
    await fill_details(on)
    await on.at(Identity)
    await type_code(on)
    await on.at(Former)
