"""The private key file of NPKI: a PKCS#8 key encrypted under a password (signPri.key).

One form is written, the one that every Korean program reads: OID 1.2.410.200004.1.15, salt of 8 bytes, 2048
iterations. Read are also the old form under the bare SEED-CBC OID, and PBES2 with SEED, AES or ARIA in CBC
mode. Sources: RFC 8018 (PBKDF1, PBKDF2, PBES2), RFC 4269 (SEED), practice of the Korean programs for 1.15.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.decrepit.ciphers.algorithms import SEED
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from kiosk.errors import KioskError
from kiosk.pki import aria, asn1, oids
from kiosk.pki.keys import load_key, private_key_info, read_random
from kiosk.secret import Secret

__all__ = ["decrypt_key", "encrypt_key", "key_format", "load_key", "private_key_info", "read_random"]

MAX_BYTES = 64 * 1024
MAX_ITERATIONS = 1_000_000
"""Some five hundred times what Korean programs write, and about a second of work: a file must not keep us longer."""
SALT_BYTES = 8
ITERATIONS = 2048
_BLOCK = 16
_OLD_IV = b"0123456789012345"

_Decrypt = Callable[[bytes, bytes, bytes], bytes]  # key, IV, whole blocks


class _UnreadableError(ValueError):
    """A container that we cannot open with any password; the text is the name or OID of its format."""


@dataclass(frozen=True)
class _Recipe:
    """How to open one container: its format's name, password to key and IV, and the cipher."""

    name: str
    derive: Callable[[bytes], tuple[bytes, bytes]]
    decrypt: _Decrypt
    ciphertext: bytes


def _library(algorithm: Callable[[bytes], BlockCipherAlgorithm]) -> _Decrypt:
    def decrypt(key: bytes, iv: bytes, ciphertext: bytes) -> bytes:
        decryptor = Cipher(algorithm(key), modes.CBC(iv)).decryptor()
        return decryptor.update(ciphertext) + decryptor.finalize()

    return decrypt


_seed = _library(SEED)

