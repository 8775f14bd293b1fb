"""openssl as the one who asks: it makes the request, and believes the response."""

import hashlib
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import ocsp as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from tests.conftest import TODAY, Ran

Kiosk = Callable[..., Ran]
LATER = TODAY + timedelta(days=1)


class Asker:
    """Somebody with openssl, the chain, and the serials to ask about."""

    def __init__(self, kiosk: Kiosk, state: Path, where: Path) -> None:
        self.kiosk, self.state, self.where = kiosk, state, where
        assert kiosk("ca", "--state", state, "--out", where / "chain.pem").status == 0
        issuing, root = x509.load_pem_x509_certificates((where / "chain.pem").read_bytes())
        for name, certificate in (("issuing", issuing), ("root", root)):
            (where / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))

    def openssl(self, *words: object) -> str:
        done = subprocess.run(
            ["openssl", "ocsp", *map(str, words)], capture_output=True, text=True, check=True, cwd=self.where
        )
        return done.stdout + done.stderr

    def request(self, *serials: str, issuer: str = "issuing", words: tuple[str, ...] = ()) -> None:
        asked = [word for serial in serials for word in ("-serial", f"0x{serial}")]
        self.openssl(*words, "-issuer", f"{issuer}.pem", *asked, "-reqout", "request")

    def answer(self, at: object = LATER) -> Ran:
        return self.kiosk(
            "ocsp", "--state", self.state, "--request", self.where / "request", "--out", self.where / "response",
            "--json", at=at,
        )  # fmt: skip

    def believed(self, *serials: str, words: tuple[str, ...] = ()) -> str:
        """What openssl prints of each certificate, once it has verified signature and nonce."""
        age = ("-validity_period", str(10**9))
        said = self.openssl("-respin", "response", "-reqin", "request", "-CAfile", "chain.pem", *age)
        assert said.startswith("Response verify OK"), said
        assert "Nonce" not in said
        asked = [word for serial in serials for word in ("-serial", f"0x{serial}")]
        return self.openssl(
            *words,
            "-respin",
            "response",
            "-no_nonce",
            "-CAfile",
            "chain.pem",
            "-issuer",
            "issuing.pem",
            *asked,
            *age,
        )


@pytest.fixture
def asker(kiosk: Kiosk, state: Path, tmp_path: Path) -> Asker:
    return Asker(kiosk, state, tmp_path)


@pytest.fixture
def serial(kiosk: Kiosk, state: Path, medium: Path, write_answers: Callable[..., Path]) -> str:
    ran = kiosk("issue", "--state", state, "--answers", write_answers(), "--medium", medium, "--json")
    return str(ran.json()["serial"])


@pytest.mark.parametrize("words", [(), ("-sha256",), ("-sha512",)])
def test_each_status(asker: Asker, kiosk: Kiosk, state: Path, serial: str, words: tuple[str, ...]) -> None:
    asker.request(serial, "1234", words=words)
    assert asker.answer().json()["answers"] == [
        {"serial": serial, "status": "good"}, {"serial": "1234", "status": "unknown"},
    ]  # fmt: skip
    said = asker.believed(serial, "1234", words=words)
    assert f"0x{serial}: good" in said
    assert "0x1234: unknown" in said
    assert kiosk("suspend", serial, "--state", state, at=LATER).status == 0
    assert asker.answer().json()["answers"][0]["status"] == "revoked"
    said = asker.believed(serial, words=words)
    assert f"0x{serial}: revoked" in said
    assert "Reason: certificateHold" in said
    assert kiosk("resume", serial, "--state", state, at=LATER).status == 0
    asker.answer()
    assert f"0x{serial}: good" in asker.believed(serial, words=words)
    assert kiosk("revoke", serial, "--reason", "keyCompromise", "--state", state, at=LATER).status == 0
    asker.answer(LATER + timedelta(hours=1))
    said = asker.believed(serial, words=words)
    assert "Reason: keyCompromise" in said
    assert "Revocation Time: Nov 23 00:00:00 2026 GMT" in said


