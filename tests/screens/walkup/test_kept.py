"""Password, copy and deletion, as a person goes through them on the screens."""

from pathlib import Path

import pytest

from screens.step import Step
from screens.walkup.agree import Agree, Consent
from screens.walkup.kept import Kept
from screens.walkup.menu import Menu
from screens.walkup.new_password import OldPassword, OtherPassword
from screens.walkup.target import Target
from screens.walkup.which import Which
from screens.walkup.work import Work
from tests.lifecycle import sets
from tests.pki import independent
from tests.screens.sets import OVER, foreign, put_set
from tests.screens.stage import Stage, stage
from tests.screens.walk import type_password

NEW = "Moon4*river-stone"


@pytest.fixture
def sticks(tmp_path: Path) -> list[Path]:
    made = [tmp_path / "KINGSTON", tmp_path / "SANDISK"]
    for stick in made:
        stick.mkdir()
    sets.put(made[0], sets.files(whole=True))
    return made


def set_on(stick: Path) -> dict[str, bytes] | None:
    places = list(stick.glob("NPKI/yessign/USER/*"))
    return sets.read(places[0]) if places else None


def opens(stick: Path, password: str) -> bool:
    files = set_on(stick) or {}
    try:
        return independent.open_key(files["signPri.key"], password.encode()) == sets.pkcs8()
    except (AssertionError, ValueError, IndexError):
        return False


async def begin(on: Stage, flow: str, to: type[Step]) -> None:
    """From the idle screen to the first step after the choice of the only certificate."""
    await on.press("enter")
    await on.at(Menu)
    await on.press(str(on.choices().index(flow) + 1))
    which = await on.at(Which)
    await on.until(lambda: on.choices() and not which.at_work)
    await on.press("1")
    await on.at(to)


async def type_old(on: Stage, password: str = sets.OLD_PASSWORD) -> None:
    await on.type(password)
    await on.press("enter")


async def test_a_password_is_changed(state: Path, sticks: list[Path]) -> None:
    async with stage(state, sticks[:1]) as on:
        await begin(on, "password", OldPassword)
        await on.until(lambda: on.sees("unlock.left", left=5))
        await type_old(on)
        await on.at(OtherPassword)
        await type_password(on, NEW)
        await on.at(Agree)
        assert opens(sticks[0], sets.OLD_PASSWORD), "nothing has happened yet"
        assert on.sees("agree.password.question", "agree.password")
        await on.press("enter")
        await on.at(Kept)
        await on.until(lambda: on.sees("proof.remove"))
        assert on.sees("kept.password.question", "kept.password.opens", "kept.password.fails")
        assert opens(sticks[0], NEW)
        assert not opens(sticks[0], sets.OLD_PASSWORD)
        await on.press("escape")
        assert isinstance(on.step, Kept), "there is no way back"


async def test_wrong_ones_are_counted_before_the_eyes(state: Path, sticks: list[Path]) -> None:
    async with stage(state, sticks[:1]) as on:
        await begin(on, "password", OldPassword)
        await on.press("enter")
        assert on.sees("unlock.empty")
        await type_old(on, "OLD1!PASSWORD")
        await on.until(lambda: on.sees("error.medium.wrong_caps", left=4))
        assert on.field("password").content == ""
        assert on.sees("unlock.left", left=4)
        for left in (3, 2, 1):
            await type_old(on, "wrong")
            await on.until(lambda left=left: on.sees("error.medium.wrong_password", left=left))
        await type_old(on, "wrong")
        await on.until(lambda: on.sees("error.password.locked"))
        await type_old(on)
        assert isinstance(on.step, OldPassword)
        assert opens(sticks[0], sets.OLD_PASSWORD)


async def test_a_new_password_that_is_the_old_one(state: Path, sticks: list[Path]) -> None:
    sets.put(sticks[1], sets.files(password=NEW))
    async with stage(state, sticks[1:]) as on:
        await begin(on, "password", OldPassword)
        await type_old(on, NEW)
        await on.at(OtherPassword)
        await type_password(on, NEW)
        await on.until(lambda: on.sees("error.password.same"))
        assert isinstance(on.step, OtherPassword)


