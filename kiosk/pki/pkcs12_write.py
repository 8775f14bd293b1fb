"""Writing PKCS#12 (PFX) with R in the key; reading is in `kiosk.pki.pkcs12`.

Two forms. The usual one, 3DES with SHA-1 for keys, certificates and integrity, is what Windows and the Korean
programs write and read. The modern one, PBES2 with AES-256 and SHA-256, is what Windows from 10 (1709) on calls
AES256-SHA256; older Windows and older vendor programs say of it that the password is wrong.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from kiosk.pki import asn1, asn1_pfx, oids, pbe
from kiosk.pki import pkcs12_pbe as pbes
from kiosk.secret import Secret

ITERATIONS = 2048
MODERN_ITERATIONS = 100_000
SALT_BYTES = 8
MODERN_SALT_BYTES = 16


@dataclass(frozen=True)
class Entry:
    """A key (PKCS#8, taken byte for byte), its certificate (DER), the name to show, and the id that ties both."""

    pkcs8: Secret
    certificate: bytes
    name: str
    local_id: bytes


# An `Any` is written as it is, so its tag is put on what goes in.
_Seal = Callable[[bytes, pbes.Form], tuple[dict[str, Any], bytes]]


def write(
    entries: Sequence[Entry], password: Secret, *, others: Sequence[bytes] = (), modern: bool = False
) -> bytes:
    """Write a PFX with keys, their certificates, and `others` (certificates of authorities, DER).

    The order of the entries is kept: programs that know of one key only take the first.
    """
    form = pbes.forms(password)[0]
    seal = _aes if modern else _triple_des
    certificates = [_cert_bag(entry.certificate, entry) for entry in entries]
    certificates += [_cert_bag(der, None) for der in others]
    algorithm, ciphertext = seal(asn1_pfx.Bags(certificates).dump(), form)
    encrypted = {"type": oids.DATA, "algorithm": algorithm, "content": ciphertext}
    data = asn1_pfx.EncryptedData({"version": 0, "encrypted": encrypted}, explicit=0)
    keys = asn1_pfx.Bags([_key_bag(entry, form, seal) for entry in entries]).dump()
    safe = asn1_pfx.AuthenticatedSafe([
        asn1_pfx.ContentInfo({"type": oids.ENCRYPTED_DATA, "content": data}), _data(keys),
    ]).dump()  # fmt: skip
    mac = _mac(safe, form, modern=modern)
    return bytes(asn1_pfx.Pfx({"version": 3, "safe": _data(safe), "mac": mac}).dump())


def _data(content: bytes) -> asn1_pfx.ContentInfo:
    return asn1_pfx.ContentInfo({"type": oids.DATA, "content": asn1_pfx.OctetString(content, explicit=0)})


def _cert_bag(der: bytes, entry: Entry | None) -> asn1_pfx.Bag:
    held = asn1_pfx.CertBag(
        {"type": oids.X509_CERTIFICATE, "value": asn1_pfx.OctetString(der, explicit=0)}, explicit=0
    )
    return _bag(oids.CERT_BAG, held, entry)


def _key_bag(entry: Entry, form: pbes.Form, seal: _Seal) -> asn1_pfx.Bag:
    algorithm, ciphertext = seal(entry.pkcs8.reveal(), form)
    sealed = asn1.EncryptedPrivateKey({"algorithm": algorithm, "data": ciphertext}, explicit=0)
    return _bag(oids.SHROUDED_KEY_BAG, sealed, entry)


def _bag(kind: str, value: Any, entry: Entry | None) -> asn1_pfx.Bag:
    bag = asn1_pfx.Bag({"type": kind, "value": value})
    if entry is not None:
        attributes = ((oids.FRIENDLY_NAME, asn1_pfx.BMPString(entry.name)),
                      (oids.LOCAL_KEY_ID, asn1_pfx.OctetString(entry.local_id)))  # fmt: skip
        bag["attributes"] = [
            {"type": oid, "values": asn1_pfx.AnySet([attribute])} for oid, attribute in attributes
        ]
    return bag


def _triple_des(plaintext: bytes, form: pbes.Form) -> tuple[dict[str, Any], bytes]:
    salt = secrets.token_bytes(SALT_BYTES)
    key = pbes.derive("sha1", pbes.KEY, form.wide, salt, ITERATIONS, 24)
    iv = pbes.derive("sha1", pbes.IV, form.wide, salt, ITERATIONS, 8)
    parameters = asn1.PbeParameters({"salt": salt, "iterations": ITERATIONS})
    return {"algorithm": oids.PBE_3DES, "parameters": parameters}, pbe.encrypt(TripleDES(key), iv, plaintext)


def _aes(plaintext: bytes, form: pbes.Form) -> tuple[dict[str, Any], bytes]:
    salt, iv = secrets.token_bytes(MODERN_SALT_BYTES), secrets.token_bytes(16)
    derivation = {
        "algorithm": oids.PBKDF2,
        "parameters": asn1.Pbkdf2Parameters({
            "salt": salt, "iterations": MODERN_ITERATIONS,
            "prf": {"algorithm": oids.HMAC_SHA256, "parameters": asn1.Null()},
        }),
    }  # fmt: skip
    scheme = {"algorithm": oids.AES_256_CBC, "parameters": asn1.OctetString(iv)}
    parameters = asn1.Pbes2Parameters({"derivation": derivation, "scheme": scheme})
    key = hashlib.pbkdf2_hmac("sha256", form.plain, salt, MODERN_ITERATIONS, 32)
    return {"algorithm": oids.PBES2, "parameters": parameters}, pbe.encrypt(AES(key), iv, plaintext)


def _mac(content: bytes, form: pbes.Form, *, modern: bool) -> dict[str, Any]:
    """Make the integrity check: HMAC under a key of PKCS#12's own derivation, which all programs know."""
    oid, size, iterations, salt_bytes = (
        (oids.SHA256, 32, MODERN_ITERATIONS, MODERN_SALT_BYTES)
        if modern
        else (oids.SHA1, 20, ITERATIONS, SALT_BYTES)
    )
    salt = secrets.token_bytes(salt_bytes)
    key = pbes.derive(oids.HASHES[oid], pbes.MAC, form.wide, salt, iterations, size)
    digest = hmac.digest(key, content, oids.HASHES[oid])
    algorithm = {"algorithm": oid, "parameters": asn1.Null()}
    return {"mac": {"algorithm": algorithm, "digest": digest}, "salt": salt, "iterations": iterations}
