"""Sets as other authorities and programs make them: written by `tests.pki.independent`, not by the project."""

import os
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.pki import independent

OLD_PASSWORD = "Old1!password"
SALT = b"saltsalt"
R = bytes(range(20))


@cache
def key(number: int = 0) -> rsa.RSAPrivateKey:
    """Keys, each made once."""
    return rsa.generate_private_key(65537, 2048)


@cache
def pkcs8(number: int = 0) -> bytes:
    """A key with R, as it lies in a key file."""
    plain = key(number).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return independent.with_attributes(plain, independent.attribute(R))


@cache
def certificate(number: int = 0, name: str = "홍길동()0004041", serial: int = 0x1234ABCD) -> bytes:
    """A certificate of another authority, for `key(number)`."""
    subject = x509.Name([
        x509.NameAttribute(NameOID.COUNTRY_NAME, "kr"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "yessign"),
        x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "personal4IB"),
        x509.NameAttribute(NameOID.COMMON_NAME, name),
    ])  # fmt: skip
    now = datetime(2026, 6, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(subject, subject, key(number).public_key(), serial, now,
                                      now + timedelta(days=365))  # fmt: skip
    return builder.sign(key(number), hashes.SHA256()).public_bytes(Encoding.DER)


@cache
def sealed(number: int = 0, password: str = OLD_PASSWORD) -> bytes:
    """The key file, in the form that Korean programs write."""
    return independent.close_key(independent.PBE, password.encode(), SALT, 2048, pkcs8(number))


def files(number: int = 0, password: str = OLD_PASSWORD, *, whole: bool = False) -> dict[str, bytes]:
    """The files of a set: two, or with the encryption pair and the authority's certificates five."""
    pair = {"signCert.der": certificate(number), "signPri.key": sealed(number, password)}
    if not whole:
        return pair
    return pair | {
        "kmCert.der": certificate(number + 1), "kmPri.key": sealed(number + 1, password),
        "CaPubs": certificate(number + 2),
    }  # fmt: skip


def put(
    medium: Path, contents: dict[str, bytes], name: str = "cn=홍길동()0004041,ou=personal4IB,o=yessign,c=kr"
) -> Path:
    """Lay a set on a medium as other programs do."""
    root = medium if medium.name == "NPKI" else medium / "NPKI"
    place = root / "yessign" / "USER" / name
    place.mkdir(parents=True)
    for file, data in contents.items():
        (place / file).write_bytes(data)
    return place


def read(place: Path) -> dict[str, bytes]:
    """All that is in a set's directory."""
    return {path.name: path.read_bytes() for path in place.iterdir()}


def tree(root: Path) -> dict[str, bytes | None]:
    """Everything below `root`: files with their bytes, directories with None."""
    return {
        os.fsdecode(path.relative_to(root)): path.read_bytes() if path.is_file() else None
        for path in sorted(root.rglob("*"))
    }
