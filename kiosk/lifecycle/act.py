"""What makes an issuing, a renewal and a reissue differ while a request is carried through.

They are one kind of request (`kiosk.lifecycle.carry`): each service checks its own rules, and says with an `Act`
what is to be done.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from data.records import WholeCertificate
from kiosk.clock import unstamp
from kiosk.lifecycle.application import Application
from kiosk.lifecycle.medium import Medium


@dataclass(frozen=True)
class Old:
    """A certificate that another one comes in place of."""

    held: WholeCertificate
    code: str
    """Of the request that it came from: what a token keeps of it is found by that."""

    @property
    def not_after(self) -> datetime:
        """The last second of its validity."""
        return unstamp(self.held.not_after)


class OldKey(Protocol):
    """The key of the certificate that is renewed: its holder shows with it that they are the holder.

    There are two, on a stick and on a token: see `kiosk.lifecycle.old_key`.
    """

    async def prove(self) -> None:
        """Make sure that the key can be used, is the certificate's, and R gives the VID of the identity number.

        Raises `medium.*`, `token.*`, `password.locked`, `identity.number`.
        """

    async def sign(self, data: bytes) -> bytes:
        """Sign `data`: SHA-256 with RSA, PKCS#1 v1.5. Raises as `prove` does."""

    def close(self) -> None:
        """Forget the key."""


@dataclass(frozen=True)
class Act:
    """One thing that is to be done for one application."""

    name: str
    """One of `data.records.ACTS`."""
    application: Application
    require: Callable[[Medium, Sequence[WholeCertificate]], Awaitable[None]]
    """Refuses a new request, by raising. Gets the opened medium, and the person's good certificates of the kind."""
    old: Old | None = None
    old_key: OldKey | None = None
    """What a renewal is signed with, besides the new key."""
    lost: bool = False
    """Whether the old certificate is revoked (keyCompromise) as soon as it is known who asks for that."""

    @property
    def replaces(self) -> int | None:
        """Row id of the old certificate."""
        return self.old.held.id if self.old else None
