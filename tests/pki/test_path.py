"""The path check: our own shape and no other."""

from datetime import timedelta
from typing import Any

import pytest
from asn1crypto import core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from kiosk.clock import KST
from kiosk.errors import KioskError
from kiosk.pki import vid
from kiosk.pki.path import check_path
from kiosk.secret import Secret
from tests.pki.conftest import (
    NOW,
    POLICY,
    Extensions,
    ca_extensions,
    certificate,
    issuing_extensions,
    policies,
    subscriber_extensions,
    usage,
)

Keys = list[rsa.RSAPrivateKey]


def reason(certificate: x509.Certificate, **given: Any) -> str:
    with pytest.raises(KioskError) as caught:
        check_path(certificate, **{"at": NOW, "policy": POLICY, **given})
    assert caught.value.id == "authority.chain"
    return str(caught.value.facts["reason"])


def test_good(subscriber: x509.Certificate, issuing: x509.Certificate, root: x509.Certificate) -> None:
    for policy in (POLICY, None):
        check_path(subscriber, issuing=issuing, root=root, at=NOW, policy=policy)
    check_path(subscriber, issuing=issuing, root=root, at=NOW.astimezone(KST))


def test_time(
    subscriber: x509.Certificate, issuing: x509.Certificate, root: x509.Certificate, keys: Keys
) -> None:
    chain: dict[str, Any] = {"issuing": issuing, "root": root}
    first, last = subscriber.not_valid_before_utc, subscriber.not_valid_after_utc
    for at in (first, last):
        check_path(subscriber, **chain, at=at)
    for at in (first - timedelta(seconds=1), last + timedelta(seconds=1)):
        assert reason(subscriber, **chain, at=at) == "time"
    over = certificate(
        "시험 issuing", keys[1], keys[0], issuing_extensions(), issuer=root.subject, days=(-9, -1)
    )
    assert reason(subscriber, issuing=over, root=root) == "time"
    over = certificate("시험 root", keys[0], keys[0], ca_extensions(None), days=(1, 9))
    assert reason(subscriber, issuing=issuing, root=over) == "time"


def test_policy(
    subscriber: x509.Certificate,
    issuing: x509.Certificate,
    root: x509.Certificate,
    keys: Keys,
    random: Secret,
) -> None:
    assert reason(subscriber, issuing=issuing, root=root, policy="2.25.7.1.2") == "policy"
    for found in ([POLICY, "2.25.7.1.2"], ["2.5.29.32.0"]):
        extensions = subscriber_extensions(random) | {x509.CertificatePolicies: (policies(*found), True)}
        held = certificate("시험", keys[2], keys[1], extensions, issuer=issuing.subject)
        assert reason(held, issuing=issuing, root=root, policy=None) == "policy"


def test_a_policy_with_a_notice_in_bmpstring(
    issuing: x509.Certificate, root: x509.Certificate, keys: Keys, random: Secret
) -> None:
    notice = asn1_x509.UserNotice(
        {"explicit_text": asn1_x509.DisplayText("bmp_string", core.BMPString("연습"))}
    )
    value = asn1_x509.CertificatePolicies(
        [
            {
                "policy_identifier": POLICY,
                "policy_qualifiers": [{"policy_qualifier_id": "user_notice", "qualifier": notice}],
            }
        ]
    )
    raw = x509.UnrecognizedExtension(x509.CertificatePolicies.oid, value.dump())
    extensions = subscriber_extensions(random) | {x509.CertificatePolicies: (raw, True)}
    held = certificate("시험", keys[2], keys[1], extensions, issuer=issuing.subject)
    check_path(held, issuing=issuing, root=root, at=NOW, policy=POLICY)


