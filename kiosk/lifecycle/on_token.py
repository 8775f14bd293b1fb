"""A security token as the medium of a request: the key is made there, never leaves it, and is its own staging."""

import secrets
from typing import Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from data.records import Request
from kiosk.errors import KioskError
from kiosk.lifecycle.application import Application
from kiosk.lifecycle.keys import digest_info, public_key_hash, request_info, signed_request
from kiosk.lifecycle.medium import MadeKey
from kiosk.media.token_records import Held, Token, object_id
from kiosk.media.token_uri import TokenUri
from kiosk.media.tokens import EXPONENT, Tokens
from kiosk.pki import vid
from kiosk.secret import Secret


class TokenMedium:
    """A token that takes the certificate of one application; see `kiosk.lifecycle.medium.Medium`."""

    def __init__(self, tokens: Tokens, token: Token, application: Application, pin: Secret) -> None:
        """Work on `token`, whose PIN is right."""
        self._tokens = tokens
        self._token = token
        self._application = application
        self._pin = pin
        self._code: str | None = None
        self._made: MadeKey | None = None

    @classmethod
    def open(cls, tokens: Tokens, uri: TokenUri, application: Application) -> Self:
        """Find the one token that `uri` names, and try the PIN. Raises what `open_token` does."""
        pin = application.pin
        if not pin:
            raise KioskError("answers.missing", key="pin_file")
        return cls(tokens, open_token(tokens, uri, pin), application, pin)

    @property
    def identity(self) -> str:
        """The token's URI: label, maker, serial number and model."""
        return self._token.uri

    def codes(self) -> tuple[str, ...]:
        """Give the codes of requests that have a key, or R, on the token, finished ones among them."""
        return self._tokens.codes(self._token, self._pin)

    def holds(self, der: bytes) -> bool:
        """Say whether the certificate is on the token."""
        return any(found.der == der for found in self._tokens.certificates(self._token))

    def make_key(self, code: str) -> MadeKey:
        """Make the key pair on the token, and put R there."""
        with vid.make_random() as random:
            modulus = self._tokens.make_key(self._token, self._pin, code, random)
            number = vid.vid(self._application.id_number, random)
        self._code, self._made = code, MadeKey(_public_key(modulus), number)
        return self._made

    def stage(self, code: str) -> None:
        """Read back that key and R are there; nothing else has to be staged. Raises `medium.lies`."""
        made = self._made
        if made is None or not self._has(self._read(code), public_key_hash(made.public), made.vid):
            raise KioskError("medium.lies")

    def recover(self, request: Request, der: bytes | None) -> bool:  # noqa: ARG002 - the key is found by the code
        """Find the key on the token by the code of its request."""
        held = self._read(request.code)
        if not self._has(held, request.public_key_hash, request.vid):
            return False
        self._code = request.code
        self._made = MadeKey(_public_key(held.moduli[0]), request.vid or b"")
        return True

    def signing_request(self) -> bytes:
        """Have the token sign the request."""
        if self._made is None or self._code is None:
            raise RuntimeError("the request has no key")
        info = request_info(self._made.public)
        signature = self._tokens.sign(self._token, self._pin, self._code, digest_info(info))
        return signed_request(info, signature)

    def write(self, request: Request, der: bytes) -> str:
        """Put the certificate beside its key; give the URI of both."""
        self._tokens.write(self._token, self._pin, request.code, der)
        return self._token.object_uri(object_id(request.code))

    def prove(self, request: Request, der: bytes) -> None:
        """Have the token sign random data, verify it with the certificate that stands there, recompute the VID.

        The module is loaded anew for it: what it remembers of the writing proves nothing.
        """
        self._tokens.release(self._token)
        challenge = secrets.token_bytes(32)
        held = self._read(request.code, challenge)
        if held.certificates != (der,):
            raise KioskError("medium.proof", step="certificate")
        certificate = x509.load_der_x509_certificate(der)
        public = certificate.public_key()
        if len(held.moduli) != 1 or not held.guarded or not isinstance(public, rsa.RSAPublicKey):
            raise KioskError("medium.proof", step="key")
        if len(held.randoms) != 1:
            raise KioskError("medium.proof", step="vid")
        with held.randoms[0] as random:
            if not vid.matches(certificate, self._application.id_number, random):
                raise KioskError("medium.proof", step="vid")
        try:
            public.verify(held.signature, challenge, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            raise KioskError("medium.proof", step="signature") from None

    def finish(self, code: str) -> None:
        """Nothing was there for the request only."""

    def drop(self, der: bytes, code: str) -> None:  # noqa: ARG002 - all is found by the code
        """Delete certificate, key and R."""
        if code in self.codes():
            self._tokens.remove(self._token, self._pin, code)

    def clean(self, request: Request, der: bytes | None) -> None:  # noqa: ARG002 - all is found by the code
        """Delete what a request left that came to nothing; what is done stays."""
        if request.state != "done":
            self._tokens.remove(self._token, self._pin, request.code)

    def place(self, request: Request) -> str:
        """Give the URI of key and certificate."""
        return request.directory or self._token.uri

    def close(self) -> None:
        """Leave no process that was told the PIN; our own copy is the application's."""
        self._tokens.release(self._token)

    def _read(self, code: str, challenge: bytes = b"") -> Held:
        return self._tokens.read(self._token, self._pin, code, digest_info(challenge) if challenge else b"")

    def _has(self, held: Held, key_hash: bytes | None, number: bytes | None) -> bool:
        """Say whether just this key and this R are there, the key guarded as it must be."""
        if len(held.moduli) != 1 or len(held.randoms) != 1 or not held.guarded:
            return False
        with held.randoms[0] as random:
            same = vid.vid(self._application.id_number, random) == number
        return same and public_key_hash(_public_key(held.moduli[0])) == key_hash


def open_token(tokens: Tokens, uri: TokenUri, pin: Secret) -> Token:
    """Find the one token that `uri` names, and try the PIN, once. Raises `token.*`.

    Never tried is a PIN on a token that is locked, not set up, has the maker's PIN still, or keys of its own.
    """
    token = tokens.find(uri)
    if token.problem is not None:
        raise KioskError(token.problem)
    if token.factory_pin:
        raise KioskError("token.pin_change")
    tokens.login(token, pin)  # where it fails, its process has ended
    return token


def _public_key(modulus: int) -> rsa.RSAPublicKey:
    return rsa.RSAPublicNumbers(EXPONENT, modulus).public_key()
