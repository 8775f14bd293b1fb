"""Persons to issue to, a practice state, and keys made beforehand: key generation is nobody's merit."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa

from kiosk import setup
from kiosk.clock import Clock
from kiosk.config import State
from kiosk.lifecycle.application import Application
from kiosk.lifecycle.keys import make_rsa_key
from kiosk.pki.profiles import load_profiles
from kiosk.secret import Secret

PASSWORD = "Sun7!flower-hill"
NAME = "홍길동"
_KEYS = 20


def practice_state(path: Path) -> State:
    """A new practice state at `path`."""
    return setup.initialise(path, practice=True, center="Certkiosk", clock=Clock(), passphrase=None)


def application(number: int) -> Application:
    """Answers of one person; each `number` is somebody else with another phone."""
    return Application(
        profile=load_profiles()["personal-general"], name=NAME, id_number=Secret(f"900101{1000000 + number}"),
        phone=f"010{20000000 + number}", password=Secret(PASSWORD), method="phone",
    )  # fmt: skip


@cache
def _key(number: int) -> rsa.RSAPrivateKey:
    return make_rsa_key()


def keys(count: int) -> Iterator[rsa.RSAPrivateKey]:
    """`count` keys; after the first few they come again, which is as good for measuring."""
    return (_key(number % _KEYS) for number in range(count))
