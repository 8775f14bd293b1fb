"""What other programs say: a token's module, a gateway for messages, somebody's copy of the audit log."""

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.audit.export import export, read_export
from kiosk.audit.line import FIRST_PREV, Line
from kiosk.audit.verify import verify
from kiosk.errors import KioskError
from kiosk.media.token_records import Token
from kiosk.media.token_uri import TokenUri
from kiosk.media.tokens import Tokens
from kiosk.reminders.gateway import judged
from kiosk.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()
MODULE_SAYS = json.dumps({
    "tokens": [{"slot": 0, "flags": 1032, "label": "a", "serial": "1", "manufacturer": "b", "model": "c",
                "pin_lengths": [4, 8]}],
    "certificates": [], "labels": ["certkiosk-abcd"], "keys": [{"modulus": "c1" * 256, "guarded": True}],
    "signature": "00", "guarded": True, "modulus": "c1" * 256,
}).encode()  # fmt: skip
ODD = tuple(
    MODULE_SAYS.replace(*pair)
    for pair in (
        (b"1032", b"Infinity"),
        (b"1032", b"-1e999"),
        (b'"label": "a"', b'"label": "\\ud800"'),
        (b'"00"', b"{}"),
    )
)
GATEWAY_SAYS = b'{"id": "id", "result": "refused", "reason": "number"}'
EXPORTED = "".join(
    export(
        [
            Line(
                1,
                "2026-11-22T01:23:45.678Z",
                "state.made",
                None,
                None,
                {"a": 1},
                FIRST_PREV,
                bytes(32),
                bytes(64),
            )
        ],
        None,
    )
).encode()


class _Module:
    """A module whose process answers as it likes."""

    path = name = "/m.so"

    def __init__(self, answer: dict[str, object]) -> None:
        self._answer = answer

    def ask(self, *_: object, **__: object) -> tuple[dict[str, object], list[Secret]]:
        return self._answer, [Secret(b"r")]


def module(data: bytes) -> None:
    """What stands in a frame that is a whole one."""
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError):
        return  # `frames` refuses it
    if not isinstance(answer, dict):
        return
    tokens = Tokens((), seconds=1, key_seconds=1)
    tokens.modules = (_Module(answer),)  # type: ignore[assignment]
    token, word = Token("/m.so", 0, "a", "b", "c", "d", 0), Secret("1")
    for found in tokens.present().tokens:
        TokenUri.parse(found.uri)
        assert found.tries in {"all", "fewer", "last", "none"}
    asked: tuple[Callable[[], object], ...] = (
        lambda: tokens.certificates(token), lambda: tokens.codes(token, word),
        lambda: tokens.read(token, word, "abcd"), lambda: tokens.sign(token, word, "abcd", b""),
        lambda: tokens.make_key(token, word, "abcd", word),
    )  # fmt: skip
    for ask in asked:
        with contextlib.suppress(KioskError):
            ask()


def gateway(data: bytes) -> None:
    assert judged("id", 200, data).kind in {"sent", "never", "again"}


def exported(file: Path) -> None:
    head, lines = read_export(file)
    verify(lines, KEY, head=head, anchor=None)
