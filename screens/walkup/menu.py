"""The menu: what this kiosk does today, and nothing that is only planned."""

from collections.abc import Iterable

from textual.widget import Widget

from kiosk.i18n import text
from screens.flow import Nav
from screens.step import Step
from screens.widgets.choice import Choice
from screens.widgets.frame import KeyHint


class Menu(Step):
    """Choose what to do."""

    word = "menu"

    def middle(self) -> Iterable[Widget]:
        """List the flows."""
        yield Choice(1, "issue", text("flow.issue"), more=text("flow.issue.more"))

    def hints(self) -> Iterable[KeyHint]:
        """Say that Enter chooses here."""
        for hint in super().hints():
            yield KeyHint(hint.key, hint.cap, text("key.choose")) if hint.key == "enter" else hint

    def chosen(self, value: str) -> None:
        """Begin the flow."""
        self.visit.flow = value
        self.dismiss(Nav.NEXT)
