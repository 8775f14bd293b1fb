"""A slip with everything on it, and the settings of a printer."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from kiosk.printing.settings import PrinterSettings
from kiosk.receipt import Held, Slip
from tests.media.conftest import needs

ANCHOR = "1234:" + "0123456789abcdef" * 4
HELD = Held(
    "personal-general", "홍*동", "5f3a9c0d1e2b44c7a8d96e10f2b3c4d5e6f70819",
    datetime(2026, 11, 21, 15, tzinfo=UTC), date(2026, 11, 22), date(2027, 11, 22), date(2027, 10, 23),
)  # fmt: skip
SLIP = Slip(
    "서울 종로 디지털 민원센터", True, "k3p7wq2x", "02-123-4567", ANCHOR, datetime(2026, 11, 22, tzinfo=UTC), HELD
)  # fmt: skip
UNFINISHED = replace(SLIP, certificate=None, resumable_until=datetime(2026, 11, 23, tzinfo=UTC))
WIDTHS = {"58 mm": 384, "80 mm": 576}


def slip(**changes: Any) -> Slip:
    """The usual slip with its certificate changed."""
    return replace(SLIP, certificate=replace(HELD, **changes))


@pytest.fixture
def settings() -> Callable[..., PrinterSettings]:
    """Make settings with the fonts that are used on the spot."""
    usual = PrinterSettings(device=Path("/dev/null"))
    needs("fonts-nanum", present=usual.font.exists() and usual.bold.exists())
    return lambda **changes: replace(usual, **changes)
