"""The bytes for printers: the same as another program makes, and what a description of a printer makes of them."""

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from kiosk.printing import escpos
from tests.printing.paper import printed

WITNESS = """
import sys
from escpos.printer import Dummy
printer = Dummy()
printer.hw("INIT")
printer.image(sys.argv[1], fragment_height=int(sys.argv[2]))
open(sys.argv[3], "wb").write(printer.output)
"""
"""In a process of its own: it prints to standard output, and sets up logging for everybody."""


def noise(width: int, height: int) -> Image.Image:
    """A picture in which every row and column is different."""
    picture = Image.new("1", (width, height), 1)
    for y in range(height):
        for x in range(width):
            if (x * 7 + y * 13 + x * y) % 5 == 0:
                picture.putpixel((x, y), 0)
    return picture


@pytest.mark.parametrize(("width", "height"), [(384, 10), (576, 300), (384, 700)])
def test_another_program_makes_the_same_bytes(tmp_path: Path, width: int, height: int) -> None:
    picture = noise(width, height)
    picture.save(tmp_path / "slip.png")
    made = tmp_path / "made"
    command = [sys.executable, "-c", WITNESS, tmp_path / "slip.png", str(escpos.PIECE), made]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    assert escpos.job(picture, cut=False) == made.read_bytes() + escpos.FEED


@pytest.mark.parametrize("cut", [True, False])
@pytest.mark.parametrize("height", [1, 255, 256, 257, 1000])
def test_what_is_printed_is_the_picture(height: int, cut: bool) -> None:
    picture = noise(384, height)
    paper = printed(escpos.job(picture, cut=cut), 384)
    assert paper.picture().tobytes() == picture.tobytes()
    assert (paper.cuts, paper.fed) == ((1, 0) if cut else (0, 4))


@pytest.mark.parametrize("command", [b"\x10\x04\x02", b"\x10\x05\x02", b"\x10\x14\x08"])
def test_dots_are_no_commands(command: bytes) -> None:
    """What a printer obeys as it comes in, also in the middle of a picture, is not in one: a dot is set beside it."""
    dots = (command * 32 + b"\0") * 96
    picture = Image.frombytes("1", (384, len(dots) // 48), bytes(byte ^ 0xFF for byte in dots))
    made = escpos.job(picture, cut=True)
    assert command[:2] not in made
    drawn = bytes(byte ^ 0xFF for byte in printed(made, 384).picture().tobytes())
    added = [new ^ old for new, old in zip(drawn, dots, strict=True) if new != old]
    assert set(added) == {0x08}
    assert len(added) == 96 * 32


def test_other_pictures_are_refused() -> None:
    for picture in (Image.new("L", (384, 5)), Image.new("1", (383, 5))):
        with pytest.raises(ValueError, match="picture"):
            escpos.job(picture, cut=True)


@pytest.mark.parametrize(
    ("offline", "paper", "said"),
    [
        (0x12, 0x12, None),
        (0x12, 0x1E, None),  # nearly at its end
        (0x12, 0x72, "printer.paper"),
        (0x32, 0x12, "printer.paper"),
        (0x16, 0x12, "printer.open"),
        (0x52, 0x12, "printer.trouble"),
        (0x36, 0x72, "printer.paper"),
        (0x1A, 0x12, None),  # somebody holds the button that feeds paper
    ],
)
def test_what_a_printer_says(offline: int, paper: int, said: str | None) -> None:
    """By the table of DLE EOT: fixed bits, and what the others mean."""
    assert escpos.is_status(offline)
    assert escpos.is_status(paper)
    assert escpos.problem(offline, paper) == said


def test_answers_are_told_apart() -> None:
    for byte in range(256):
        assert not (escpos.is_status(byte) and escpos.is_done(byte))
    assert escpos.is_done(0x00)
    assert escpos.ran_out(0x0C)
    assert not escpos.ran_out(0x03)  # nearly at its end
    for flow in (0x11, 0x13):  # XON, XOFF
        assert not escpos.is_status(flow)
        assert not escpos.is_done(flow)
