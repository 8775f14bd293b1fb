"""Password: the rules answer while it is typed, and nothing of it is seen."""

from pathlib import Path

import pytest

from kiosk.i18n import text
from kiosk.secret import Secret
from screens.flow import Nav
from screens.walkup.password import RULES, SHOWN, Password
from tests.screens.stage import Stage, stage
from tests.screens.walk import ID_NUMBER, PASSWORD, PHONE, type_password


async def password(on: Stage) -> tuple[Password, list[Nav | None]]:
    on.visit.id_number, on.visit.phone = Secret(ID_NUMBER), PHONE
    return await on.show(Password(on.visit))


def kept(on: Stage) -> set[str]:
    """The rules that are marked as kept; every one of them has a mark."""
    page = on.said
    marks = {rule: ("[v]" + "".join(text(f"rule.{rule}").split())) in page for rule in RULES[:SHOWN]}
    for rule, good in marks.items():
        assert good or ("[]" + "".join(text(f"rule.{rule}").split())) in page, rule
    return {rule for rule, good in marks.items() if good}


@pytest.mark.parametrize("language", ["ko", "en"])
async def test_the_rules_answer_at_every_key(state: Path, language: str) -> None:
    async with stage(state, language=language) as on:
        await password(on)
        assert kept(on) == set()
        nothing_wrong = {"run", "repeat", "personal", "common"}
        for typed, rules in (
            ("s", {"letters"}), ("un7", {"letters", "digits"}), ("!", {"letters", "digits", "special"}),
        ):  # fmt: skip
            await on.type(typed)
            assert kept(on) == rules | nothing_wrong
        await on.type("flowerhill")
        assert kept(on) == set(RULES[:SHOWN])
        await on.type("abc")
        assert kept(on) == set(RULES[:SHOWN]) - {"run"}
        await on.press("backspace", "b")
        assert kept(on) == set(RULES[:SHOWN])
        await on.type("19900101")
        assert kept(on) == set(RULES[:SHOWN]) - {"personal"}


async def test_what_cannot_be_used_at_all_is_said_when_it_is_typed(state: Path) -> None:
    async with stage(state) as on:
        await password(on)
        assert not on.sees("rule.forbidden")
        await on.type("a'")
        assert on.sees("rule.forbidden")
        await on.press("backspace")
        assert not on.sees("rule.forbidden")
        await on.type("한")
        assert on.sees("rule.ascii")


async def test_on_the_doubled_screen_only_what_is_missing_is_listed(state: Path) -> None:
    async with stage(state, size=(36, 9)) as on:
        await password(on)
        await on.type("sun7!flow")
        assert on.sees("password.missing", rules=text("rule.short"))
        await on.type("er")
        assert on.sees("password.good")


async def test_two_that_are_the_same_are_taken(state: Path) -> None:
    async with stage(state) as on:
        _, answers = await password(on)
        fields = [on.field("password"), on.field("again")]
        await type_password(on)
        assert answers == [Nav.NEXT]
        assert on.visit.password.text() == PASSWORD
        assert [field.content for field in fields] == ["", ""]


@pytest.mark.parametrize("size", [(72, 18), (36, 9)])
async def test_two_that_differ(state: Path, size: tuple[int, int]) -> None:
    """The first stays; the second is typed again, where the cursor is."""
    async with stage(state, size=size) as on:
        step, answers = await password(on)
        await on.type(PASSWORD)
        await on.press("enter")
        await on.type(PASSWORD[:-1])
        await on.press("enter")
        assert on.sees("error.password.differs", "error.password.differs.next")
        assert step.focused is on.field("again")
        assert (len(on.field("password").content), len(on.field("again").content)) == (len(PASSWORD), 0)
        assert answers == []
        await on.type(PASSWORD)
        await on.press("enter")
        assert answers == [Nav.NEXT]


async def test_a_weak_one_is_refused_with_its_reason(state: Path) -> None:
    async with stage(state) as on:
        step, answers = await password(on)
        await type_password(on, "sun7!f")
        assert on.sees("error.password.short")
        assert step.focused is on.field("password")
        assert answers == []
        assert not on.visit.password


async def test_nothing_of_it_is_on_any_screen(state: Path) -> None:
    async with stage(state) as on:
        await password(on)
        for char in "Zq7#Zq7#Zq7#":
            await on.type(char)
            assert not {"Z", "q", "7"} & set(on.page)
        assert "*" * 12 in on.page


async def test_what_was_said_goes_when_it_is_put_right(state: Path) -> None:
    async with stage(state) as on:
        step, _ = await password(on)
        await on.type("sun7")
        await on.press("enter", "enter")
        assert on.sees("error.password.short")
        await on.type("!flower-hill")
        assert not on.sees("error.password.short")
        assert kept(on) == set(RULES[:SHOWN])
        assert step.focused is on.field("password")
