"""Which key of a PFX belongs to which certificate, and which of these make up one set on a medium.

Some authorities give two pairs to one person, for signing and for encryption: they have one subject and one
issuer, and KeyUsage tells them apart (npki.md 3.5).
"""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa

from kiosk.errors import KioskError
from kiosk.pki import keys
from kiosk.pki.pkcs12 import Contents
from kiosk.secret import Secret


@dataclass(frozen=True)
class Pair:
    """A certificate and its key (PKCS#8, byte for byte)."""

    certificate: x509.Certificate
    der: bytes
    pkcs8: Secret


@dataclass(frozen=True)
class Whole:
    """One person's pairs, and the certificate (DER) of the authority that issued the first, if it is there."""

    signing: Pair
    encryption: Pair | None
    authority: bytes | None


def parsed(der: bytes) -> x509.Certificate | None:
    """Parse somebody's certificate; None when it, or a part that is asked for here, cannot be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd serials and parameters: foreign, but readable
            certificate = x509.load_der_x509_certificate(der)
            _ = certificate.subject, certificate.issuer, certificate.serial_number, certificate.extensions
            _ = certificate.not_valid_before_utc, certificate.not_valid_after_utc, certificate.public_key()
    except Exception:  # noqa: BLE001  # what the parser raises on hostile DER is not one family
        return None
    return certificate


def find(contents: Contents) -> tuple[Whole, ...]:
    """Give every signing certificate of a PFX that has its key there, each once, in its order.

    Raises `pfx.no_key` when there is no key at all, `pfx.no_certificate` when there is no such certificate, and
    `pfx.format` (fact `format`) when no key is RSA.
    """
    if not contents.keys:
        raise KioskError("pfx.no_key")
    certificates = {der: certificate for der in contents.certificates if (certificate := parsed(der))}
    held = list(_pairs(contents.keys, certificates))
    signing = [pair for pair in held if _signs(pair.certificate)]
    if not signing:
        raise KioskError("pfx.no_certificate")
    rest = [pair for pair in held if not _signs(pair.certificate)]
    return tuple(
        Whole(pair, _companion(pair, rest), _issuer(pair.certificate, certificates)) for pair in signing
    )


def _pairs(secrets: Iterable[Secret], certificates: dict[bytes, x509.Certificate]) -> Iterable[Pair]:
    by_number: dict[rsa.RSAPublicNumbers, Secret] = {}
    refused: KioskError | None = None
    for pkcs8 in secrets:
        try:
            by_number.setdefault(keys.load_key(pkcs8).public_key().public_numbers(), pkcs8)
        except KioskError as error:
            refused = error
    if refused is not None and not by_number:
        raise KioskError("pfx.format", format=str(refused.facts["format"]))
    for der, certificate in certificates.items():
        public = certificate.public_key()
        if isinstance(public, rsa.RSAPublicKey) and (own := by_number.get(public.public_numbers())):
            yield Pair(certificate, der, own)


def _signs(certificate: x509.Certificate) -> bool:
    """Say whether a certificate is for signing; one that says nothing of its use is."""
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature
    except x509.ExtensionNotFound:
        return True


def _companion(pair: Pair, others: list[Pair]) -> Pair | None:
    """Find the newest encryption pair of the same person from the same authority."""
    certificate = pair.certificate
    same = [
        other for other in others
        if (other.certificate.subject, other.certificate.issuer) == (certificate.subject, certificate.issuer)
    ]  # fmt: skip
    return max(same, key=lambda other: other.certificate.not_valid_after_utc, default=None)


def _issuer(certificate: x509.Certificate, certificates: dict[bytes, x509.Certificate]) -> bytes | None:
    for der, other in certificates.items():
        if other != certificate and other.subject == certificate.issuer:
            try:
                certificate.verify_directly_issued_by(other)
            except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
                continue
            return der
    return None
