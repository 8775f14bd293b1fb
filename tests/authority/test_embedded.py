"""The built-in authority: what it signs, and what it refuses whoever asks."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from kiosk.authority import embedded
from kiosk.authority.embedded import CertificateRequest, EmbeddedAuthority
from kiosk.clock import KST
from kiosk.errors import KioskError
from kiosk.lifecycle.keys import signing_request
from kiosk.pki import vid
from kiosk.pki.path import check_path
from kiosk.pki.profiles import load_profiles
from kiosk.secret import Secret
from tests.authority.conftest import RANDOM
from tests.conftest import ID_NUMBER, TODAY

Ask = Callable[..., CertificateRequest]
DER = serialization.Encoding.DER


def refused(authority: EmbeddedAuthority, request: CertificateRequest) -> tuple[str, dict[str, str | int]]:
    with pytest.raises(KioskError) as caught:
        authority.issue(request)
    return caught.value.id, caught.value.facts


def test_what_it_signs(authority: EmbeddedAuthority, ask: Ask, subscriber_key: rsa.RSAPrivateKey) -> None:
    """npki.md 3.1, field by field."""
    issued = authority.issue(ask())
    certificate = issued.certificate
    assert certificate.version == x509.Version.v3
    assert isinstance(certificate.signature_hash_algorithm, hashes.SHA256)
    assert certificate.not_valid_before_utc.strftime("%H%M%S") == "150000"
    assert certificate.not_valid_after_utc.strftime("%H%M%S") == "145959"
    assert certificate.public_key() == subscriber_key.public_key()
    assert [attribute.oid for attribute in certificate.subject] == [
        NameOID.COUNTRY_NAME, NameOID.ORGANIZATION_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME,
        NameOID.ORGANIZATIONAL_UNIT_NAME, NameOID.COMMON_NAME,
    ]  # fmt: skip
    assert [attribute.value for attribute in certificate.subject][:-1] == [
        "KR",
        "Certkiosk",
        "personal",
        "연습",
    ]
    assert issued.common_name.startswith("홍길동()20261122")
    shape = [(extension.oid._name, extension.critical) for extension in certificate.extensions]
    assert shape == [
        ("authorityKeyIdentifier", False), ("subjectKeyIdentifier", False), ("keyUsage", True),
        ("certificatePolicies", True), ("subjectAltName", False),
    ]  # fmt: skip
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.public_bytes() == bytes.fromhex("030206c0")
    key_identifier = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    assert key_identifier.authority_cert_serial_number == authority.issuing.serial_number
    assert key_identifier.authority_cert_issuer == [x509.DirectoryName(authority.root.subject)]
    assert vid.matches(certificate, Secret(ID_NUMBER), RANDOM)
    check_path(
        certificate, issuing=authority.issuing, root=authority.root, at=TODAY,
        policy=authority.policy_oid(load_profiles()["personal-general"]),
    )  # fmt: skip


def test_it_says_that_it_is_not_recognised(authority: EmbeddedAuthority, ask: Ask) -> None:
    """In practice and for real, as BMPString; and no OID of an accredited authority."""
    practice = authority.issue(ask()).der
    assert "연습용 인증서입니다. 실제로는 쓸 수 없습니다.".encode("utf-16-be") in practice
    real = EmbeddedAuthority(replace(authority._state, practice=False), authority._keystore)
    issued = real.issue(ask())
    assert "국가가 인정한 공동인증서가 아닙니다.".encode("utf-16-be") in issued.der
    assert "연습" not in issued.certificate.subject.rfc4514_string()
    for oid in ("1.2.410.200005.1.1", "1.2.410.200004.5", "1.2.410.200012"):
        policies = issued.certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
        assert not any(policy.policy_identifier.dotted_string.startswith(oid) for policy in policies)


def test_each_profile_has_its_policy_and_unit(authority: EmbeddedAuthority, ask: Ask) -> None:
    seen = set()
    for profile in load_profiles().values():
        issued = authority.issue(ask(profile=profile.id, level="in_person", name="홍길동"))
        policies = issued.certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
        [oid] = [policy.policy_identifier.dotted_string for policy in policies]
        assert oid == f"{authority._state.arc}.{profile.policy}"
        units = issued.certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
        assert units[0].value == profile.unit
        seen.add(oid)
    assert len(seen) == 4


def test_serials_and_names_are_new_each_time(authority: EmbeddedAuthority, ask: Ask) -> None:
    issued = [authority.issue(ask()) for _ in range(20)]
    assert len({each.serial for each in issued}) == len({each.common_name for each in issued}) == 20
    for each in issued:
        assert len(each.serial) == 32
        assert 0 < each.certificate.serial_number < 1 << 127


@pytest.mark.parametrize("profile", load_profiles())
@pytest.mark.parametrize("level", ["possession", "verified", "in_person", "", "sure"])
def test_who_must_be_how_surely_identified(
    authority: EmbeddedAuthority, ask: Ask, profile: str, level: str
) -> None:
    needed = load_profiles()[profile].level
    enough = {"verified": {"verified", "in_person"}, "in_person": {"in_person"}}[needed]
    if level in enough:
        assert authority.issue(ask(profile=profile, level=level)).certificate
    else:
        facts = {"profile": profile, "level": needed}
        assert refused(authority, ask(profile=profile, level=level)) == ("identity.level", facts)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"profile": "gov24"}, "profile gov24"),
        ({"vid": b""}, "VID"),
        ({"vid": bytes(31)}, "VID"),
        ({"name": " 홍길동"}, "name"),
        ({"name": "홍길동"}, "name"),  # decomposed, set below
        ({"csr": b""}, "CSR"),
        ({"csr": b"\x30\x00"}, "CSR"),
    ],
)
def test_requests_that_are_wrong(
    authority: EmbeddedAuthority, ask: Ask, changes: dict[str, object], reason: str
) -> None:
    if changes.get("name") == "홍길동":
        changes = {"name": "\u1112\u1169\u11bc길동"}
    assert refused(authority, ask(**changes)) == ("authority.refused", {"reason": reason})


def test_names_that_cannot_be_a_certificates(authority: EmbeddedAuthority, ask: Ask) -> None:
    assert refused(authority, ask(name="홍\x1b"))[0] == "name.control"
    assert refused(authority, ask(name="홍" * 45))[0] == "name.long"
    assert refused(authority, ask(name="홍*"))[0] == "name.characters"
    # A business may be called so; its directory is another matter.
    business = authority.issue(ask(profile="business-general", level="in_person", name="홍*길동/상사"))
    assert "홍*길동/상사" in business.common_name


def test_a_request_must_be_signed_with_its_key(
    authority: EmbeddedAuthority, ask: Ask, subscriber_key: rsa.RSAPrivateKey
) -> None:
    other = rsa.generate_private_key(65537, 2048)
    forged = bytearray(signing_request(subscriber_key))
    request = x509.load_der_x509_csr(bytes(forged))
    signature = other.sign(request.tbs_certrequest_bytes, padding.PKCS1v15(), hashes.SHA256())
    forged[-256:] = signature
    assert refused(authority, ask(csr=bytes(forged))) == ("authority.refused", {"reason": "CSR signature"})


@pytest.mark.parametrize("kind", ["1024 bits", "exponent 3", "curve"])
def test_keys_that_are_too_weak_or_of_another_kind(authority: EmbeddedAuthority, ask: Ask, kind: str) -> None:
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    match kind:
        case "1024 bits":
            key = rsa.generate_private_key(65537, 1024)
        case "exponent 3":
            key = rsa.generate_private_key(3, 2048)
        case _:
            key = ec.generate_private_key(ec.SECP256R1())
    csr = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    assert refused(authority, ask(csr=csr.public_bytes(DER))) == ("authority.refused", {"reason": "key"})


def test_a_name_in_the_request_is_not_taken_over(
    authority: EmbeddedAuthority, ask: Ask, subscriber_key: rsa.RSAPrivateKey
) -> None:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Government")])
    csr = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(subject)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(subscriber_key, hashes.SHA256())
    )
    certificate = authority.issue(ask(csr=csr.public_bytes(DER))).certificate
    assert "Government" not in certificate.subject.rfc4514_string()
    with pytest.raises(x509.ExtensionNotFound):
        certificate.extensions.get_extension_for_class(x509.BasicConstraints)


def test_it_does_not_outlive_itself(authority: EmbeddedAuthority, ask: Ask) -> None:
    """The issuing certificate ends with 2036-11-22; a year before, one still fits, a day later none does."""
    assert authority.issuing.not_valid_after_utc.astimezone(KST).isoformat() == "2036-11-22T23:59:59+09:00"
    last = datetime(2035, 11, 22, 23, 59, tzinfo=KST)
    assert (
        authority.issue(ask(moment=last)).certificate.not_valid_after_utc
        == authority.issuing.not_valid_after_utc
    )
    error = refused(authority, ask(moment=last + timedelta(minutes=1)))
    assert error == ("authority.expires", {"day": "2036-11-22"})


def test_root_and_issuing(authority: EmbeddedAuthority) -> None:
    root, issuing = authority.root, authority.issuing
    issuing.verify_directly_issued_by(root)
    root.verify_directly_issued_by(root)
    for certificate, length in ((root, 1), (issuing, 0)):
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
        assert (constraints.critical, constraints.value.ca, constraints.value.path_length) == (
            True,
            True,
            length,
        )
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
        assert usage.critical
        assert usage.value.public_bytes() == bytes.fromhex("03020106")
        key = certificate.public_key()
        assert isinstance(key, rsa.RSAPublicKey)
        assert key.key_size >= 2048
    explicit = issuing.extensions.get_extension_for_class(x509.PolicyConstraints)
    assert (explicit.critical, explicit.value.require_explicit_policy) == (True, 0)
    chain = x509.load_pem_x509_certificates(authority.chain_pem())
    assert chain == [issuing, root]


def test_a_revocation_list(authority: EmbeddedAuthority) -> None:
    entries = [("0a", TODAY, "keyCompromise"), ("0b", TODAY, "unspecified"), ("0c", TODAY, "certificateHold")]
    signed = authority.revocation_list(41, TODAY.replace(microsecond=999_999), 7, entries)
    key = authority.issuing.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert signed.is_signature_valid(key)
    assert signed.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 41
    assert (signed.last_update_utc, signed.next_update_utc) == (TODAY, TODAY + timedelta(days=7))
    reasons = {
        entry.serial_number: [extension.value.reason.name for extension in entry.extensions]  # type: ignore[attr-defined]
        for entry in signed
    }
    assert reasons == {10: ["key_compromise"], 11: [], 12: ["certificate_hold"]}
    with pytest.raises(KeyError):
        authority.revocation_list(42, TODAY, 7, [("0a", TODAY, "because")])


def test_levels_are_in_order() -> None:
    assert embedded.LEVELS == ("possession", "verified", "in_person")
