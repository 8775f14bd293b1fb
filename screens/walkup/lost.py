"""Lost or stolen: what to do at once. Until it can be stopped here, staff do it, and know that it is needed."""

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from kiosk.i18n import text
from screens.walkup.staff import Staff
from screens.widgets.frame import KeyHint


class Lost(Staff):
    """Opened over a step with F10; leads to staff."""

    word = "lost"
    reason = "lost.reported"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f9", "app.staff", show=False),
        Binding("f10", "nothing", show=False),
    ]

    def middle(self) -> Iterable[Widget]:
        """Say what matters, in the order in which it matters."""
        yield Static("", id="noted", classes="panel lost", markup=False)
        yield Static(text("lost.staff"), classes="gap", markup=False)
        yield Static(text("lost.bring"), markup=False)
        yield Static(text("lost.why"), classes="quiet gap", markup=False)

    def hints(self) -> Iterable[KeyHint]:
        """Offer what it tells the person to do."""
        yield from super().hints()
        yield KeyHint("f9", "F9", text("key.staff"))
