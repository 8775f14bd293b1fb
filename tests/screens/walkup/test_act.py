"""The act: one certificate, whatever is pressed, and a way forward when it fails."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.errors import KioskError
from kiosk.i18n import text
from kiosk.lifecycle.issue import Issuing, Outcome
from screens.flow import Nav
from screens.walkup import act
from screens.walkup.act import STAGES, Act
from screens.walkup.confirm import Confirm
from screens.walkup.help import Help
from screens.walkup.proof import Proof
from tests.screens.stage import Stage, stage
from tests.screens.steps import fill
from tests.screens.walk import walk


def sets(medium: Path) -> list[Path]:
    return [path.parent for path in medium.rglob("signCert.der")]


async def test_a_person_reaches_the_proof(state: Path, medium: Path) -> None:
    async with stage(state, [medium], language="en") as on:
        await walk(on, Confirm)
        # Whatever a nervous finger does: it is one certificate.
        on.send(*["enter"] * 5)
        await on.at(Proof)
        assert len(sets(medium)) == 1
        certificates = await on.services.in_registry(lambda: on.services.registry.find_certificates())
        assert [each.name for each in certificates] == ["Hong"]
        assert on.sees("proof.until", year=2027, month=11, day=22)


class Issue:
    """Stands in for the service: says what a test wants, when it wants it."""

    def __init__(self, *ends: KioskError | Outcome) -> None:
        self.ends = list(ends)
        self.go = asyncio.Event()
        self.calls = 0
        self.progress: Callable[[str], None] = lambda state: None

    def __call__(self, services: object, *, progress: Callable[[str], None], **_: object) -> "Issue":
        self.progress = progress
        return self

    async def issue(self, application: object, medium: Path) -> Outcome:
        self.calls += 1
        await self.go.wait()
        end = self.ends.pop(0)
        if isinstance(end, KioskError):
            raise end
        return end


async def begun(on: Stage, issue: Issue, monkeypatch: pytest.MonkeyPatch) -> tuple[Act, list[Nav | None]]:
    monkeypatch.setattr(act, "Issuing", issue)
    fill(on.visit, "Hong")
    place = on.services.state.path.parent / "chosen"
    place.mkdir()
    on.choose(place)
    return await on.show(Act(on.visit))


def failure(id_: str, request: str | None = None, **facts: str | int) -> KioskError:
    error = KioskError(id_, **facts)
    error.request = request
    return error


def marks(on: Stage) -> str:
    """For each stage, whether it is marked as done."""
    said = [("[v]" + "".join(text(f"act.{stage}").split())) in on.said for stage in STAGES]
    return "".join("v" if done else "." for done in said)


async def test_stages_are_named_as_they_are_reached(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(state) as on:
        issue = Issue()
        step, _ = await begun(on, issue, monkeypatch)
        assert step.at_work
        assert marks(on) == "....."
        await on.until(lambda: on.sees("act.seconds", seconds=1))
        # A request that is resumed begins in the middle.
        for state_, shown in (
            ("opened", "....."),
            ("staged", "vv..."),
            ("submitted", "vv..."),
            ("proved", "vvvvv"),
        ):
            issue.progress(state_)
            await on.settle()
            assert marks(on) == shown


async def test_nothing_leads_out_while_it_works(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(state) as on:
        issue = Issue(failure("request.fee", won=1))
        step, answers = await begun(on, issue, monkeypatch)
        await on.press("escape", "enter", "1", "f10", "f2", "pagedown", "ctrl+c", "ctrl+q")
        assert on.step is step
        assert answers == []
        assert issue.calls == 1


async def test_a_finished_act_closes_what_was_opened_over_it(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage(state) as on:
        issue = Issue()
        step, answers = await begun(on, issue, monkeypatch)
        assert on.visit.outcome is not None
        issue.ends.append(on.visit.outcome)
        on.app.push_screen(Help(on.visit, "act"))
        await on.at(Help)
        issue.go.set()
        await on.until(lambda: answers == [Nav.NEXT])
        assert step not in on.app.screen_stack
        assert not [screen for screen in on.app.screen_stack if isinstance(screen, Help)]


@pytest.mark.parametrize(
    ("error", "key"),
    [
        (failure("medium.gone", "abcd1234"), "key.retry"), (failure("medium.full"), "key.retry"),
        (failure("registry.busy", path="x"), "key.retry"), (failure("request.fee", won=1), "key.end"),
        (failure("authority.missing", name="x"), "key.end"),
    ],
    ids=lambda value: getattr(value, "id", value),
)  # fmt: skip
async def test_what_can_be_done_after_a_failure(
    state: Path, monkeypatch: pytest.MonkeyPatch, error: KioskError, key: str
) -> None:
    async with stage(state) as on:
        issue = Issue(error, error)
        issue.go.set()
        step, answers = await begun(on, issue, monkeypatch)
        await on.until(lambda: on.sees(key) and not step.at_work)
        assert f"({error.code})" in on.page
        assert on.sees("error.resumable", request="abcd1234") == (error.request is not None)
        await on.press("enter")
        if key == "key.end":
            assert answers == [Nav.LEAVE]
        else:
            await on.until(lambda: issue.calls == 2 and not step.at_work)
            await on.press("escape")
            assert answers == [Nav.BACK]


async def test_a_stick_that_is_pulled_in_the_middle(
    state: Path, medium: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was not lost is used again: same request, one certificate."""
    away = medium.with_name("away")
    pulled: list[str] = []

    class Pulling(Issuing):
        def __init__(self, services, *, progress, **rest):  # type: ignore[no-untyped-def]
            def hear(state_: str) -> None:
                progress(state_)
                if state_ == "issued" and not pulled:
                    pulled.append(state_)
                    os.rename(medium, away)

            super().__init__(services, progress=hear, **rest)

    monkeypatch.setattr(act, "Issuing", Pulling)
    async with stage(state, [medium], language="en") as on:
        await walk(on, Confirm)
        await on.press("enter")
        step = await on.at(Act)
        await on.until(lambda: pulled and not step.at_work)
        requests = await on.services.in_registry(lambda: on.services.registry.active_requests())
        assert on.sees("error.resumable", request=requests[0].code)
        away.rename(medium)
        await on.press("enter")
        await on.at(Proof)
        assert on.visit.outcome is not None
        assert on.visit.outcome.resumed
        assert len(sets(medium)) == 1


async def test_the_stick_stays_in_until_it_has_stopped(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(state) as on:
        issue = Issue(failure("medium.gone"), failure("medium.gone"))
        step, _ = await begun(on, issue, monkeypatch)
        assert on.sees("act.stay", "step.act.question")
        issue.go.set()
        await on.until(lambda: not step.at_work)
        assert on.sees("act.stopped", "error.medium.gone.next.screen")
        assert not on.sees("act.stay")
        issue.go.clear()
        await on.press("enter")
        assert on.sees("act.stay", "step.act.question")
