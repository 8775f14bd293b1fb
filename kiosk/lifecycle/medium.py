"""What a request asks of the medium that its certificate goes to, be that a stick or a security token.

There are two: `kiosk.lifecycle.stick` and `kiosk.lifecycle.on_token`. Each is opened for one application, whose
password or PIN it uses, and remembers the key of the request it works on. Methods block: call them in a thread.
They raise `medium.*` or `token.*`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric import rsa

from data.records import Request


@dataclass(frozen=True)
class MadeKey:
    """What goes on record of a key that was made."""

    public: rsa.RSAPublicKey
    vid: bytes
    """The VID of the applicant's identity number with the R that was made with the key, 32 bytes."""


class Medium(Protocol):
    """A medium opened for one application. `der` is always the certificate of the request, where it has one."""

    @property
    def identity(self) -> str:
        """Stable text for the same medium, for the record."""

    def codes(self) -> tuple[str, ...]:
        """Give the codes of requests that left something on the medium."""

    def holds(self, der: bytes) -> bool:
        """Say whether the certificate `der` stands on the medium."""

    def make_key(self, code: str) -> MadeKey:
        """Make the key pair of the request `code`, and R with it."""

    def stage(self, code: str) -> None:
        """See to it that key and R are on the medium, to be found by a later call."""

    def recover(self, request: Request, der: bytes | None) -> bool:
        """Find the key that `request` left; False unless key, R and VID are those on record."""

    def signing_request(self) -> bytes:
        """Give the PKCS#10 request (DER) of the key that was made or recovered."""

    def write(self, request: Request, der: bytes) -> str:
        """Put the certificate to its key, and give where, for the record. What stands there already is right."""

    def prove(self, request: Request, der: bytes) -> None:
        """Read certificate, key and R from the medium, sign, verify. Raises `medium.proof` with the `step`."""

    def finish(self, code: str) -> None:
        """Delete what was there for the request only."""

    def drop(self, der: bytes, code: str) -> None:
        """Delete what is there of the certificate `der`, of the request `code`, in whose place another one came."""

    def clean(self, request: Request, der: bytes | None) -> None:
        """Clear what an ended request left; of a voided one all, the certificate too."""

    def place(self, request: Request) -> Path | str:
        """Say where the certificate of a written request stands, for people."""

    def close(self) -> None:
        """Forget key and secrets."""
