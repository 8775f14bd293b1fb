"""What the registry's rows hold.

Moments are text as `kiosk.clock.stamp` writes it (UTC, milliseconds), so that they sort as text. What names a
person, or is long, is left out of `repr`: it would end in a log. `id`, `uuid` and `kiosk_id` are filled in by
the registry when a row is added.
"""

from dataclasses import dataclass, field

STATES = (
    "opened", "identified", "key_made", "staged", "submitted", "issued", "written", "proved", "done",
    "cancelled", "void",
)  # fmt: skip
FINISHED = ("done", "cancelled", "void")
ACTS = ("issue", "renew", "reissue")
STATUSES = ("unproved", "valid", "suspended", "revoked")
DELIVERY_STATES = ("waiting", "sending", "sent", "failed", "dropped")
PHONES = ("none", "mobile", "landline", "abroad")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A person or business, known by the keyed hash (32 bytes) of the identity number and by nothing else."""

    id: int = 0
    uuid: str = ""
    kiosk_id: str = ""
    id_hash: bytes = field(repr=False)
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One issuing, renewing or reissuing, from start to end."""

    id: int = 0
    uuid: str = ""
    kiosk_id: str = ""
    code: str
    """Short code on slips and in the staging directory's name: 4 to 32 of a-z and 0-9."""
    act: str
    """One of `ACTS`."""
    subscriber_id: int
    profile: str
    state: str = "opened"
    """One of `STATES`."""
    medium: str | None = None
    """Identity of the medium; from `staged` on."""
    identity_method: str | None = None
    identity_level: str | None = None
    identified_at: str | None = None
    """The three are there from `identified` on."""
    consent_version: str | None = None
    details_hash: bytes | None = field(default=None, repr=False)
    """Keyed hash of the answers that the identity check is about."""
    public_key_hash: bytes | None = field(default=None, repr=False)
    """SHA-256 of the SubjectPublicKeyInfo; from `key_made` on."""
    vid: bytes | None = field(default=None, repr=False)
    """From `key_made` on."""
    certificate_id: int | None = None
    """From `issued` on."""
    directory: str | None = field(default=None, repr=False)
    """Name of the set's directory on the medium."""
    reason: str | None = None
    """Why it was cancelled or voided: a code, not a sentence."""
    replaces: int | None = None
    """Id of the certificate that this one comes in place of, when it is a renewal or a reissue."""
    opened_at: str
    changed_at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """One certificate that the authority signed."""

    id: int = 0
    uuid: str = ""
    kiosk_id: str = ""
    serial: str
    """Lower-case hexadecimal as `f"{number:x}"` writes it, at most 40 digits (RFC 5280, 4.1.2.2)."""
    subscriber_id: int
    request_id: int
    profile: str
    name: str = field(repr=False)
    """The subscriber's name as typed (NFC): what staff search for."""
    common_name: str = field(repr=False)
    not_before: str
    not_after: str
    status: str = "unproved"
    """One of `STATUSES`."""
    reason: str | None = None
    """RFC 5280 name of the reason (`superseded`)."""
    status_at: str = ""
    created_at: str
    password_at: str | None = None
    """When the password of its key was last changed here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeCertificate(Certificate):
    """A certificate with what was signed, which lists leave out: it is most of the row."""

    der: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crl:
    """A revocation list as it was signed."""

    number: int
    this_update: str
    next_update: str
    entries: int
    der: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrlEntry:
    """What a revocation list says about one certificate."""

    serial: str
    status_at: str
    reason: str | None
    """RFC 5280 name; `certificateHold` for what is suspended or not yet proved."""
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One line of the audit log; `kiosk.audit` gives it its meaning."""

    seq: int
    at: str
    action: str
    request: int | None
    certificate: int | None
    facts: str
    """Canonical JSON."""
    prev: bytes = field(repr=False)
    hash: bytes = field(repr=False)
    signature: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How a subscriber may be reached, as they agreed; without the key beside the registry it says nothing."""

    subscriber_id: int
    uuid: str = ""
    kiosk_id: str = ""
    sealed: bytes = field(repr=False)
    phone: str
    """One of `PHONES`: what kind of number there is in `sealed`."""
    email: int
    """1: there is an address in `sealed`."""
    language: str
    consent_id: int
    agreed_at: str
    keep_until: str
    """From here on it is looked at whether any certificate still needs this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message of the ladder on its way: one for a certificate, a rung and a channel, whatever happens."""

    id: int = 0
    uuid: str = ""
    kiosk_id: str = ""
    certificate_id: int
    rung: int
    """Days before the end that it was due: 30; -1 is the day after."""
    channel: str
    state: str = "waiting"
    """One of `DELIVERY_STATES`; `dropped`: it was no longer to be sent."""
    tries: int = 0
    reason: str | None = None
    """Why it failed, waits again or was dropped: a code, not a sentence."""
    queued_at: str
    next_at: str
    """Not to be tried before."""
    done_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcoming:
    """A valid certificate whose end is near, with what is known of how to reach its holder."""

    id: int
    serial: str
    not_after: str
    created_at: str
    agreed_at: str
    phone: str
    email: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A delivery with all that its message needs; `sealed` is None when the contact is gone."""

    id: int
    uuid: str
    channel: str
    rung: int
    state: str
    tries: int
    reason: str | None
    queued_at: str
    done_at: str | None
    certificate_id: int
    serial: str
    profile: str
    name: str = field(repr=False)
    not_after: str
    status: str
    code: str
    """Of the request that the certificate came from: with it people ask for the messages to stop."""
    replaced_by: str | None
    """Serial of the certificate that came in its place."""
    subscriber_id: int
    contact_uuid: str | None
    sealed: bytes | None = field(repr=False)
    phone: str | None
    email: int | None
    language: str | None
