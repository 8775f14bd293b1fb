"""Small parts of a screen's middle: a labelled row, a form's row, a row of marks, a date in big type."""

from collections.abc import Sequence
from datetime import date

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Static

from kiosk.i18n import visible
from screens.widgets.field import Field


class Row(Horizontal):
    """A word and what it says, aligned with the rows above and below."""

    def __init__(self, word: str, value: str, id: str | None = None) -> None:  # noqa: A002 - as Textual has it
        """`value` is data: it is shown as it is, with what would act on a terminal made visible."""
        super().__init__(id=id)
        self._word = word
        self._value = visible(value)

    def compose(self) -> ComposeResult:
        """Put both on one line."""
        yield Static(self._word, classes="word", markup=False)
        yield Static(self._value, classes="value", markup=False)

    def update(self, value: str) -> None:
        """Say something else; it may not stand on the screen yet."""
        self._value = visible(value)
        for line in self.query(".value").results(Static):
            line.update(self._value)


class FormRow(Widget):
    """A field with its label: beside it, or above it on the doubled screen."""

    def __init__(self, label: str, field: Field) -> None:
        """Show `field` with `label`."""
        super().__init__()
        self._label = label
        self._field = field

    def compose(self) -> ComposeResult:
        """Put label and field together."""
        yield Static(self._label, classes="label", markup=False)
        yield self._field


class Marks(Widget):
    """Several short facts in one line, or one below the other on the doubled screen."""

    def __init__(self, facts: Sequence[str]) -> None:
        """Show all of them as true."""
        super().__init__()
        self._facts = facts

    def compose(self) -> ComposeResult:
        """Mark each."""
        for fact in self._facts:
            yield Static(f"[v] {fact}", markup=False)


_ROWS = {
    "0": ("███", "█ █", "█ █", "█ █", "███"), "1": (" █ ", "██ ", " █ ", " █ ", "███"),
    "2": ("███", "  █", "███", "█  ", "███"), "3": ("███", "  █", "███", "  █", "███"),
    "4": ("█ █", "█ █", "███", "  █", "  █"), "5": ("███", "█  ", "███", "  █", "███"),
    "6": ("███", "█  ", "███", "█ █", "███"), "7": ("███", "  █", "  █", "  █", "  █"),
    "8": ("███", "█ █", "███", "█ █", "███"), "9": ("███", "█ █", "███", "  █", "███"),
    ".": (" ", " ", " ", " ", "█"),
}  # fmt: skip


class BigDate(Static):
    """A day in digits five lines high."""

    def __init__(self, day: date) -> None:
        """Show `day` as 2027.11.22."""
        digits = [_ROWS[char] for char in f"{day:%Y.%m.%d}"]
        super().__init__("\n".join("  ".join(row) for row in zip(*digits, strict=True)), markup=False)
