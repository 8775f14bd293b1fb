"""What a finished request leaves with the person."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509

from data.records import Request
from kiosk.lifecycle.act import Old


@dataclass(frozen=True)
class Outcome:
    """A certificate on a medium, proved."""

    request: Request
    certificate: x509.Certificate
    serial: str
    place: Path | str
    """The set's directory on a stick; the URI of the key and its certificate on a token."""
    resumed: bool
    anchor: str
    """The newest audit line, SEQ:HASH, for the slip."""
    old: Old | None = None
    """The certificate that it came in place of."""

    @property
    def not_before(self) -> datetime:
        """The first second of its validity."""
        return self.certificate.not_valid_before_utc

    @property
    def not_after(self) -> datetime:
        """The last second of its validity."""
        return self.certificate.not_valid_after_utc
