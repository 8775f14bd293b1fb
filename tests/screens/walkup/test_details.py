"""Details: three fields that say in plain words what is wrong, where it is wrong."""

import re
from pathlib import Path

import pytest

from kiosk.pki.profiles import load_profiles
from screens.flow import Nav
from screens.walkup.details import Details
from screens.widgets.field import Field
from screens.widgets.frame import KeyBar
from tests.screens.stage import Stage, stage
from tests.screens.walk import ID_NUMBER, PHONE, fill_details


async def details(on: Stage, profile: str = "personal-general") -> tuple[Details, list[Nav | None]]:
    on.visit.profile = load_profiles()[profile]
    return await on.show(Details(on.visit))


async def test_a_korean_name_typed_on_a_keyboard(state: Path) -> None:
    async with stage(state) as on:
        _, answers = await details(on)
        assert on.field("name").korean
        await on.type("ghdrlfehd")
        await on.press("enter")
        await on.type(ID_NUMBER[:6] + "-" + ID_NUMBER[6:])
        await on.press("enter")
        await on.type("+82 10-2345-6789")
        await on.press("enter")
        assert answers == [Nav.NEXT]
        assert (on.visit.name, on.visit.phone) == ("홍길동", PHONE)
        assert on.visit.id_number.text() == ID_NUMBER


WRONG = [
    ({"name": "7"}, "name", "N03"), ({"name": ""}, "name", "N01"),
    ({"number": "123"}, "number", "A07"), ({"number": "9013011234567"}, "number", "A08"),
    ({"phone": "12"}, "phone", "A10"),
]  # fmt: skip
RIGHT = {"name": "Hong", "number": ID_NUMBER, "phone": PHONE}


@pytest.mark.parametrize("size", [(72, 18), (36, 9)], ids=["base", "zoom"])
@pytest.mark.parametrize("language", ["ko", "en"])
async def test_what_is_wrong_is_said_above_its_field(
    state: Path, size: tuple[int, int], language: str
) -> None:
    async with stage(state, size=size, language=language) as on:
        for typed, field, code in WRONG:
            on.visit.name, on.visit.phone = "", ""
            on.visit.id_number.wipe()
            step, answers = await details(on)
            await fill_details(on, **typed)
            assert answers == []
            wrong, fault, bar = on.field(field), step.query_one(".fault"), step.query_one(KeyBar)
            assert step.focused is wrong
            assert f"({code})" in on.page
            # No word of the answers file, which has names for its keys.
            assert not re.search(r"id_number|\(name\)|phone항목|in phone", on.said)
            assert fault.region.bottom <= wrong.region.y
            assert wrong.region.bottom <= bar.region.y
            # On the doubled screen the question makes room.
            assert step.query_one(".question").display == (size == (72, 18))
            # What was right is still there, and what was wrong can be put right.
            await on.press("ctrl+u")
            await on.type(RIGHT[field])
            for _ in range(3):
                if not answers:
                    await on.press("enter")
            assert answers == [Nav.NEXT]


async def test_a_business_is_asked_for_its_own_number(state: Path) -> None:
    async with stage(state) as on:
        _, answers = await details(on, "business-general")
        assert on.sees("details.name.business", "details.number.business")
        await fill_details(on, name="A & B", number="123-45-67890")
        assert "(A09)" in on.page
        assert answers == []


async def test_who_comes_back_finds_the_answers(state: Path) -> None:
    async with stage(state) as on:
        await details(on)
        await fill_details(on)
        step, answers = await details(on)
        assert [field.content for field in step.query(Field)] == ["Hong", ID_NUMBER, PHONE]
        await on.press("enter", "enter", "enter")
        assert answers == [Nav.NEXT]


async def test_keys_that_are_not_typing(state: Path) -> None:
    async with stage(state) as on:
        step, _ = await details(on)
        await on.press("f2")
        assert not on.field("name").korean
        await on.press("down")
        assert step.focused is on.field("number")
        await on.press("f2", "up", "tab", "shift+tab")
        assert step.focused is on.field("name")
        assert not on.field("number").korean
