"""A key file under another password: the same PKCS#8 bytes, and the form that the file had.

Programs that read the file before read it after. Salt and IV are new; iterations never fewer than we write
ourselves. The old form under the bare SEED-CBC OID, whose IV is the same in every file, becomes 1.15: what
reads the one reads the other.
"""

import hashlib
import secrets
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.decrepit.ciphers.algorithms import SEED, TripleDES
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from kiosk.pki import aria, asn1, oids
from kiosk.pki.container import ITERATIONS, SALT_BYTES, encrypt_key, key_format
from kiosk.pki.pbe import MAX_ITERATIONS
from kiosk.secret import Secret

_BLOCK = 16
_Encrypt = Callable[[bytes, bytes, bytes], bytes]  # key, IV, whole blocks


def _library(algorithm: Callable[[bytes], BlockCipherAlgorithm]) -> _Encrypt:
    def encrypt(key: bytes, iv: bytes, plaintext: bytes) -> bytes:
        encryptor = Cipher(algorithm(key), modes.CBC(iv)).encryptor()
        return encryptor.update(plaintext) + encryptor.finalize()

    return encrypt


# PBES2 schemes: key length in bytes, encryption.
_SCHEMES: dict[str, tuple[int, _Encrypt]] = {
    oids.SEED_CBC: (16, _library(SEED)),
    oids.AES_128_CBC: (16, _library(AES)),
    oids.AES_192_CBC: (24, _library(AES)),
    oids.AES_256_CBC: (32, _library(AES)),
    oids.ARIA_128_CBC: (16, aria.encrypt_cbc),
    oids.ARIA_192_CBC: (24, aria.encrypt_cbc),
    oids.ARIA_256_CBC: (32, aria.encrypt_cbc),
    oids.DES_EDE3_CBC: (24, _library(TripleDES)),
}


def reseal_key(sealed: bytes, pkcs8: Secret, password: Secret) -> bytes:
    """Encrypt `pkcs8`, taken byte for byte, in the form of the key file `sealed` that it was opened from."""
    algorithm = asn1.decode(asn1.EncryptedPrivateKey, sealed)["algorithm"]
    if algorithm["algorithm"].dotted != oids.PBES2:
        read = asn1.inner(asn1.PbeParameters, algorithm["parameters"])
        return encrypt_key(pkcs8, password, iterations=_iterations(read))
    parameters = asn1.inner(asn1.Pbes2Parameters, algorithm["parameters"])
    kdf = asn1.inner(asn1.Pbkdf2Parameters, parameters["derivation"]["parameters"])
    scheme = parameters["scheme"]["algorithm"].dotted
    size, encrypt = _SCHEMES[scheme]
    prf = kdf["prf"]["algorithm"].dotted if kdf["prf"] else None
    hash_name = oids.HMAC_HASHES[prf] if prf else "sha1"
    salt = secrets.token_bytes(max(SALT_BYTES, len(kdf["salt"].native)))
    block = 8 if scheme == oids.DES_EDE3_CBC else _BLOCK
    iterations, iv = _iterations(kdf), secrets.token_bytes(block)
    key = hashlib.pbkdf2_hmac(hash_name, password.reveal(), salt, iterations, size)
    padder = padding.PKCS7(block * 8).padder()
    new_kdf: dict[str, Any] = {"salt": salt, "iterations": iterations}
    new_kdf |= {name: kdf[name] for name in ("key_length", "prf") if kdf[name].native is not None}
    new = asn1.Pbes2Parameters({
        "derivation": {"algorithm": oids.PBKDF2, "parameters": asn1.Pbkdf2Parameters(new_kdf)},
        "scheme": {"algorithm": scheme, "parameters": asn1.OctetString(iv)},
    })  # fmt: skip
    written = asn1.EncryptedPrivateKey({
        "algorithm": {"algorithm": oids.PBES2, "parameters": new},
        "data": encrypt(key, iv, padder.update(pkcs8.reveal()) + padder.finalize()),
    })  # fmt: skip
    return bytes(written.dump())


def keeps_form(sealed: bytes) -> bool:
    """Say whether `reseal_key` gives the key file the form that `sealed` has."""
    return key_format(sealed) != "SEED-CBC (old)"


def _iterations(parameters: Any) -> int:
    return min(max(ITERATIONS, int(parameters["iterations"].native)), MAX_ITERATIONS)
