"""Calls for staff, on record: somebody at the kiosk pressed the key, and on which screen.

A line of the audit log is all there is until staff have a console of their own; it names no person.
"""

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from kiosk.services import Services

Reason = Literal["staff.called", "lost.reported"]


async def call_staff(services: "Services", step: str, reason: Reason = "staff.called") -> None:
    """Record that help is wanted at the step whose word is `step`. Raises `registry.*`, `authority.*`."""

    def work() -> None:
        with services.step():
            services.audit.append(reason, step=step)

    await services.in_registry(work)
