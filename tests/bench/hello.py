"""The least Textual app there is, and what the first screen is measured against: one line of text."""

from textual.app import App, ComposeResult
from textual.widgets import Static

HELLO = "Hello, World!"


class Hello(App[None]):
    """Greets."""

    def compose(self) -> ComposeResult:
        """Greet."""
        yield Static(HELLO)


if __name__ == "__main__":
    Hello().run()
