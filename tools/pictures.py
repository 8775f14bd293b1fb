"""Draw the pictures of the README: screens of the real walk-up app, in practice, as SVG.

    python tools/pictures.py [DIRECTORY]

Nobody's terminal is in them: the app runs without one, its clock stands, and what Textual exports is drawn anew
cell by cell. Textual's own drawing fetches a font from elsewhere and makes Hangul one cell wide.
"""

import asyncio
import html
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk import i18n, setup
from kiosk.clock import KST, Clock
from kiosk.media.given import OnlyGiven
from kiosk.services import Services
from screens import terminal

if TYPE_CHECKING:
    from textual.app import App
    from textual.pilot import Pilot

    from screens.visit import Visit

PICTURES = Path(__file__).parent.parent / "pictures"
DAY = datetime(2026, 11, 22, 9, 0, tzinfo=KST)
BASE, ZOOM = (72, 18), (36, 9)
TYPED = {"name": "ghdrlfehd", "number": "9001011234568", "phone": "01023456789"}
"""On a Korean keyboard the first makes a name, and the numbers are made up."""
TYPED_TWICE = "Sun7!flower-hill"
DEADLINE = 60

WIDE, HIGH = 10, 22
"""A cell, in pixels. Letters are 20 high, so that Hangul fills two cells."""
FONTS = "'Nanum Gothic Coding', NanumGothicCoding, D2Coding, 'Noto Sans Mono CJK KR', monospace"

RECT = re.compile(r'<rect fill="(#\w+)" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"[^>]* shape-rendering')
TEXT = re.compile(r'<text class="[\w-]+-(r\d+)" x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]*)</text>')
STYLE = re.compile(r"-(r\d+) \{ fill: (#\w+)(;font-weight: bold)?")
SIZE = re.compile(r"font-size: ([\d.]+)px;\s+line-height: ([\d.]+)px")
WORD = re.compile(r"[\u3131-\u318e\uac00-\ud7a3]+|[^\s\u3131-\u318e\uac00-\ud7a3]+")
ASPECT = 0.61
"""Width to height of a letter in what Textual exports."""

# Lines and blocks are drawn, not written: fonts leave gaps between them. Left, top, right, bottom in a cell.
THIN, MIDDLE = 1 / WIDE, 1 / HIGH
_UP, _DOWN = (0.5 - THIN, 0, 0.5 + THIN, 0.5 + MIDDLE), (0.5 - THIN, 0.5 - MIDDLE, 0.5 + THIN, 1)
_LEFT, _RIGHT = (0, 0.5 - MIDDLE, 0.5 + THIN, 0.5 + MIDDLE), (0.5 - THIN, 0.5 - MIDDLE, 1, 0.5 + MIDDLE)
SHAPES: dict[str, list[tuple[float, float, float, float]]] = {
    "─": [_LEFT, _RIGHT], "│": [_UP, _DOWN], "┌": [_DOWN, _RIGHT], "┐": [_DOWN, _LEFT], "└": [_UP, _RIGHT],
    "┘": [_UP, _LEFT], "═": [(0, 0.5 - 3 * MIDDLE, 1, 0.5 - MIDDLE), (0, 0.5 + MIDDLE, 1, 0.5 + 3 * MIDDLE)],
    "█": [(0, 0, 1, 1)], "▀": [(0, 0, 1, 0.5)], "▄": [(0, 0.5, 1, 1)], "▌": [(0, 0, 0.5, 1)],
    "▐": [(0.5, 0, 1, 1)],
}  # fmt: skip


def redrawn(exported: str, size: tuple[int, int]) -> str:
    """Draw again what Textual exported: the cells alone, with letters of whatever font is there."""
    columns, lines = size[0] * WIDE, size[1] * HIGH
    sized = SIZE.search(exported)
    if sized is None:
        raise ValueError("Textual exports something else now")
    high, line = float(sized[1]), float(sized[2])
    wide = high * ASPECT
    styles = {name: (colour, bool(bold)) for name, colour, bold in STYLE.findall(exported)}
    drawn = [
        _rect(colour, float(x) / wide, int(float(y) / line), float(width) / wide, 1)
        for colour, x, y, width in RECT.findall(exported)
    ]
    for name, x, y, text in TEXT.findall(exported):
        colour, bold = styles[name]
        drawn.extend(
            _letters(html.unescape(text), round(float(x) / wide), int(float(y) / line), colour, bold=bold)
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {columns} {lines}" width="{columns}"'
        f' height="{lines}">\n<g font-family="{FONTS}" font-size="20" shape-rendering="crispEdges">\n'
        + "\n".join(drawn)
        + "\n</g>\n</svg>\n"
    )


