"""One of several answers: numbered, and the number is a key."""

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static


class NoChoice(Widget):
    """What stands among answers and cannot be chosen now, and why."""

    def __init__(self, title: str, why: str) -> None:
        """Both are shown as they are."""
        super().__init__()
        self._title = title
        self._why = why

    def compose(self) -> ComposeResult:
        """Put the reason below the title."""
        yield Static(self._title, classes="title", markup=False)
        yield Static(self._why, classes="why", markup=False)


class Choice(Widget, can_focus=True):
    """An answer that can be chosen by its number, by Enter when it is marked, or by a touch."""

    class Chosen(Message):
        """This answer was chosen."""

        def __init__(self, choice: "Choice") -> None:
            """Say which."""
            super().__init__()
            self.choice = choice

    def __init__(self, number: int, value: str, title: str, *, side: str = "", more: str = "") -> None:
        """`value` is what the step gets; `side` stands at the right, `more` below. All are shown as they are."""
        super().__init__()
        self.number = number
        self.value = value
        self._title = title
        self._side = side
        self._more = more

    def compose(self) -> ComposeResult:
        """Number, title and what stands beside on one line, the rest below."""
        with Horizontal(classes="head"):
            yield Static(str(self.number), classes="number", markup=False)
            yield Static(self._title, classes="title", markup=False)
            if self._side:
                yield Static(self._side, classes="side", markup=False)
        if self._more:
            yield Static(self._more, classes="more", markup=False)

    def choose(self) -> None:
        """Choose this answer."""
        self.post_message(self.Chosen(self))

    def on_click(self, event: events.Click) -> None:
        """Choose by touch."""
        event.stop()
        self.focus()
        self.choose()