# PBES2 schemes: name, key length in bytes, decryption.
_SCHEMES: dict[str, tuple[str, int, _Decrypt]] = {
    oids.SEED_CBC: ("SEED-CBC", 16, _seed),
    oids.AES_128_CBC: ("AES-128-CBC", 16, _library(AES)),
    oids.AES_192_CBC: ("AES-192-CBC", 24, _library(AES)),
    oids.AES_256_CBC: ("AES-256-CBC", 32, _library(AES)),
    oids.ARIA_128_CBC: ("ARIA-128-CBC", 16, aria.decrypt_cbc),
    oids.ARIA_192_CBC: ("ARIA-192-CBC", 24, aria.decrypt_cbc),
    oids.ARIA_256_CBC: ("ARIA-256-CBC", 32, aria.decrypt_cbc),
}
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
    if len(salt) != SALT_BYTES or not 1 <= iterations <= MAX_ITERATIONS:
        raise ValueError("salt of 8 bytes, 1 to 1 million iterations")
    key, iv = _seed_key(oids.SEED_CBC_WITH_SHA1, password.reveal(), salt, iterations)
    padder = padding.PKCS7(_BLOCK * 8).padder()
    padded = padder.update(pkcs8.reveal() if isinstance(pkcs8, Secret) else pkcs8) + padder.finalize()
    encryptor = Cipher(SEED(key), modes.CBC(iv)).encryptor()
    return bytes(
        asn1.EncryptedPrivateKey(
            {
                "algorithm": {
                    "algorithm": oids.SEED_CBC_WITH_SHA1,
                    "parameters": asn1.PbeParameters({"salt": salt, "iterations": iterations}),
                },
                "data": encryptor.update(padded) + encryptor.finalize(),
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
    except _UnreadableError as error:
        raise KioskError("medium.format", format=str(error)) from None
    for encoded in _encodings(password):
        padded = recipe.decrypt(*recipe.derive(encoded), recipe.ciphertext)
        unpadder = padding.PKCS7(_BLOCK * 8).unpadder()
        try:
            plaintext = unpadder.update(padded) + unpadder.finalize()
            asn1.decode(asn1.PrivateKey, plaintext)
        except ValueError:
            continue
        return Secret(plaintext)
    raise KioskError("medium.password")


def key_format(container: bytes) -> str:
    """Name the format of a key file without opening it; an OID for one we do not know, else "unknown"."""
    try:
        return _recipe(container).name
    except _UnreadableError as error:
        return str(error)


def _encodings(password: Secret) -> Iterator[bytes]:
    yield password.reveal()
    if not password.reveal().isascii():
        try:
            yield password.text().encode("cp949")
        except UnicodeError:  # not UTF-8, or with characters that CP949 lacks
            return


def _inner(structure: Any, field: Any, name: str) -> Any:
    try:
        return asn1.inner(structure, field)
    except ValueError:
        raise _UnreadableError(name) from None


def _recipe(container: bytes) -> _Recipe:
    """Read the container's head; everything in it is bounded here."""
    if len(container) > MAX_BYTES:
        raise _UnreadableError("unknown")
    try:
        outer = asn1.decode(asn1.EncryptedPrivateKey, container)
    except ValueError:
        raise _UnreadableError("unknown") from None
    oid = outer["algorithm"]["algorithm"].dotted
    parameters = outer["algorithm"]["parameters"]
    ciphertext = outer["data"].native
    if oid in _PBES1_NAMES:
        recipe = _pbes1(oid, parameters, ciphertext)
    elif oid == oids.PBES2:
        recipe = _pbes2(parameters, ciphertext)
    else:
        raise _UnreadableError(oid)
    if not ciphertext or len(ciphertext) % _BLOCK:
        raise _UnreadableError(recipe.name)
    return recipe


def _pbes1(oid: str, parameters: Any, ciphertext: bytes) -> _Recipe:
    name = _PBES1_NAMES[oid]
    read = _inner(asn1.PbeParameters, parameters, name)
    salt, iterations = read["salt"].native, _count(read, name)
    return _Recipe(name, lambda password: _seed_key(oid, password, salt, iterations), _seed, ciphertext)


def _pbes2(parameters: Any, ciphertext: bytes) -> _Recipe:
    """Read PBES2-params; an absent prf is HMAC-SHA1, an absent key length that of the cipher (RFC 8018)."""
    read = _inner(asn1.Pbes2Parameters, parameters, oids.PBES2)
    oid = read["scheme"]["algorithm"].dotted
    if oid not in _SCHEMES:
        raise _UnreadableError(f"PBES2 {oid}")
    scheme, size, decrypt = _SCHEMES[oid]
    name = f"PBES2 {scheme}"
    derivation = read["derivation"]
    if derivation["algorithm"].dotted != oids.PBKDF2:
        raise _UnreadableError(f"PBES2 {derivation['algorithm'].dotted}")
    iv = _inner(asn1.OctetString, read["scheme"]["parameters"], name).native
    kdf = _inner(asn1.Pbkdf2Parameters, derivation["parameters"], name)
    salt, iterations = kdf["salt"].native, _count(kdf, name)
    if len(iv) != _BLOCK or kdf["key_length"].native not in {None, size}:
        raise _UnreadableError(name)
    hash_name = "sha1"
    if kdf["prf"]:
        prf = kdf["prf"]["algorithm"].dotted
        if prf not in oids.HMAC_HASHES:
            raise _UnreadableError(f"{name} {prf}")
        hash_name = oids.HMAC_HASHES[prf]

    def derive(password: bytes) -> tuple[bytes, bytes]:
        return hashlib.pbkdf2_hmac(hash_name, password, salt, iterations, size), iv

    return _Recipe(name, derive, decrypt, ciphertext)


def _count(parameters: Any, name: str) -> int:
    count = int(parameters["iterations"].native)
    if not 1 <= count <= MAX_ITERATIONS:
        raise _UnreadableError(name)
    return count
