"""ARIA against RFC 5794 and OpenSSL."""

import secrets
from pathlib import Path

import pytest

from kiosk.pki import aria
from tests.pki.conftest import OpenSSL


@pytest.mark.parametrize(
    ("size", "ciphertext"),
    [  # RFC 5794 appendix A
        (16, "d718fbd6ab644c739da95f3be6451778"),
        (24, "26449c1805dbe7aa25a468ce263a9e79"),
        (32, "f92bd7c79fb72e2f2b8f80c1972d24fc"),
    ],
)
def test_rfc_vectors(size: int, ciphertext: str) -> None:
    plain = aria.decrypt_cbc(bytes(range(size)), bytes(16), bytes.fromhex(ciphertext))
    assert plain.hex() == "00112233445566778899aabbccddeeff"
    assert aria.encrypt_cbc(bytes(range(size)), bytes(16), plain).hex() == ciphertext


@pytest.mark.parametrize("size", [16, 24, 32])
def test_chains_blocks_as_openssl_does(openssl: OpenSSL, tmp_path: Path, size: int) -> None:
    key, iv, plain = secrets.token_bytes(size), secrets.token_bytes(16), secrets.token_bytes(160)
    (tmp_path / "in").write_bytes(plain)
    cipher = f"-aria-{size * 8}-cbc"
    sealed = openssl("enc", "-nopad", cipher, "-K", key.hex(), "-iv", iv.hex(), "-in", tmp_path / "in")
    assert aria.decrypt_cbc(key, iv, sealed) == plain
    assert aria.encrypt_cbc(key, iv, plain) == sealed