def _rect(colour: str, x: float, y: float, width: float, height: float) -> str:
    return (
        f'<rect fill="{colour}" x="{x * WIDE:.4g}" y="{y * HIGH:.4g}" width="{width * WIDE:.4g}"'
        f' height="{height * HIGH:.4g}"/>'
    )


def _letters(text: str, x: int, y: int, colour: str, *, bold: bool) -> Iterator[str]:
    """Write each word where its first cell is: a letter that is too wide or narrow moves nothing else."""
    from rich.cells import cell_len

    text = text.replace("\xa0", " ")
    blank = "".join(" " if char in SHAPES else char for char in text)
    for at, char in enumerate(text):
        for left, top, right, bottom in SHAPES.get(char, ()):
            yield _rect(colour, x + cell_len(text[:at]) + left, y + top, right - left, bottom - top)
    for word in WORD.finditer(blank):
        place, room = x + cell_len(text[: word.start()]), cell_len(word[0])
        weight = ' font-weight="bold"' if bold else ""
        yield (
            f'<text fill="{colour}"{weight} x="{place * WIDE}" y="{y * HIGH + 18}" textLength="{room * WIDE}"'
            f' lengthAdjust="spacingAndGlyphs">{html.escape(word[0])}</text>'
        )


class Artist:
    """Goes through a visit, and draws where it is told to."""

    def __init__(self, app: "App[int]", pilot: "Pilot[int]") -> None:
        """Hold the running app and its keys."""
        self.app = app
        self.pilot = pilot

    async def at(self, word: str) -> None:
        """Wait for the step `word`."""
        await self.until(lambda: getattr(self.app.screen, "word", "") == word)
        await self.picture()

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until `condition` holds."""
        async with asyncio.timeout(DEADLINE):
            while not condition():
                await self.pilot.pause(0.01)

    async def picture(self) -> str:
        """Draw the screen once it has come to rest: when it looks the same three times."""
        looks: list[str] = []
        async with asyncio.timeout(DEADLINE):
            while looks[-3:].count(looks[-1] if looks else "") < 3:
                await self.pilot.pause(0.05)
                looks.append(self.app.export_screenshot(title="kiosk"))
        return redrawn(looks[-1], (self.app.size.width, self.app.size.height))

    async def type(self, text: str) -> None:
        """Type text, then Enter."""
        await self.pilot.press(*text, "enter")


async def visit(artist: Artist, of: "Visit") -> dict[str, str]:
    """Go from the idle screen to the proof. Gives the pictures by their names."""
    drawn = {}
    press, carrier = artist.pilot.press, of.services.carrier
    for word, key in (("idle", "enter"), ("menu", "1"), ("prepare", "enter")):
        await artist.at(word)
        await press(key)
    await artist.at("kind")
    drawn["kind"] = await artist.picture()
    await press("1")
    await artist.at("details")
    for typed in TYPED.values():
        await artist.type(typed)
    await artist.at("identity")
    await artist.until(lambda: str(artist.app.screen.query_one("#sent").render()))
    if carrier is None:
        raise RuntimeError("this is no practice state")
    await artist.type(carrier.read(of.phone).text())
    await artist.at("medium")
    await press("1")
    await artist.at("password")
    await press(*TYPED_TWICE[:4])
    await artist.pilot.resize_terminal(*ZOOM)
    drawn["password"] = await artist.picture()
    await artist.pilot.resize_terminal(*BASE)
    await artist.type(TYPED_TWICE[4:])
    await artist.type(TYPED_TWICE)
    await artist.at("remind")
    await press("2")
    await artist.at("confirm")
    async with asyncio.timeout(DEADLINE):
        while getattr(artist.app.screen, "word", "") == "confirm":
            await press("enter")
    await artist.at("proof")
    drawn["proof"] = await artist.picture()
    return drawn


async def pictures() -> dict[str, str]:
    """Draw all pictures, in a state and on a medium that are gone afterwards."""
    from screens.app import WalkupApp
    from screens.visit import Visit

    i18n.choose_language("ko")
    with tempfile.TemporaryDirectory() as place:
        state, stick = Path(place) / "state", Path(place) / "SANDISK"
        setup.initialise(state, practice=True, center="Certkiosk", clock=Clock(DAY), passphrase=None)
        stick.mkdir()
        async with await Services.open(state, clock=Clock(DAY)) as services:
            of = Visit(services, OnlyGiven((stick,)))
            app = WalkupApp(of)
            async with app.run_test(size=BASE) as pilot:
                return await visit(Artist(app, pilot), of)


def main(to: Path = PICTURES) -> None:
    """Write the pictures into `to`."""
    terminal.prepare()
    to.mkdir(parents=True, exist_ok=True)
    for name, picture in asyncio.run(pictures()).items():
        (to / f"{name}.svg").write_text(picture, "utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
