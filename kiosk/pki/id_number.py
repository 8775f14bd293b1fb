"""Identity numbers: resident, foreigner and business registration numbers, as typed and as used in a VID."""

from collections.abc import Sequence
from datetime import date

from kiosk.errors import KioskError
from kiosk.secret import Secret

# The seventh digit of a 13-digit number says century and, by group, who it was given to (even: women).
_CENTURY = {
    "9": 1800, "0": 1800, "1": 1900, "2": 1900, "3": 2000, "4": 2000,
    "5": 1900, "6": 1900, "7": 2000, "8": 2000,
}  # fmt: skip
_FOREIGNER = frozenset("5678")
_HYPHENS = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_WEIGHTS = (1, 3, 7, 1, 3, 7, 1, 3, 5)


def clean_id_number(text: Secret | str, *, identifiers: Sequence[str], today: date) -> tuple[Secret, str]:
    """Read a typed identity number: give its digits and its kind, one of `identifiers`.

    Kinds are `resident` and `foreigner` (13 digits) and `business` (10 digits); blanks and hyphens are
    dropped. Resident numbers have no check digit since October 2020, so none is checked. Raises
    `answers.id_format` (digits, length, or a kind that is not asked for), `answers.id_date` (no such day of
    birth, or one after `today`) and `answers.id_checksum` (business). No fact holds a part of the number.
    """
    try:
        typed = text.text() if isinstance(text, Secret) else text
    except UnicodeDecodeError:
        raise KioskError("answers.id_format") from None
    digits = "".join(char for char in typed if not char.isspace() and char not in _HYPHENS)
    kind = _kind(digits)
    if kind not in identifiers:
        raise KioskError("answers.id_format")
    if kind == "business":
        if not _checks(digits):
            raise KioskError("answers.id_checksum")
    else:
        born = birthday(Secret(digits))
        if born is None or born > today:
            raise KioskError("answers.id_date")
    return Secret(digits), kind


def _kind(digits: str) -> str:
    if digits.isascii() and digits.isdigit():
        if len(digits) == 10:
            return "business"
        if len(digits) == 13:
            return "foreigner" if digits[6] in _FOREIGNER else "resident"
    return ""


def _checks(digits: str) -> bool:
    """Check the last digit of a business number."""
    total = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=False))
    total += int(digits[8]) * 5 // 10
    return (10 - total % 10) % 10 == int(digits[9])


def birthday(id_number: Secret) -> date | None:
    """Give the day of birth in a 13-digit number; None for other numbers and days that never were."""
    digits = id_number.reveal().decode(errors="replace")
    if _kind(digits) not in {"resident", "foreigner"}:
        return None
    try:
        return date(_CENTURY[digits[6]] + int(digits[:2]), int(digits[2:4]), int(digits[4:6]))
    except ValueError:
        return None
