"""The built-in authority: its own root and issuing certificate; signs certificates and revocation lists.

It is the centre's own and not one of Korea's recognised ones: its own names, its own policy arc under
`2.25.<uuid>`, and a notice in each certificate that says so. Its interface is narrow, a whole request in and
a certificate out with the rules checked inside, so that it can run as its own process.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.authority import certificates, ocsp
from kiosk.authority.keystore import Keystore, write_private
from kiosk.clock import KST
from kiosk.config import Policy, State
from kiosk.errors import KioskError
from kiosk.lifecycle import dates
from kiosk.pki import names, vid
from kiosk.pki.profiles import Profile, load_profiles

LEVELS = ("possession", "verified", "in_person")
UNIQUE_DIGITS = 10
"""Digits after the day in a common name: with it, no two sets of one person ever share a directory."""
PRACTICE_UNIT = "연습"
NOTICE = "{center}에서 발급한 인증서입니다. 국가가 인정한 공동인증서가 아닙니다."
PRACTICE_NOTICE = "연습용 인증서입니다. 실제로는 쓸 수 없습니다."


@dataclass(frozen=True)
class CertificateRequest:
    """What the authority is asked: everything it needs to decide, and nothing secret."""

    csr: bytes
    """PKCS#10, DER: the public key, and proof that the asker holds the private one."""
    profile: str
    name: str
    vid: bytes
    level: str
    """How surely the person was identified: one of `LEVELS`."""
    moment: datetime
    act: str = "issue"
    """issue, renew or reissue."""
    old: bytes | None = None
    """DER of the certificate that is renewed or reissued."""
    proof: bytes | None = None
    """Where a certificate is renewed: its key's signature over `csr` (SHA-256 with RSA, PKCS#1 v1.5)."""


@dataclass(frozen=True)
class Issued:
    """What the authority answers."""

    certificate: x509.Certificate
    common_name: str

    @property
    def serial(self) -> str:
        """The serial number in lower-case hex."""
        return certificates.serial_hex(self.certificate.serial_number)

    @property
    def der(self) -> bytes:
        """The certificate in DER."""
        return self.certificate.public_bytes(serialization.Encoding.DER)


def create(state: State, keystore: Keystore, policy: Policy, moment: datetime) -> None:
    """Make root, issuing authority, audit key and the key of the subscribers' hashes, as files of `state`."""
    root_key = rsa.generate_private_key(65537, policy.rsa_bits)
    issuing_key = rsa.generate_private_key(65537, policy.rsa_bits)
    root = certificates.root(
        _authority_name(state, "Root CA 1"), root_key, *_validity(moment, policy.root_years)
    )
    issuing = certificates.issuing(
        _authority_name(state, "CA 1"), issuing_key.public_key(), root, root_key,
        *_validity(moment, policy.issuing_years),
    )  # fmt: skip
    audit_key = Ed25519PrivateKey.generate()
    for name, key in (
        ("root", root_key),
        ("issuing", issuing_key),
        ("audit", audit_key),
        # Its 32 bytes are the key of an HMAC; kept in the same form as the others, so protected the same way.
        ("subscriber", Ed25519PrivateKey.generate()),
    ):
        keystore.write(name, key)
    pem = serialization.Encoding.PEM
    write_private(state.keys / "root.crt", root.public_bytes(pem))
    write_private(state.keys / "issuing.crt", issuing.public_bytes(pem))
    public = audit_key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    write_private(state.keys / "audit.pub", public)


def _authority_name(state: State, what: str) -> x509.Name:
    mark = f" ({PRACTICE_UNIT})" if state.practice else ""
    return names.subject(
        organization=state.center,
        units=["CertificationAuthority"],
        common_name=f"{state.center} {what}{mark}",
    )


def _validity(moment: datetime, years: int) -> tuple[datetime, datetime]:
    validity = dates.issued(moment, months=12 * years)
    return validity.not_before, validity.not_after


