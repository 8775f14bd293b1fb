"""`pkcs11:` URIs: which token is meant, as a person types it and as it stands on record (RFC 7512).

Of the standard's attributes those are taken that name a token: `token`, `serial`, `manufacturer`, `model` and
`slot-id` in the path, `module-name` and `module-path` in the query. All others are refused rather than passed
over, since each one that is not understood would make the URI fit more tokens than it says. A PIN never
stands in one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Self
from urllib.parse import quote, unquote

from kiosk.errors import KioskError

SCHEME = "pkcs11:"
LIMIT = 2048
"""Characters of a URI."""
_PATH = {"token": "token", "serial": "serial", "manufacturer": "manufacturer", "model": "model",
         "slot-id": "slot_id"}  # fmt: skip
_QUERY = {"module-name": "module_name", "module-path": "module_path"}
_ESCAPES = re.compile(r"%(?![0-9A-Fa-f]{2})")
_NUMBER = re.compile(r"[0-9]{1,19}")
_PLAIN = ":[]@!$'()*+,=&"
"""What RFC 7512 2.3 lets stand in a path attribute unescaped, beside letters, digits and `-._~`."""


def is_uri(text: str) -> bool:
    """Say whether `text` is meant as a token's URI, not as a path. Schemes are the same in any case."""
    return text[: len(SCHEME)].lower() == SCHEME


@dataclass(frozen=True)
class TokenUri:
    """What a URI asks for; None stands for whatever a token has."""

    token: str | None = None
    serial: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    slot_id: int | None = None
    module_name: str | None = None
    module_path: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a URI. Raises `usage.uri` with the `part` that is wrong, which is never a value."""
        if not is_uri(text) or len(text) > LIMIT:
            raise KioskError("usage.uri", part=SCHEME)
        path, _, query = text[len(SCHEME) :].partition("?")
        values: dict[str, str] = {}
        for known, parts in ((_PATH, path.split(";")), (_QUERY, query.split("&"))):
            for part in filter(None, parts):
                _read(part, known, values)
        number = values.pop("slot_id", None)
        if number is not None and not _NUMBER.fullmatch(number):
            raise KioskError("usage.uri", part="slot-id")
        return cls(**values, slot_id=None if number is None else int(number))

    def fits_module(self, path: str) -> bool:
        """Say whether the driver at `path` is meant: by its whole path, or by its name without lib and ending."""
        name = PurePath(path).name.split(".")[0]
        return (self.module_path is None or self.module_path == path) and (
            self.module_name is None or _bare(self.module_name) == _bare(name)
        )


def token_uri(values: Mapping[str, str]) -> str:
    """Write a URI of path attributes in the order given (RFC 7512 2.3: all else percent-encoded as UTF-8)."""
    return SCHEME + ";".join(f"{name}={quote(value, safe=_PLAIN)}" for name, value in values.items())


def _bare(name: str) -> str:
    return name.lower().removeprefix("lib")


def _read(part: str, known: Mapping[str, str], values: dict[str, str]) -> None:
    name, is_set, value = part.partition("=")
    if name not in known:
        shown = name if re.fullmatch(r"[a-z0-9-]{1,40}", name) else "?"
        raise KioskError("usage.uri", part=shown)
    try:
        text = unquote(value, errors="strict")
    except UnicodeDecodeError:
        raise KioskError("usage.uri", part=name) from None
    if not is_set or _ESCAPES.search(value) or not text.isprintable() or known[name] in values:
        raise KioskError("usage.uri", part=name)
    values[known[name]] = text
