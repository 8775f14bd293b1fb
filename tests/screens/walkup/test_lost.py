"""Lost or stolen, from the first key to the last: found by the person alone, stopped, resumed, ended."""

import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from data.records import Certificate
from kiosk.identity.attended import DOCUMENTS
from kiosk.identity.phone import Evidence
from kiosk.lifecycle import status
from kiosk.lifecycle.answers import read_answers
from kiosk.lifecycle.issue import Issuing
from screens.flow import Nav
from screens.walkup.attended import Attended
from screens.walkup.identity import Identity
from screens.walkup.kind import Kind
from screens.walkup.lost import Lost
from screens.walkup.menu import Menu
from screens.walkup.mine import Mine
from screens.walkup.person import Person
from screens.walkup.stopped import Stopped
from screens.walkup.sure import Sure
from screens.walkup.what import What
from screens.walkup.which import Which
from tests.conftest import TODAY
from tests.screens.stage import Stage, stage
from tests.screens.walk import fill_details, type_code, walk

PHONE = Evidence("phone", "verified", TODAY)


@pytest.fixture
async def on(state: Path, medium: Path, write_answers: Callable[..., Path]) -> AsyncIterator[Stage]:
    """A kiosk at which somebody got a certificate today."""
    async with stage(state) as on:
        application = read_answers(write_answers(), TODAY.date())
        await Issuing(on.services).issue(application, medium)
        await on.until(lambda: on.app._complete.is_set())
        yield on


async def mine(on: Stage) -> Certificate:
    [held] = await on.services.in_registry(lambda: on.services.registry.certificates_of(1))
    return held


async def to_mine(on: Stage, **details: str) -> None:
    """From the idle screen with F10, through the identity check."""
    await on.press("f10")
    await on.at(Lost)
    await on.until(lambda: on.sees("lost.noted"))
    await on.press("1")
    await on.at(Person)
    await fill_details(on, **details)
    await on.at(Identity)
    await type_code(on)
    await on.at(Mine)
    await on.until(lambda: on.choices() or on.sees("mine.none.stop"))


async def test_stopped_from_the_idle_screen_without_a_medium(on: Stage) -> None:
    await to_mine(on)
    assert "범용 개인" in on.page
    assert "365" in on.page
    await on.press("1")
    await on.at(What)
    await on.press("1")
    await on.at(Sure)
    assert (await mine(on)).status == "valid"
    await on.press("enter")
    await on.at(Stopped)
    assert on.sees("stopped.suspended", "status.suspended.until", year=2027, month=5, day=22)
    held = await mine(on)
    assert (held.status, held.reason) == ("suspended", "certificateHold")
    # Whoever goes back finds it as it is now, and can do no more with it alone.
    await on.press("escape")
    await on.at(Mine)
    await on.until(lambda: on.choices())
    assert on.sees("status.suspended")
    await on.press("1")
    await on.at(What)
    assert on.choices() == ["resume", "revoke"]


async def test_ended_for_good_with_the_word_typed(on: Stage) -> None:
    await to_mine(on)
    await on.press("1", "2")
    await on.at(Sure)
    for typed in ("", "vP", "go"):
        await on.type(typed)
        await on.press("enter")
        assert isinstance(on.step, Sure)
        assert (await mine(on)).status == "valid"
        await on.press("ctrl+u")
    await on.type("vPwl")
    assert "폐지" in on.field("consent").content
    await on.press("enter")
    await on.at(Stopped)
    held = await mine(on)
    assert (held.status, held.reason) == ("revoked", "keyCompromise")
    await on.press("escape")
    await on.at(Mine)
    await on.until(lambda: on.sees("mine.none.stop"))


@pytest.mark.parametrize(
    "details", [{"number": "9001011234567"}, {"number": "8812251234567"}], ids=["one digit", "another"]
)
async def test_nobody_sees_anything_of_anybody_else(on: Stage, details: dict[str, str]) -> None:
    await to_mine(on, **details)
    assert on.sees("mine.none.stop")
    assert on.choices() == []
    await on.press("enter")
    assert isinstance(on.step, Mine)


async def test_changed_details_need_another_check(on: Stage) -> None:
    await to_mine(on)
    await on.press("escape")
    await on.at(Person)  # the identity check was done: it is not shown again
    await on.press("enter")
    await on.press("backspace", "7", "enter", "enter")
    await on.at(Identity)
    assert not on.visit.identified


async def test_from_the_middle_of_something_else(on: Stage) -> None:
    """What was typed there stays typed; what was chosen does not, and the flow that was left is over."""
    await walk(on, Kind)
    await on.press("f10")
    lost = await on.at(Lost)
    assert lost.visit.flow == "issue"
    await on.press("1")
    await on.at(Person)
    assert on.visit.flow == "lost"
    assert [screen for screen in on.app.screen_stack if isinstance(screen, Kind)] == []
    await on.press("escape")
    await on.at(Menu)
    assert on.visit.flow == ""


