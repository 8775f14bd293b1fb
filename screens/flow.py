"""Flows: which steps a person goes through, forwards and back. No Textual here, so it is tested without it.

A flow is a list of steps; each says whether it is wanted for this visit, is shown by `ask`, and answers where to
go from there. What was shown is remembered, so that Back goes to the step that this person really saw, even when
answers have changed since what is wanted.
"""

from collections.abc import Awaitable, Callable, Sequence
from enum import Enum
from typing import Protocol, TypeVar

V = TypeVar("V")
V_contra = TypeVar("V_contra", contravariant=True)


class Nav(Enum):
    """Where a step leads."""

    NEXT = "next"
    BACK = "back"
    LEAVE = "leave"


class StepType(Protocol[V_contra]):
    """What a flow needs to know of a step before it shows it."""

    def wanted(self, visit: V_contra) -> bool:
        """Whether this step is needed, given what is known so far."""


S = TypeVar("S", bound=StepType)  # type: ignore[type-arg]


async def run_flow(ask: Callable[[S], Awaitable[Nav]], steps: Sequence[S], visit: V) -> Nav:
    """Go through `steps` until the last is done (NEXT), the first is left backwards (BACK), or LEAVE.

    `ask` shows one step and gives its answer.
    """
    shown: list[int] = []
    index = 0
    while index < len(steps):
        if not steps[index].wanted(visit):
            index += 1
            continue
        match await ask(steps[index]):
            case Nav.NEXT:
                shown.append(index)
                index += 1
            case Nav.BACK:
                # A step that the changed answers no longer ask for is passed over on the way back too.
                while shown and not steps[shown[-1]].wanted(visit):
                    shown.pop()
                if not shown:
                    return Nav.BACK
                index = shown.pop()
            case Nav.LEAVE:
                return Nav.LEAVE
    return Nav.NEXT
