"""The private key file of NPKI: a PKCS#8 key encrypted under a password (signPri.key).

One form is written, the one that every Korean program reads: OID 1.2.410.200004.1.15, salt of 8 bytes, 2048
iterations. Read are also the old form under the bare SEED-CBC OID, and PBES2 with SEED, AES, ARIA or 3DES in
CBC mode. Sources: RFC 8018 (PBKDF1, PBKDF2, PBES2), RFC 4269 (SEED), practice of the Korean programs for 1.15.
"""

import hashlib
import secrets
from collections.abc import Iterator
from typing import Any

from cryptography.hazmat.decrepit.ciphers.algorithms import SEED

from kiosk.errors import KioskError
from kiosk.pki import asn1, oids, pbe
from kiosk.pki.keys import load_key, private_key_info, read_random
from kiosk.secret import Secret

__all__ = ["decrypt_key", "encrypt_key", "key_format", "load_key", "private_key_info", "read_random"]

MAX_BYTES = 64 * 1024
SALT_BYTES = 8
ITERATIONS = 2048
_OLD_IV = b"0123456789012345"

_PBES1_NAMES = {oids.SEED_CBC_WITH_SHA1: "SEED-CBC SHA-1", oids.SEED_CBC: "SEED-CBC (old)"}


def _pbkdf1(password: bytes, salt: bytes, iterations: int) -> bytes:
    """Derive 20 bytes (RFC 8018 section 5.1 with SHA-1)."""
    value = password + salt
    for _ in range(iterations):
        value = hashlib.sha1(value, usedforsecurity=False).digest()
    return value


def _seed_key(oid: str, password: bytes, salt: bytes, iterations: int) -> tuple[bytes, bytes]:
    """Derive key and IV of the two older forms: the IV hangs on the password in 1.15, and is fixed in 1.4."""
    derived = _pbkdf1(password, salt, iterations)
    hashed = hashlib.sha1(derived[16:], usedforsecurity=False).digest()
    return derived[:16], hashed[:16] if oid == oids.SEED_CBC_WITH_SHA1 else _OLD_IV


def encrypt_key(
    pkcs8: bytes | Secret, password: Secret, *, salt: bytes | None = None, iterations: int = ITERATIONS
) -> bytes:
    """Encrypt a PKCS#8 key (DER, taken byte for byte) and give the key file.

    The defaults are the only ones that every program reads; `salt` is 8 random bytes unless given.
    Raises `ValueError` for a salt of another length or an iteration count outside 1 to 1 million.
    """
    salt = secrets.token_bytes(SALT_BYTES) if salt is None else salt
    if len(salt) != SALT_BYTES or not 1 <= iterations <= pbe.MAX_ITERATIONS:
        raise ValueError("salt of 8 bytes, 1 to 1 million iterations")
    key, iv = _seed_key(oids.SEED_CBC_WITH_SHA1, password.reveal(), salt, iterations)
    plaintext = pkcs8.reveal() if isinstance(pkcs8, Secret) else pkcs8
    return bytes(
        asn1.EncryptedPrivateKey(
            {
                "algorithm": {
                    "algorithm": oids.SEED_CBC_WITH_SHA1,
                    "parameters": asn1.PbeParameters({"salt": salt, "iterations": iterations}),
                },
                "data": pbe.encrypt(SEED(key), iv, plaintext),
            }
        ).dump()
    )


def decrypt_key(container: bytes, password: Secret) -> Secret:
    """Open a key file and give the PKCS#8 key in it, byte for byte.

    The password is tried as UTF-8, and when it has other than ASCII characters as CP949 too, as old Windows
    programs did. Right padding alone does not prove a password: the result must be a PKCS#8 key as well.
    Raises `medium.password` (wrong password) and `medium.format` (fact `format`: not a key file, an algorithm
    that we do not know, an absurd iteration count or size).
    """
    try:
        recipe = _recipe(container)
    except pbe.UnreadableError as error:
        raise KioskError("medium.format", format=str(error)) from None
    for encoded in _encodings(password):
        try:
            plaintext = recipe.open(encoded)
            asn1.decode(asn1.PrivateKey, plaintext)
        except ValueError:
            continue
        return Secret(plaintext)
    raise KioskError("medium.password")


def key_format(container: bytes) -> str:
    """Name the format of a key file without opening it; an OID for one we do not know, else "unknown"."""
    try:
        return _recipe(container).name
    except pbe.UnreadableError as error:
        return str(error)


def _encodings(password: Secret) -> Iterator[bytes]:
    yield password.reveal()
    if not password.reveal().isascii():
        try:
            yield password.text().encode("cp949")
        except UnicodeError:  # not UTF-8, or with characters that CP949 lacks
            return


def _recipe(container: bytes) -> pbe.Recipe:
    """Read the container's head; everything in it is bounded here."""
    if len(container) > MAX_BYTES:
        raise pbe.UnreadableError("unknown")
    try:
        outer = asn1.decode(asn1.EncryptedPrivateKey, container)
    except ValueError:
        raise pbe.UnreadableError("unknown") from None
    oid = outer["algorithm"]["algorithm"].dotted
    parameters = outer["algorithm"]["parameters"]
    ciphertext = outer["data"].native
    if oid in _PBES1_NAMES:
        return _pbes1(oid, parameters, ciphertext)
    if oid == oids.PBES2:
        return pbe.pbes2(parameters, ciphertext)
    raise pbe.UnreadableError(oid)


def _pbes1(oid: str, parameters: Any, ciphertext: bytes) -> pbe.Recipe:
    name = _PBES1_NAMES[oid]
    read = pbe.inner(asn1.PbeParameters, parameters, name)
    salt, iterations = read["salt"].native, pbe.count(read, name)
    return pbe.Recipe(
        name,
        lambda password: _seed_key(oid, password, salt, iterations),
        pbe.seed,
        ciphertext,
        rounds=iterations,
    )
