"""The slip as it comes out of a printer: all of it there, inside the paper, whatever stands on it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image, ImageFont

from kiosk.errors import KioskError
from kiosk.i18n import text, visible
from kiosk.printing import escpos
from kiosk.printing import picture as drawing
from kiosk.printing.picture import draw, load_fonts
from kiosk.printing.settings import PrinterSettings
from kiosk.receipt import Slip
from tests.printing.conftest import SLIP, UNFINISHED, WIDTHS, slip
from tests.printing.paper import printed
from tests.screens.stage import speaking

Settings = Callable[..., PrinterSettings]
HOSTILE = "\x1b@\x1dV\x00 \u202egnol\u2066 [@click=app.exit]X[/] \x10\x04\x01"
LONG = "가나다라마바사아자차카타파하가나다라마바사"
SLIPS = {
    "usual": SLIP,
    "unfinished": UNFINISHED,
    "21 syllables": slip(name=LONG),
    "hostile": slip(name=HOSTILE, serial=HOSTILE, profile=HOSTILE),
    "one long word": slip(name="W" * 300, serial="f" * 40),
    "revoked": slip(status="revoked"),
}
assert len(LONG) == 21


def on_paper(what: Slip, settings: PrinterSettings) -> Image.Image:
    """All the way: drawn, sent, burnt."""
    return printed(escpos.job(draw(what, settings), cut=True), settings.width).picture()


def written(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, float, str]]:
    """Every text that is drawn from here on, with where it begins and ends across."""
    found = []
    real = drawing.ImageDraw.ImageDraw.text

    def watched(pen: object, at: tuple[float, float], words: str, **options: object) -> None:
        font = options["font"]
        assert isinstance(font, ImageFont.FreeTypeFont)
        wide = font.getlength(words)
        left = at[0] - (wide / 2 if options.get("anchor") == "ma" else 0)
        found.append((left, left + wide, words))
        real(pen, at, words, **options)

    monkeypatch.setattr(drawing.ImageDraw.ImageDraw, "text", watched)
    return found


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
@pytest.mark.parametrize("name", SLIPS)
def test_everything_is_on_the_paper(
    name: str, width: int, language: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every text is written, whole, between the edges; words do not run into what they say."""
    with speaking(language):
        lines = written(monkeypatch)
        paper = on_paper(SLIPS[name], settings(width=width))
        parts = SLIPS[name].parts()
    assert paper.width == width
    assert paper.height < drawing.LONGEST
    assert all(left >= -1 and right <= width + 1 for left, right, _ in lines), lines
    everything = "".join("".join(words for *_, words in lines).split())
    for part in parts:
        wanted = part.value if part.form != "code" else part.word
        assert "".join(visible(wanted).split()) in everything, part
    words = {part.word for part in parts if part.form == "row"}
    ends = [right for left, right, said in lines if said in words and left == 0]
    begins = {left for left, *_ in lines if left > 0 and any(left == other for other, *_ in lines)}
    assert len(ends) == len(words)
    rows = [left for left, _, said in lines if said == SLIPS[name].help_number]
    assert rows
    assert max(ends) < rows[0]
    assert rows[0] in begins


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_a_phone_reads_the_day_from_the_paper(width: int, language: str, settings: Settings) -> None:
    with speaking(language):
        [found] = zxingcpp.read_barcodes(on_paper(SLIP, settings(width=width)).convert("L"))
        assert found.text == (
            f"BEGIN:VEVENT\nSUMMARY:{text('calendar.practice')}\nDTSTART:20271122\nEND:VEVENT"
        )
        [real] = [part.value for part in replace(SLIP, practice=False).parts() if part.form == "code"]
        assert text("calendar.summary") in real
        assert zxingcpp.read_barcodes(on_paper(UNFINISHED, settings(width=width)).convert("L")) == []


def test_the_last_day_is_large(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes nearly the whole width, and nothing else is nearly as high."""
    for width in WIDTHS.values():
        with monkeypatch.context() as patch:
            lines = written(patch)
            draw(SLIP, settings(width=width))
        assert max(right - left for left, right, words in lines if words == "2027.11.22") > width * 0.85


def test_a_practice_slip_says_so_in_white_on_black(settings: Settings) -> None:
    paper = on_paper(SLIP, settings()).convert("L")
    bars = [y for y in range(paper.height) if sum(paper.crop((0, y, 576, y + 1)).tobytes()) == 0]
    assert len(bars) > 12  # a bar of its own besides the two thick rules


@pytest.mark.parametrize("which", ["font", "bold"])
@pytest.mark.parametrize("stands", ["nothing", "rubbish", "directory"])
def test_no_font(which: str, stands: str, settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "font.ttf"
    if stands == "rubbish":
        path.write_bytes(b"not a font" * 100)
    elif stands == "directory":
        path.mkdir()
    for use in (lambda each: draw(SLIP, each), load_fonts):
        with pytest.raises(KioskError) as caught:
            use(settings(**{which: path}))
        assert (caught.value.id, caught.value.facts) == ("printer.font", {"path": str(path)})
