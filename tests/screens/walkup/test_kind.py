"""Kind: what each certificate is good for, and three questions that lead to the right one."""

from pathlib import Path

import pytest

from kiosk.i18n import text
from kiosk.pki.profiles import load_profiles
from kiosk.secret import Secret
from screens.flow import Nav
from screens.walkup import kind
from screens.walkup.kind import Kind
from screens.widgets.body import Body
from screens.widgets.choice import Choice
from tests.screens.stage import stage


@pytest.mark.parametrize(
    ("answers", "profile"),
    [
        (["yes", "yes"], "business-etax"), (["yes", "no"], "business-general"),
        (["no", "yes"], "personal-bank"), (["no", "no"], "personal-general"),
    ],
)  # fmt: skip
async def test_the_questions_lead_to_a_kind(
    state: Path, answers: list[str], profile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kind, "require_method", lambda services, application: None)
    async with stage(state) as on:
        _, given = await on.show(Kind(on.visit))
        await on.press("5")
        assert on.sees("kind.business")
        for answer in answers:
            assert on.choices() == ["yes", "no"]
            assert on.step.focused is not None
            await on.press({"yes": "1", "no": "2"}[answer])
        assert given == [Nav.NEXT]
        assert on.visit.profile == load_profiles()[profile]


async def test_esc_leaves_the_questions_before_the_step(state: Path) -> None:
    async with stage(state) as on:
        step, given = await on.show(Kind(on.visit))
        await on.press("5", "2")
        assert on.sees("kind.bank")
        await on.press("escape")
        assert on.sees("step.kind.question")
        assert on.choices() == [*load_profiles(), "help"]
        assert step.focused is not None
        assert given == []
        await on.press("escape")
        assert given == [Nav.BACK]


async def test_a_kind_that_needs_staff_says_so_at_once(state: Path) -> None:
    """Not after name, number and phone have been typed."""
    async with stage(state) as on:
        _, given = await on.show(Kind(on.visit))
        await on.press("3")
        assert on.sees("error.identity.level.screen", "error.identity.level.next")
        assert "business-general" not in on.page
        assert given == []
        assert on.visit.profile is None
        await on.press("1")
        assert given == [Nav.NEXT]


async def test_where_it_is_taken_stands_below(state: Path) -> None:
    async with stage(state) as on:
        await on.show(Kind(on.visit))
        for profile in load_profiles().values():
            assert on.sees("kind.accepted", places=", ".join(profile.accepted_at_ko))
            assert on.sees("kind.not_accepted", places=", ".join(profile.not_accepted_at_ko))
            assert "".join(profile.summary_ko.split()) in on.said
            assert on.page.count(text("kind.free")) == len(load_profiles())
            await on.press("down")
        assert on.sees("kind.help.more", "notice.own")


async def test_what_was_typed_for_a_person_is_not_a_business(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kind, "require_method", lambda services, application: None)
    async with stage(state) as on:
        on.visit.profile = load_profiles()["personal-general"]
        on.visit.name, on.visit.id_number = "Hong", Secret("9001011234568")
        await on.show(Kind(on.visit))
        await on.press("2")
        assert (on.visit.name, len(on.visit.id_number)) == ("Hong", 13)
        await on.show(Kind(on.visit))
        await on.press("3")
        assert (on.visit.name, len(on.visit.id_number)) == ("", 0)


@pytest.mark.parametrize("language", ["ko", "en"])
async def test_the_marked_kind_is_in_sight_though_it_grows(state: Path, language: str) -> None:
    """On the doubled screen a marked kind has lines that the others have not."""
    async with stage(state, size=(36, 9), language=language) as on:
        step, _ = await on.show(Kind(on.visit))
        for key in ["down"] * 6 + ["up"] * 6:
            await on.press(key)
            marked = step.focused
            assert isinstance(marked, Choice)
            assert not marked.has_class("-cut"), on.page
            assert step.query_one(Body).shows(marked), on.page
