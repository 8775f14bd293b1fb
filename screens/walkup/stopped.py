"""Stopped: what was done, until when it can be undone, and what to do next."""

from collections.abc import Iterable

from textual.widget import Widget
from textual.widgets import Static

from kiosk.clock import unstamp
from kiosk.i18n import text
from kiosk.lifecycle.explain import countdown, date_facts
from kiosk.lifecycle.standing import of_record
from screens.flow import Nav
from screens.step import Step
from screens.widgets.frame import KeyHint


class Stopped(Step):
    """The last screen of the flow; Esc leads to the person's other certificates."""

    word = "stopped"

    def question(self) -> str:
        """Say that it is done."""
        return text(f"stopped.{self._status}")

    @property
    def _status(self) -> str:
        return self.visit.changed.status if self.visit.changed else "suspended"

    def middle(self) -> Iterable[Widget]:
        """Say what it means, and what comes next."""
        changed, services = self.visit.changed, self.visit.services
        if changed is None:
            return
        stands = of_record(changed, services.clock, services.policy)
        if stands.ends is not None:
            yield Static(countdown(stands, unstamp(changed.not_after)), classes="panel", markup=False)
        else:
            said = text(f"stopped.{self._status}.now", **date_facts(unstamp(changed.not_after)))
            yield Static(said, classes="panel", markup=False)
        yield Static(text(f"stopped.{self._status}.next"), classes="gap", markup=False)
        yield Static(text("stopped.on_record", serial=changed.serial), classes="quiet gap", markup=False)

    def hints(self) -> Iterable[KeyHint]:
        """End, or go to the next certificate."""
        for hint in super().hints():
            if hint.key == "enter":
                yield KeyHint(hint.key, hint.cap, text("key.end"))
            elif hint.key == "escape":
                yield KeyHint(hint.key, hint.cap, text("key.another"))
            elif hint.key != "f10":
                yield hint

    async def answer(self) -> None:
        """End the visit."""
        self.dismiss(Nav.LEAVE)
