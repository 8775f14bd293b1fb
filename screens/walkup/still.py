"""Still there? Shown after a silence, before the visit ends by itself."""

from collections.abc import Iterable

from textual import events
from textual.widget import Widget
from textual.widgets import Static

from kiosk.i18n import text
from screens.flow import Nav
from screens.step import Step
from screens.widgets.frame import KeyHint


class Still(Step):
    """Any key or a touch goes on, just where one was. The app counts, and takes the key."""

    word = "still"
    _seconds = 0

    def middle(self) -> Iterable[Widget]:
        """Say what happens, and how to keep it from happening."""
        yield Static(text("still.left", seconds=self._seconds), id="left", classes="panel", markup=False)
        yield Static(text("still.key"), classes="strong gap", markup=False)
        yield Static(text("still.why"), classes="quiet gap", markup=False)

    def hints(self) -> Iterable[KeyHint]:
        """Name one key; every other does the same."""
        yield KeyHint("enter", "Enter", text("key.still"))

    def show_left(self, seconds: int) -> None:
        """Say how many seconds are left."""
        self._seconds = seconds
        for line in self.query("#left").results(Static):
            line.update(text("still.left", seconds=seconds))

    def on_click(self, event: events.Click) -> None:
        """Take a touch for an answer."""
        event.stop()
        self.action_go_on()

    def action_go_on(self) -> None:
        """Go on."""
        self.dismiss(Nav.BACK)
