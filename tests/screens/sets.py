"""Certificates that other authorities might have made, and sets of files with them, for the screens to find."""

import itertools
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from kiosk.lifecycle import dates
from kiosk.pki.container import encrypt_key
from kiosk.secret import Secret
from tests.conftest import TODAY

NEXT_YEAR = dates.day_end(dates.korean_day(TODAY + timedelta(days=365)))
SOON = dates.day_end(dates.korean_day(TODAY + timedelta(days=12)))
OVER = dates.day_end(dates.korean_day(TODAY - timedelta(days=3)))
GENERAL = "1.2.410.200005.1.1.1"
"""yessign, personal, general purpose."""
KEY = encrypt_key(b"any bytes", Secret("password"), iterations=1)
_directories = itertools.count()
_serials = itertools.count(0x1000)


@cache
def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def foreign(
    holder: str, *, ends: datetime = NEXT_YEAR, organization: str = "yessign", policy: str | None = GENERAL,
    begins: datetime | None = None,
) -> bytes:  # fmt: skip
    """Make a certificate of another authority for `holder`, whatever that is; DER."""

    def attribute(oid: x509.ObjectIdentifier, text: str) -> x509.NameAttribute[str]:
        kind = _ASN1Type.PrintableString if oid == NameOID.COUNTRY_NAME else _ASN1Type.UTF8String
        return x509.NameAttribute(oid, text, kind, _validate=False)

    def name(common: str) -> x509.Name:
        return x509.Name(
            [
                attribute(NameOID.COUNTRY_NAME, "KR"),
                attribute(NameOID.ORGANIZATION_NAME, organization),
                attribute(NameOID.COMMON_NAME, common),
            ]
        )

    builder = (
        x509.CertificateBuilder()
        .subject_name(name(holder))
        .issuer_name(name("yessignCA Class 3"))
        .public_key(_key().public_key())
        .serial_number(next(_serials))
        .not_valid_before(begins or min(ends - timedelta(days=365), TODAY - timedelta(days=1)))
        .not_valid_after(ends)
    )
    if policy is not None:
        information = x509.PolicyInformation(x509.ObjectIdentifier(policy), None)
        builder = builder.add_extension(x509.CertificatePolicies([information]), critical=True)
    return builder.sign(_key(), hashes.SHA256()).public_bytes(Encoding.DER)


def put_set(medium: Path, der: bytes, key: bytes | None = KEY, brand: str = "yessign") -> Path:
    """Put a certificate and a key file on a medium; where they are."""
    place = medium / "NPKI" / brand / "USER" / f"cn={next(_directories)}"
    place.mkdir(parents=True)
    (place / "signCert.der").write_bytes(der)
    if key is not None:
        (place / "signPri.key").write_bytes(key)
    return place
