"""The one printer for slips, as `printer.toml` in the state directory names it."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from kiosk.config import State
from kiosk.errors import KioskError
from kiosk.media.intruders import PRODUCT

WIDTHS = range(256, 1025, 8)
"""Dots across, from the narrowest paper to the widest."""
_PATHS = ("device", "font", "bold")
_NANUM = Path("/usr/share/fonts/truetype/nanum")


@dataclass(frozen=True)
class PrinterSettings:
    """What stands in the file. Either `device` or `usb` is there."""

    device: Path | None = None
    """A device file such as /dev/usb/lp0. A serial line is used at the speed that it has."""
    usb: tuple[int, int] | None = None
    """Vendor and product of a printer that has no device file."""
    width: int = 576
    """Dots across: 576 on paper of 80 mm, 384 on 58 mm."""
    font: Path = _NANUM / "NanumGothic.ttf"
    bold: Path = _NANUM / "NanumGothicBold.ttf"
    cut: bool = True
    """Whether the paper is cut after a slip."""


def load_printer(state: State) -> PrinterSettings | None:
    """Read which printer this machine has; None when it has none. Raises `printer.config`.

    `device = "file:/dev/usb/lp0"` or `usb = "04b8:0202"`; what else `PrinterSettings` has may be there. Paths
    are absolute.
    """
    try:
        values = tomllib.loads(state.printer.read_text("utf-8"))
        for name in values.keys() & set(_PATHS):
            values[name] = Path(values[name].removeprefix("file:"))
        if "usb" in values:
            vendor, product = _product(values["usb"])
            values["usb"] = (int(vendor, 16), int(product, 16))
        settings = PrinterSettings(**values)
        _check(settings)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        raise KioskError("printer.config", path=str(state.printer)) from None
    return settings


def _product(value: str) -> list[str]:
    if not PRODUCT.fullmatch(value):
        raise ValueError("usb")
    return value.split(":")


def _check(settings: PrinterSettings) -> None:
    paths = [path for path in (settings.device, settings.font, settings.bold) if path is not None]
    if not all(path.is_absolute() for path in paths):
        raise ValueError("paths")
    if (settings.device is None) == (settings.usb is None):
        raise ValueError("device")
    if type(settings.cut) is not bool or type(settings.width) is not int or settings.width not in WIDTHS:
        raise ValueError("width")
