r"""The rule for a new certificate password; existing ones are opened whatever they are.

KISA's rule of 2014-09-22: at least ten characters with letters, digits and special ones, none of ' " \ |.
Added, because the key file is cheap to search: no three alike or in sequence, nothing of the person's own
numbers, none of the usual passwords.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from kiosk.errors import KioskError
from kiosk.pki.id_number import birthday
from kiosk.secret import Secret

SHORTEST, LONGEST = 10, 64
_FORBIDDEN = frozenset("'\"\\|")


@dataclass(frozen=True)
class _Case:
    """A password and what it must not contain."""

    text: str
    personal: tuple[str, ...]  # digits that may not stand anywhere
    alone: tuple[str, ...]  # short digits that may not stand by themselves
    words: tuple[str, ...]


def check_password(
    password: Secret, *, id_number: Secret | None = None, phone: str | None = None, others: Sequence[str] = ()
) -> None:
    """Raise the first rule that a new password breaks, as `password.*`.

    `id_number` and `phone` are the person's; `others` are words of theirs (name, mail address) that may not
    be part of it, from four characters on.
    """
    for rule in failures(password, id_number=id_number, phone=phone, others=others):
        raise KioskError(rule)


def failures(
    password: Secret, *, id_number: Secret | None = None, phone: str | None = None, others: Sequence[str] = ()
) -> tuple[str, ...]:
    """Give the ids of all rules that a new password breaks, in the order in which they are told."""
    numbers = tuple(_numbers(id_number, phone))
    case = _Case(
        password.reveal().decode(errors="replace"),
        tuple(number for number in numbers if len(number) > 4),
        tuple(number for number in numbers if len(number) == 4),
        tuple(word.casefold() for word in others if len(word) >= 4),
    )
    return tuple(rule for rule, breaks in _RULES.items() if breaks(case))


def _numbers(id_number: Secret | None, phone: str | None) -> Iterator[str]:
    """Give the digits that a guesser would try: birthday as people write it, identity number, phone."""
    if id_number:
        digits = id_number.reveal().decode(errors="replace")
        yield from (digits, digits[-7:])
        born = birthday(id_number)
        if born:
            for form in ("%Y%m%d", "%y%m%d", "%m%d%Y", "%m%d%y", "%d%m%Y", "%d%m%y", "%Y%m", "%m%d"):
                yield born.strftime(form)
    if phone:
        digits = re.sub(r"^(\+|00)82", "0", re.sub(r"[^0-9+]", "", phone))
        if len(digits) >= 8:
            yield from (digits, digits[-8:], digits[:-4], digits[-4:])


def _personal(case: _Case) -> bool:
    # 1990-01-01 is the same as 19900101: signs between digits are no disguise.
    joined = re.sub(r"(?<=[0-9])[^0-9A-Za-z]+(?=[0-9])", "", case.text)
    if any(number in text for number in case.personal for text in (case.text, joined)):
        return True
    runs = {*re.findall("[0-9]+", case.text), *re.findall("[0-9]+", joined)}
    return not runs.isdisjoint(case.alone) or any(word in case.text.casefold() for word in case.words)


def _repeats(case: _Case) -> bool:
    return re.search(r"(.)\1\1", case.text, re.DOTALL) is not None


def _runs(case: _Case) -> bool:
    """Find three letters or three digits that go up or down by one: abc, CBA, 123."""
    text = case.text.lower()
    for first, second, third in zip(text, text[1:], text[2:], strict=False):
        same_kind = all("0" <= c <= "9" for c in (first, third)) or all(
            "a" <= c <= "z" for c in (first, third)
        )
        if same_kind and ord(second) - ord(first) == ord(third) - ord(second) in (1, -1):
            return True
    return False


def _core(text: str) -> str:
    """Strip what people put around a usual word to satisfy a rule: digits and signs at both ends."""
    return re.sub(r"^[^a-z]+|[^a-z]+$", "", text.lower())


@cache
def _usual() -> frozenset[str]:
    lines = files("data").joinpath("common_passwords.txt").read_text("utf-8").splitlines()
    return frozenset(_core(line) for line in lines if not line.startswith("#")) - {""}


_RULES: dict[str, Callable[[_Case], bool]] = {
    "password.short": lambda case: len(case.text) < SHORTEST,
    "password.long": lambda case: len(case.text) > LONGEST,
    "password.ascii": lambda case: not all("!" <= char <= "~" for char in case.text),
    "password.letters": lambda case: not re.search("[A-Za-z]", case.text),
    "password.digits": lambda case: not re.search("[0-9]", case.text),
    "password.special": lambda case: not re.search("[!-/:-@[-`{-~]", case.text),
    "password.forbidden": lambda case: not _FORBIDDEN.isdisjoint(case.text),
    "password.repeat": _repeats,
    "password.run": _runs,
    "password.personal": _personal,
    "password.common": lambda case: _core(case.text) in _usual(),
}
