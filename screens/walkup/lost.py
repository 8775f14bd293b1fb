"""Lost or stolen: it can be stopped here and now by whoever has their phone, else by staff, who know of it."""

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from kiosk.i18n import text
from screens.flow import Nav
from screens.walkup.staff import Staff
from screens.widgets.choice import Choice
from screens.widgets.frame import KeyHint

FLOW = "lost"


class Lost(Staff):
    """Opened over a step with F10; leads to the flow that stops a certificate, or to staff."""

    word = "lost"
    reason = "lost.reported"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f9", "app.staff", show=False),
        Binding("f10", "nothing", show=False),
    ]

    @property
    def _can_stop(self) -> bool:
        """Whether the person can be identified here, and is not at it already."""
        return self.visit.services.carrier is not None and self.visit.flow != FLOW

    def middle(self) -> Iterable[Widget]:
        """Say what matters, in the order in which it matters."""
        yield Static("", id="noted", classes="panel lost apart", markup=False)
        if self._can_stop:
            yield Choice(1, FLOW, text("lost.stop"), more=text("lost.stop.more"))
        yield Static(text("lost.staff"), markup=False)
        yield Static(text("lost.bring"), markup=False)
        yield Static(text("lost.why"), classes="quiet gap", markup=False)

    def hints(self) -> Iterable[KeyHint]:
        """Offer what it tells the person to do."""
        for hint in super().hints():
            stops = hint.key == "enter" and self._can_stop
            yield KeyHint(hint.key, hint.cap, text("key.stop")) if stops else hint
        yield KeyHint("f9", "F9", text("key.staff"))

    def chosen(self, value: str) -> None:  # noqa: ARG002 - there is one
        """Leave what is under way, and begin."""
        self.dismiss(Nav.NEXT)
