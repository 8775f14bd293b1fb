"""A set on a medium: certificate and key file, their names, and the proof that they belong together."""

import secrets
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from kiosk.errors import KioskError
from kiosk.pki import container, keys, vid
from kiosk.secret import Secret

# Written exactly so; on reading, case does not matter.
SIGN_CERT = "signCert.der"
SIGN_KEY = "signPri.key"
ENCRYPTION_CERT = "kmCert.der"
ENCRYPTION_KEY = "kmPri.key"


@dataclass(frozen=True)
class NpkiSet:
    """Certificate (DER) and key file as they stand on a medium."""

    certificate: bytes
    key: bytes


@dataclass(frozen=True)
class Proved:
    """What a proof found: the certificate, the opened key (PKCS#8) and R; `vid` says that it was checked."""

    certificate: x509.Certificate
    pkcs8: Secret
    random: Secret | None
    vid: bool


def check_set(
    certificate_der: bytes, key_container: bytes, password: Secret, id_number: Secret | None = None
) -> Proved:
    """Prove a set: open the key, match it with the certificate, recompute the VID, sign and verify.

    The VID is checked when `id_number` is given. Raises `medium.password` and `medium.format` as opening
    does, else `medium.proof` with the fact `step`: `certificate`, `key`, `vid` or `signature`.
    """
    try:
        certificate = x509.load_der_x509_certificate(certificate_der)
        public = certificate.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KioskError("medium.proof", step="certificate") from None
    pkcs8 = container.decrypt_key(key_container, password)
    key = keys.load_key(pkcs8)
    if (
        not isinstance(public, rsa.RSAPublicKey)
        or public.public_numbers() != key.public_key().public_numbers()
    ):
        raise KioskError("medium.proof", step="key")
    random = keys.read_random(pkcs8)
    if id_number is not None and not (random and vid.matches(certificate, id_number, random)):
        raise KioskError("medium.proof", step="vid")
    message = secrets.token_bytes(32)
    try:
        signature = key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        public.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        raise KioskError("medium.proof", step="signature") from None
    return Proved(certificate, pkcs8, random, id_number is not None)
