"""A second implementation of what a key file needs, to judge the first one by.

Written from RFC 4269 (SEED), RFC 8018 (PBKDF1, CBC with PKCS#7 padding) and X.690 (DER), with nothing of the
project and nothing of its libraries: only integers, bytes and SHA. Slow, and meant to be read.
"""

import hashlib

# --- SEED, RFC 4269 -------------------------------------------------------------------------------------

WORD = 0xFFFFFFFF

# Section 2.2: S1(x) = A1 * x^247 + 169, S2(x) = A2 * x^251 + 56 over GF(2^8). A row makes a bit, high first.
A1 = ("10001010", "11111110", "10000101", "01000010", "01000101", "00100001", "10001000", "00010100")
A2 = ("01000101", "10000101", "11111110", "00100001", "10001010", "10001000", "01000010", "00010100")


def _product(a: int, b: int) -> int:
    """Multiply modulo x^8 + x^6 + x^5 + x + 1."""
    result = 0
    for bit in range(8):
        if b >> bit & 1:
            result ^= a << bit
    for bit in range(14, 7, -1):
        if result >> bit & 1:
            result ^= 0b101100011 << bit - 8
    return result


def _table(matrix: tuple[str, ...], exponent: int, constant: int) -> list[int]:
    table = []
    for x in range(256):
        raised = 1
        for _ in range(exponent):
            raised = _product(raised, x)
        bits = f"{raised:08b}"
        row_bits = (str(sum(int(m) & int(b) for m, b in zip(row, bits, strict=True)) % 2) for row in matrix)
        table.append(int("".join(row_bits), 2) ^ constant)
    return table


S1, S2 = _table(A1, 247, 169), _table(A2, 251, 56)


def g(x: int) -> int:
    """Section 2.2, function G."""
    y = [S1[x & 255], S2[x >> 8 & 255], S1[x >> 16 & 255], S2[x >> 24]]
    m = [0xFC, 0xF3, 0xCF, 0x3F]
    z = 0
    for i in range(4):
        byte = 0
        for j in range(4):
            byte ^= y[j] & m[(i + j) % 4]
        z |= byte << 8 * i
    return z


def f(c: int, d: int, k0: int, k1: int) -> tuple[int, int]:
    """Section 2.1, function F."""
    c, d = c ^ k0, d ^ k1
    d = g(c ^ d)
    c = g(c + d & WORD)
    d = g(c + d & WORD)
    return c + d & WORD, d


def round_keys(key: bytes) -> list[tuple[int, int]]:
    """Section 2.3."""
    a, b, c, d = (int.from_bytes(key[i : i + 4], "big") for i in (0, 4, 8, 12))
    keys = []
    constant = 0x9E3779B9
    for number in range(1, 17):
        keys.append((g(a + c - constant & WORD), g(b - d + constant & WORD)))
        if number % 2:
            ab = a << 32 | b
            ab = ab >> 8 | (ab & 0xFF) << 56
            a, b = ab >> 32, ab & WORD
        else:
            cd = c << 32 | d
            cd = (cd << 8 | cd >> 56) & 0xFFFFFFFFFFFFFFFF
            c, d = cd >> 32, cd & WORD
        constant = (constant << 1 | constant >> 31) & WORD
    return keys


def seed_block(block: bytes, keys: list[tuple[int, int]]) -> bytes:
    """Section 2.1: sixteen Feistel rounds; decryption has the keys in reverse."""
    left = int.from_bytes(block[:4], "big"), int.from_bytes(block[4:8], "big")
    right = int.from_bytes(block[8:12], "big"), int.from_bytes(block[12:], "big")
    for k0, k1 in keys:
        c, d = f(*right, k0, k1)
        left, right = right, (left[0] ^ c, left[1] ^ d)
    return b"".join(word.to_bytes(4, "big") for word in (*right, *left))


def _xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def seed_cbc_encrypt(key: bytes, iv: bytes, plaintext: bytes) -> bytes:
    """Pad by PKCS#7 and encrypt."""
    fill = 16 - len(plaintext) % 16
    plaintext += bytes([fill]) * fill
    keys, out = round_keys(key), [iv]
    for start in range(0, len(plaintext), 16):
        out.append(seed_block(_xor(plaintext[start : start + 16], out[-1]), keys))
    return b"".join(out[1:])


def seed_cbc_decrypt(key: bytes, iv: bytes, ciphertext: bytes) -> bytes:
    """Decrypt and remove the padding; `AssertionError` when it is wrong."""
    keys = round_keys(key)[::-1]
    blocks = [ciphertext[start : start + 16] for start in range(0, len(ciphertext), 16)]
    plaintext = b"".join(
        _xor(seed_block(block, keys), before) for block, before in zip(blocks, [iv, *blocks], strict=False)
    )
    fill = plaintext[-1]
    assert 1 <= fill <= 16, "padding"
    assert plaintext[-fill:] == bytes([fill]) * fill, "padding"
    return plaintext[:-fill]


