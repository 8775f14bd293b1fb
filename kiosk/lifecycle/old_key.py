"""The key of the certificate that is renewed, where it lies: in a set on a stick, or on a token.

Opening it with the old password or the PIN shows who holds it, and R in it that the identity number is the holder's
(npki.md 2.7): see `kiosk.lifecycle.act.OldKey`.
"""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from kiosk.errors import KioskError
from kiosk.lifecycle.act import Old
from kiosk.lifecycle.keys import digest_info
from kiosk.lifecycle.unlock import unlock
from kiosk.media.directory import DirectoryMedium
from kiosk.media.scan import scan
from kiosk.media.token_uri import TokenUri
from kiosk.pki import keys, npki, vid
from kiosk.secret import Secret
from kiosk.services import Services

if TYPE_CHECKING:
    from kiosk.media.token_records import Token


class StickKey:
    """A key file on the stick at a path; see `kiosk.lifecycle.act.OldKey`."""

    def __init__(
        self, services: Services, stick: Path, old: Old, password: Secret, id_number: Secret
    ) -> None:
        """`password` is the old one; `id_number` has its digits only."""
        self._services = services
        self._stick = stick
        self._der = old.held.der
        self._password = password
        self._id_number = id_number
        self._pkcs8: Secret | None = None

    async def prove(self) -> None:
        """Open the key file, once."""
        if self._pkcs8 is not None:
            return
        sealed = await asyncio.to_thread(self._sealed)
        pkcs8 = await unlock(self._services, self._der, sealed, self._password)
        try:
            with keys.read_random(pkcs8) or Secret("") as random:
                _check_number(self._der, self._id_number, random)
        except BaseException:
            pkcs8.wipe()
            raise
        self._pkcs8 = pkcs8

    async def sign(self, data: bytes) -> bytes:
        """Sign with it."""
        await self.prove()
        return await asyncio.to_thread(self._sign, data)

    def _sign(self, data: bytes) -> bytes:
        if self._pkcs8 is None:
            raise RuntimeError("the key is not open")
        return keys.load_key(self._pkcs8).sign(data, padding.PKCS1v15(), hashes.SHA256())

    def close(self) -> None:
        """Wipe the key."""
        if self._pkcs8 is not None:
            self._pkcs8.wipe()

    def _sealed(self) -> bytes:
        """Read the key file that lies beside the certificate, wherever on the stick that is."""
        for found in scan(self._stick).found:
            if found.certificate_der == self._der and not isinstance(found.path, str):
                sealed = DirectoryMedium.open(self._stick).read_set(found.path).get(npki.SIGN_KEY)
                if sealed:
                    return sealed
        raise KioskError("medium.damaged", name=npki.SIGN_KEY)


class TokenKey:
    """A key on the token that a URI names; see `kiosk.lifecycle.act.OldKey`."""

    def __init__(self, services: Services, uri: TokenUri, old: Old, pin: Secret, id_number: Secret) -> None:
        """`id_number` has its digits only."""
        self._tokens = services.tokens
        self._uri = uri
        self._old = old
        self._pin = pin
        self._id_number = id_number
        self._token: Token | None = None

    async def prove(self) -> None:
        """Have the token sign something."""
        await self.sign(b"certkiosk")

    async def sign(self, data: bytes) -> bytes:
        """Have the token sign, and make sure that it did with this certificate's key."""
        return await asyncio.to_thread(self._sign, data)

    def _sign(self, data: bytes) -> bytes:
        self._token = self._tokens.find(self._uri)
        held = self._tokens.read(self._token, self._pin, self._old.code, digest_info(data))
        public = x509.load_der_x509_certificate(self._old.held.der).public_key()
        if not held.signature or not isinstance(public, rsa.RSAPublicKey):
            raise KioskError("medium.other_key")
        try:
            public.verify(held.signature, data, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            raise KioskError("medium.other_key") from None
        with held.randoms[0] if len(held.randoms) == 1 else Secret("") as random:
            _check_number(self._old.held.der, self._id_number, random)
        return held.signature

    def close(self) -> None:
        """Leave no process that was told the PIN."""
        if self._token is not None:
            self._tokens.release(self._token)


def _check_number(der: bytes, id_number: Secret, random: Secret) -> None:
    """Compare the VID in the certificate with that of the number. Raises `renew.no_random`, `identity.number`."""
    if not random:
        raise KioskError("renew.no_random")
    if not vid.matches(x509.load_der_x509_certificate(der), id_number, random):
        raise KioskError("identity.number")
