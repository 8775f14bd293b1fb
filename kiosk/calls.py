"""Calls for staff, on record: somebody at the kiosk pressed the key, and on which screen.

A line of the audit log is all there is until staff have a console of their own; it names no person.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from kiosk.media.intruders import Attached
    from kiosk.services import Services

INTRUDER = "kiosk.intruder"
Reason = Literal["staff.called", "lost.reported"]


async def call_staff(services: "Services", step: str, reason: Reason = "staff.called") -> None:
    """Record that help is wanted at the step whose word is `step`. Raises `registry.*`, `authority.*`."""

    def work() -> None:
        with services.step():
            services.audit.append(reason, step=step)

    await services.in_registry(work)


async def record_intruders(services: "Services", intruders: Iterable["Attached"]) -> None:
    """Record what was plugged in that took the kiosk out of service. Raises as `call_staff` does."""

    def work() -> None:
        with services.step():
            for each in intruders:
                services.audit.append(INTRUDER, device=each.product, kind=each.kind)

    await services.in_registry(work)
