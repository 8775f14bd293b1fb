"""The menu: what this kiosk does today, and nothing that is only planned."""

from collections.abc import Iterable

from textual.widget import Widget

from kiosk.i18n import text
from screens.flow import Nav
from screens.step import Step
from screens.widgets.choice import Choice
from screens.widgets.frame import KeyHint

ENTRIES = (
    "issue", "renew", "look", "password", "copy", "export", "import", "reissue", "resume", "lost",
)  # fmt: skip
"""The flows in the order in which people want them; those are offered that there are. Ten have a number key (0)."""


class Menu(Step):
    """Choose what to do."""

    word = "menu"
    dense = True

    def middle(self) -> Iterable[Widget]:
        """List the flows."""
        from screens.walkup.flows import FLOWS

        offered = [flow for flow in ENTRIES if flow in FLOWS]
        for number, flow in enumerate(offered, 1):
            yield Choice(number % 10, flow, text(f"flow.{flow}"), more=text(f"flow.{flow}.more"))

    def hints(self) -> Iterable[KeyHint]:
        """Say that Enter chooses here."""
        for hint in super().hints():
            yield KeyHint(hint.key, hint.cap, text("key.choose")) if hint.key == "enter" else hint

    def chosen(self, value: str) -> None:
        """Begin the flow, with nothing chosen for it yet."""
        self.visit.flow, self.visit.chosen = value, None
        self.dismiss(Nav.NEXT)
