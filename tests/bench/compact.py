"""What the bytes of a kiosk are measured against: the compact hello-world.

It shows the same text as the kiosk's steps and nothing else: no header, no footer, no border and no colour but the
theme's, its only widgets a text and, where something is typed, an input in Textual's own compact look, whose cursor
does not blink. Enter pushes the next screen. What it sends is what Textual itself sends for so much text.

`python -m tests.bench.compact FILE`: the file is a JSON list of screens, each {"text": ..., "typed": true or false}.
"""

import json
import sys
from pathlib import Path
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Input, Static


class Page(Screen[None]):
    """One text, and an input where something is typed."""

    def __init__(self, text: str, *, typed: bool) -> None:
        """Show `text`."""
        super().__init__()
        self._text = text
        self._typed = typed

    def compose(self) -> ComposeResult:
        """Put the input above the text: it is in sight however long that is."""
        if self._typed:
            # A blinking cursor sends bytes for as long as it stands there.
            field = Input(compact=True)
            field.cursor_blink = False
            yield field
        yield Static(self._text, markup=False)


class Compact(App[None]):
    """Shows the screens one after the other."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "go_on", priority=True)]

    def __init__(self, screens: list[Page]) -> None:
        """Begin with the first of `screens`."""
        super().__init__()
        self._rest = iter(screens)

    def on_mount(self) -> None:
        """Show the first."""
        self.action_go_on()

    def action_go_on(self) -> None:
        """Show the next, and end after the last."""
        page = next(self._rest, None)
        if page is None:
            self.exit()
        else:
            self.push_screen(page)


if __name__ == "__main__":
    pages = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    Compact([Page(page["text"], typed=page["typed"]) for page in pages]).run()
