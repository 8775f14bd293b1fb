"""The block cipher ARIA (RFC 5794), for keys that came under it: `cryptography` has none.

Nobody is known to write Korean key files under ARIA, so speed does not matter here (a key takes some tens of
milliseconds). Written with it is only what was under ARIA before, when its password changes.
"""

from functools import cache

_BLOCK = 16

# RFC 5794 section 2.2: constants of the key schedule.
_C = (
    0x517CC1B727220A94FE13ABE8FA9A6EE0,
    0x6DB14ACC9E21C820FF28B1D5EF5DE2B0,
    0xDB92371D2126E9700324977504E8C90E,
)
_ROUNDS = {16: 12, 24: 14, 32: 16}

# RFC 5794 section 2.4.3: byte i of the diffusion layer is the sum of these bytes.
_DIFFUSION = (
    (3, 4, 6, 8, 9, 13, 14),
    (2, 5, 7, 8, 9, 12, 15),
    (1, 4, 6, 10, 11, 12, 15),
    (0, 5, 7, 10, 11, 13, 14),
    (0, 2, 5, 8, 11, 14, 15),
    (1, 3, 4, 9, 10, 14, 15),
    (0, 2, 7, 9, 10, 12, 13),
    (1, 3, 6, 8, 11, 12, 13),
    (0, 1, 4, 7, 10, 13, 15),
    (0, 1, 5, 6, 11, 12, 14),
    (2, 3, 5, 6, 8, 13, 15),
    (2, 3, 4, 7, 9, 12, 14),
    (1, 2, 6, 7, 9, 11, 12),
    (0, 3, 6, 7, 8, 10, 13),
    (0, 3, 4, 5, 9, 11, 14),
    (1, 2, 4, 5, 8, 10, 15),
)

# The affine maps of the S-boxes; row i is bit i of the result, low bit first.
_AFFINE_1 = (0xF1, 0xE3, 0xC7, 0x8F, 0x1F, 0x3E, 0x7C, 0xF8)
_AFFINE_2 = (0x7A, 0xBC, 0xEB, 0xB9, 0x34, 0x81, 0xBA, 0xCB)


def _times(a: int, b: int) -> int:
    """Multiply in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        a = a << 1 ^ (0x11B if a & 0x80 else 0)
        b >>= 1
    return product


def _power(a: int, exponent: int) -> int:
    result = 1
    for _ in range(exponent):
        result = _times(result, a)
    return result


def _box(exponent: int, rows: tuple[int, ...], constant: int) -> bytes:
    """Compute an S-box: an affine map of x to a power (RFC 5794 section 2.4.2)."""
    table = bytearray()
    for x in range(256):
        raised = _power(x, exponent)
        mapped = sum(((raised & row).bit_count() & 1) << bit for bit, row in enumerate(rows))
        table.append(mapped ^ constant)
    return bytes(table)


@cache
def _layers() -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Give the S-boxes of odd and of even rounds, byte by byte."""
    one, two = _box(254, _AFFINE_1, 0x63), _box(247, _AFFINE_2, 0xE2)
    inverse_one, inverse_two = (bytes(box.index(y) for y in range(256)) for box in (one, two))
    odd = (one, two, inverse_one, inverse_two)
    return odd * 4, (odd[2:] + odd[:2]) * 4


def _substitute(state: int, boxes: tuple[bytes, ...]) -> bytes:
    return bytes(box[byte] for box, byte in zip(boxes, state.to_bytes(_BLOCK), strict=True))


def _diffuse(state: bytes) -> int:
    return int.from_bytes(
        state[a] ^ state[b] ^ state[c] ^ state[d] ^ state[e] ^ state[f] ^ state[g]
        for a, b, c, d, e, f, g in _DIFFUSION
    )


def _turn(value: int, right: int) -> int:
    """Rotate 128 bits to the right (to the left when negative)."""
    right %= 128
    return (value >> right | value << (128 - right)) & (1 << 128) - 1


def _encryption_keys(key: bytes) -> list[int]:
    """Expand `key` to the round keys (RFC 5794 section 2.2)."""
    odd, even = _layers()
    turn = {16: 0, 24: 1, 32: 2}[len(key)]
    ck = _C[turn:] + _C[:turn]
    left, right = int.from_bytes(key[:16]), int.from_bytes(key[16:].ljust(16, b"\0"))
    w = [left]
    w.append(_diffuse(_substitute(w[0] ^ ck[0], odd)) ^ right)
    w.append(_diffuse(_substitute(w[1] ^ ck[1], even)) ^ w[0])
    w.append(_diffuse(_substitute(w[2] ^ ck[2], odd)) ^ w[1])
    keys = [w[i] ^ _turn(w[(i + 1) % 4], by) for by in (19, 31, -61, -31, -19) for i in range(4)]
    return keys[: _ROUNDS[len(key)] + 1]


def _block(block: int, keys: list[int]) -> int:
    """Run the rounds; the same for both directions, with other keys."""
    odd, even = _layers()
    for number, key in enumerate(keys[:-2]):
        block = _diffuse(_substitute(block ^ key, even if number % 2 else odd))
    return int.from_bytes(_substitute(block ^ keys[-2], even)) ^ keys[-1]


def decrypt_cbc(key: bytes, iv: bytes, ciphertext: bytes) -> bytes:
    """Decrypt whole blocks in CBC mode; padding stays. `key` has 16, 24 or 32 bytes, `iv` 16."""
    forward = _encryption_keys(key)
    middle = [_diffuse(key.to_bytes(_BLOCK)) for key in forward[-2:0:-1]]
    keys = [forward[-1], *middle, forward[0]]
    plaintext = bytearray()
    before = int.from_bytes(iv)
    for start in range(0, len(ciphertext), _BLOCK):
        block = int.from_bytes(ciphertext[start : start + _BLOCK])
        plaintext += (_block(block, keys) ^ before).to_bytes(_BLOCK)
        before = block
    return bytes(plaintext)


def encrypt_cbc(key: bytes, iv: bytes, plaintext: bytes) -> bytes:
    """Encrypt whole blocks in CBC mode; padding is the caller's. `key` has 16, 24 or 32 bytes, `iv` 16."""
    keys = _encryption_keys(key)
    ciphertext = bytearray()
    before = int.from_bytes(iv)
    for start in range(0, len(plaintext), _BLOCK):
        before = _block(int.from_bytes(plaintext[start : start + _BLOCK]) ^ before, keys)
        ciphertext += before.to_bytes(_BLOCK)
    return bytes(ciphertext)
