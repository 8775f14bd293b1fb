"""How a password becomes keys in PKCS#12: its own derivation and ciphers (RFC 7292 appendices B and C), and MACs."""

import contextlib
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kiosk.pki import asn1, asn1_pfx, oids, pbe, rc2
from kiosk.secret import Secret

KEY, IV, MAC = 1, 2, 3
"""What is derived (appendix B.3)."""
MAX_MAC_KEY = 256
"""Bytes of a PBMAC1 key; hashes make at most 64."""


@dataclass(frozen=True)
class Form:
    """One way to write a password down: as bytes (PBES2), and as PKCS#12's own derivation takes it."""

    plain: bytes
    wide: bytes


def forms(password: Secret) -> tuple[Form, ...]:
    """Give the ways in which programs write this password, the right one (UTF-8; UTF-16 with a NUL) first.

    Older ones made each byte of their own encoding a character; an empty one is sometimes no characters at all.
    """
    plain = password.reveal()
    if not plain:
        return Form(b"", b"\0\0"), Form(b"", b"")
    try:
        text = password.text()
    except UnicodeDecodeError:
        return (Form(plain, _widened(plain)),)
    found = [Form(plain, text.encode("utf-16-be") + b"\0\0")]
    if not plain.isascii():
        with contextlib.suppress(UnicodeEncodeError):
            found.append(Form(text.encode("cp949"), _widened(text.encode("cp949"))))
        found.append(Form(plain, _widened(plain)))
    return tuple(found)


def _widened(data: bytes) -> bytes:
    return data.decode("latin-1").encode("utf-16-be") + b"\0\0"


def derive(hash_name: str, what: int, password: bytes, salt: bytes, iterations: int, size: int) -> bytes:
    """Derive `size` bytes (appendix B.2); `password` is the wide form, `what` one of `KEY`, `IV`, `MAC`."""
    block = hashlib.new(hash_name).block_size
    start = bytes([what]) * block
    state = _filled(salt, block) + _filled(password, block)
    out = b""
    while True:
        digest = hashlib.new(hash_name, start + state, usedforsecurity=False).digest()
        function = getattr(hashlib, hash_name)
        for _ in range(iterations - 1):
            digest = function(digest, usedforsecurity=False).digest()
        out += digest
        if len(out) >= size:
            return out[:size]
        added = int.from_bytes(_filled(digest, block)[:block], "big") + 1
        state = b"".join(
            ((int.from_bytes(state[at : at + block], "big") + added) % (1 << 8 * block)).to_bytes(
                block, "big"
            )
            for at in range(0, len(state), block)
        )


def _filled(data: bytes, block: int) -> bytes:
    """Repeat `data` up to the next whole number of blocks."""
    size = -(-len(data) // block) * block
    return (data * (size // len(data) + 1))[:size] if data else b""


def _two_key(key: bytes, iv: bytes, ciphertext: bytes) -> bytes:
    return pbe.triple_des(key + key[:8], iv, ciphertext)


# Name, key length in bytes, decryption (appendix C).
_CIPHERS: dict[str, tuple[str, int, pbe.Decrypt]] = {
    oids.PBE_3DES: ("3DES SHA-1", 24, pbe.triple_des),
    oids.PBE_2DES: ("3DES SHA-1 (two keys)", 16, _two_key),
    oids.PBE_RC2_128: ("RC2-128 SHA-1", 16, rc2.decrypt_cbc),
    oids.PBE_RC2_40: ("RC2-40 SHA-1", 5, rc2.decrypt_cbc),
}


def recipe(algorithm: Any, ciphertext: bytes) -> pbe.Recipe:
    """Read an AlgorithmIdentifier; raises `UnreadableError` for what is not opened here."""
    oid, parameters = algorithm["algorithm"].dotted, algorithm["parameters"]
    if oid == oids.PBES2:
        return pbe.pbes2(parameters, ciphertext)
    if oid not in _CIPHERS:
        raise pbe.UnreadableError(oid)
    name, size, decrypt = _CIPHERS[oid]
    read = pbe.inner(asn1.PbeParameters, parameters, name)
    salt, iterations = read["salt"].native, pbe.count(read, name)

    def key_and_iv(password: bytes) -> tuple[bytes, bytes]:
        return (
            derive("sha1", KEY, password, salt, iterations, size),
            derive("sha1", IV, password, salt, iterations, 8),
        )

    rounds = iterations * (1 + -(-size // 20))
    return pbe.Recipe(name, key_and_iv, decrypt, ciphertext, block=8, rounds=rounds, wide=True)


@dataclass(frozen=True)
class MacRecipe:
    """How to compute what proves that nothing was changed, and what that costs in hash rounds."""

    name: str
    compute: Callable[[Form, bytes], bytes]
    rounds: int


def mac_recipe(mac: Any) -> MacRecipe:
    """Read a MacData. Raises `UnreadableError`."""
    algorithm = mac["mac"]["algorithm"]
    oid = algorithm["algorithm"].dotted
    if oid == oids.PBMAC1:
        return _pbmac1(algorithm["parameters"])
    name = f"PKCS#12 {oid}"
    if oid not in oids.HASHES:
        raise pbe.UnreadableError(name)
    salt, iterations = mac["salt"].native, pbe.count(mac, name)
    hash_name = oids.HASHES[oid]
    size = hashlib.new(hash_name).digest_size

    def compute(form: Form, content: bytes) -> bytes:
        return hmac.digest(derive(hash_name, MAC, form.wide, salt, iterations, size), content, hash_name)

    return MacRecipe(name, compute, iterations)


def _pbmac1(parameters: Any) -> MacRecipe:
    """Read PBMAC1-params as RFC 9579 narrows them: PBKDF2 with the key's length said, and an HMAC."""
    name = "PKCS#12 PBMAC1"
    read = pbe.inner(asn1_pfx.Pbmac1Parameters, parameters, name)
    scheme = read["scheme"]["algorithm"].dotted
    said = pbe.inner(asn1.Pbkdf2Parameters, read["derivation"]["parameters"], name)["key_length"].native
    if scheme not in oids.HMAC_HASHES or not said or not 0 < said <= MAX_MAC_KEY:
        raise pbe.UnreadableError(name)
    derived = pbe.pbkdf2(read["derivation"], said, name, name)
    return MacRecipe(
        name,
        lambda form, content: hmac.digest(derived.key(form.plain), content, oids.HMAC_HASHES[scheme]),
        derived.rounds,
    )