# --- PBKDF1, RFC 8018 section 5.1 -----------------------------------------------------------------------


def pbkdf1(password: bytes, salt: bytes, count: int) -> bytes:
    """Derive 20 bytes with SHA-1."""
    t = hashlib.sha1(password + salt).digest()
    for _ in range(count - 1):
        t = hashlib.sha1(t).digest()
    return t


# --- DER, X.690 -----------------------------------------------------------------------------------------


def der(tag: int, *contents: bytes) -> bytes:
    """Write one value."""
    body = b"".join(contents)
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    size = (len(body).bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + len(body).to_bytes(size, "big") + body


def oid(dotted: str) -> bytes:
    """Write an OBJECT IDENTIFIER."""
    first, second, *rest = map(int, dotted.split("."))
    out = b""
    for arc in (first * 40 + second, *rest):
        groups = [arc & 127]
        while arc := arc >> 7:
            groups.append(arc & 127 | 128)
        out += bytes(reversed(groups))
    return der(6, out)


def integer(value: int) -> bytes:
    """Write an INTEGER that is not negative."""
    return der(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def values(data: bytes) -> list[tuple[int, bytes]]:
    """Read the values that stand one after the other in `data`: (tag, contents)."""
    found = []
    while data:
        tag, length, data = data[0], data[1], data[2:]
        if length & 0x80:
            size = length & 0x7F
            length, data = int.from_bytes(data[:size], "big"), data[size:]
        assert len(data) >= length, "cut off"
        found.append((tag, data[:length]))
        data = data[length:]
    return found


def only(data: bytes, tag: int) -> bytes:
    """Read the one value in `data`."""
    ((found, contents),) = values(data)
    assert found == tag, f"tag {found:02x}"
    return contents


# --- Key files ------------------------------------------------------------------------------------------

PBE = oid("1.2.410.200004.1.15")
OLD_PBE = oid("1.2.410.200004.1.4")
R = oid("1.2.410.200004.10.1.1.3")


def key_and_iv(algorithm: bytes, password: bytes, salt: bytes, count: int) -> tuple[bytes, bytes]:
    """Derive key and IV of the two older forms (reference: KCAC.TS.ENC as the programs do it)."""
    derived = pbkdf1(password, salt, count)
    if algorithm == PBE:
        return derived[:16], hashlib.sha1(derived[16:20]).digest()[:16]
    assert algorithm == OLD_PBE
    return derived[:16], b"0123456789012345"


def parts(container: bytes) -> tuple[bytes, bytes, int, bytes]:
    """Take a key file apart: algorithm (as DER), salt, iterations, ciphertext."""
    (_, algorithm), (_, ciphertext) = values(only(container, 0x30))
    (tag, identifier), (_, parameters) = values(algorithm)
    (_, salt), (_, count) = values(parameters)
    return der(tag, identifier), salt, int.from_bytes(count, "big"), ciphertext


def open_key(container: bytes, password: bytes) -> bytes:
    """Open a key file of an older form."""
    algorithm, salt, count, ciphertext = parts(container)
    return seed_cbc_decrypt(*key_and_iv(algorithm, password, salt, count), ciphertext)


def close_key(algorithm: bytes, password: bytes, salt: bytes, count: int, pkcs8: bytes) -> bytes:
    """Make a key file of an older form."""
    ciphertext = seed_cbc_encrypt(*key_and_iv(algorithm, password, salt, count), pkcs8)
    parameters = der(0x30, der(4, salt), integer(count))
    return der(0x30, der(0x30, algorithm, parameters), der(4, ciphertext))


def random_of(pkcs8: bytes) -> bytes:
    """Find R in a PKCS#8 key that has just this attribute."""
    version, _, _, attributes = values(only(pkcs8, 0x30))
    assert version == (2, b"\0")
    assert attributes[0] == 0xA0
    (kind, contents) = values(only(attributes[1], 0x30))
    assert der(*kind) == R
    bits = only(contents[1], 3)
    assert bits[0] == 0, "unused bits"
    return bits[1:]


def attribute(random: bytes) -> bytes:
    """Write attribute R."""
    return der(0x30, R, der(0x31, der(3, b"\0" + random)))


def with_attributes(pkcs8: bytes, *attributes: bytes) -> bytes:
    """Append attributes to a PKCS#8 key that has none."""
    return der(0x30, only(pkcs8, 0x30), der(0xA0, *attributes))


def vid(id_number: bytes, random: bytes, name: str = "sha256") -> bytes:
    """Compute a VID (KCAC.TS.SIVID)."""
    content = der(0x30, der(0x13, id_number), der(3, b"\0" + random))
    return hashlib.new(name, hashlib.new(name, content).digest()).digest()
