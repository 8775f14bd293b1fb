"""The judge is judged first: by the vectors of RFC 4269, and by OpenSSL."""

import secrets
from pathlib import Path

import pytest

from tests.pki import independent
from tests.pki.conftest import OpenSSL


@pytest.mark.parametrize(
    ("key", "plaintext", "ciphertext"),
    [  # RFC 4269 appendix B.1 to B.4
        ("00" * 16, "000102030405060708090A0B0C0D0E0F", "5EBAC6E0054E166819AFF1CC6D346CDB"),
        ("000102030405060708090A0B0C0D0E0F", "00" * 16, "C11F22F20140505084483597E4370F43"),
        (
            "4706480851E61BE85D74BFB3FD956185",
            "83A2F8A288641FB9A4E9A5CC2F131C7D",
            "EE54D13EBCAE706D226BC3142CD40D4A",
        ),
        (
            "28DBC3BC49FFD87DCFA509B11D422BE7",
            "B41E6BE2EBA84A148E2EED84593C5EC7",
            "9B9B7BFCD1813CB95D0B3618F40F5122",
        ),
    ],
)
def test_seed_vectors(key: str, plaintext: str, ciphertext: str) -> None:
    keys = independent.round_keys(bytes.fromhex(key))
    assert independent.seed_block(bytes.fromhex(plaintext), keys).hex().upper() == ciphertext
    assert independent.seed_block(bytes.fromhex(ciphertext), keys[::-1]).hex().upper() == plaintext


def test_openssl_reads_what_it_encrypts(openssl: OpenSSL, tmp_path: Path) -> None:
    key, iv, plaintext = secrets.token_bytes(16), secrets.token_bytes(16), secrets.token_bytes(1234)
    (tmp_path / "in").write_bytes(independent.seed_cbc_encrypt(key, iv, plaintext))
    assert (
        openssl("enc", "-d", "-seed-cbc", "-K", key.hex(), "-iv", iv.hex(), "-in", tmp_path / "in")
        == plaintext
    )


def test_der_length_forms() -> None:
    for size in (0, 1, 127, 128, 255, 256, 70000):
        assert independent.only(independent.der(4, bytes(size)), 4) == bytes(size)
    assert independent.integer(128) == b"\x02\x02\x00\x80"
    assert independent.oid("1.2.410.200004.1.15").hex() == "06082a831a8c9a44010f"
