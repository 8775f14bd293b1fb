"""A certificate's history on paper: all of it, on as many sheets as it takes, with nobody's name."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.lifecycle.history import Event, history
from kiosk.lifecycle.history_sheet import A_SHEET, HistorySheet, print_history, rows
from kiosk.printing import escpos
from kiosk.printing.picture import LONGEST, draw
from kiosk.printing.settings import PrinterSettings
from kiosk.receipt import Part
from tests.lifecycle.desk import Desk
from tests.printing.conftest import settings as settings
from tests.printing.paper import printed

NOW = datetime(2026, 11, 22, tzinfo=UTC)


async def test_as_many_sheets_as_it_takes(
    desk: Desk,
    medium: Path,
    settings: Callable[..., PrinterSettings],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    device = tmp_path_factory.mktemp("printer") / "lp0"
    device.touch()
    state = desk.services.state
    state.printer.write_text(f'device = "{device}"\nwidth = 384\n')
    issued = await desk.issue(medium)
    [chapter] = await history(desk.services, issued.serial)
    more = tuple(Event(NOW + timedelta(days=day), "copied", f"{day}.") for day in range(A_SHEET))
    chapter = replace(chapter, events=chapter.events + more)
    every = rows([chapter])
    assert [part.value for part in every if part.word == "Name"] == ["홍*동"]
    assert every[-1] == Part("row", f"{A_SHEET - 1}.", "2026-12-21 09:00")
    await print_history(desk.services, [chapter])
    expected = [
        HistorySheet(state.center, True, part, number, 2, desk.services.clock.now())
        for number, part in enumerate((every[:A_SHEET], every[A_SHEET:]), 1)
    ]
    jobs = [escpos.job(draw(sheet, settings(width=384)), cut=True) for sheet in expected]
    assert device.read_bytes() == b"".join(jobs)
    assert [printed(job, 384).cuts for job in jobs] == [1, 1]
    assert Part("small", "2 / 2", "Sheet") in expected[1].parts()


@pytest.mark.parametrize("width", [384, 576])
def test_a_full_sheet_fits_the_paper(settings: Callable[..., PrinterSettings], width: int) -> None:
    """With the longest sentences: the last of them and the date are still on it."""
    part = Part("row", "새 인증서로 바뀌어 폐지했습니다: " + "5f3a9c0d1e2b44c7a8d9" * 2, "2026-11-22 09:00")
    sheet = HistorySheet("서울센터", True, [part] * A_SHEET, 1, 2, NOW)
    assert draw(sheet, settings(width=width)).height < LONGEST
