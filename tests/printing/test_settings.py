"""`printer.toml`: what it may say, and what is refused."""

from pathlib import Path

import pytest

from kiosk.config import State
from kiosk.errors import KioskError
from kiosk.printing.settings import PrinterSettings, load_printer


@pytest.fixture
def empty(tmp_path: Path) -> State:
    return State(tmp_path, practice=True, center="c", arc="2.25.1", kiosk_id="k")


def test_without_the_file_there_is_no_printer(empty: State) -> None:
    assert load_printer(empty) is None


@pytest.mark.parametrize(
    ("content", "settings"),
    [
        ('device = "file:/dev/usb/lp0"', PrinterSettings(device=Path("/dev/usb/lp0"))),
        ('device = "/dev/usb/lp0"\nwidth = 384', PrinterSettings(device=Path("/dev/usb/lp0"), width=384)),
        ('usb = "04b8:0202"\ncut = false', PrinterSettings(usb=(0x4B8, 0x202), cut=False)),
        ('usb = "04b8:0202"\nfont = "/a.ttf"\nbold = "/b.ttf"',
         PrinterSettings(usb=(0x4B8, 0x202), font=Path("/a.ttf"), bold=Path("/b.ttf"))),
    ],
)  # fmt: skip
def test_what_it_says(empty: State, content: str, settings: PrinterSettings) -> None:
    empty.printer.write_text(content)
    assert load_printer(empty) == settings


@pytest.mark.parametrize(
    "content",
    [
        "", "device = 5", 'device = "lp0"', 'device = ["/dev/lp0"]', 'usb = "4b8:202"', 'usb = "04B8:0202"',
        "usb = 5", 'device = "/dev/lp0"\nusb = "04b8:0202"', 'device = "/dev/lp0"\nwidth = 380',
        'device = "/dev/lp0"\nwidth = 100000', 'device = "/dev/lp0"\nwidth = true',
        'device = "/dev/lp0"\nwidth = 384.0', 'device = "/dev/lp0"\nfont = "a.ttf"',
        'device = "/dev/lp0"\ncut = "yes"', 'device = "/dev/lp0"\ncut = 1', 'device = "/dev/lp0"\nfnot = "/a"',
        "device", "device = [" + "[" * 5000, 'device = "/dev/lp0\\u0000"\nfont = 5',
    ],
)  # fmt: skip
def test_what_is_refused(empty: State, content: str) -> None:
    empty.printer.write_text(content)
    with pytest.raises(KioskError) as caught:
        load_printer(empty)
    assert (caught.value.id, caught.value.facts) == ("printer.config", {"path": str(empty.printer)})


def test_a_file_that_cannot_be_read(empty: State) -> None:
    for content in (b"\xff\xfe", None):
        if content is None:
            empty.printer.unlink()
            empty.printer.mkdir()
        else:
            empty.printer.write_bytes(content)
        with pytest.raises(KioskError):
            load_printer(empty)