def test_signatures_and_names(
    subscriber: x509.Certificate,
    issuing: x509.Certificate,
    root: x509.Certificate,
    keys: Keys,
    random: Secret,
) -> None:
    extensions = subscriber_extensions(random)
    forged = certificate("시험", keys[2], keys[3], extensions, issuer=issuing.subject)
    assert reason(forged, issuing=issuing, root=root) == "path"
    other = certificate("시험 issuing", keys[3], keys[3], issuing_extensions(), issuer=root.subject)
    assert reason(subscriber, issuing=other, root=root) == "path"
    other = certificate("다른 root", keys[0], keys[0], ca_extensions(None))
    assert reason(subscriber, issuing=issuing, root=other) == "path"
    direct = certificate("시험", keys[2], keys[0], extensions, issuer=root.subject)
    assert reason(direct, issuing=issuing, root=root) == "path"
    elsewhere = certificate("시험", keys[2], keys[1], extensions, issuer=x509.Name([]))
    assert reason(elsewhere, issuing=issuing, root=root) == "path"


def unreadable(kind: type[x509.ExtensionType], value: bytes = b"\5\0") -> x509.UnrecognizedExtension:
    return x509.UnrecognizedExtension(kind.oid, value)


mail = x509.SubjectAlternativeName([x509.RFC822Name("a@example.kr")])
mixed = x509.SubjectAlternativeName([vid.other_name("홍길동", bytes(32)), x509.DNSName("example.kr")])
unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\5\0")
client = x509.ExtendedKeyUsage([x509.ObjectIdentifier("1.3.6.1.5.5.7.3.2")])
leaf_constraints = x509.BasicConstraints(ca=False, path_length=None)
constraints = x509.NameConstraints([x509.DNSName("example.kr")], None)

WRONG_SUBSCRIBER: dict[str, Extensions] = {
    "usage-missing": {x509.KeyUsage: None},
    "usage-not-critical": {x509.KeyUsage: (usage("digital_signature"), False)},
    "usage-no-signature": {x509.KeyUsage: (usage("content_commitment"), True)},
    "usage-ca": {x509.KeyUsage: (usage("digital_signature", "key_cert_sign"), True)},
    "usage-crl": {x509.KeyUsage: (usage("digital_signature", "crl_sign"), True)},
    "policy-missing": {x509.CertificatePolicies: None},
    "policy-not-critical": {x509.CertificatePolicies: (policies(POLICY), False)},
    "san-missing": {x509.SubjectAlternativeName: None},
    "san-mail": {x509.SubjectAlternativeName: (mail, False)},
    "constraints": {x509.BasicConstraints: (leaf_constraints, True)},
    "purpose": {x509.ExtendedKeyUsage: (client, False)},
    "name-constraints": {x509.NameConstraints: (constraints, True)},
    "unknown-critical": {x509.UnrecognizedExtension: (unknown, True)},
    "usage-unreadable": {x509.KeyUsage: (unreadable(x509.KeyUsage), True)},
    "policy-unreadable": {x509.CertificatePolicies: (unreadable(x509.CertificatePolicies), True)},
    "san-unreadable": {x509.SubjectAlternativeName: (unreadable(x509.SubjectAlternativeName), False)},
    "san-empty": {x509.SubjectAlternativeName: (unreadable(x509.SubjectAlternativeName, b"\x30\0"), False)},
    "san-mixed": {x509.SubjectAlternativeName: (mixed, False)},
}


@pytest.mark.parametrize("changes", WRONG_SUBSCRIBER.values(), ids=WRONG_SUBSCRIBER.keys())
def test_subscriber_of_another_shape(
    changes: Extensions, issuing: x509.Certificate, root: x509.Certificate, keys: Keys, random: Secret
) -> None:
    extensions = subscriber_extensions(random) | changes
    held = certificate("시험", keys[2], keys[1], extensions, issuer=issuing.subject)
    assert reason(held, issuing=issuing, root=root) == "path"


def test_subscriber_with_a_critical_name(
    issuing: x509.Certificate, root: x509.Certificate, keys: Keys, random: Secret
) -> None:
    extensions = subscriber_extensions(random)
    name = extensions[x509.SubjectAlternativeName]
    assert name is not None
    extensions[x509.SubjectAlternativeName] = (name[0], True)
    held = certificate("시험", keys[2], keys[1], extensions, issuer=issuing.subject)
    assert reason(held, issuing=issuing, root=root) == "path"


