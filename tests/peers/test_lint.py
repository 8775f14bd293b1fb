"""pkilint, a linter from outside, judges the shapes of our certificates and lists."""

import warnings
from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pkilint import loader, pkix
from pkilint.pkix import certificate, crl, extension, name
from pkilint.validation import ValidationFindingSeverity

from kiosk.authority import certificates, embedded
from kiosk.authority.embedded import CertificateRequest, EmbeddedAuthority
from kiosk.authority.keystore import Keystore
from kiosk.config import State, load_policy
from kiosk.lifecycle.keys import make_rsa_key, signing_request
from kiosk.pki import vid
from kiosk.pki.profiles import load_profiles
from kiosk.secret import Secret
from tests.conftest import TODAY

# pkilint's decoder takes small numbers in OIDs only; a real arc is 2.25 and a UUID of 128 bits (X.667).
SMALL_ARC = "2.25.12345"
SERIOUS = {ValidationFindingSeverity.ERROR, ValidationFindingSeverity.FATAL}
# On purpose: Korean programs write and expect the notice so (npki.md 3.1), whatever RFC 6818 says.
BMP_NOTICE = "pkix.rfc5280_certificate_policies_invalid_explicit_text_encoding"
RANDOM = Secret(bytes(range(20)))
ID_NUMBERS = {"personal": "9001011234568", "business": "1208147521"}


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedAuthority:
    """An authority like any other, but for its arc."""
    state = State(tmp_path_factory.mktemp("authority"), False, "Certkiosk", SMALL_ARC, "kiosk")
    state.keys.mkdir()
    keystore = Keystore(state.keys, None)
    embedded.create(state, keystore, load_policy(), TODAY)
    return EmbeddedAuthority(state, keystore)


@pytest.fixture(scope="session")
def request_for(authority: EmbeddedAuthority) -> Callable[[str], CertificateRequest]:
    csr = signing_request(make_rsa_key())

    def make(profile: str) -> CertificateRequest:
        kind = load_profiles()[profile].kind
        return CertificateRequest(
            csr=csr, profile=profile, name="홍길동" if kind == "personal" else "(주)홍길동/상사",
            vid=vid.vid(Secret(ID_NUMBERS[kind]), RANDOM), level="in_person", moment=TODAY,
        )  # fmt: skip

    return make


def findings(validator: object, document: object) -> list[str]:
    """What the linter finds, as it says it, with its severity."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = validator.validate(document.root)  # type: ignore[attr-defined]
    return [
        f"{found.finding.severity.name} {found.finding.code} at {result.node.path}: {found.message}"
        for result in results
        for found in result.finding_descriptions
    ]


def lint_certificate(der: bytes) -> list[str]:
    """The checks of the command `lint_pkix_cert`."""
    validator = certificate.create_pkix_certificate_validator_container(
        certificate.create_decoding_validators(name.ATTRIBUTE_TYPE_MAPPINGS, extension.EXTENSION_MAPPINGS),
        [
            certificate.create_issuer_validator_container([]),
            certificate.create_validity_validator_container(),
            certificate.create_subject_validator_container([]),
            certificate.create_extensions_validator_container([]),
            certificate.create_spki_validator_container([]),
        ],
    )
    return findings(validator, loader.load_der_certificate(der, "certificate"))


def lint_list(der: bytes) -> list[str]:
    """The checks of the command `lint_crl --type CRL --profile PKIX`."""
    validator = crl.create_pkix_crl_validator_container(
        [
            pkix.create_attribute_decoder(name.ATTRIBUTE_TYPE_MAPPINGS),
            pkix.create_extension_decoder(extension.EXTENSION_MAPPINGS),
        ],
        [
            crl.create_issuer_validator_container([]),
            crl.create_validity_validator_container([]),
            crl.create_extensions_validator_container([]),
        ],
    )
    return findings(validator, loader.load_der_crl(der, "list"))


def serious(found: list[str]) -> list[str]:
    return [line for line in found if line.split()[0] in {severity.name for severity in SERIOUS}]


@pytest.mark.parametrize("profile", load_profiles())
def test_subscribers_certificates(
    authority: EmbeddedAuthority, request_for: Callable[[str], CertificateRequest], profile: str
) -> None:
    issued = authority.issue(request_for(profile))
    [deviation] = serious(lint_certificate(issued.der))
    assert deviation.split()[1] == BMP_NOTICE
    oid = f"{SMALL_ARC}.{load_profiles()[profile].policy}"
    policies = issued.certificate.extensions.get_extension_for_class(x509.CertificatePolicies)
    assert [policy.policy_identifier.dotted_string for policy in policies.value] == [oid]


@pytest.mark.parametrize("which", ["root", "issuing"])
def test_the_authoritys_certificates(authority: EmbeddedAuthority, which: str) -> None:
    held: x509.Certificate = getattr(authority, which)
    assert serious(lint_certificate(held.public_bytes(Encoding.DER))) == []


@pytest.mark.parametrize("filled", [False, True], ids=["empty", "revoked and on hold"])
def test_revocation_lists(authority: EmbeddedAuthority, filled: bool) -> None:
    entries = [
        (certificates.serial_hex(certificates.random_serial()), TODAY - timedelta(hours=hours), reason)
        for hours, reason in enumerate(certificates.REASONS)
    ]
    signed = authority.revocation_list(7, TODAY, 7, entries if filled else [])
    assert len(list(signed)) == len(entries) * filled
    assert serious(lint_list(signed.public_bytes(Encoding.DER))) == []


def test_the_linter_would_find_something(authority: EmbeddedAuthority) -> None:
    """A negative serial number and a list that ends before it begins: else the tests above prove nothing."""
    der = authority.root.public_bytes(Encoding.DER)
    serial = der.index(authority.root.serial_number.to_bytes(16, "big"))
    assert any(
        "serial" in line for line in serious(lint_certificate(der[:serial] + b"\x80" + der[serial + 1 :]))
    )
    der = authority.revocation_list(7, TODAY, 7, []).public_bytes(Encoding.DER)
    assert serious(lint_list(der.replace(b"261129000000Z", b"261121000000Z")))
