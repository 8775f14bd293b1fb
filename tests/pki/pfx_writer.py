"""A second implementation of PKCS#12, to judge the first one by, in forms that OpenSSL does not write.

Written from RFC 7292 and RFC 9579 over `independent`, with nothing of the project. Ciphers are OpenSSL's, through
its command line.
"""

import hashlib
import hmac
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.pki import independent as own

DATA, SIGNED, ENCRYPTED = (f"1.2.840.113549.1.7.{n}" for n in (1, 2, 6))
PBE_3DES, PBE_RC2_40 = "1.2.840.113549.1.12.1.3", "1.2.840.113549.1.12.1.6"
BAG = "1.2.840.113549.1.12.10.1."
HASHES = {"sha1": "1.3.14.3.2.26", "sha512": "2.16.840.1.101.3.4.2.3", "md5": "1.2.840.113549.2.5"}
SALT = bytes(range(8))


@dataclass(frozen=True)
class Shape:
    """What is different about one file. `key` is 3des, rc2-40 or plain; `mac` a hash, pbmac1 or none."""

    password: str = ""
    key: str = "3des"
    mac: str = "sha1"
    one_safe: bool = False
    ber: bool = False
    nested: bool = False
    strange: bool = False
    signed: bool = False
    iterations: int = 1024
    key_iterations: int = 1024
    bags: int = 0
    depth: int = 0


