"""The check of a certificate's path: subscriber, issuing CA, root (RFC 5280 section 6; profile of npki).

The library builds and verifies the path; its own profile is that of the web and refuses what Korean
certificates must have, so every extension is judged here. It knows no policies: those are checked here too,
for paths of this one shape.
"""

from datetime import UTC, datetime

from cryptography import x509
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from kiosk.errors import KioskError
from kiosk.pki import oids


def check_path(
    certificate: x509.Certificate,
    *,
    issuing: x509.Certificate,
    root: x509.Certificate,
    at: datetime,
    policy: str | None = None,
) -> None:
    """Check that `certificate` was issued under `issuing` and `root` and all three were valid `at`.

    With `policy` (dotted) the certificate must have just this policy. Revocation is not looked at. Raises
    `authority.chain` with the fact `reason`: `time` (one is not valid then), `policy`, or `path` (signature,
    names, extensions; the library's words are the exception's cause).
    """
    at = at.replace(microsecond=0)  # the last second of a certificate has 1,000 milliseconds
    for each in (certificate, issuing, root):
        if not each.not_valid_before_utc <= at <= each.not_valid_after_utc:
            raise KioskError("authority.chain", reason="time")
    verifier = (
        PolicyBuilder()
        .store(Store([root]))
        .time(at.astimezone(UTC))
        .max_chain_depth(1)
        .extension_policies(ca_policy=_ca_policy(root), ee_policy=_ee_policy())
        .build_client_verifier()
    )
    try:
        chain = verifier.verify(certificate, [issuing]).chain
        found = _policies(certificate)
    except (VerificationError, ValueError) as error:
        raise KioskError("authority.chain", reason="path") from error
    if chain != [certificate, issuing, root]:
        raise KioskError("authority.chain", reason="path")
    if len(found) != 1 or oids.ANY_POLICY in found or (policy is not None and found != [policy]):
        raise KioskError("authority.chain", reason="policy")


def _policies(certificate: x509.Certificate) -> list[str]:
    found = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
    return [information.policy_identifier.dotted_string for information in found]


def _ee_policy() -> ExtensionPolicy:
    """Judge the subscriber's certificate: for signing, with one policy, identified by otherName."""

    def usage(_: Policy, __: x509.Certificate, value: x509.KeyUsage) -> None:
        _require(value.digital_signature and not value.key_cert_sign and not value.crl_sign)

    def names(_: Policy, __: x509.Certificate, value: x509.SubjectAlternativeName) -> None:
        _require({type(name) for name in value} == {x509.OtherName})

    return (
        ExtensionPolicy.permit_all()
        .require_present(x509.KeyUsage, Criticality.CRITICAL, usage)
        .require_present(x509.CertificatePolicies, Criticality.CRITICAL, None)
        .require_present(x509.SubjectAlternativeName, Criticality.NON_CRITICAL, names)
        .require_not_present(x509.BasicConstraints)
        .require_not_present(x509.ExtendedKeyUsage)
        .require_not_present(x509.NameConstraints)
    )


def _ca_policy(root: x509.Certificate) -> ExtensionPolicy:
    """Judge both CAs; the root is trusted as it is, so less is asked of it."""

    def constraints(_: Policy, certificate: x509.Certificate, value: x509.BasicConstraints) -> None:
        _require(value.ca and (certificate == root or value.path_length == 0))

    def usage(_: Policy, __: x509.Certificate, value: x509.KeyUsage) -> None:
        _require(value.key_cert_sign and value.crl_sign)

    def policies(_: Policy, certificate: x509.Certificate, value: x509.CertificatePolicies | None) -> None:
        found = {information.policy_identifier.dotted_string for information in value or ()}
        _require(certificate == root or oids.ANY_POLICY in found)

    def explicit(_: Policy, certificate: x509.Certificate, value: x509.PolicyConstraints | None) -> None:
        _require(certificate == root or (value is not None and value.require_explicit_policy == 0))

    return (
        ExtensionPolicy.permit_all()
        .require_present(x509.BasicConstraints, Criticality.CRITICAL, constraints)
        .require_present(x509.KeyUsage, Criticality.CRITICAL, usage)
        .may_be_present(x509.CertificatePolicies, Criticality.CRITICAL, policies)
        .may_be_present(x509.PolicyConstraints, Criticality.CRITICAL, explicit)
        .require_not_present(x509.NameConstraints)
    )


def _require(held: bool) -> None:  # noqa: FBT001 - reads as a sentence
    if not held:
        raise ValueError("extension")
