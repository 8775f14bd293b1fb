"""The code that closes a real kiosk: staff set it, and only a hash of it (Argon2id) is kept, in the state."""

from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kiosk.config import State
from kiosk.errors import KioskError
from kiosk.files import replace_file
from kiosk.secret import Secret

if TYPE_CHECKING:
    from kiosk.services import Services

LENGTHS = range(6, 13)
"""Digits of the code."""


def set_code(state: State, code: Secret) -> None:
    """Set the code, in place of the one before. Raises `close.code` unless it is six to twelve digits."""
    typed = code.text()
    if len(typed) not in LENGTHS or not (typed.isascii() and typed.isdigit()):
        raise KioskError("close.code")
    replace_file(state.close_code, [PasswordHasher().hash(code.reveal()).encode()], mode=0o600)


def has_code(state: State) -> bool:
    """Whether a code was set."""
    return state.close_code.is_file()


def check_code(state: State, code: Secret) -> None:
    """Make sure that this is the code; takes about a twentieth of a second. Raises `close.wrong`."""
    try:
        PasswordHasher().verify(state.close_code.read_bytes().decode("ascii"), code.reveal())
    except (OSError, UnicodeDecodeError, VerificationError, InvalidHashError):
        raise KioskError("close.wrong") from None


async def record_wrong(services: "Services") -> None:
    """Put on record that somebody tried a wrong code. Raises `registry.*`, `authority.*`."""

    def work() -> None:
        with services.step():
            services.audit.append("kiosk.close_refused")

    await services.in_registry(work)
