"""Reminding: whether the person wants to be told before the certificate ends, in the words that are kept."""

from collections.abc import Iterable

from textual.widget import Widget
from textual.widgets import Static

from kiosk.i18n import language_of, text
from kiosk.reminders.consent import consent_text
from screens.flow import Nav
from screens.step import Step
from screens.widgets.choice import Choice
from screens.widgets.frame import KeyHint


class Reminding(Step):
    """Two answers; nobody has agreed who only goes on."""

    word = "remind"

    def middle(self) -> Iterable[Widget]:
        """Ask, and say what is agreed to."""
        yield Choice(1, "yes", text("remind.yes"), side=self.visit.phone)
        yield Choice(2, "no", text("remind.no"))
        yield Static(consent_text(self.visit.services, language_of()), classes="quiet", markup=False)

    def hints(self) -> Iterable[KeyHint]:
        """Say that Enter chooses here."""
        for hint in super().hints():
            yield KeyHint(hint.key, hint.cap, text("key.choose")) if hint.key == "enter" else hint

    def chosen(self, value: str) -> None:
        """Remember the answer; what is kept is kept when there is a certificate."""
        self.visit.reminders = value == "yes"
        self.dismiss(Nav.NEXT)