async def test_from_the_menu(on: Stage) -> None:
    await on.press("enter")
    await on.at(Menu)
    await on.press("f10")
    await on.at(Lost)
    await on.press("enter")  # it is marked
    await on.at(Person)
    await on.press("f10")
    await on.at(Lost)
    assert on.choices() == [], "it is being done already"
    await on.press("escape")
    await on.at(Person)


async def test_where_nobody_can_be_identified_staff_do_it(on: Stage) -> None:
    on.services.carrier = None
    await on.press("f10")
    await on.at(Lost)
    assert on.choices() == []
    assert on.sees("lost.staff")


async def test_a_business_is_for_staff(on: Stage) -> None:
    await on.press("f10", "1")
    await on.at(Person)
    await fill_details(on, number="1248100998")
    assert on.sees("error.identity.business")
    assert isinstance(on.step, Person)


async def test_what_was_revoked_meanwhile_is_said(on: Stage) -> None:
    await to_mine(on)
    await on.press("1", "1")
    await on.at(Sure)
    await status.revoke(on.services, (await mine(on)).serial, "superseded", PHONE)
    await on.press("enter")
    await on.until(lambda: "(S01)" in on.page)
    assert isinstance(on.step, Sure)
    assert (await mine(on)).reason == "superseded"


# -- resuming, with staff on the spot


async def to_attended(on: Stage) -> None:
    await status.suspend(on.services, (await mine(on)).serial, PHONE)
    await on.press("enter")
    await on.at(Menu)
    menu = on.choices()
    await on.press(*["down"] * menu.index("resume"), "enter")
    await on.at(Person)
    assert [field.name for field in on.step.query("Field")] == ["name", "number"]
    if on.field("name").korean:
        await on.press("f2")
    await on.type("Hong")
    await on.press("enter")
    await on.type("9001011234568")
    await on.press("enter")
    await on.at(Attended)


async def test_resumed_with_staff_and_a_document(on: Stage) -> None:
    await to_attended(on)
    assert on.choices() == list(DOCUMENTS)
    await on.press("3")
    await on.until(lambda: on.sees("attended.code.question"))
    assert on.services.teller
    code = on.services.teller.code.text()
    assert re.search(rf"연습: 직원 번호는 {code}", on.page)
    await on.type("000")
    await on.press("enter")
    assert on.sees("error.close.wrong")
    await on.type(code)
    await on.press("enter")
    await on.at(Mine)
    await on.until(lambda: on.choices())
    await on.press("1")
    await on.at(Sure)
    await on.press("enter")
    await on.at(Stopped)
    assert on.sees("stopped.valid")
    assert (await mine(on)).status == "valid"
    rows = await on.services.in_registry(lambda: list(on.services.registry.audit_rows()))
    assert [row.facts for row in rows if row.action == "certificate.resumed"] == [
        '{"document":"passport","level":"in_person","method":"attended"}'
    ]


async def test_several_wrong_codes_cost_time_and_nothing_else(on: Stage) -> None:
    await to_attended(on)
    await on.press("1")
    for _ in range(3):
        await on.type("000000")
        await on.press("enter")
    await on.type("000000")
    await on.press("enter")
    assert on.sees("error.close.wait")
    await on.press("escape")
    await on.until(lambda: on.choices())
    await on.press("escape")
    await on.at(Person)


async def test_phone_alone_resumes_nothing(on: Stage) -> None:
    """From the flow without staff: choosing to resume asks for them."""
    await status.suspend(on.services, (await mine(on)).serial, PHONE)
    await to_mine(on)
    await on.press("1", "1")
    await on.at(Attended)
    assert on.services.teller
    await on.press("1")
    await on.type(on.services.teller.code.text())
    await on.press("enter")
    await on.at(Sure)
    await on.press("enter")
    await on.at(Stopped)
    assert (await mine(on)).status == "valid"


async def test_where_no_code_was_set_the_desk_does_it(on: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("screens.walkup.attended.is_offered", lambda services: False)
    await to_attended(on)
    assert on.sees("attended.none")
    await on.press("enter")
    assert isinstance(on.step, Attended)


# -- the certificate on a medium that was put in


@pytest.mark.parametrize(("number", "theirs"), [("9001011234568", True), ("8812251234567", False)])
async def test_stopping_the_one_on_the_stick(on: Stage, medium: Path, number: str, *, theirs: bool) -> None:
    on.plug(medium)
    await on.press("enter")
    await on.at(Menu)
    on.visit.flow = "status"
    on.step.dismiss(Nav.NEXT)
    await on.at(Which)
    await on.until(lambda: on.choices())
    await on.press("1")
    await on.at(Person)
    await fill_details(on, number=number)
    await type_code(on)
    await on.at(Mine)
    await on.until(lambda: on.choices() or on.sees("mine.none.chosen"))
    if not theirs:
        assert on.choices() == []
        return
    await on.press("1")
    await on.at(What)
    await on.press("1", "enter")
    await on.at(Stopped)
    assert (await mine(on)).status == "suspended"