def derive(name: str, what: int, password: bytes, salt: bytes, count: int, size: int) -> bytes:
    """Appendix B.2, step by step, with blocks as lists of numbers."""
    u, v = hashlib.new(name).digest_size, hashlib.new(name).block_size
    s = [salt[i % len(salt)] for i in range(v * ((len(salt) + v - 1) // v))]
    p = [password[i % len(password)] for i in range(v * ((len(password) + v - 1) // v))]
    i_ = s + p
    result = b""
    for _ in range((size + u - 1) // u):
        a = bytes([what] * v + i_)
        for _ in range(count):
            a = hashlib.new(name, a).digest()
        result += a
        b = [a[i % u] for i in range(v)]
        for start in range(0, len(i_), v):
            carry = 1
            for at in reversed(range(v)):
                total = i_[start + at] + b[at] + carry
                i_[start + at], carry = total & 255, total >> 8
    return result[:size]


def wide(password: str) -> bytes:
    """BMPString with its NUL."""
    return password.encode("utf-16-be") + b"\0\0"


def _openssl(*words: str, stdin: bytes) -> bytes:
    line = ["openssl", "enc", "-provider", "default", "-provider", "legacy", *words]
    return subprocess.run(line, input=stdin, capture_output=True, check=True).stdout


def openssl_info(path: Path, password: str) -> str:
    """What `openssl pkcs12 -info` says of a file, without any old provider."""
    line = ["openssl", "pkcs12", "-in", path, "-info", "-noout", "-passin", f"pass:{password}"]
    return subprocess.run(line, capture_output=True, check=True).stderr.decode("latin-1")


def _seal(shape: Shape, plaintext: bytes, algorithm: str = "") -> tuple[bytes, bytes]:
    """Give the AlgorithmIdentifier and the ciphertext."""
    name, size, oid = {
        "3des": ("-des-ede3-cbc", 24, PBE_3DES), "rc2-40": ("-rc2-40-cbc", 5, PBE_RC2_40),
    }[algorithm or shape.key]  # fmt: skip
    count = shape.key_iterations
    key, iv = (
        derive("sha1", what, wide(shape.password), SALT, min(count, 100_000), n)
        for what, n in ((1, size), (2, 8))
    )
    sealed = _openssl(name, "-K", key.hex(), "-iv", iv.hex(), stdin=plaintext)
    parameters = own.der(0x30, own.der(4, SALT), own.integer(count))
    return own.der(0x30, own.oid(oid), parameters), sealed


def _info(kind: str, content: bytes, *, ber: bool = False) -> bytes:
    if ber:
        return b"\x30\x80" + own.oid(kind) + b"\xa0\x80" + content + b"\0\0\0\0"
    return own.der(0x30, own.oid(kind), own.der(0xA0, content))


def _octets(data: bytes, *, ber: bool = False) -> bytes:
    """An OCTET STRING; in BER of pieces, with an end and no length."""
    if not ber:
        return own.der(4, data)
    pieces = (own.der(4, data[at : at + 100]) for at in range(0, len(data), 100))
    return b"\x24\x80" + b"".join(pieces) + b"\0\0"


def _bag(number: int, value: bytes) -> bytes:
    return own.der(0x30, own.oid(f"{BAG}{number}"), own.der(0xA0, value))


def make(pkcs8: bytes, certificate: bytes, shape: Shape) -> bytes:
    """Write a file with one key, byte for byte, and one certificate."""
    if shape.key == "plain":
        key_bag = _bag(1, pkcs8)
    else:
        algorithm, sealed = _seal(shape, pkcs8)
        key_bag = _bag(2, own.der(0x30, algorithm, own.der(4, sealed)))
    x509_oid = own.oid("1.2.840.113549.1.9.22.1")
    cert_bag = _bag(3, own.der(0x30, x509_oid, own.der(0xA0, own.der(4, certificate))))
    bags = [key_bag]
    for _ in range(shape.depth):
        bags = [_bag(6, own.der(0x30, *bags))]
    bags += [_bag(5, own.der(0x30))] * shape.bags
    if shape.strange:
        sdsi = own.oid("1.2.840.113549.1.9.22.2")
        bags += [
            _bag(3, own.der(0x30, sdsi, own.der(0xA0, own.der(0x16, b"x")))),
            _bag(4, own.der(0x30)),
            _bag(9, b"\5\0"),
        ]
    if shape.nested:
        bags = [_bag(6, own.der(0x30, _bag(6, own.der(0x30, *bags))))]
    if shape.one_safe:
        infos = [_info(DATA, _octets(own.der(0x30, *bags, cert_bag), ber=shape.ber), ber=shape.ber)]
    elif shape.key == "plain":
        infos = [_info(DATA, _octets(own.der(0x30, part))) for part in (cert_bag, *bags)]
    else:
        algorithm, sealed = _seal(shape, own.der(0x30, cert_bag))
        content = (
            b"\xa0\x80" + own.der(4, sealed[:50]) + own.der(4, sealed[50:]) + b"\0\0" if shape.ber
            else own.der(0x80, sealed)
        )  # fmt: skip
        data = own.der(0x30, own.integer(0), own.der(0x30, own.oid(DATA), algorithm, content))
        infos = [
            _info(ENCRYPTED, data, ber=shape.ber),
            _info(DATA, _octets(own.der(0x30, *bags), ber=shape.ber), ber=shape.ber),
        ]
    safe = own.der(0x30, *infos)
    outer = _info(SIGNED if shape.signed else DATA, _octets(safe, ber=shape.ber), ber=shape.ber)
    return own.der(0x30, own.integer(3), outer, *([] if shape.mac == "none" else [_mac(shape, safe)]))


def _mac(shape: Shape, safe: bytes) -> bytes:
    if shape.mac == "pbmac1":
        key = hashlib.pbkdf2_hmac("sha512", shape.password.encode(), SALT, 1000, 32)
        prf = own.der(0x30, own.oid("1.2.840.113549.2.11"), b"\5\0")
        kdf = own.der(0x30, own.oid("1.2.840.113549.1.5.12"),
                      own.der(0x30, own.der(4, SALT), own.integer(1000), own.integer(32), prf))  # fmt: skip
        scheme = own.der(0x30, own.oid("1.2.840.113549.2.9"), b"\5\0")
        algorithm = own.der(0x30, own.oid("1.2.840.113549.1.5.14"), own.der(0x30, kdf, scheme))
        digest, count = hmac.digest(key, safe, "sha256"), b""
    else:
        size = hashlib.new(shape.mac).digest_size
        key = derive(shape.mac, 3, wide(shape.password), SALT, min(shape.iterations, 100_000), size)
        algorithm = own.der(0x30, own.oid(HASHES[shape.mac]), b"\5\0")
        digest, count = hmac.digest(key, safe, shape.mac), own.integer(shape.iterations)
    return own.der(0x30, own.der(0x30, algorithm, own.der(4, digest)), own.der(4, SALT), count)


def open_usual(pfx: bytes, password: str) -> tuple[bytes, bytes]:
    """Take a file of the usual form apart: key and certificate, with the integrity checked."""
    version, (_, outer), (_, mac) = own.values(own.only(pfx, 0x30))
    assert version == (2, b"\3")
    safe = own.only(own.values(outer)[1][1], 4)
    (_, digest_info), (_, salt), (_, count) = own.values(mac)
    (_, _), (_, digest) = own.values(digest_info)
    key = derive("sha1", 3, wide(password), salt, int.from_bytes(count, "big"), 20)
    assert hmac.digest(key, safe, "sha1") == digest
    (_, encrypted), (_, plain) = own.values(own.only(safe, 0x30))
    (_, data) = own.values(own.values(encrypted)[1][1])[0]
    _, (_, content) = own.values(data)
    _, algorithm, (_, ciphertext) = own.values(content)
    certificates = _opened(algorithm[1], ciphertext, password)
    bag = own.values(own.only(certificates, 0x30))[0][1]
    held = own.values(own.values(bag)[1][1])[0][1]
    certificate = own.only(own.values(held)[1][1], 4)
    keys = own.values(own.values(plain)[1][1])[0][1]
    bag = own.values(own.only(keys, 0x30))[0][1]
    algorithm, (_, ciphertext) = own.values(own.values(own.values(bag)[1][1])[0][1])
    return _opened(algorithm[1], ciphertext, password), certificate


def _opened(algorithm: bytes, ciphertext: bytes, password: str) -> bytes:
    (tag, oid), (_, parameters) = own.values(algorithm)
    assert own.der(tag, oid) == own.oid(PBE_3DES)
    (_, salt), (_, count) = own.values(parameters)
    rounds = int.from_bytes(count, "big")
    key, iv = (derive("sha1", what, wide(password), salt, rounds, n) for what, n in ((1, 24), (2, 8)))
    return _openssl("-d", "-des-ede3-cbc", "-K", key.hex(), "-iv", iv.hex(), stdin=ciphertext)
