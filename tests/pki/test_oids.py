"""The numbers, against tables of others."""

import hashlib

from asn1crypto.algos import DigestAlgorithmId, HmacAlgorithmId
from cryptography import x509
from cryptography.x509.oid import CertificatePoliciesOID, PublicKeyAlgorithmOID

from kiosk.pki import oids
from tests.pki.conftest import OpenSSL


def test_hashes() -> None:
    digests = {oid: DigestAlgorithmId(oid).native for oid in oids.HASHES}
    assert digests == oids.HASHES
    prfs = {oid: HmacAlgorithmId(oid).native for oid in oids.HMAC_HASHES}
    assert prfs == oids.HMAC_HASHES
    for name in {*oids.HASHES.values(), *oids.HMAC_HASHES.values()}:
        assert hashlib.pbkdf2_hmac(name, b"password", b"salt", 1)
    assert oids.HASHES[oids.SHA256] == "sha256"
    assert x509.ObjectIdentifier(oids.ANY_POLICY) == CertificatePoliciesOID.ANY_POLICY
    assert x509.ObjectIdentifier(oids.RSA) == PublicKeyAlgorithmOID.RSAES_PKCS1_v1_5


def test_ciphers_as_openssl_names_them(openssl: OpenSSL) -> None:
    known = {
        "SEED-CBC": oids.SEED_CBC, "AES-128-CBC": oids.AES_128_CBC, "AES-192-CBC": oids.AES_192_CBC,
        "AES-256-CBC": oids.AES_256_CBC, "ARIA-128-CBC": oids.ARIA_128_CBC, "ARIA-192-CBC": oids.ARIA_192_CBC,
        "ARIA-256-CBC": oids.ARIA_256_CBC,
    }  # fmt: skip
    listed = openssl("list", "-cipher-algorithms").decode()
    for name, oid in known.items():
        assert any(f"{{ {oid}, " in line and name in line for line in listed.splitlines()), name