@pytest.mark.parametrize("extension", [unknown, x509.OCSPNoCheck()], ids=["unknown", "known"])
def test_what_is_not_critical_may_be_there(
    extension: x509.ExtensionType,
    issuing: x509.Certificate,
    root: x509.Certificate,
    keys: Keys,
    random: Secret,
) -> None:
    extensions = subscriber_extensions(random) | {type(extension): (extension, False)}
    held = certificate("시험", keys[2], keys[1], extensions, issuer=issuing.subject)
    check_path(held, issuing=issuing, root=root, at=NOW, policy=POLICY)


WRONG_ISSUING: dict[str, Extensions] = {
    "no-ca": {x509.BasicConstraints: (leaf_constraints, True)},
    "constraints-missing": {x509.BasicConstraints: None},
    "constraints-not-critical": {
        x509.BasicConstraints: (x509.BasicConstraints(ca=True, path_length=0), False)
    },
    "path-length": {x509.BasicConstraints: (x509.BasicConstraints(ca=True, path_length=1), True)},
    "path-length-missing": {x509.BasicConstraints: (x509.BasicConstraints(ca=True, path_length=None), True)},
    "usage-missing": {x509.KeyUsage: None},
    "usage": {x509.KeyUsage: (usage("key_cert_sign"), True)},
    "policy-missing": {x509.CertificatePolicies: None},
    "policy": {x509.CertificatePolicies: (policies(POLICY), True)},
    "policy-not-critical": {x509.CertificatePolicies: (policies("2.5.29.32.0"), False)},
    "explicit-missing": {x509.PolicyConstraints: None},
    "explicit-later": {x509.PolicyConstraints: (x509.PolicyConstraints(1, None), True)},
    "explicit-not-critical": {x509.PolicyConstraints: (x509.PolicyConstraints(0, None), False)},
    "name-constraints": {x509.NameConstraints: (constraints, True)},
    "unknown-critical": {x509.UnrecognizedExtension: (unknown, True)},
    "usage-unreadable": {x509.KeyUsage: (unreadable(x509.KeyUsage), True)},
    "policy-unreadable": {x509.CertificatePolicies: (unreadable(x509.CertificatePolicies), True)},
    "explicit-unreadable": {x509.PolicyConstraints: (unreadable(x509.PolicyConstraints), True)},
}


@pytest.mark.parametrize("changes", WRONG_ISSUING.values(), ids=WRONG_ISSUING.keys())
def test_issuing_of_another_shape(
    changes: Extensions, subscriber: x509.Certificate, root: x509.Certificate, keys: Keys
) -> None:
    held = certificate("시험 issuing", keys[1], keys[0], issuing_extensions() | changes, issuer=root.subject)
    assert reason(subscriber, issuing=held, root=root) == "path"


@pytest.mark.parametrize(
    ("changes", "good"),
    [
        ({x509.BasicConstraints: (x509.BasicConstraints(ca=True, path_length=1), True)}, True),
        ({x509.BasicConstraints: (x509.BasicConstraints(ca=True, path_length=0), True)}, False),
        ({x509.BasicConstraints: None}, False),
        ({x509.KeyUsage: (usage("crl_sign"), True)}, False),
        ({x509.CertificatePolicies: (policies("2.5.29.32.0"), True)}, True),
    ],
)
def test_roots(
    changes: Extensions, good: bool, subscriber: x509.Certificate, issuing: x509.Certificate, keys: Keys
) -> None:
    held = certificate("시험 root", keys[0], keys[0], ca_extensions(None) | changes)
    if good:
        check_path(subscriber, issuing=issuing, root=held, at=NOW, policy=POLICY)
    else:
        assert reason(subscriber, issuing=issuing, root=held) == "path"
