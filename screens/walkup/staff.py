"""Staff: they are called, it is noted, and the person can go on meanwhile."""

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from kiosk.calls import Reason, call_staff
from kiosk.errors import KioskError
from kiosk.i18n import text
from screens.flow import Nav
from screens.step import Step
from screens.visit import Visit
from screens.widgets.frame import KeyHint


class Staff(Step):
    """Opened over a step with F9; Esc or Enter goes back to just where one was."""

    word = "staff"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f9", "nothing", show=False)]
    reason: ClassVar[Reason] = "staff.called"

    def __init__(self, visit: Visit, step: str) -> None:
        """`step` is the word of the step that help is wanted for."""
        super().__init__(visit)
        self._step = step

    def middle(self) -> Iterable[Widget]:
        """Say whether it was noted, and what to do meanwhile."""
        yield Static("", id="noted", classes="panel", markup=False)
        yield Static(text("staff.meanwhile"), classes="gap", markup=False)
        yield Static(text("staff.careful"), classes="quiet gap", markup=False)

    def hints(self) -> Iterable[KeyHint]:
        """Both keys lead back."""
        yield KeyHint("enter", "Enter", text("key.back_there"))
        yield KeyHint("escape", "Esc", text("key.back"))

    def on_mount(self) -> None:
        """Record the call, once for each step of a visit: a key that is held down is one call."""
        super().on_mount()
        self.call_next(self._guarded, self._call)

    async def _call(self) -> None:
        called = (self.reason, self._step)
        if called not in self.visit.called:
            try:
                await call_staff(self.visit.services, self._step, self.reason)
            except KioskError:
                self.query_one("#noted", Static).update(text("staff.go"))
                raise
            self.visit.called.add(called)
        self.query_one("#noted", Static).update(text(f"{self.word}.noted"))

    async def answer(self) -> None:
        """Go back."""
        self.dismiss(Nav.BACK)

    def action_nothing(self) -> None:
        """Stay: they have been called."""
