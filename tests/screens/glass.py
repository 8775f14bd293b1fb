"""What a person sees: the screen as cells with their real colours, and as lines of text."""

from dataclasses import dataclass
from functools import cache

from rich.cells import cell_len
from rich.color import Color
from rich.segment import Segment
from textual.app import App
from textual.strip import Strip

from screens.theme import PAIRS, THEMES

RGB = tuple[int, int, int]


@dataclass(frozen=True)
class Run:
    """Characters in a row with the same look, beginning at column `x` of line `y`."""

    x: int
    y: int
    text: str
    ink: RGB
    ground: RGB
    bold: bool

    @property
    def width(self) -> int:
        return cell_len(self.text)


def runs(app: App[int]) -> list[Run]:
    """Give everything that is on the screen, from left to right and from top to bottom."""
    found = []
    for y, strip in enumerate(strips(app)):
        x = 0
        for segment in strip:
            if segment.control or not segment.text:
                continue
            ink, ground, bold = _look(segment)
            found.append(Run(x, y, segment.text, ink, ground, bold))
            x += segment.cell_length
    return found


def strips(app: App[int]) -> list[Strip]:
    """Give the lines of the screen as Textual paints them."""
    return app.screen._compositor.render_strips()


def page(app: App[int]) -> str:
    """Give all of the text in one string."""
    return "\n".join(strip.text for strip in strips(app))


@cache
def pairs(theme: str) -> frozenset[tuple[RGB, RGB]]:
    """Give the colours of text and ground that a theme puts together."""
    colours = {
        name.replace("-", "_"): Color.parse(value).get_truecolor()
        for name, value in next(each for each in THEMES if each.name == theme).variables.items()
    }
    return frozenset((tuple(colours[ink]), tuple(colours[ground])) for ink, ground in PAIRS)


def contrast(one: RGB, other: RGB) -> float:
    """Give the contrast of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio" and "relative luminance")."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: RGB) -> float:
    parts = [value / 255 for value in colour]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _look(segment: Segment) -> tuple[RGB, RGB, bool]:
    style = segment.style
    assert style is not None, segment
    ink, ground = _rgb(style.color), _rgb(style.bgcolor)
    assert not style.dim, segment
    return (ground, ink, bool(style.bold)) if style.reverse else (ink, ground, bool(style.bold))


def _rgb(colour: Color | None) -> RGB:
    if colour is None:
        return (0, 0, 0)
    triplet = colour.get_truecolor()
    return (triplet.red, triplet.green, triplet.blue)
