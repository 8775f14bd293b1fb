"""Draw a slip as the picture that is printed: black on white, as wide as the paper, as long as it takes."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

from kiosk.errors import KioskError
from kiosk.i18n import visible
from kiosk.receipt import Paper, Part

if TYPE_CHECKING:
    from kiosk.printing.settings import PrinterSettings

WIDTH = 576
"""The paper that sizes are given for; narrower paper gets smaller letters, but not in proportion."""
LONGEST = 6000
"""Rows of dots: three quarters of a metre. No slip is nearly as long."""
QUIET = 4
"""Modules of white around a QR code (ISO/IEC 18004)."""


class _Fonts:
    """The two fonts at the sizes of one width."""

    def __init__(self, font: Path, bold: Path, width: int) -> None:
        self._paths = (font, bold)
        self._scale = (1 + width / WIDTH) / 2

    def __call__(self, size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
        """Give a font so many dots high on the usual paper. Raises `printer.font`."""
        path = self._paths[bold]
        try:
            return ImageFont.truetype(path, round(size * self._scale))
        except (OSError, ValueError):
            raise KioskError("printer.font", path=str(path)) from None


def draw(slip: Paper, settings: "PrinterSettings") -> Image.Image:
    """Draw `slip` in the person's language: mode "1", `settings.width` wide. Raises `printer.font`."""
    return _Sheet(slip, settings).drawn()


def load_fonts(settings: "PrinterSettings") -> None:
    """Make sure that the fonts are there. Raises `printer.font`."""
    fonts = _Fonts(settings.font, settings.bold, settings.width)
    fonts(26)
    fonts(26, bold=True)


class _Sheet:
    """One slip in the making. Things are put one below the other."""

    def __init__(self, slip: Paper, settings: "PrinterSettings") -> None:
        self._slip = slip
        self._width = settings.width
        self._fonts = _Fonts(settings.font, settings.bold, settings.width)
        self._image = Image.new("L", (self._width, LONGEST), 255)
        self._pen = ImageDraw.Draw(self._image)
        self._y = self._margin = round(self._width / 48)

    def drawn(self) -> Image.Image:
        """Put everything on it, and cut it off below."""
        self._centred(self._slip.center, self._fonts(26))
        put = {
            "title": self._title, "warning": self._warning, "big": self._big, "row": self._row,
            "note": self._note, "code": self._code, "small": self._small,
        }  # fmt: skip
        before = ""
        for part in self._slip.parts():
            if part.form == "small" != before:
                self._rule()
            put[part.form](part)
            before = part.form
        cut = self._image.crop((0, 0, self._width, min(self._y + self._margin, LONGEST)))
        return cut.point(lambda value: 255 if value > 140 else 0, mode="1")

    @cached_property
    def _words_width(self) -> int:
        """How much room the words at the left need, so that what they say stands aligned."""
        font = self._fonts(25)
        widths = [font.getlength(part.word) for part in self._slip.parts() if part.form == "row"]
        return min(round(max(widths, default=0)) + self._margin * 2, self._width // 2)

    def _title(self, part: Part) -> None:
        self._centred(part.value, self._fonts(42, bold=True))
        self._y += self._margin

    def _warning(self, part: Part) -> None:
        """White on black: seen before anything is read."""
        font = self._fonts(26, bold=True)
        lines = list(_broken(part.value, font, self._width - 4 * self._margin))
        high = _height(font)
        bottom = self._y + high * len(lines) + 2 * self._margin
        self._pen.rectangle((0, self._y, self._width - 1, bottom), fill=0)
        self._y += self._margin
        for line in lines:
            self._pen.text((self._width / 2, self._y), line, font=font, fill=255, anchor="ma")
            self._y += high
        self._y = bottom + self._margin

    def _big(self, part: Part) -> None:
        """The one thing to be read from across a room: as large as the paper is wide."""
        self._rule(thick=True)
        room = self._width - 2 * self._margin
        sizes = (self._fonts(size, bold=True) for size in range(110, 38, -2))
        fitting = (font for font in sizes if font.getlength(visible(part.value)) <= room)
        self._centred(part.value, next(fitting, self._fonts(38, bold=True)))
        self._centred(part.word, self._fonts(32, bold=True))
        self._rule(thick=True)

    def _row(self, part: Part) -> None:
        quiet, font = self._fonts(25), self._fonts(27, bold=True)
        left = self._words_width
        self._pen.text((0, self._y + 2), part.word, font=quiet, fill=0)
        for line in _broken(part.value, font, self._width - left):
            self._pen.text((left, self._y), line, font=font, fill=0)
            self._y += _height(font)
        self._y += self._margin // 2

    def _note(self, part: Part) -> None:
        font, inside = self._fonts(26, bold=True), 2 * self._margin
        top = self._y = self._y + self._margin
        self._y += self._margin
        for line in _broken(part.value, font, self._width - 2 * inside):
            self._pen.text((inside, self._y), line, font=font, fill=0)
            self._y += _height(font)
        self._y += self._margin
        self._pen.rectangle((0, top, self._width - 1, self._y), outline=0, width=3)
        self._y += self._margin * 2

    def _code(self, part: Part) -> None:
        """A QR code, with modules as large as half the paper allows, and what it is for."""
        import segno

        code = segno.make(part.value, error="m", micro=False)
        rows = [[bool(dark) for dark in row] for row in code.matrix]
        module = max(2, self._width * 11 // 20 // (len(rows) + 2 * QUIET))
        left = (self._width - module * len(rows)) // 2
        self._y += self._margin
        for y, row in enumerate(rows):
            for x, dark in enumerate(row):
                if dark:
                    at = (left + x * module, self._y + y * module)
                    self._pen.rectangle((*at, at[0] + module - 1, at[1] + module - 1), fill=0)
        self._y += module * len(rows) + self._margin
        self._centred(part.word, self._fonts(24))
        self._y += self._margin

    def _small(self, part: Part) -> None:
        font = self._fonts(19)
        for line in _broken(f"{part.word}  {part.value}", font, self._width):
            self._pen.text((0, self._y), line, font=font, fill=0)
            self._y += _height(font)

    def _centred(self, words: str, font: ImageFont.FreeTypeFont) -> None:
        for line in _broken(words, font, self._width):
            self._pen.text((self._width / 2, self._y), line, font=font, fill=0, anchor="ma")
            self._y += _height(font)

    def _rule(self, *, thick: bool = False) -> None:
        self._y += self._margin
        self._pen.rectangle((0, self._y, self._width - 1, self._y + (5 if thick else 1)), fill=0)
        self._y += self._margin + 6


def _height(font: ImageFont.FreeTypeFont) -> int:
    ascent, descent = font.getmetrics()
    return ascent + descent + 4


def _broken(words: str, font: ImageFont.FreeTypeFont, width: int) -> Iterator[str]:
    """Break a text into lines: at blanks where there are some, else wherever the line is full.

    What would act on a terminal or turn the line around is made visible first.
    """
    line = ""
    for char in visible(words):
        if line and font.getlength(line + char) > width:
            head, blank, tail = line.rpartition(" ")
            if blank and char != " ":
                yield head
                line = tail
            else:
                yield line
                line = ""
                if char == " ":
                    continue
        line += char
    yield line