class EmbeddedAuthority:
    """Signs with the issuing key of one state. Holds no registry: who calls it records what it signed."""

    def __init__(self, state: State, keystore: Keystore) -> None:
        """Load the certificates; the key is loaded when the first signature needs it."""
        self._state = state
        self._keystore = keystore
        self._key: rsa.RSAPrivateKey | None = None
        self._profiles = load_profiles()
        self.root = self._certificate("root")
        self.issuing = self._certificate("issuing")

    def issue(self, request: CertificateRequest) -> Issued:
        """Check `request` and sign a certificate for it.

        Raises `identity.level` (not surely enough identified for this profile), `authority.expires` (it would
        outlive the authority) or `authority.refused` (with the reason) and signs nothing then.
        """
        profile = self._checked(request)
        public_key = _proved_key(request.csr)
        validity = self._validity_of(request, profile)
        if validity.not_after > self.issuing.not_valid_after_utc:
            raise KioskError(
                "authority.expires", day=self.issuing.not_valid_after_utc.astimezone(KST).date().isoformat()
            )
        digits = "".join(secrets.choice("0123456789") for _ in range(UNIQUE_DIGITS))
        common_name, subject = self._subject(profile, request.name, dates.korean_day(request.moment), digits)
        certificate = certificates.end_entity(
            subject, public_key, self.issuing, self._signing_key(), validity.not_before, validity.not_after,
            policy=self.policy_oid(profile), notice=self._notice(),
            identity=vid.other_name(request.name, request.vid),
        )  # fmt: skip
        return Issued(certificate, common_name)

    def _validity_of(self, request: CertificateRequest, profile: Profile) -> dates.Validity:
        """Give the days of a certificate; one that replaces another gets its end from that."""
        if request.act == "issue":
            self._require_level(request, profile)
            return dates.issued(request.moment, profile.months)
        old = self._own(request.old)
        end = old.not_valid_after_utc
        is_over = request.moment.replace(microsecond=0) > end  # the last second has 1,000 milliseconds
        if request.act == "renew":
            _check_proof(old, request)
            # The key speaks for its holder as long as its certificate does.
            if is_over:
                self._require_level(request, profile)
            return dates.renewed(request.moment, end, profile.months)
        if request.act != "reissue" or is_over:
            raise KioskError("authority.refused", reason=request.act)
        self._require_level(request, profile)
        return dates.reissued(request.moment, end)

    def _require_level(self, request: CertificateRequest, profile: Profile) -> None:
        if request.level not in LEVELS or LEVELS.index(request.level) < LEVELS.index(profile.level):
            raise KioskError("identity.level", profile=profile.id, level=profile.level)

    def _own(self, der: bytes | None) -> x509.Certificate:
        """Read a certificate, which must be one that this authority signed."""
        try:
            certificate = x509.load_der_x509_certificate(der or b"")
            certificate.verify_directly_issued_by(self.issuing)
        except (ValueError, TypeError, InvalidSignature):
            raise KioskError("authority.refused", reason="old certificate") from None
        return certificate

    def require_name(self, profile: Profile, name: str) -> None:
        """Make sure that `name` fits into a certificate and its directory, before anything is done for it.

        Raises `name.long` with the number of characters that would.
        """
        self._subject(profile, name, date(2000, 1, 1), "0" * UNIQUE_DIGITS)

    def _subject(self, profile: Profile, name: str, day: date, digits: str) -> tuple[str, x509.Name]:
        units = [profile.unit, *([PRACTICE_UNIT] if self._state.practice else [])]
        common_name = names.common_name(name, day, digits, organization=self._state.center, units=units)
        return common_name, names.subject(
            organization=self._state.center, units=units, common_name=common_name
        )

    def revocation_list(
        self, number: int, moment: datetime, days: int, entries: Iterable[tuple[str, datetime, str]]
    ) -> x509.CertificateRevocationList:
        """Sign the CRL `number`, valid for `days`; `entries` are (serial, moment, RFC 5280 reason)."""
        return certificates.revocation_list(
            self.issuing, self._signing_key(), number, moment, moment + timedelta(days=days),
            [certificates.revoked(*entry) for entry in entries],
        )  # fmt: skip

    def ocsp_response(self, request: ocsp.Request, answers: Sequence[ocsp.Answer], moment: datetime) -> bytes:
        """Sign the response to an OCSP request (DER), with the key that signed the certificates it is about."""
        return ocsp.response(request, answers, moment, self.issuing, self._signing_key())

    def policy_oid(self, profile: Profile) -> str:
        """Give the policy OID that this centre writes into certificates of `profile`."""
        return f"{self._state.arc}.{profile.policy}"

    def chain_pem(self) -> bytes:
        """Give issuing and root certificate as PEM, in this order."""
        return b"".join(c.public_bytes(serialization.Encoding.PEM) for c in (self.issuing, self.root))

    def _checked(self, request: CertificateRequest) -> Profile:
        profile = self._profiles.get(request.profile)
        if profile is None:
            raise KioskError("authority.refused", reason=f"profile {request.profile}")
        if len(request.vid) != 32:
            raise KioskError("authority.refused", reason="VID")
        if names.clean_name(request.name, kind=profile.kind) != request.name:
            raise KioskError("authority.refused", reason="name")
        return profile

    def _notice(self) -> str:
        return PRACTICE_NOTICE if self._state.practice else NOTICE.format(center=self._state.center)

    def _signing_key(self) -> rsa.RSAPrivateKey:
        if self._key is None:
            self._key = self._keystore.rsa("issuing")
        return self._key

    def _certificate(self, name: str) -> x509.Certificate:
        try:
            return x509.load_pem_x509_certificate((self._state.keys / f"{name}.crt").read_bytes())
        except (OSError, ValueError):
            raise KioskError("authority.missing", name=name) from None


def _check_proof(old: x509.Certificate, request: CertificateRequest) -> None:
    """Make sure that the holder of the old key signed this very request."""
    key = old.public_key()
    try:
        if not isinstance(key, rsa.RSAPublicKey):
            raise InvalidSignature
        key.verify(request.proof or b"", request.csr, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        raise KioskError("authority.refused", reason="proof") from None


def _proved_key(csr: bytes) -> rsa.RSAPublicKey:
    """Give the public key of `csr` (RFC 2986), once its signature proves who holds the private key."""
    try:
        request = x509.load_der_x509_csr(csr)
        key = request.public_key()
        proved = request.is_signature_valid
    except (ValueError, UnsupportedAlgorithm, InvalidSignature):
        raise KioskError("authority.refused", reason="CSR") from None
    if not proved:
        raise KioskError("authority.refused", reason="CSR signature")
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < 2048 or key.public_numbers().e < 65537:
        raise KioskError("authority.refused", reason="key")
    return key
