"""What a scan of a medium finds."""

from dataclasses import dataclass
from pathlib import Path

from cryptography import x509


@dataclass(frozen=True)
class Found:
    """One set's directory. `problem`: `certificate_` or `key_` with `missing` or `unreadable`, or None.

    `key_format` is short text as `kiosk.pki.container.key_format` gives it, or `pkcs11` on a token. Names in
    `path` are somebody else's: to be shown through `kiosk.i18n.visible` only.
    """

    path: Path | str
    """Its directory; on a token the URI of the certificate."""
    certificate: x509.Certificate | None
    certificate_der: bytes | None
    key_format: str | None
    problem: str | None
    flat: bool = False
    """Whether `path` is the certificate's file, among others', and not a directory of its own (GPKI, EPKI)."""


@dataclass(frozen=True)
class ScanResult:
    """What was found, in the order of paths, and what was not looked at.

    An item of `skipped` is `<why>: <path>`; why is link, special, unreadable, entries, bytes or time.
    """

    found: tuple[Found, ...]
    skipped: tuple[str, ...]
    pfx: tuple[Path, ...] = ()
    """PFX files in the root."""
