"""Identification of a subscriber: random number R, VID, and the otherName that carries it (KCAC.TS.SIVID).

The VID binds a certificate to an identity number without showing the number: a hash over number and R, where
R is known only to who opens the private key.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from cryptography import x509

from kiosk.pki import asn1, oids
from kiosk.secret import Secret

RANDOM_BYTES = 20


@dataclass(frozen=True)
class Identity:
    """What a certificate says of its subscriber: name, and VID with the hash that made it."""

    real_name: str
    hash_name: str
    vid: bytes | None


def make_random() -> Secret:
    """Make R: 20 random bytes (SIVID asks for at least 160 bits)."""
    return Secret(secrets.token_bytes(RANDOM_BYTES))


def vid(id_number: Secret, random: Secret) -> bytes:
    """Compute the VID of today's certificates: SHA-256 twice over DER(HashContent), 32 bytes.

    `id_number` is digits without hyphen. Raises `ValueError` when it is empty or not plain ASCII letters
    and digits (the format's PrintableString would admit more, but no identity number does).
    """
    return _vid(id_number, random, "sha256")


def _vid(id_number: Secret, random: Secret, hash_name: str) -> bytes:
    if not id_number.reveal().isalnum():
        raise ValueError("an identity number is letters and digits")
    content = asn1.HashContent({"id_number": id_number.text(), "random": random.reveal()}).dump()
    return hashlib.new(hash_name, hashlib.new(hash_name, content).digest()).digest()


def identify_data(real_name: str, vid: bytes) -> bytes:
    """Write IdentifyData as DER: name as UTF8String, one VID, its hash algorithm without NULL.

    The missing NULL is what real certificates have, and readers of them may want nothing else.
    """
    info = asn1.UserInfo({"type": oids.VID, "vid": {"hash": {"algorithm": oids.SHA256}, "value": vid}})
    value = asn1.IdentifyData(
        {
            "real_name": asn1.DirectoryString("utf8_string", real_name),
            # Given as bytes, since asn1crypto writes all below anew for each level above.
            "user_info": asn1.UserInfos(contents=info.dump()),
        }
    )
    return bytes(value.dump())


def other_name(real_name: str, vid: bytes) -> x509.OtherName:
    """Make the subjectAltName entry of a certificate."""
    return x509.OtherName(x509.ObjectIdentifier(oids.IDENTIFY_DATA), identify_data(real_name, vid))


def read_identity(certificate: x509.Certificate) -> Identity | None:
    """Read name and VID from a certificate, ours or foreign; None when it has none that can be read.

    Tolerated: hash algorithm with or without NULL, a name with no VID (as CA certificates have), SHA-1, any
    string type. A VID of an unknown hash is left out.
    """
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return None
    for name in names:
        if isinstance(name, x509.OtherName) and name.type_id.dotted_string == oids.IDENTIFY_DATA:
            try:
                return _identity(asn1.decode(asn1.IdentifyData, name.value))
            except ValueError:
                return None
    return None


def _identity(data: asn1.IdentifyData) -> Identity:
    real_name = str(data["real_name"].native)
    for index in range(len(data["user_info"])):
        info = data["user_info"][index]
        if info["type"].dotted == oids.VID:
            hash_name = oids.HASHES.get(info["vid"]["hash"]["algorithm"].dotted, "")
            if hash_name:
                return Identity(real_name, hash_name, info["vid"]["value"].native)
    return Identity(real_name, "", None)


def matches(certificate: x509.Certificate, id_number: Secret, random: Secret) -> bool:
    """Say whether the VID in `certificate` is that of this identity number and this R."""
    identity = read_identity(certificate)
    if identity is None or identity.vid is None:
        return False
    return hmac.compare_digest(_vid(id_number, random, identity.hash_name), identity.vid)
