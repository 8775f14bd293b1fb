"""The list of calls as a table and on paper, with a spreadsheet's rules and a printer's as the witnesses."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from kiosk.printing import escpos
from kiosk.printing.picture import LONGEST, draw
from kiosk.printing.settings import PrinterSettings
from kiosk.reminders.calllist import A_SHEET, CallSheet, print_calls, spaced, table
from kiosk.reminders.outlook import Call
from tests.printing.conftest import settings as settings
from tests.printing.paper import printed
from tests.reminders.office import Office

SERIAL = "5f3a9c0d1e2b44c7a8d96e10f2b3c4d5e6f70819"


def call(name: str = "홍길동", phone: str = "021234567") -> Call:
    return Call(SERIAL, name, phone, "2027-11-22T14:59:59.000Z", 30)


@pytest.mark.parametrize(
    ("phone", "shown"),
    [("01023456789", "010-2345-6789"), ("0111234567", "011-123-4567"), ("021234567", "02-123-4567"),
     ("0212345678", "02-1234-5678"), ("0311234567", "031-123-4567"), ("050712345678", "0507-1234-5678"),
     ("+12025550123", "+12025550123"), ("", "")],
)  # fmt: skip
def test_numbers_as_people_write_them(phone: str, shown: str) -> None:
    assert spaced(phone) == shown


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_no_cell_is_a_formula(first: str) -> None:
    name = first + 'cmd|"/c calc"!A1'
    [_, cells] = list(csv.reader(io.StringIO(table([call(name)]).decode("utf-8-sig"), newline="")))
    assert cells == ["2027-11-22", "'" + name, "02-123-4567", SERIAL]


def test_a_number_keeps_its_zero() -> None:
    """A cell of digits alone is a number for a spreadsheet, which has no zero before it."""
    [_, cells] = list(csv.reader(io.StringIO(table([call()]).decode("utf-8-sig"))))
    assert not cells[2].isdigit()


@pytest.mark.parametrize("width", [384, 576])
def test_a_full_sheet_fits_the_paper(settings: Callable[..., PrinterSettings], width: int) -> None:
    """With the longest names: the last call and the date are still on it."""
    calls = [call("주식회사 " + "가나다라마바사아자차카타파하" * 3, "01023456789")] * A_SHEET
    sheet = CallSheet("서울센터", True, calls, 1, 1, datetime(2026, 11, 22, tzinfo=UTC))
    assert draw(sheet, settings(width=width)).height < LONGEST


async def test_as_many_sheets_as_it_takes(
    office: Office, settings: Callable[..., PrinterSettings], tmp_path_factory: pytest.TempPathFactory
) -> None:
    device = tmp_path_factory.mktemp("printer") / "lp0"
    device.touch()
    state = office.services.state
    state.printer.write_text(f'device = "{device}"\nwidth = 384\n')
    calls = [call(f"홍길{n}") for n in range(A_SHEET + 1)]
    await print_calls(office.services, calls)
    sheets = [
        CallSheet(state.center, True, page, number, 2, office.clock.now())
        for number, page in enumerate((calls[:A_SHEET], calls[A_SHEET:]), 1)
    ]
    expected = [escpos.job(draw(sheet, settings(width=384)), cut=True) for sheet in sheets]
    assert device.read_bytes() == b"".join(expected)
    assert printed(expected[1], 384).cuts == 1
