"""A person with a token at the kiosk: the real screens, the real worker, SoftHSM and what can go wrong with it."""

import asyncio
import gc
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.i18n import text
from kiosk.media import inserted
from kiosk.media.offers import Offer, Sticks, offers
from kiosk.media.present import Snapshot
from kiosk.secret import Secret
from screens.step import Step
from screens.walkup.act import Act
from screens.walkup.confirm import Confirm
from screens.walkup.medium import Medium
from screens.walkup.password import Password
from screens.walkup.pin import Pin
from screens.walkup.prepare import Prepare
from screens.walkup.proof import Proof
from tests.hardware.conftest import LABEL, PIN, SLOW, WHOLE, Hsm, set_up
from tests.screens.stage import Stage, stage
from tests.screens.steps import Seen, pages, squeezed
from tests.screens.walk import walk

WRONG, NEW = "11112222", "83920174"
GONE, FAILED = "0=out", "C_GetTokenInfo=crash"


class Here(Sticks):
    """The given directories, and the tokens of the modules; nothing else of this machine."""

    def _look(self) -> tuple[Offer, ...]:
        return (*offers(Snapshot(), {}, self._given), *(self.tokens.here if self.tokens else ()))

    async def follow(self) -> None:
        """Nothing is followed."""


@pytest.fixture
def kiosk(state: Path, hsm: Hsm, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state that knows the module. One that failed is asked again at once."""
    monkeypatch.setattr(inserted, "REST_SECONDS", 0.0)
    (state / "tokens.toml").write_text(f'modules = ["{hsm.faulty}"]\n')
    return state


def slow(on: Stage, seconds: float = SLOW) -> None:
    on.services.policy = replace(on.services.policy, token_seconds=seconds)


async def to_pin(on: Stage) -> Pin:
    """Choose the token."""
    slow(on)
    await walk(on, Medium)
    await on.until(lambda: on.choices() == ["1"], "the token")
    await on.press("1")
    return await on.at(Pin)


async def types(on: Stage, *pins: str) -> None:
    """Type what is asked, field by field, and wait for what comes of it."""
    step = on.step
    for pin in pins:
        await on.type(pin)
        await on.press("enter")
    await on.until(lambda: on.app.screen is not step or not step.at_work, "the token's answer")


async def to_confirm(on: Stage, pin: str = PIN) -> Confirm:
    await to_pin(on)
    await types(on, pin)
    return await on.at(Confirm)


async def agrees(on: Stage) -> None:
    """Read page by page, and agree."""
    for _ in range(6):
        if isinstance(on.app.screen, Confirm):
            await on.press("enter")


@pytest.mark.parametrize(("language", "size"), [("ko", (72, 18)), ("en", (72, 18)), ("ko", (36, 9))])
async def test_a_person_gets_a_certificate_on_a_token(
    kiosk: Path, hsm: Hsm, language: str, size: tuple[int, int]
) -> None:
    async with stage(kiosk, size=size, language=language, sticks=Here()) as on:
        await to_pin(on)
        assert on.sees("step.pin.question")
        assert on.sees("pin.tries.all")
        assert on.visit.place_of(Pin) == on.visit.place_of(Password) == (6, 9)
        await types(on, PIN)
        await on.at(Confirm)
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
        _nothing_of_the_pin(on, kiosk)


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


async def test_wrong_pins_until_it_is_locked(kiosk: Path, hsm: Hsm) -> None:
    hsm.plan("tries=3")
    async with stage(kiosk, sticks=Here()) as on:
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


async def test_the_last_try_is_known_before_anything_is_typed(kiosk: Path, hsm: Hsm) -> None:
    hsm.plan("tries=3")
    (hsm.place / "wrong").write_text("xx")
    async with stage(kiosk, language="en", sticks=Here()) as on:
        step = await to_pin(on)
        assert on.sees("pin.tries.last")
        assert step.query_one("#tries").has_class("warning")
        await types(on, PIN)
        await on.at(Confirm)


async def test_what_no_pin_has_is_not_taken(kiosk: Path) -> None:
    """Hangul never reaches the token, and nothing is tried with nothing typed."""
    async with stage(kiosk, sticks=Here()) as on:
        await to_pin(on)
        await on.press("enter")
        assert on.sees("pin.empty")
        await on.type("한ㅎ７1")
        assert on.field("pin").content == "71"
        assert "71" not in on.page


async def test_a_token_that_is_not_set_up(kiosk: Path, hsm: Hsm) -> None:
    shutil.rmtree(hsm.place / "tokens")
    (hsm.place / "tokens").mkdir()
    async with stage(kiosk, sticks=Here()) as on:
        slow(on)
        await walk(on, Medium)
        await on.until(lambda: on.sees("error.token.blank.screen"))
        assert on.choices() == []


async def test_the_makers_pin_is_changed_first(kiosk: Path, hsm: Hsm) -> None:
    hsm.plan("flags=0x80000")
    async with stage(kiosk, sticks=Here()) as on:
        await to_pin(on)
        assert on.sees("step.pin.question.change")
        assert on.sees("pin.rule.least", least=4) or on.sees("pin.rule.lengths", least=4, most=255)
        await types(on, PIN, "123", "123")
        assert on.sees("error.token.pin_weak"), "SoftHSM takes four characters or more"
        assert "C_SetPIN" not in hsm.calls()
        await types(on, NEW, WRONG)
        assert on.sees("error.password.differs")
        await types(on, NEW)
        await on.at(Confirm)
        hsm.plan()  # a real token takes its flag back with the change
        await on.press("escape")
        await on.at(Pin)
        await on.until(lambda: on.sees("step.pin.question"), "nothing is to be changed any more")
        await types(on, NEW)
        await on.at(Confirm)
        await agrees(on)
        await on.at(Proof)
        token = on.services.tokens.find(await on.visit.target())
        await asyncio.to_thread(on.services.tokens.login, token, Secret(NEW))


async def test_the_makers_pin_and_a_wrong_one(kiosk: Path, hsm: Hsm) -> None:
    """Of the three that were typed it is said which one is not taken."""
    hsm.plan("flags=0x80000")
    async with stage(kiosk, sticks=Here()) as on:
        await to_pin(on)
        await types(on, WRONG, NEW, NEW)
        assert on.sees("error.token.pin")
        assert [on.field(name).content for name in ("pin", "new", "again")] == ["", "", ""]
        await types(on, PIN, PIN, PIN)
        assert on.sees("error.token.pin_weak"), "the same once more is no change"
        assert [len(on.field(name).content) for name in ("pin", "new", "again")] == [len(PIN), 0, 0]


async def test_a_token_that_says_only_at_the_pin_that_it_must_be_changed(kiosk: Path, hsm: Hsm) -> None:
    hsm.plan("C_Login=0xa3")
    async with stage(kiosk, sticks=Here()) as on:
        await to_pin(on)
        await types(on, PIN)
        assert on.sees("step.pin.question.change") or on.sees("error.token.pin_change")
        hsm.plan()
        await types(on, PIN, NEW, NEW)
        await on.at(Confirm)


@pytest.mark.parametrize("away", [GONE, FAILED], ids=["pulled", "crash"])
async def test_pulled_while_one_reads_what_is_needed(kiosk: Path, hsm: Hsm, away: str) -> None:
    async with stage(kiosk, sticks=Here()) as on:
        slow(on)
        await walk(on, Prepare)
        await on.until(lambda: on.sees("prepare.token"))
        hsm.plan(away)
        await on.until(lambda: not on.sees("prepare.token"))
        hsm.plan()
        await on.until(lambda: on.sees("prepare.token"))


@pytest.mark.parametrize("away", [GONE, FAILED], ids=["pulled", "crash"])
async def test_pulled_while_one_chooses(kiosk: Path, hsm: Hsm, away: str) -> None:
    async with stage(kiosk, sticks=Here()) as on:
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
async def test_pulled_at_the_pin_and_at_the_confirmation(kiosk: Path, hsm: Hsm, away: str, said: str) -> None:
    """It is said by itself, nothing goes on without it, and the same one back goes on."""
    async with stage(kiosk, sticks=Here()) as on:
        for step in (await to_pin(on), None):
            here = step or await on.at(Confirm)
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


async def test_another_token_is_not_the_one(kiosk: Path, hsm: Hsm) -> None:
    """Of the same name, from the same maker, with the same PIN; only its serial number is its own."""
    async with stage(kiosk, sticks=Here()) as on:
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
        ("C_CreateObject=0x32", "token.gone"), ("C_GenerateKeyPair=crash", "token.module"),
        ("C_Sign@2=0x32", "token.gone"),
    ],
    ids=["pulled", "crash", "pulled-at-the-proof"],
)  # fmt: skip
async def test_pulled_in_the_act(kiosk: Path, hsm: Hsm, fault: str, said: str) -> None:
    async with stage(kiosk, sticks=Here()) as on:
        await to_confirm(on)
        hsm.plan(fault)
        await agrees(on)
        step = await on.at(Act)
        await on.until(lambda: not step.at_work)
        assert on.sees("act.stopped")
        assert on.sees(f"error.{said}") or on.sees(f"error.{said}.screen")
        assert on.sees("key.retry")
        hsm.plan()
        await on.press("enter")
        await on.at(Proof)
        assert hsm.objects() == WHOLE


async def test_no_pin_is_tried_again_by_itself(kiosk: Path, hsm: Hsm) -> None:
    """A PIN that was right and is wrong now: each try counts, so it is asked for anew."""
    async with stage(kiosk, sticks=Here()) as on:
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
        await on.at(Pin)
        await types(on, PIN)
        await on.at(Confirm)
        await agrees(on)
        await on.at(Proof)


async def test_a_module_that_hangs_disturbs_nobody_with_a_stick(kiosk: Path, hsm: Hsm, medium: Path) -> None:
    hsm.plan("C_GetTokenInfo=hang")
    async with stage(kiosk, language="en", sticks=Here([medium])) as on:
        slow(on, 1.0)
        await walk(on, Confirm)
        await on.until(lambda: on.sees("confirm.machine"))
        await agrees(on)
        await on.at(Proof)
        assert on.sees("proof.remove")


async def test_a_token_that_hangs_at_its_pin(kiosk: Path, hsm: Hsm) -> None:
    async with stage(kiosk, sticks=Here()) as on:
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
        await on.at(Confirm)
