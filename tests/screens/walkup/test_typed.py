"""What nobody should type, typed all the same: each field says what is wrong, or takes what is meant."""

import unicodedata
from pathlib import Path

import pytest

from kiosk.errors import TABLE
from kiosk.pki.names import NAME_LIMIT
from kiosk.pki.profiles import load_profiles
from kiosk.secret import Secret
from screens.flow import Nav
from screens.walkup.details import Details
from screens.walkup.password import Password
from screens.widgets.field import Field
from tests.cli.test_answers import NAMES, PASSWORDS
from tests.screens.stage import Stage, stage
from tests.screens.walk import ID_NUMBER, PASSWORD, PHONE, fill_details, type_password

CONTROLS = ("Cc", "Cf", "Co", "Cs", "Cn")


async def opened(on: Stage) -> tuple[Details, list[Nav | None]]:
    on.visit.profile = load_profiles()["personal-general"]
    on.visit.name = on.visit.phone = ""
    on.visit.id_number.wipe()
    return await on.show(Details(on.visit))


async def refused(on: Stage, field: str, id_: str, **typed: str) -> None:
    """Fill in the form like that; it says so at the field, where it can be put right."""
    step, answers = await opened(on)
    await fill_details(on, **typed)
    assert f"({TABLE[id_].code})" in on.page, (typed, on.page)
    assert step.focused is on.field(field), typed
    assert answers == [], typed
    await on.press("ctrl+u")
    await on.type({"name": "Hong", "number": ID_NUMBER, "phone": PHONE}[field])
    for _ in step.query(Field):
        if not answers:
            await on.press("enter")
    assert answers == [Nav.NEXT], (typed, on.page)


REFUSED = [
    *[
        (typed, id_) for _, typed, id_, _ in NAMES
        # A field does not even take what cannot be seen, and no more blanks than fit.
        if id_ != "name.control" and " " * 100 not in typed
    ],
    ("홍길동\U0001f600", "name.characters"), ("[bold]", "name.characters"), ("\u2014", "name.characters"),
    ("홍\u3164길동", "name.control"),
]  # fmt: skip
TAKEN = [
    ("홍\u202e길\u2066동", "홍길동"), ("홍길동\x1b", "홍길동"), ("홍\u200b길동", "홍길동"), ("홍\ue000길동", "홍길동"),
    (unicodedata.normalize("NFD", "홍길동"), "홍길동"), ("  남궁\u3000 민수 ", "남궁 민수"), ("O'Neill", "O'Neill"),
    ("홍" * NAME_LIMIT, "홍" * NAME_LIMIT),
]  # fmt: skip


async def test_names_that_cannot_be_written(state: Path) -> None:
    assert len(REFUSED) > 15
    async with stage(state) as on:
        for typed, id_ in REFUSED:
            await refused(on, "name", id_, name=typed)


async def test_names_that_are_brought_to_one_form(state: Path) -> None:
    async with stage(state) as on:
        for typed, name in TAKEN:
            _, answers = await opened(on)
            await fill_details(on, name=typed)
            assert answers == [Nav.NEXT], (typed, on.page)
            assert on.visit.name == name


@pytest.mark.parametrize(
    ("typed", "id_"),
    [
        ("", "answers.id_format"), ("-", "answers.id_format"), ("+", "answers.id_format"),
        ("900101-123456", "answers.id_format"), ("900101-12345678", "answers.id_format"),
        ("900101+1234568", "answers.id_format"), ("120-81-47521", "answers.id_format"),
        ("900231-1234568", "answers.id_date"), ("900001-1234568", "answers.id_date"),
        ("261123-3234568", "answers.id_date"), ("9" * 200, "answers.id_format"),
    ],
)  # fmt: skip
async def test_numbers_that_are_none(state: Path, typed: str, id_: str) -> None:
    async with stage(state) as on:
        await refused(on, "number", id_, number=typed)


@pytest.mark.parametrize(
    "typed",
    ["900101-1234568", "900101 1234568", "900101 - 1234568", "９００１０１1234568", "x9y001011234568z"],
)
async def test_a_number_in_every_way_that_people_write_it(state: Path, typed: str) -> None:
    async with stage(state) as on:
        _, answers = await opened(on)
        await fill_details(on, number=typed)
        assert answers == [Nav.NEXT], on.page
        assert on.visit.id_number.text() == ID_NUMBER


@pytest.mark.parametrize(
    "typed", ["", "-", "+", "0", "010-23", "12345678", "82 10 2345 6789", "0" * 13, "+" * 20, "010+2345+6789"]
)
async def test_phones_that_are_none(state: Path, typed: str) -> None:
    async with stage(state) as on:
        await refused(on, "phone", "answers.phone", phone=typed)


@pytest.mark.parametrize(
    "typed",
    [
        "010-2345-6789",
        "010 2345 6789",
        "+82 10-2345-6789",
        "+82-010-2345-6789",
        "０１０２３４５６７８９",
        "(010) 2345.6789",
    ],
)
async def test_a_phone_in_every_way_that_people_write_it(state: Path, typed: str) -> None:
    async with stage(state) as on:
        _, answers = await opened(on)
        await fill_details(on, phone=typed)
        assert answers == [Nav.NEXT], on.page
        assert on.visit.phone == PHONE


async def test_passwords_that_are_weak(state: Path) -> None:
    async with stage(state) as on:
        on.visit.phone = "01080246135"
        on.visit.id_number = Secret(ID_NUMBER)
        for typed, id_, _ in PASSWORDS:
            if typed != "".join(char for char in typed if unicodedata.category(char) not in CONTROLS):
                continue
            step, answers = await on.show(Password(on.visit))
            await type_password(on, typed)
            assert f"({TABLE[id_].code})" in on.page, (id_, on.page)
            assert answers == []
            assert not on.visit.password
            assert step.focused is on.field("password")
            await on.take_away(step)
        _, answers = await on.show(Password(on.visit))
        await type_password(on, PASSWORD)
        assert answers == [Nav.NEXT]
