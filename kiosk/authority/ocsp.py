"""The shapes of OCSP (RFC 6960): a request as somebody sent it, and the signed response.

Over asn1crypto, since the builder of `cryptography` makes a response about one certificate only.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from asn1crypto import core, ocsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kiosk.pki.asn1 import decode

LONGEST = 64 * 1024
MOST = 100
"""Certificates in one request."""
NONCE_LENGTHS = range(1, 129)
"""Bytes of a nonce (RFC 9654 §2.1)."""
HASHES = {"sha1": hashlib.sha1, "sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}
REASONS = {
    "unspecified": None, "keyCompromise": "key_compromise", "affiliationChanged": "affiliation_changed",
    "superseded": "superseded", "cessationOfOperation": "cessation_of_operation",
    "privilegeWithdrawn": "privilege_withdrawn", "certificateHold": "certificate_hold",
}  # fmt: skip
"""Reasons as asn1crypto names them; `unspecified` is written by leaving it out."""


@dataclass(frozen=True)
class Asked:
    """One certificate that is asked about."""

    certificate: ocsp.CertId
    hash: str
    """Of the issuer's name and key: `sha1`, `sha256` or what else they chose."""
    name_hash: bytes
    key_hash: bytes
    serial: int

    def is_of(self, issuer: x509.Certificate) -> bool:
        """Whether it says that `issuer` signed it."""
        make = HASHES.get(self.hash)
        if make is None:
            return False
        key = issuer.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
        name = issuer.subject.public_bytes()
        return (make(name).digest(), make(key).digest()) == (self.name_hash, self.key_hash)


@dataclass(frozen=True)
class Request:
    """What somebody wants to know."""

    asked: tuple[Asked, ...]
    nonce: ocsp.TBSRequestExtension | None
    """The extension as it came: it goes into the response as it is."""


@dataclass(frozen=True)
class Answer:
    """What is said of one certificate: good, unknown, or revoked since a moment, with a reason of RFC 5280."""

    status: str
    since: datetime | None = None
    reason: str = "unspecified"


def read_request(der: bytes) -> Request:
    """Read an OCSP request. Raises `ValueError` for whatever is wrong with it.

    A signature on it proves nothing here and is not looked at; an extension that must be understood and is not is
    a mistake of theirs.
    """
    if len(der) > LONGEST:
        raise ValueError("too long")
    wanted = decode(ocsp.OCSPRequest, der)["tbs_request"]
    requests = wanted["request_list"]
    if not 1 <= len(requests) <= MOST:
        raise ValueError("how many")
    nonce = None
    for extension in _extensions(wanted["request_extensions"]):
        if extension["extn_id"].native == "nonce" and nonce is None:
            if len(bytes(extension["extn_value"])) not in range(1, NONCE_LENGTHS.stop + 4):
                raise ValueError("nonce")
            nonce = extension
        elif extension["critical"].native:
            raise ValueError("extension")
    for request in requests:
        if any(each["critical"].native for each in _extensions(request["single_request_extensions"])):
            raise ValueError("extension")
    return Request(tuple(_asked(request["req_cert"]) for request in requests), nonce)


def _extensions(field: core.Asn1Value) -> Sequence[core.Sequence]:
    return [] if isinstance(field, core.Void) else list(field)


def _asked(certificate: ocsp.CertId) -> Asked:
    return Asked(
        certificate, str(certificate["hash_algorithm"]["algorithm"].native),
        bytes(certificate["issuer_name_hash"]), bytes(certificate["issuer_key_hash"]),
        int(certificate["serial_number"].native),
    )  # fmt: skip


def response(
    request: Request,
    answers: Sequence[Answer],
    moment: datetime,
    signer: x509.Certificate,
    key: RSAPrivateKey,
) -> bytes:
    """Make the response to `request`: one answer for each certificate that was asked about, in their order."""
    now = moment.astimezone(UTC).replace(microsecond=0)
    public = signer.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    said = ocsp.ResponseData({
        "responder_id": ocsp.ResponderId("by_key", core.OctetString(hashlib.sha1(public).digest())),  # noqa: S324
        "produced_at": now,
        "responses": [
            {"cert_id": asked.certificate, "cert_status": _status(answer), "this_update": now}
            for asked, answer in zip(request.asked, answers, strict=True)
        ],
    })  # fmt: skip
    if request.nonce is not None:
        said["response_extensions"] = ocsp.ResponseDataExtensions(
            [ocsp.ResponseDataExtension.load(request.nonce.dump())]
        )
    return bytes(
        ocsp.OCSPResponse({
            "response_status": "successful",
            "response_bytes": {
                "response_type": "basic_ocsp_response",
                "response": ocsp.BasicOCSPResponse({
                    "tbs_response_data": said,
                    "signature_algorithm": {"algorithm": "sha256_rsa"},
                    "signature": key.sign(said.dump(), PKCS1v15(), hashes.SHA256()),
                    "certs": [asn1_x509.Certificate.load(signer.public_bytes(Encoding.DER))],
                }),
            },
        }).dump()
    )  # fmt: skip


def malformed() -> bytes:
    """Make the response to what is no request; it is not signed (RFC 6960 §2.3)."""
    return bytes(ocsp.OCSPResponse({"response_status": "malformed_request"}).dump())


def _status(answer: Answer) -> ocsp.CertStatus:
    if answer.since is None:
        return ocsp.CertStatus(answer.status, core.Null() if answer.status == "unknown" else None)
    info: dict[str, object] = {"revocation_time": answer.since.astimezone(UTC).replace(microsecond=0)}
    if reason := REASONS[answer.reason]:
        info["revocation_reason"] = reason
    return ocsp.CertStatus("revoked", ocsp.RevokedInfo(info))
