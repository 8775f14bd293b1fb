"""RC2 by the vectors of RFC 2268 and by OpenSSL."""

import secrets

import pytest

from kiosk.pki import rc2
from tests.pki.conftest import OpenSSL


@pytest.mark.parametrize(
    ("key", "bits", "plaintext", "ciphertext"),
    [  # RFC 2268 section 5
        ("0000000000000000", 63, "0000000000000000", "ebb773f993278eff"),
        ("ffffffffffffffff", 64, "ffffffffffffffff", "278b27e42e2f0d49"),
        ("3000000000000000", 64, "1000000000000001", "30649edf9be7d2c2"),
        ("88", 64, "0000000000000000", "61a8a244adacccf0"),
        ("88bca90e90875a", 64, "0000000000000000", "6ccf4308974c267f"),
        ("88bca90e90875a7f0f79c384627bafb2", 64, "0000000000000000", "1a807d272bbe5db1"),
        ("88bca90e90875a7f0f79c384627bafb2", 128, "0000000000000000", "2269552ab0f85ca6"),
    ],
)
def test_vectors(key: str, bits: int, plaintext: str, ciphertext: str) -> None:
    words = rc2._expanded(bytes.fromhex(key), bits)
    assert rc2._decrypt_block(words, bytes.fromhex(ciphertext)).hex() == plaintext


@pytest.mark.parametrize(("cipher", "size"), [("-rc2-cbc", 16), ("-rc2-40-cbc", 5)])
def test_openssl_agrees(openssl: OpenSSL, cipher: str, size: int) -> None:
    key, iv, plaintext = secrets.token_bytes(size), secrets.token_bytes(8), secrets.token_bytes(808)
    sealed = openssl("enc", cipher, "-nopad", "-K", key.hex(), "-iv", iv.hex(), stdin=plaintext)
    assert rc2.decrypt_cbc(key, iv, sealed) == plaintext