def test_a_forgotten_suspension_counts_as_revoked(
    asker: Asker, kiosk: Kiosk, state: Path, serial: str
) -> None:
    assert kiosk("suspend", serial, "--state", state, at=TODAY).status == 0
    asker.request(serial)
    asker.answer(TODAY + timedelta(days=185))
    said = asker.believed(serial)
    assert "Revocation Time: May 22 15:00:00 2027 GMT" in said
    assert "Reason" not in said


def test_of_others_nothing_is_known(asker: Asker, serial: str) -> None:
    asker.request(serial, issuer="root")
    assert asker.answer().json()["answers"] == [{"serial": serial, "status": "unknown"}]


def test_without_a_nonce_there_is_none(asker: Asker, serial: str, tmp_path: Path) -> None:
    asker.request(serial, words=("-no_nonce",))
    asker.answer()
    response = ocsp.load_der_ocsp_response((tmp_path / "response").read_bytes())
    assert list(response.extensions) == []
    assert response.certificate_status is ocsp.OCSPCertStatus.GOOD
    assert response.produced_at_utc == response.this_update_utc == LATER
    key = x509.load_pem_x509_certificate((tmp_path / "issuing.pem").read_bytes()).public_key()
    assert response.responder_key_hash == x509.SubjectKeyIdentifier.from_public_key(key).digest  # type: ignore[arg-type]


def test_a_nonce_comes_back_as_it_was(asker: Asker, serial: str, tmp_path: Path) -> None:
    asker.request(serial)
    asker.answer()
    asked = ocsp.load_der_ocsp_request((tmp_path / "request").read_bytes()).extensions
    said = ocsp.load_der_ocsp_response((tmp_path / "response").read_bytes()).extensions
    nonce = asked.get_extension_for_class(x509.OCSPNonce).value
    assert said.get_extension_for_class(x509.OCSPNonce).value == nonce
    # Somebody else's request has another one: openssl notices.
    asker.request(serial)
    said = subprocess.run(
        ["openssl", "ocsp", "-respin", "response", "-reqin", "request", "-CAfile", "chain.pem"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    ).stderr  # fmt: skip
    assert "Nonce Verify error" in said


def _too_many(der: bytes) -> bytes:
    request = asn1.OCSPRequest.load(der)
    one = request["tbs_request"]["request_list"][0]
    wanted = asn1.Requests([one] * 101)
    return bytes(asn1.OCSPRequest({"tbs_request": {"request_list": wanted}}).dump())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda der: b"", lambda der: der[:-1], lambda der: der + b"\0", lambda der: b"0" * 70_000, _too_many,
        lambda der: bytes(asn1.OCSPRequest({"tbs_request": {"request_list": []}}).dump()),
    ],
)  # fmt: skip
def test_what_is_no_request_is_answered_so(
    asker: Asker, serial: str, tmp_path: Path, spoil: Callable[[bytes], bytes]
) -> None:
    asker.request(serial)
    path = tmp_path / "request"
    path.write_bytes(spoil(path.read_bytes()))
    ran = asker.answer()
    assert (ran.status, ran.json()["error"]["id"]) == (2, "usage.ocsp")
    response = ocsp.load_der_ocsp_response((tmp_path / "response").read_bytes())
    assert response.response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST


def test_a_critical_extension_nobody_knows(asker: Asker, serial: str, tmp_path: Path) -> None:
    certificate = x509.load_pem_x509_certificate((tmp_path / "issuing.pem").read_bytes())
    for critical, status in ((True, 2), (False, 0)):
        built = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
            hashlib.sha1(certificate.subject.public_bytes()).digest(),
            x509.SubjectKeyIdentifier.from_public_key(certificate.public_key()).digest,  # type: ignore[arg-type]
            int(serial, 16), hashes.SHA1(),
        ).add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\5\0"), critical)  # fmt: skip
        (tmp_path / "request").write_bytes(built.build().public_bytes(Encoding.DER))
        assert asker.answer().status == status


def test_a_request_that_cannot_be_read(asker: Asker, tmp_path: Path) -> None:
    ran = asker.answer()
    assert (ran.status, ran.json()["error"]["id"]) == (2, "usage.file")
    assert not (tmp_path / "response").exists()
