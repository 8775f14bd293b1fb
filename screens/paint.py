"""Sends a terminal only what differs from what stands on it: somebody far away has a thin line.

Textual sends a whole screen whenever its layout changes, and one step changes it several times.
"""

from collections.abc import Callable, Sequence
from itertools import groupby

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import Console
from rich.control import Control
from textual._compositor import CompositorUpdate
from textual.strip import Strip

Cell = tuple[str, str]
"""A character and how it looks; the right half of a wide one has no character."""


class Painted:
    """What stands on a terminal, line by line."""

    def __init__(self) -> None:
        """Begin with knowing nothing."""
        self._lines: dict[int, tuple[Strip, list[Cell]]] = {}
        self._size = (0, 0)

    def forget(self) -> None:
        """Take it that anything may stand there."""
        self._lines.clear()

    def change(self, strips: Sequence[Strip], console: Console) -> str:
        """Give what makes the screen show `strips`, and remember that it does."""
        size = (len(strips), max((strip.cell_length for strip in strips), default=0))
        if size != self._size:
            self._size = size
            self.forget()
        return "".join(self._change_line(y, strip, console) for y, strip in enumerate(strips))

    def _change_line(self, y: int, strip: Strip, console: Console) -> str:
        before, old = self._lines.get(y, (None, []))
        if strip == before:
            return ""
        new = _cells(strip, console)
        self._lines[y] = strip, new
        start, end = 0, len(new)
        if len(old) == len(new):
            # Wide characters stay whole: where one side has one and the other has not, both of its cells differ.
            while start < end and new[start] == old[start]:
                start += 1
            while start < end and new[end - 1] == old[end - 1]:
                end -= 1
        if start == end:
            return ""
        return Control.move_to(start, y).segment.text + "".join(
            f"\x1b[{look}m{text}\x1b[0m" if look else text
            for look, cells in groupby(new[start:end], lambda cell: cell[1])
            if (text := "".join(character for character, _ in cells))
        )


class Change(CompositorUpdate):
    """Turns what stands on the terminal into what `strips` gives, when Textual writes it."""

    def __init__(self, painted: Painted, strips: Callable[[], Sequence[Strip]]) -> None:
        """Remember both until then: often Textual does not write at all."""
        self._painted = painted
        self._strips = strips

    def render_segments(self, console: Console) -> str:
        """Give what is sent."""
        return self._painted.change(self._strips(), console)


def _cells(strip: Strip, console: Console) -> list[Cell]:
    system = console._color_system or ColorSystem.TRUECOLOR
    cells: list[Cell] = []
    for text, style, _ in strip:
        look = Strip.render_ansi(style, system) if style else ""
        for character in text:
            width = cell_len(character)
            if width == 0 and cells:
                # It belongs to the character before.
                cells[-1] = cells[-1][0] + character, cells[-1][1]
            else:
                cells.append((character, look))
                cells.extend([("", look)] * (width - 1))
    return cells
