"""Flows without a screen: forwards, over what is not wanted, and back to what this person really saw."""

import asyncio
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screens.flow import Nav, run_flow
from screens.walkup.flows import FLOWS


@dataclass
class Visit:
    """What a flow's steps share: here, the steps that the answers so far make needless."""

    needless: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Step:
    number: int

    def wanted(self, visit: Visit) -> bool:
        return self.number not in visit.needless


@dataclass(frozen=True)
class Answer:
    """What a person answers: where to, and a step that it makes needless, or wanted again."""

    nav: Nav
    toggles: int | None = None


class Person:
    """Answers in turn, and notes what was shown. With no answer left, leaves."""

    def __init__(self, answers: list[Answer], visit: Visit) -> None:
        self.answers = iter(answers)
        self.visit = visit
        self.shown: list[int] = []

    async def __call__(self, step: Step) -> Nav:
        assert step.wanted(self.visit)
        self.shown.append(step.number)
        answer = next(self.answers, Answer(Nav.LEAVE))
        if answer.toggles is not None:
            self.visit.needless ^= {answer.toggles}
        return answer.nav


def go(answers: list[Answer], count: int = 4, needless: set[int] | None = None) -> tuple[Nav, list[int]]:
    visit = Visit(set(needless or ()))
    person = Person(answers, visit)
    end = asyncio.run(run_flow(person, [Step(number) for number in range(count)], visit))
    return end, person.shown


NEXT, BACK, LEAVE = (Answer(nav) for nav in Nav)


@pytest.mark.parametrize(
    ("answers", "needless", "end", "shown"),
    [
        ([NEXT] * 4, set(), Nav.NEXT, [0, 1, 2, 3]),
        ([NEXT] * 2, {0, 2}, Nav.NEXT, [1, 3]),
        ([], {0, 1, 2, 3}, Nav.NEXT, []),
        ([BACK], set(), Nav.BACK, [0]),
        ([BACK], {0}, Nav.BACK, [1]),
        ([NEXT, NEXT, LEAVE], set(), Nav.LEAVE, [0, 1, 2]),
        # Back goes over what was never shown.
        ([NEXT, BACK, BACK], {1}, Nav.BACK, [0, 2, 0]),
        ([NEXT, NEXT, BACK, NEXT, NEXT, NEXT], set(), Nav.NEXT, [0, 1, 2, 1, 2, 3]),
        # The second answer makes the first step needless: back from there is out of the flow.
        ([NEXT, NEXT, BACK, Answer(Nav.BACK, 0)], set(), Nav.BACK, [0, 1, 2, 1]),
        # An answer makes a later step needless, another wants it again.
        ([Answer(Nav.NEXT, 1), BACK, Answer(Nav.NEXT, 1), NEXT, NEXT, NEXT], set(), Nav.NEXT, [0, 2, 0, 1, 2, 3]),
        # An identity check that is done is not gone back to, nor asked again when nothing changed.
        ([NEXT, Answer(Nav.NEXT, 1), BACK, NEXT, NEXT, NEXT], set(), Nav.NEXT, [0, 1, 2, 0, 2, 3]),
        # It is asked again when going back has changed what it was about.
        ([NEXT, Answer(Nav.NEXT, 1), BACK, Answer(Nav.NEXT, 1), NEXT, NEXT, NEXT], set(), Nav.NEXT,
         [0, 1, 2, 0, 1, 2, 3]),
    ],
)  # fmt: skip
def test_where_answers_lead(answers: list[Answer], needless: set[int], end: Nav, shown: list[int]) -> None:
    assert go(answers, needless=needless) == (end, shown)


def test_an_empty_flow_is_done() -> None:
    assert go([], count=0) == (Nav.NEXT, [])


answers = st.lists(
    st.builds(Answer, st.sampled_from([Nav.NEXT, Nav.NEXT, Nav.BACK]), st.none() | st.integers(0, 5)),
    max_size=40,
)


@given(answers, st.sets(st.integers(0, 5)))
def test_back_leads_to_what_was_answered_before(given_answers: list[Answer], needless: set[int]) -> None:
    """Each step that is shown follows from the one before: `Person` checks that it is wanted, this where it stands."""
    visit, behind = Visit(set(needless)), list[int]()
    end, shown = go(given_answers, count=6, needless=needless)
    for position, (number, answer) in enumerate(zip(shown, [*given_answers, LEAVE], strict=False)):
        if answer.toggles is not None:
            visit.needless ^= {answer.toggles}
        following = shown[position + 1] if position + 1 < len(shown) else None
        if answer.nav is Nav.NEXT:
            behind.append(number)
            ahead = [step for step in range(number + 1, 6) if step not in visit.needless]
            assert following == (ahead[0] if ahead else None)
            assert ahead or end is Nav.NEXT
        elif answer.nav is Nav.BACK:
            still = [step for step in behind if step not in visit.needless]
            assert following == (still[-1] if still else None)
            behind = behind[: behind.index(still[-1])] if still else []
            assert following is not None or end is Nav.BACK


@given(answers, st.sets(st.integers(0, 5)))
def test_a_flow_ends_as_the_last_answer_says(given_answers: list[Answer], needless: set[int]) -> None:
    end, shown = go(given_answers, count=6, needless=needless)
    used = given_answers[: len(shown)]
    if len(shown) > len(given_answers):
        assert end is Nav.LEAVE
    elif used:
        assert end is used[-1].nav


def test_what_the_screen_raises_is_not_swallowed() -> None:
    async def ask(step: Step) -> Nav:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(run_flow(ask, [Step(0)], Visit()))


def test_the_issuing_flow_has_its_ten_steps() -> None:
    """Password and PIN are one of them: nobody is asked for both, so no number changes under anybody's hands."""
    words = [step.word for step in FLOWS["issue"] if step.instead_of is None]
    assert words == [
        "prepare", "kind", "details", "identity", "medium", "password", "remind", "confirm", "act", "proof",
    ]  # fmt: skip
