"""The subscriber's key pair: made, named by its hash, and shown to the authority."""

import hashlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa


def make_rsa_key() -> rsa.RSAPrivateKey:
    """Make a subscriber's key: RSA 2048, as today's Korean end-entity certificates."""
    return rsa.generate_private_key(65537, 2048)


def public_key_hash(key: rsa.RSAPublicKey) -> bytes:
    """Hash a public key as the request keeps it: SHA-256 over the SubjectPublicKeyInfo (RFC 5280 §4.1)."""
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).digest()


def signing_request(key: rsa.RSAPrivateKey) -> bytes:
    """Make the PKCS#10 request (RFC 2986) that proves who holds the key; the authority names the subject."""
    empty = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return empty.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
