"""What key files and PKCS#12 share of password-based encryption: PBES2 (RFC 8018), and how a thing is opened.

Everything that a file may ask of us is bounded here, before any of it is done.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.decrepit.ciphers.algorithms import SEED, TripleDES
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from kiosk.pki import aria, asn1, oids

MAX_ITERATIONS = 1_000_000
"""Some five hundred times what Korean programs write, and about a second of work: a file must not keep us longer."""

Decrypt = Callable[[bytes, bytes, bytes], bytes]  # key, IV, whole blocks


class UnreadableError(ValueError):
    """Something that we cannot open with any password; the text is the name or OID of its format."""


@dataclass(frozen=True)
class Recipe:
    """How to open what was encrypted: its format's name, password to key and IV, and the cipher."""

    name: str
    derive: Callable[[bytes], tuple[bytes, bytes]]
    decrypt: Decrypt
    ciphertext: bytes
    block: int = 16
    rounds: int = 0
    """How often deriving the key hashes something, in all."""
    wide: bool = False
    """Whether the password is wanted as PKCS#12 has it, two bytes a character (see `kiosk.pki.pkcs12_pbe`)."""

    def __post_init__(self) -> None:
        if not self.ciphertext or len(self.ciphertext) % self.block:
            raise UnreadableError(self.name)

    def open(self, password: bytes) -> bytes:
        """Decrypt. Raises `ValueError` when the padding is wrong; a right one alone proves no password."""
        padded = self.decrypt(*self.derive(password), self.ciphertext)
        unpadder = padding.PKCS7(self.block * 8).unpadder()
        return unpadder.update(padded) + unpadder.finalize()


def library(algorithm: Callable[[bytes], BlockCipherAlgorithm]) -> Decrypt:
    """Decrypt in CBC mode with a cipher that the library has."""

    def decrypt(key: bytes, iv: bytes, ciphertext: bytes) -> bytes:
        decryptor = Cipher(algorithm(key), modes.CBC(iv)).decryptor()
        return decryptor.update(ciphertext) + decryptor.finalize()

    return decrypt


def encrypt(algorithm: BlockCipherAlgorithm, iv: bytes, plaintext: bytes) -> bytes:
    """Pad by PKCS#7 and encrypt in CBC mode."""
    padder = padding.PKCS7(algorithm.block_size).padder()
    encryptor = Cipher(algorithm, modes.CBC(iv)).encryptor()
    return encryptor.update(padder.update(plaintext) + padder.finalize()) + encryptor.finalize()


seed = library(SEED)
triple_des = library(TripleDES)

# PBES2 schemes: name, key length and block in bytes, decryption.
_SCHEMES: dict[str, tuple[str, int, int, Decrypt]] = {
    oids.SEED_CBC: ("SEED-CBC", 16, 16, seed),
    oids.AES_128_CBC: ("AES-128-CBC", 16, 16, library(AES)),
    oids.AES_192_CBC: ("AES-192-CBC", 24, 16, library(AES)),
    oids.AES_256_CBC: ("AES-256-CBC", 32, 16, library(AES)),
    oids.ARIA_128_CBC: ("ARIA-128-CBC", 16, 16, aria.decrypt_cbc),
    oids.ARIA_192_CBC: ("ARIA-192-CBC", 24, 16, aria.decrypt_cbc),
    oids.ARIA_256_CBC: ("ARIA-256-CBC", 32, 16, aria.decrypt_cbc),
    oids.DES_EDE3_CBC: ("DES-EDE3-CBC", 24, 8, triple_des),
}


def pbes2(parameters: Any, ciphertext: bytes) -> Recipe:
    """Read PBES2-params; an absent prf is HMAC-SHA1, an absent key length that of the cipher (RFC 8018).

    Raises `UnreadableError`.
    """
    read = inner(asn1.Pbes2Parameters, parameters, oids.PBES2)
    oid = read["scheme"]["algorithm"].dotted
    if oid not in _SCHEMES:
        raise UnreadableError(f"PBES2 {oid}")
    scheme, size, block, decrypt = _SCHEMES[oid]
    name = f"PBES2 {scheme}"
    iv = inner(asn1.OctetString, read["scheme"]["parameters"], name).native
    if len(iv) != block:
        raise UnreadableError(name)
    derived = pbkdf2(read["derivation"], size, name, "PBES2")
    return Recipe(
        name, lambda password: (derived.key(password), iv), decrypt, ciphertext, block, derived.rounds
    )


@dataclass(frozen=True)
class Derivation:
    """A PBKDF2 that was read: password to key, and its hash rounds in all."""

    key: Callable[[bytes], bytes]
    rounds: int


def pbkdf2(derivation: Any, size: int, name: str, scheme: str) -> Derivation:
    """Read the algorithm identifier of a PBKDF2 that gives `size` bytes.

    Raises `UnreadableError`: `scheme` and the OID for another algorithm, else `name`.
    """
    oid = derivation["algorithm"].dotted
    if oid != oids.PBKDF2:
        raise UnreadableError(f"{scheme} {oid}")
    read = inner(asn1.Pbkdf2Parameters, derivation["parameters"], name)
    salt, iterations = read["salt"].native, count(read, name)
    if read["key_length"].native not in {None, size}:
        raise UnreadableError(name)
    hash_name = "sha1"
    if read["prf"]:
        prf = read["prf"]["algorithm"].dotted
        if prf not in oids.HMAC_HASHES:
            raise UnreadableError(f"{name} {prf}")
        hash_name = oids.HMAC_HASHES[prf]
    blocks = -(-size // hashlib.new(hash_name).digest_size)
    return Derivation(
        lambda password: hashlib.pbkdf2_hmac(hash_name, password, salt, iterations, size), blocks * iterations
    )


def inner(structure: Any, field: Any, name: str) -> Any:
    """Read a field of type Any; raises `UnreadableError` with `name`."""
    try:
        return asn1.inner(structure, field)
    except ValueError:
        raise UnreadableError(name) from None


def count(parameters: Any, name: str) -> int:
    """Give the iterations; raises `UnreadableError` with `name` outside 1 to 1 million."""
    iterations = int(parameters["iterations"].native)
    if not 1 <= iterations <= MAX_ITERATIONS:
        raise UnreadableError(name)
    return iterations
