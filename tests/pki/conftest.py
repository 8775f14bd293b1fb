"""What the tests of this package share: keys, a small authority, OpenSSL."""

import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from kiosk.pki import names, vid
from kiosk.secret import Secret

OpenSSL = Callable[..., bytes]

ID_NUMBER = Secret("9001011234567")
PASSWORD = Secret("Wkfehlfk!7294")
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
POLICY = "2.25.7.1.1"


@pytest.fixture(scope="session")
def openssl() -> OpenSSL:
    """Run OpenSSL with the provider that has SEED; give its standard output."""
    program = shutil.which("openssl")
    if program is None:
        if os.environ.get("KIOSK_REQUIRE_ALL"):
            pytest.fail("openssl is not installed")
        pytest.skip("openssl is not installed")

    def run(command: str, *arguments: str | Path, stdin: bytes = b"") -> bytes:
        line = [program, command, "-provider", "default", "-provider", "legacy", *map(str, arguments)]
        done = subprocess.run(line, input=stdin, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    return run


@pytest.fixture(scope="session")
def keys() -> list[rsa.RSAPrivateKey]:
    """Root, issuing, subscriber, somebody else."""
    return [rsa.generate_private_key(65537, 2048) for _ in range(4)]


@pytest.fixture(scope="session")
def random() -> Secret:
    return vid.make_random()


def usage(*uses: str) -> x509.KeyUsage:
    every = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{use: use in uses for use in every})


def policies(*dotted: str) -> x509.CertificatePolicies:
    return x509.CertificatePolicies(
        [x509.PolicyInformation(x509.ObjectIdentifier(oid), None) for oid in dotted]
    )


Extensions = dict[type[Any], tuple[Any, bool] | None]


def ca_extensions(path_length: int | None) -> Extensions:
    return {
        x509.BasicConstraints: (x509.BasicConstraints(ca=True, path_length=path_length), True),
        x509.KeyUsage: (usage("key_cert_sign", "crl_sign"), True),
    }


def issuing_extensions() -> Extensions:
    return ca_extensions(0) | {
        x509.CertificatePolicies: (policies("2.5.29.32.0"), True),
        x509.PolicyConstraints: (x509.PolicyConstraints(0, None), True),
    }


def subscriber_extensions(random: Secret) -> Extensions:
    name = vid.other_name("홍길동", vid.vid(ID_NUMBER, random))
    return {
        x509.KeyUsage: (usage("digital_signature", "content_commitment"), True),
        x509.CertificatePolicies: (policies(POLICY), True),
        x509.SubjectAlternativeName: (x509.SubjectAlternativeName([name]), False),
    }


def certificate(
    common_name: str,
    key: rsa.RSAPrivateKey,
    signer: rsa.RSAPrivateKey,
    extensions: Extensions,
    *,
    issuer: x509.Name | None = None,
    days: tuple[int, int] = (-1, 365),
) -> x509.Certificate:
    """Make a certificate for tests; an extension that is None is left out."""
    subject = names.subject(organization="시험 센터", units=["test"], common_name=common_name)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer or subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + timedelta(days=days[0]))
        .not_valid_after(NOW + timedelta(days=days[1]))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    for extension in extensions.values():
        if extension is not None:
            builder = builder.add_extension(extension[0], critical=extension[1])
    return builder.sign(signer, hashes.SHA256())


@pytest.fixture(scope="session")
def root(keys: list[rsa.RSAPrivateKey]) -> x509.Certificate:
    return certificate("시험 root", keys[0], keys[0], ca_extensions(None))


@pytest.fixture(scope="session")
def issuing(keys: list[rsa.RSAPrivateKey], root: x509.Certificate) -> x509.Certificate:
    return certificate("시험 issuing", keys[1], keys[0], issuing_extensions(), issuer=root.subject)


@pytest.fixture(scope="session")
def subscriber(keys: list[rsa.RSAPrivateKey], issuing: x509.Certificate, random: Secret) -> x509.Certificate:
    common_name = "홍길동()202611220123456789"
    return certificate(common_name, keys[2], keys[1], subscriber_extensions(random), issuer=issuing.subject)


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)
