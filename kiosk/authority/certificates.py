"""The shapes of certificates that the built-in authority signs (KCAC.TS.CERTPROF v1.70, RFC 5280).

Only shapes: nothing here decides who gets one.
"""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

from asn1crypto import core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

ANY_POLICY = "2.5.29.32.0"
CERTIFICATE_POLICIES = x509.ObjectIdentifier("2.5.29.32")


def random_serial() -> int:
    """Make a serial number of 126 random bits, always 16 bytes long and positive (RFC 5280 §4.1.2.2)."""
    return secrets.randbits(126) | 1 << 126


def serial_hex(serial: int) -> str:
    """Write a serial number as everywhere in this program: lower-case hex, whole bytes."""
    digits = f"{serial:x}"
    return digits.zfill(len(digits) + len(digits) % 2)


def key_usage(*uses: str) -> x509.KeyUsage:
    """Make a KeyUsage of the named bits."""
    names = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{name: name in uses for name in names})


@lru_cache(maxsize=32)
def policies(oid: str, notice: str) -> x509.UnrecognizedExtension:
    """Make the certificatePolicies extension with one policy and a user notice as BMPString.

    The builder of the library would write UTF8String; Korean programs write and expect BMPString.
    All certificates of a profile have the same, and making it costs more than a signature: hence the cache.
    """
    class_notice = asn1_x509.UserNotice(
        {"explicit_text": asn1_x509.DisplayText("bmp_string", core.BMPString(notice))}
    )
    value = asn1_x509.CertificatePolicies(
        [
            {
                "policy_identifier": oid,
                "policy_qualifiers": [{"policy_qualifier_id": "user_notice", "qualifier": class_notice}],
            }
        ]
    )
    return x509.UnrecognizedExtension(CERTIFICATE_POLICIES, value.dump())


def _started(
    subject: x509.Name, issuer: x509.Name, key: RSAPublicKey, not_before: datetime, not_after: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(random_serial())
        .not_valid_before(not_before.astimezone(UTC))
        .not_valid_after(not_after.astimezone(UTC))
    )


def _authority_key(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """Name the issuer's key by its identifier, its issuer and serial, as Korean certificates do."""
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    return x509.AuthorityKeyIdentifier(identifier, [x509.DirectoryName(issuer.issuer)], issuer.serial_number)


def root(name: x509.Name, key: RSAPrivateKey, not_before: datetime, not_after: datetime) -> x509.Certificate:
    """Make the self-signed root."""
    public = key.public_key()
    return (
        _started(name, name, public, not_before, not_after)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(key_usage("key_cert_sign", "crl_sign"), critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .sign(key, hashes.SHA256())
    )


def issuing(
    name: x509.Name, key: RSAPublicKey, signer: x509.Certificate, signer_key: RSAPrivateKey,
    not_before: datetime, not_after: datetime,
) -> x509.Certificate:  # fmt: skip
    """Make the issuing authority's certificate (`reference` §3.2: explicit policy from itself on)."""
    any_policy = x509.PolicyInformation(x509.ObjectIdentifier(ANY_POLICY), None)
    return (
        _started(name, signer.subject, key, not_before, not_after)
        .add_extension(_authority_key(signer), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(key_usage("key_cert_sign", "crl_sign"), critical=True)
        .add_extension(x509.CertificatePolicies([any_policy]), critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.PolicyConstraints(require_explicit_policy=0, inhibit_policy_mapping=None), critical=True
        )
        .sign(signer_key, hashes.SHA256())
    )


def end_entity(
    name: x509.Name, key: RSAPublicKey, signer: x509.Certificate, signer_key: RSAPrivateKey,
    not_before: datetime, not_after: datetime, *,
    policy: str, notice: str, identity: x509.OtherName,
) -> x509.Certificate:  # fmt: skip
    """Make a subscriber's signing certificate, extensions in the order that Korean authorities use."""
    return (
        _started(name, signer.subject, key, not_before, not_after)
        .add_extension(_authority_key(signer), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(key_usage("digital_signature", "content_commitment"), critical=True)
        .add_extension(policies(policy, notice), critical=True)
        .add_extension(x509.SubjectAlternativeName([identity]), critical=False)
        .sign(signer_key, hashes.SHA256())
    )


REASONS = {
    "unspecified": None,
    "keyCompromise": x509.ReasonFlags.key_compromise,
    "affiliationChanged": x509.ReasonFlags.affiliation_changed,
    "superseded": x509.ReasonFlags.superseded,
    "cessationOfOperation": x509.ReasonFlags.cessation_of_operation,
    "privilegeWithdrawn": x509.ReasonFlags.privilege_withdrawn,
    "certificateHold": x509.ReasonFlags.certificate_hold,
}
"""What a revocation list of subscribers' certificates can say (RFC 5280 §5.3.1)."""
CAUSES = tuple(word for word in REASONS if word != "certificateHold")
"""What a certificate can be revoked for; a hold is a suspension."""


def revoked(serial: str, moment: datetime, reason: str) -> x509.RevokedCertificate:
    """Make one entry of a CRL. `reason` is an RFC 5280 name; `unspecified` is written by leaving it out."""
    entry = x509.RevokedCertificateBuilder(int(serial, 16), moment.astimezone(UTC).replace(microsecond=0))
    if flag := REASONS[reason]:
        entry = entry.add_extension(x509.CRLReason(flag), critical=False)
    return entry.build()


def revocation_list(
    signer: x509.Certificate, signer_key: RSAPrivateKey, number: int, this_update: datetime,
    next_update: datetime, entries: Sequence[x509.RevokedCertificate],
) -> x509.CertificateRevocationList:  # fmt: skip
    """Make a CRL (RFC 5280 §5). All entries go into the constructor: adding one by one is quadratic."""
    return (
        x509.CertificateRevocationListBuilder(
            issuer_name=signer.subject,
            last_update=this_update.astimezone(UTC).replace(microsecond=0),
            next_update=next_update.astimezone(UTC).replace(microsecond=0),
            revoked_certificates=list(entries),
        )
        .add_extension(_authority_key(signer), critical=False)
        .add_extension(x509.CRLNumber(number), critical=False)
        .sign(signer_key, hashes.SHA256())
    )
