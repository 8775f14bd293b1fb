"""What is known of a security token and of what is on it.

A key is made on the token and never leaves it. What belongs to one request has its code in it: private key,
public key and certificate share a CKA_ID that is made from the code, and keys and R have the label
`certkiosk-<code>`. R is a private data object (PKCS#11 has no CKA_ID for these) whose CKA_OBJECT_ID is the OID
that R has in a key file. The Korean token profile (KCAC.TS.HSMU) is not public; this is its known outline, with
names of our own.
"""

import hashlib
from dataclasses import dataclass
from typing import Literal

from kiosk.errors import KioskError
from kiosk.media.place import is_code
from kiosk.media.token_uri import TokenUri, token_uri
from kiosk.secret import Secret

PREFIX = "certkiosk-"
# CK_TOKEN_INFO flags, PKCS#11 v2.40 section 4.5.
_WRITE_PROTECTED, _PIN_SET, _INITIALISED = 0x2, 0x8, 0x400
_OWN_PAD = 0x100
_COUNT_LOW, _FINAL_TRY, _LOCKED, _TO_BE_CHANGED = 0x10000, 0x20000, 0x40000, 0x80000

Tries = Literal["all", "fewer", "last", "none"]


@dataclass(frozen=True)
class Token:
    """One token as its module describes it. Its texts are somebody else's: show them with `visible` only."""

    module: str
    """Path of the module."""
    slot: int
    label: str
    serial: str
    manufacturer: str
    model: str
    flags: int
    pin_least: int = 0
    """The shortest PIN that it takes, in bytes, and the longest; known only where a new one is due, else 0."""
    pin_most: int = 0

    @property
    def problem(self) -> str | None:
        """Why nothing can be put on it whatever is typed, as an id of `kiosk.errors.TABLE`."""
        if self.blank:
            return "token.blank"
        if self.tries == "none":
            return "token.pin_locked"
        if self.flags & _OWN_PAD:
            # The PIN of one with keys of its own is typed there, each time anew: that is no way through a visit.
            return "token.pad"
        return "token.readonly" if self.write_protected else None

    @property
    def tries(self) -> Tries:
        """How many PINs may still be typed, as exactly as PKCS#11 says it.

        All of them; fewer, since somebody typed a wrong one; one; none.
        """
        if self.flags & _LOCKED:
            return "none"
        if self.flags & _FINAL_TRY:
            return "last"
        return "fewer" if self.flags & _COUNT_LOW else "all"

    @property
    def blank(self) -> bool:
        """Whether it was not set up yet, or has no PIN."""
        return not (self.flags & _INITIALISED and self.flags & _PIN_SET)

    @property
    def factory_pin(self) -> bool:
        """Whether its PIN must be changed before anything else."""
        return bool(self.flags & _TO_BE_CHANGED)

    @property
    def write_protected(self) -> bool:
        """Whether nothing can be written to it."""
        return bool(self.flags & _WRITE_PROTECTED)

    @property
    def uri(self) -> str:
        """Its RFC 7512 URI: what stays the same for it, in whatever slot it is."""
        texts = {"token": self.label, "manufacturer": self.manufacturer, "serial": self.serial}
        return token_uri({**texts, "model": self.model})

    @property
    def target(self) -> TokenUri:
        """What names this token, and no other, to whoever opens it: all that stays the same, and its module."""
        return TokenUri(
            token=self.label, serial=self.serial, manufacturer=self.manufacturer, model=self.model,
            module_path=self.module,
        )  # fmt: skip

    def object_uri(self, id_: bytes) -> str:
        """The URI of what has this CKA_ID on it."""
        return f"{self.uri};id=" + "".join(f"%{byte:02x}" for byte in id_)


@dataclass(frozen=True)
class Listing:
    """The tokens present, and the modules (by file name) that could not say, with their errors."""

    tokens: tuple[Token, ...]
    failed: tuple[tuple[str, KioskError], ...]


@dataclass(frozen=True)
class PublicCertificate:
    """A public certificate (DER) and its CKA_ID."""

    der: bytes
    id: bytes


@dataclass(frozen=True)
class Held:
    """What of one request is on a token."""

    moduli: tuple[int, ...]
    """Of its private keys; there should be one."""
    guarded: bool
    """Whether these are SENSITIVE and not EXTRACTABLE."""
    randoms: tuple[Secret, ...]
    certificates: tuple[bytes, ...]
    signature: bytes


def object_id(code: str) -> bytes:
    """Give the CKA_ID of the request `code`: 20 bytes, as long as the usual ones, unlike them not from the key.

    So it is known before there is a key, and what an interrupted request left is found by it.
    """
    if not is_code(code):
        raise ValueError("not a request code")
    return hashlib.sha256(b"certkiosk request " + code.encode()).digest()[:20]


def fits(token: Token, uri: TokenUri) -> bool:
    """Say whether `uri` names the token; its module is not looked at."""
    wanted = (
        (uri.token, token.label), (uri.serial, token.serial), (uri.manufacturer, token.manufacturer),
        (uri.model, token.model), (uri.slot_id, token.slot),
    )  # fmt: skip
    return all(asked is None or asked == found for asked, found in wanted)
