"""Why: whether the old certificate may be in other hands, in words that people have for it."""

from collections.abc import Iterable

from textual.widget import Widget

from kiosk.i18n import text
from screens.flow import Nav
from screens.step import Step
from screens.succession import succession
from screens.widgets.choice import Choice
from screens.widgets.frame import KeyHint

REASONS = ("forgotten", "broken", "lost")


class Why(Step):
    """Three answers, of which the last has the old certificate revoked before anything else."""

    word = "why"

    def middle(self) -> Iterable[Widget]:
        """Offer them, with what follows."""
        for number, reason in enumerate(REASONS, 1):
            yield Choice(number, reason, text(f"why.{reason}"), more=text(f"why.{reason}.more"))

    def hints(self) -> Iterable[KeyHint]:
        """Say that Enter chooses here."""
        for hint in super().hints():
            yield KeyHint(hint.key, hint.cap, text("key.choose")) if hint.key == "enter" else hint

    def chosen(self, value: str) -> None:
        """Remember whether it was lost."""
        succession(self.visit).lost = value == "lost"
        self.dismiss(Nav.NEXT)
