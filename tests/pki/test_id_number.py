"""Identity numbers. All are made up; none was given to anybody."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.errors import KioskError
from kiosk.pki.id_number import birthday, clean_id_number
from kiosk.secret import Secret

TODAY = date(2026, 11, 22)
PERSONAL = ("resident", "foreigner")


def refused(text: str, identifiers: tuple[str, ...] = PERSONAL) -> str:
    with pytest.raises(KioskError) as caught:
        clean_id_number(text, identifiers=identifiers, today=TODAY)
    assert caught.value.facts == {}
    return caught.value.id


@pytest.mark.parametrize(
    "typed", ["9001011234567", "900101-1234567", " 900101 – 1234567\n", "9 0 0 1 0 1-1234567"]
)
def test_blanks_and_hyphens(typed: str) -> None:
    number, kind = clean_id_number(typed, identifiers=PERSONAL, today=TODAY)
    assert (number.text(), kind) == ("9001011234567", "resident")
    number, kind = clean_id_number(Secret(typed), identifiers=PERSONAL, today=TODAY)
    assert (number.text(), kind) == ("9001011234567", "resident")


@pytest.mark.parametrize(
    ("seventh", "century", "kind"),
    [
        ("9", 1800, "resident"),
        ("0", 1800, "resident"),
        ("1", 1900, "resident"),
        ("2", 1900, "resident"),
        ("3", 2000, "resident"),
        ("4", 2000, "resident"),
        ("5", 1900, "foreigner"),
        ("6", 1900, "foreigner"),
        ("7", 2000, "foreigner"),
        ("8", 2000, "foreigner"),
    ],
)
def test_seventh_digit(seventh: str, century: int, kind: str) -> None:
    number, found = clean_id_number(f"040228{seventh}234567", identifiers=PERSONAL, today=TODAY)
    assert found == kind
    assert birthday(number) == date(century + 4, 2, 28)


def test_leap_days() -> None:
    assert birthday(Secret("0402293234567")) == date(2004, 2, 29)
    assert birthday(Secret("0002290234567")) is None  # 1800 was no leap year


@pytest.mark.parametrize(
    "text",
    [
        "",
        "900101123456",
        "90010112345678",
        "900101-123456x",
        "９００１０１１２３４５６７",
        "٩٠٠١٠١١٢٣٤٥٦٧",
        "x" * 5000,
    ],
)
def test_not_a_number(text: str) -> None:
    assert refused(text) == "answers.id_format"
    assert refused(text, ("business",)) == "answers.id_format"


def test_bytes_that_are_no_text() -> None:
    with pytest.raises(KioskError, match=r"answers\.id_format"):
        clean_id_number(Secret(b"\xff"), identifiers=PERSONAL, today=TODAY)


def test_only_kinds_that_are_asked_for() -> None:
    assert refused("900101-5234567", ("resident",)) == "answers.id_format"
    assert refused("900101-1234567", ("foreigner",)) == "answers.id_format"
    assert refused("900101-1234567", ("business",)) == "answers.id_format"
    assert refused("220-81-62517") == "answers.id_format"


@pytest.mark.parametrize("digits", ["900230", "901301", "900100", "000000", "990229"])
def test_days_that_never_were(digits: str) -> None:
    assert refused(digits + "1234567") == "answers.id_date"
    assert birthday(Secret(digits + "1234567")) is None


def test_not_born_yet() -> None:
    assert clean_id_number("2611223234567", identifiers=PERSONAL, today=TODAY)[1] == "resident"
    assert refused("2611233234567") == "answers.id_date"
    assert refused("2611237234567") == "answers.id_date"


@given(st.dates(date(1900, 1, 1), TODAY), st.integers(0, 999999), st.booleans())
def test_every_birthday(day: date, rest: int, foreigner: bool) -> None:
    seventh = (1 if day.year < 2000 else 3) + 4 * foreigner
    number, _ = clean_id_number(f"{day:%y%m%d}-{seventh}{rest:06}", identifiers=PERSONAL, today=TODAY)
    assert birthday(number) == day


def test_business_checksum() -> None:
    # 123-45-6789?: 1*1+2*3+3*7+4*1+5*3+6*7+7*1+8*3+9*5 = 165, and 9*5//10 = 4; 169 wants 1.
    number, kind = clean_id_number("123-45-67891", identifiers=("business",), today=TODAY)
    assert (number.text(), kind) == ("1234567891", "business")
    assert birthday(number) is None
    assert {refused(f"123456789{digit}", ("business",)) for digit in "023456789"} == {"answers.id_checksum"}


@given(st.integers(0, 10**9 - 1), st.integers(0, 8), st.integers(1, 9))
def test_business_checksum_finds_a_wrong_digit(body: int, place: int, by: int) -> None:
    def valid(digits: str) -> bool:
        try:
            clean_id_number(digits, identifiers=("business",), today=TODAY)
        except KioskError as error:
            assert error.id == "answers.id_checksum"
            return False
        return True

    good = [f"{body:09}{last}" for last in range(10) if valid(f"{body:09}{last}")]
    assert len(good) == 1
    digits = good[0]
    changed = digits[:place] + str((int(digits[place]) + by) % 10) + digits[place + 1 :]
    # The ninth digit counts by its own share and weight, which can cancel out; all others cannot.
    assert place == 8 or not valid(changed)


def test_a_day_later_is_fine() -> None:
    assert (
        clean_id_number("2611233234567", identifiers=PERSONAL, today=TODAY + timedelta(days=1))[1]
        == "resident"
    )
