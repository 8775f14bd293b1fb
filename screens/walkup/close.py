"""Close: staff end the kiosk with the code that they set."""

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from kiosk.closing import require_code
from kiosk.i18n import text
from screens.settings import LEAVE_KIOSK
from screens.step import Step
from screens.widgets.field import Field
from screens.widgets.frame import KeyHint
from screens.widgets.parts import FormRow


class Close(Step):
    """Opened with F12 where this is no practice; Esc goes back to just where one was."""

    word = "close"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f10", "nothing", show=False)]

    def middle(self) -> Iterable[Widget]:
        """Ask for the code."""
        yield FormRow(text("close.code"), Field("code", "secret", limit=12))
        yield Static(text("close.staff"), classes="quiet gap", markup=False)

    def hints(self) -> Iterable[KeyHint]:
        """Close, or go back."""
        yield KeyHint("enter", "Enter", text("key.close"))
        yield KeyHint("escape", "Esc", text("key.back"))

    async def answer(self) -> None:
        """Close the kiosk when the code is right; a wrong one is on record."""
        field = self.query_one(Field)
        with field.secret() as code:
            field.wipe()
            await require_code(self.visit.services, code, self.word)
        self.app.exit(LEAVE_KIOSK)

    def action_nothing(self) -> None:
        """Stay: nothing is lost here."""
