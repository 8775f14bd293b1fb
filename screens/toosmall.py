"""What is said when the terminal is too small for anything else."""

from collections.abc import Iterable

from textual.screen import Screen
from textual.widgets import Static

from kiosk.i18n import text

FLOOR = (36, 9)
"""Columns and lines below which no screen can be shown whole."""


class TooSmall(Screen[None]):
    """A plain sentence in the place of everything. What it hides stays as it is."""

    def compose(self) -> Iterable[Static]:
        """Say it."""
        yield Static(text("too_small"), markup=False)
