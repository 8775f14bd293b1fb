"""How a certificate stands: its status in one word, why, since when, days left, and the sensible next act."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cryptography import x509

from data.records import Certificate, Crl
from kiosk.authority.certificates import serial_hex
from kiosk.clock import Clock, in_korea, stamp, unstamp
from kiosk.config import Policy
from kiosk.lifecycle import dates
from kiosk.media.scan import Found
from kiosk.pki import names
from kiosk.pki.profiles import load_profiles

# What this program calls its own profiles, and what it knows of others by their policy OID alone.
POLICIES_EXTENSION = x509.ObjectIdentifier("2.5.29.32")
FORGOTTEN = "unspecified"
"""Why a certificate is revoked that was suspended for too long: nobody said."""
SUPERSEDED = "superseded"
"""Why a certificate is revoked in whose place another one came."""


@dataclass(frozen=True)
class Standing:
    """The status of one certificate at one moment.

    `status` is valid, expired, not_yet_valid, suspended, revoked, unproved (never finished), or unknown:
    within its dates, but not issued here, so that nobody here can say whether it was revoked.
    """

    status: str
    days_left: int
    next_action: str
    reason: str | None = None
    since: datetime | None = None
    ends: datetime | None = None
    """The last second of a suspension; after it the certificate is revoked."""

    @property
    def word(self) -> str:
        """The status as its holder is told: what was on hold to its end has expired, what was renewed is replaced."""
        if self.status == "suspended" and self.next_action != "resume":
            return "expired"
        return "replaced" if (self.status, self.reason) == ("revoked", SUPERSEDED) else self.status


def forgotten_since(status: str, status_at: str, moment: datetime, policy: Policy) -> datetime | None:
    """When a suspension became a revocation, be it written down yet or not; None while it has not."""
    if status != "suspended":
        return None
    ends = dates.suspension_ends(unstamp(status_at), policy.suspension_months)
    return ends + timedelta(seconds=1) if dates.over(ends, moment) else None


def as_it_counts(held: Certificate, moment: datetime, policy: Policy) -> Certificate:
    """Give the row as it counts at `moment`: what was suspended for too long is revoked, also before a job says so."""
    since = forgotten_since(held.status, held.status_at, moment, policy)
    if since is None:
        return held
    return replace(held, status="revoked", status_at=stamp(since), reason=FORGOTTEN)


def standing(
    not_before: datetime, not_after: datetime, held: Certificate | None, clock: Clock, policy: Policy
) -> Standing:
    """Say how a certificate stands; `held` is its row in the registry, if it is one of ours."""
    now = clock.now()
    left = dates.days_left(not_after, now)
    over = dates.over(not_after, now)
    if held is not None and held.status != "valid":
        held = as_it_counts(held, now, policy)
        since = unstamp(held.status_at)
        ends = dates.suspension_ends(since, policy.suspension_months) if held.status == "suspended" else None
        # Of what another one came in place of, only the files are left to be dealt with.
        revoked = "delete" if held.reason == SUPERSEDED else "issue"
        action = {"revoked": revoked, "suspended": "issue" if over else "resume", "unproved": "finish"}
        return Standing(held.status, left, action[held.status], held.reason, since, ends)
    if over:
        return Standing("expired", left, "issue", since=not_after)
    if now < not_before:
        return Standing("not_yet_valid", left, "wait")
    status = "valid" if held is not None else "unknown"
    renewable = now >= dates.renewal_opens(not_after, policy.renewal_window_days)
    return Standing(status, left, "renew" if renewable else "none", since=not_before)


def advised(stands: Standing, problem: str | None) -> str:
    """Give the sensible next act with a set of files, of which `problem` says what is wrong: then it is a new key."""
    if problem is None or stands.status not in {"valid", "not_yet_valid", "unknown"}:
        return stands.next_action
    return "issue" if stands.status == "unknown" else "reissue"


def of_record(held: Certificate, clock: Clock, policy: Policy) -> Standing:
    """Say how a certificate of the registry stands."""
    return standing(unstamp(held.not_before), unstamp(held.not_after), held, clock, policy)


def describe_record(
    held: Certificate, clock: Clock, policy: Policy, crl: Crl | None = None
) -> dict[str, object]:
    """Describe a certificate of the registry for a JSON document; `crl` is the newest list that was made."""
    stands = of_record(held, clock, policy)
    described: dict[str, object] = {
        "serial": held.serial,
        "name": held.name,
        "subject": held.common_name,
        "profile": held.profile,
        "not_before": korean(unstamp(held.not_before)),
        "not_after": korean(unstamp(held.not_after)),
        "days_left": stands.days_left,
        "status": stands.status,
        "reason": stands.reason,
        "since": korean(stands.since) if stands.since else None,
        "suspension_ends": korean(stands.ends) if stands.ends else None,
        "next_action": stands.next_action,
    }
    described["as_of_crl"] = (
        {"number": crl.number, "this_update": korean(unstamp(crl.this_update))} if crl is not None else None
    )
    return described


def describe_found(found: Found, held: Certificate | None, clock: Clock, policy: Policy) -> dict[str, object]:
    """Describe what a scan found on a medium for a JSON document; `held` is its row, if it is one of ours."""
    described: dict[str, object] = dict.fromkeys(
        ("path", "subject", "kind", "issuer", "serial", "not_before", "not_after", "days_left", "status",
         "next_action", "key_format", "problem")
    )  # fmt: skip
    described |= {"path": str(found.path), "key_format": found.key_format, "problem": found.problem}
    certificate = found.certificate
    if certificate is None:
        return described | {"status": "unreadable", "next_action": "none"}
    stands = standing(certificate.not_valid_before_utc, certificate.not_valid_after_utc, held, clock, policy)
    return described | {
        "subject": certificate.subject.rfc4514_string(),
        "kind": held.profile if held else policy_oid(certificate),
        "issuer": certificate.issuer.rfc4514_string(),
        "serial": serial_hex(certificate.serial_number),
        "not_before": korean(certificate.not_valid_before_utc),
        "not_after": korean(certificate.not_valid_after_utc),
        "days_left": stands.days_left,
        "status": stands.status,
        "next_action": advised(stands, found.problem),
    }


def policy_oid(certificate: x509.Certificate) -> str | None:
    """Give the policy OID of a foreign certificate, which is what tells its kind; None when it has none."""
    try:
        policies = certificate.extensions.get_extension_for_oid(POLICIES_EXTENSION).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return None
    if not isinstance(policies, x509.CertificatePolicies):
        return None
    return next((policy.policy_identifier.dotted_string for policy in policies), None)


def profile_name(profile: str, language: str) -> str:
    """Give a profile's name in the person's language; the id itself for one that is no longer offered."""
    known = load_profiles().get(profile)
    if known is None:
        return profile
    return known.name_ko if language == "ko" else known.name_en


def person_name(certificate: x509.Certificate) -> str:
    """Give the name of a certificate's holder, as it is to be shown."""
    common = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return names.display_name(str(common[0].value)) if common else ""


def korean(moment: datetime) -> str:
    """Write a moment for a JSON document: ISO 8601 in Korean time, whole seconds."""
    return in_korea(moment).isoformat(timespec="seconds")
