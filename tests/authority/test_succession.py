"""Renewing and reissuing at the authority: what it refuses whoever asks, and what it signs."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from kiosk.authority.embedded import CertificateRequest, EmbeddedAuthority
from kiosk.clock import KST
from kiosk.errors import KioskError
from kiosk.lifecycle.keys import make_rsa_key, signing_request

Ask = Callable[..., CertificateRequest]
LAST = datetime(2027, 11, 22, 23, 59, 59, 999_000, tzinfo=KST)
IN_TIME = datetime(2027, 11, 1, 9, tzinfo=KST)


@pytest.fixture(scope="session")
def new_key() -> rsa.RSAPrivateKey:
    return make_rsa_key()


@pytest.fixture
def old(authority: EmbeddedAuthority, ask: Ask) -> bytes:
    return authority.issue(ask()).der


@pytest.fixture
def renewal(
    ask: Ask, old: bytes, subscriber_key: rsa.RSAPrivateKey, new_key: rsa.RSAPrivateKey
) -> Callable[..., CertificateRequest]:
    """Make requests to renew: signed with both keys, the holder known by the old one alone."""
    csr = signing_request(new_key)
    proof = subscriber_key.sign(csr, padding.PKCS1v15(), hashes.SHA256())
    usual = {"act": "renew", "old": old, "csr": csr, "proof": proof, "level": "possession", "moment": IN_TIME}
    return lambda **changes: ask(**usual | changes)


def refused(authority: EmbeddedAuthority, request: CertificateRequest) -> tuple[str, object]:
    with pytest.raises(KioskError) as caught:
        authority.issue(request)
    return caught.value.id, caught.value.facts.get("reason")


def test_renewed(authority: EmbeddedAuthority, renewal: Ask, new_key: rsa.RSAPrivateKey) -> None:
    made = authority.issue(renewal()).certificate
    assert made.public_key() == new_key.public_key()
    assert made.not_valid_before_utc == datetime(2027, 11, 1, tzinfo=KST)
    assert made.not_valid_after_utc == datetime(2028, 11, 22, 23, 59, 59, tzinfo=KST)
    authority.issue(renewal(moment=LAST))


@pytest.mark.parametrize("proof", [None, b"", b"x" * 256])
def test_not_without_the_old_key(authority: EmbeddedAuthority, renewal: Ask, proof: bytes | None) -> None:
    assert refused(authority, renewal(proof=proof)) == ("authority.refused", "proof")


def test_the_old_key_signed_this_request(
    authority: EmbeddedAuthority, renewal: Ask, subscriber_key: rsa.RSAPrivateKey
) -> None:
    """A proof that was seen elsewhere is worth nothing."""
    another = signing_request(make_rsa_key())
    assert refused(authority, renewal(csr=another)) == ("authority.refused", "proof")


def test_the_old_key_speaks_no_longer_than_its_certificate(
    authority: EmbeddedAuthority, renewal: Ask
) -> None:
    later = LAST + timedelta(milliseconds=1)
    assert refused(authority, renewal(moment=later))[0] == "identity.level"
    authority.issue(renewal(moment=later, level="verified"))


@pytest.mark.parametrize("act", ["renew", "reissue"])
@pytest.mark.parametrize("what", ["none", "rubbish", "another's"])
def test_only_what_it_signed_itself(
    authority: EmbeddedAuthority, renewal: Ask, subscriber_key: rsa.RSAPrivateKey, act: str, what: str
) -> None:
    name = authority.issuing.subject
    forged = x509.CertificateBuilder(
        name, name, subscriber_key.public_key(), 5, datetime(2026, 11, 22, tzinfo=UTC),
        datetime(2037, 11, 22, tzinfo=UTC),
    ).sign(subscriber_key, hashes.SHA256())  # fmt: skip
    old = {"none": None, "rubbish": b"\x30\x00", "another's": forged.public_bytes(Encoding.DER)}[what]
    request = renewal(act=act, old=old, level="verified")
    assert refused(authority, request) == ("authority.refused", "old certificate")


def test_reissued(authority: EmbeddedAuthority, renewal: Ask) -> None:
    reissue = {"act": "reissue", "proof": None}
    made = authority.issue(renewal(**reissue, level="verified")).certificate
    assert made.not_valid_before_utc == datetime(2027, 11, 1, tzinfo=KST)
    assert made.not_valid_after_utc == datetime(2027, 11, 22, 23, 59, 59, tzinfo=KST)
    assert refused(authority, renewal(**reissue))[0] == "identity.level"
    later = LAST + timedelta(milliseconds=1)
    request = renewal(**reissue, level="verified", moment=later)
    assert refused(authority, request) == ("authority.refused", "reissue")


def test_no_other_act(authority: EmbeddedAuthority, renewal: Ask) -> None:
    request = renewal(act="extend", level="verified")
    assert refused(authority, request) == ("authority.refused", "extend")
