"""The menu: what this kiosk does today, and nothing that is only planned."""

from collections.abc import Iterable

from textual.widget import Widget

from kiosk.i18n import text
from screens.flow import Nav
from screens.step import Step
from screens.widgets.choice import Choice


class Menu(Step):
    """Choose what to do."""

    word = "menu"

    def middle(self) -> Iterable[Widget]:
        """List the flows."""
        yield Choice(1, "issue", text("flow.issue"), more=text("flow.issue.more"))

    def chosen(self, value: str) -> None:
        """Begin the flow."""
        self.visit.flow = value
        self.dismiss(Nav.NEXT)
