"""The idle screen: what can be done here now, and the first key."""

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from kiosk.i18n import choose_language, language_of, text
from screens.flow import Nav
from screens.step import Step
from screens.widgets.frame import KeyHint


class Idle(Step):
    """Waits for somebody."""

    word = "idle"
    stays = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "language", show=False),
        Binding("f4", "easy", show=False),
    ]

    def middle(self) -> Iterable[Widget]:
        """Say what is possible, and where to go with a lost or stolen certificate."""
        yield Static(text("idle.welcome"), classes="quiet", markup=False)
        yield Static(text("idle.today"), classes="strong gap", markup=False)
        yield Static(text("idle.can"), markup=False)
        yield Static(text("idle.put_in"), markup=False)
        yield Static(text("notice.own"), classes="quiet", markup=False)
        yield Static(text("idle.lost"), classes="panel lost gap", markup=False)
        yield Static(text("idle.ease"), classes="quiet gap", markup=False)

    def hints(self) -> Iterable[KeyHint]:
        """Offer the other language first, and the look and the pace last."""
        yield KeyHint("enter", "Enter", text("key.start"))
        yield KeyHint("f2", "F2", text("key.other_language"))
        yield KeyHint("f1", "F1", text("key.help"))
        yield KeyHint("f9", "F9", text("key.staff"))
        yield KeyHint("f10", "F10", text("key.lost"))
        yield KeyHint("f3", "F3", text("key.contrast"))
        yield KeyHint("f4", "F4", text("key.easy"))

    def action_language(self) -> None:
        """Show everything in the other language."""
        choose_language("en" if language_of() == "ko" else "ko")
        self.call_next(self.show_anew)

    def action_easy(self) -> None:
        """Double every time limit of this visit."""
        self.visit.easy = not self.visit.easy
        self.notice(text("idle.easy_on" if self.visit.easy else "idle.easy_off"))

    def action_go_on(self) -> None:
        """Begin with the menu."""
        self.visit.flow = ""
        self.dismiss(Nav.NEXT)

    def on_plugged(self) -> None:
        """Show what is on a stick that somebody puts in: no key is needed for that."""
        if self.app.screen is self and self.visit.sticks.arrived:
            self.visit.flow, self.visit.put_in = "look", True
            self.dismiss(Nav.NEXT)

    def on_screen_resume(self) -> None:
        """Look again when what lay over this screen was closed."""
        self.on_plugged()

    def action_back(self) -> None:
        """Stay: there is nothing before this."""
