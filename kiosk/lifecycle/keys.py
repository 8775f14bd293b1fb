"""The subscriber's key pair: made, named by its hash, and shown to the authority."""

import hashlib

from asn1crypto import algos, csr
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
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


def request_info(key: rsa.RSAPublicKey) -> bytes:
    """Make what a key that is not here must sign (CertificationRequestInfo, RFC 2986 4.1), as DER.

    With the signature it is to the last byte what `signing_request` makes of a key that is.
    """
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    info = csr.CertificationRequestInfo({
        "version": "v1", "subject": asn1_x509.Name.build({}),
        "subject_pk_info": asn1_keys.PublicKeyInfo.load(der), "attributes": [],
    })  # fmt: skip
    return bytes(info.dump())


def signed_request(info: bytes, signature: bytes) -> bytes:
    """Put `info` and its signature (SHA-256 with RSA, PKCS#1 v1.5) together to the PKCS#10 request."""
    algorithm = algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa"})
    request = csr.CertificationRequest({
        "certification_request_info": csr.CertificationRequestInfo.load(info),
        "signature_algorithm": algorithm, "signature": signature,
    })  # fmt: skip
    return bytes(request.dump())


def digest_info(data: bytes) -> bytes:
    """Give the DigestInfo of the SHA-256 of `data` (RFC 8017 9.2): what a token signs with CKM_RSA_PKCS."""
    digest = hashlib.sha256(data).digest()
    info = algos.DigestInfo({"digest_algorithm": {"algorithm": "sha256"}, "digest": digest})
    return bytes(info.dump())