async def test_a_copy_that_is_kept(state: Path, sticks: list[Path]) -> None:
    async with stage(state, sticks) as on:
        await begin(on, "copy", Target)
        assert sticks[0].name not in on.said, "not to where it is"
        assert sticks[1].name in on.said
        await on.press("1")
        await on.at(OldPassword)
        await type_old(on)
        await on.at(Agree)
        assert sticks[0].name in on.said
        assert sticks[1].name in on.said
        assert list(sticks[1].iterdir()) == []
        await on.press("enter")
        await on.at(Kept)
        assert on.sees("kept.copy.question", "kept.ask", "kept.keep", "kept.wipe")
        assert not on.sees("proof.remove")
        await on.press("1")
        await on.until(lambda: on.sees("proof.remove"))
        assert set_on(sticks[0]) == set_on(sticks[1]) == sets.files(whole=True)


async def test_a_copy_whose_source_is_wiped(state: Path, sticks: list[Path]) -> None:
    async with stage(state, sticks) as on:
        await begin(on, "copy", Target)
        await on.press("1")
        await on.at(OldPassword)
        await type_old(on)
        await on.at(Agree)
        await on.press("enter")
        await on.at(Kept)
        await on.press("2")
        assert on.sees("kept.sure"), "once is not enough"
        assert set_on(sticks[0]) == sets.files(whole=True)
        await on.press("2")
        await on.until(lambda: on.sees("proof.remove", "kept.wiped"))
        assert set_on(sticks[0]) is None
        assert set_on(sticks[1]) == sets.files(whole=True)


async def test_the_target_waits_for_another_stick(state: Path, sticks: list[Path]) -> None:
    async with stage(state, sticks[:1]) as on:
        await begin(on, "copy", Target)
        assert on.sees("target.none")
        on.plug(*sticks)
        await on.until(lambda: sticks[1].name in on.said)
        await on.press("1")
        await on.at(OldPassword)


async def test_a_target_that_holds_another_of_that_name(state: Path, sticks: list[Path]) -> None:
    sets.put(sticks[1], sets.files(password=NEW))
    async with stage(state, sticks) as on:
        await on.press("enter")
        await on.at(Menu)
        await on.press(str(on.choices().index("copy") + 1))
        which = await on.at(Which)
        await on.until(lambda: len(on.choices()) == 2 and not which.at_work)
        await on.press("1")
        await on.at(Target)
        chosen = on.visit.medium
        assert chosen is not None
        await on.press("1")
        await on.at(OldPassword)
        await type_old(on, sets.OLD_PASSWORD if chosen.path == sticks[0] else NEW)
        await on.at(Agree)
        await on.press("enter")
        work = await on.at(Work)
        await on.until(lambda: not work.at_work)
        assert "이름은같고내용이다른" in on.said
        await on.press("escape")
        await on.at(Agree)


async def test_a_deletion_asks_for_a_word(state: Path, sticks: list[Path]) -> None:
    async with stage(state, sticks[:1]) as on:
        await on.press("enter")
        (await on.at(Menu)).chosen("delete")
        which = await on.at(Which)
        await on.until(lambda: on.choices() and not which.at_work)
        await on.press("1")
        await on.at(Consent)
        assert on.sees("agree.delete")
        await on.press("enter")
        assert isinstance(on.step, Consent)
        await on.type("wldna")  # 지움
        await on.press("enter")
        assert isinstance(on.step, Consent)
        assert set_on(sticks[0]) is not None
        await on.type("tkrwp")  # 삭제
        await on.press("enter")
        await on.at(Kept)
        await on.until(lambda: on.sees("proof.remove"))
        assert on.sees("kept.delete.question")
        assert on.sees("kept.delete.foreign"), "F10 revokes ours only"
        assert set_on(sticks[0]) is None


async def test_a_deletion_of_what_was_over_leaves_nothing_to_do(state: Path, sticks: list[Path]) -> None:
    put_set(sticks[1], foreign("홍길동()0004041", ends=OVER))
    async with stage(state, sticks[1:]) as on:
        await on.press("enter")
        (await on.at(Menu)).chosen("delete")
        which = await on.at(Which)
        await on.until(lambda: on.choices() and not which.at_work)
        await on.press("1")
        await on.at(Consent)
        await on.type("tkrwp")
        await on.press("enter")
        kept = await on.at(Kept)
        await on.until(lambda: on.sees("proof.remove"))
        assert on.sees("kept.delete.over")
        assert "f10" not in {hint.key for hint in kept.hints()}
