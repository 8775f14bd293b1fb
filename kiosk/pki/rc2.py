"""The block cipher RC2 (RFC 2268), for opening old PFX files only: the library has no key of 40 bits.

Most of those hide nothing but certificates under it, so speed does not matter, and nothing is written with it.
"""

_MASK = 0xFFFF
_SHIFTS = (1, 2, 3, 5)

# RFC 2268 section 2: a permutation of 0 to 255 from the digits of pi.
_PI = bytes.fromhex(
    "d978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2"
    "179a59f587b34f1361456d8d09817d32bd8f40eb86b77b0bf09521225c6b4e82"
    "54d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626"
    "6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed7"
    "08e8eade8052eef784aa72ac354d6a2a961ad2715a1549744b9fd05e0418a4ec"
    "c2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731"
    "2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a9"
    "0d38341bab33ffb0bb480c5fb9b1cd2ec5f3db47e5a59c770aa62068fe7fc1ad"
)


def _expanded(key: bytes, bits: int) -> list[int]:
    """Make the 64 words of the key schedule (section 2); `bits` is how much of the key counts."""
    length = len(key)
    expanded = bytearray(key) + bytes(128 - length)
    for at in range(length, 128):
        expanded[at] = _PI[(expanded[at - 1] + expanded[at - length]) & 0xFF]
    effective = (bits + 7) // 8
    at = 128 - effective
    expanded[at] = _PI[expanded[at] & (0xFF >> (8 * effective - bits))]
    for back in range(at - 1, -1, -1):
        expanded[back] = _PI[expanded[back + 1] ^ expanded[back + effective]]
    return [expanded[2 * word] | expanded[2 * word + 1] << 8 for word in range(64)]


def _decrypt_block(words: list[int], block: bytes) -> bytes:
    """Undo 5 mixing rounds, a mash, 6 rounds, a mash, 5 rounds (section 4)."""
    r = [int.from_bytes(block[at : at + 2], "little") for at in (0, 2, 4, 6)]
    word = 63
    for turn in range(16):
        if turn in {5, 11}:
            for i in (3, 2, 1, 0):
                r[i] = r[i] - words[r[i - 1] & 63] & _MASK
        for i in (3, 2, 1, 0):
            shift = _SHIFTS[i]
            turned = (r[i] >> shift | r[i] << 16 - shift) & _MASK
            r[i] = turned - words[word] - (r[i - 1] & r[i - 2]) - (~r[i - 1] & r[i - 3]) & _MASK
            word -= 1
    return b"".join(value.to_bytes(2, "little") for value in r)


def decrypt_cbc(key: bytes, iv: bytes, ciphertext: bytes) -> bytes:
    """Decrypt whole blocks of 8 bytes; all bits of the key count (5 or 16 bytes), padding stays."""
    words = _expanded(key, 8 * len(key))
    plain = bytearray()
    for at in range(0, len(ciphertext), 8):
        block = ciphertext[at : at + 8]
        plain += bytes(a ^ b for a, b in zip(_decrypt_block(words, block), iv, strict=True))
        iv = block
    return bytes(plain)
