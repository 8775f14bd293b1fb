"""What can be said of one certificate of the registry: how it stands, what came before and after, who knows it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509

from data.records import Certificate, Crl, Request
from data.registry import Registry
from kiosk.clock import KST, unstamp
from kiosk.errors import KioskError
from kiosk.i18n import text
from kiosk.lifecycle.standing import Standing, describe_record, korean, of_record
from kiosk.services import Services

ON_LIST = frozenset({"revoked", "suspended", "unproved"})


@dataclass(frozen=True)
class Link:
    """Another certificate of the same life: the one before, or the one that came in its place."""

    held: Certificate
    act: str
    """Whether it was renewed or reissued: one of `data.records.ACTS`."""


@dataclass(frozen=True)
class Explained:
    """A certificate with all that is known of it here."""

    held: Certificate
    stands: Standing
    crl: Crl | None
    """The newest revocation list."""
    age: timedelta
    """Of that list."""
    before: Link | None
    after: Link | None
    listed: bool
    """Whether that list says of the certificate what is so now: it may have been made before."""


async def explain(services: Services, serial: str) -> Explained:
    """Look a certificate up by its serial. Raises `certificate.unknown`, `registry.*`."""

    def work() -> Explained:
        registry, now = services.registry, services.clock.now()
        held = registry.certificate(serial=serial)
        if held is None:
            raise KioskError("certificate.unknown", serial=serial)
        crl = registry.last_crl()
        stands = of_record(held, services.clock, services.policy)
        return Explained(
            held, stands, crl, now - unstamp(crl.this_update) if crl else timedelta(),
            before_of(registry, held), after_of(registry, held), crl is not None and _says(crl, held, stands),
        )  # fmt: skip

    return await services.in_registry(work)


def _says(crl: Crl, held: Certificate, stands: Standing) -> bool:
    entry = x509.load_der_x509_crl(crl.der).get_revoked_certificate_by_serial_number(int(held.serial, 16))
    if entry is None:
        return stands.status not in ON_LIST
    try:
        hold = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except x509.ExtensionNotFound:
        hold = None
    return stands.status in ON_LIST and (hold is x509.ReasonFlags.certificate_hold) == (
        stands.status != "revoked"
    )


def before_of(registry: Registry, held: Certificate) -> Link | None:
    """Find what a certificate came in place of. In the registry's thread."""
    request = registry.request(id=held.request_id)
    return _link(registry, request, request.replaces) if request else None


def after_of(registry: Registry, held: Certificate) -> Link | None:
    """Find what came in place of a certificate, once that works. In the registry's thread."""
    request = registry.replacing(held.id)
    found = _link(registry, request, request.certificate_id) if request else None
    return found if found and found.held.status != "unproved" else None


def _link(registry: Registry, request: Request, id_: int | None) -> Link | None:
    found = registry.certificate(id=id_) if id_ is not None else None
    return Link(found, request.act) if found else None


def document(known: Explained, services: Services) -> dict[str, object]:
    """Give all of it for a JSON document."""
    described = describe_record(known.held, services.clock, services.policy, known.crl)
    if known.crl is not None:
        described["as_of_crl"] = {
            "number": known.crl.number, "this_update": korean(unstamp(known.crl.this_update)),
            "next_update": korean(unstamp(known.crl.next_update)),
            "age_seconds": round(known.age.total_seconds()), "says_so": known.listed,
        }  # fmt: skip
    return described | {
        "replaces": known.before.held.serial if known.before else None,
        "replaced_by": known.after.held.serial if known.after else None,
        "explanation": sentences(known),
    }


def sentences(known: Explained) -> list[str]:
    """Say it in words, most important first."""
    stands = known.stands
    # What was on hold to its end has expired; that it was replaced is a reason, and said as one.
    status = stands.word if stands.status == "suspended" else stands.status
    said = [text(f"status.{status}.why", reason=reason_in_words(stands.reason))]
    if stands.since is not None and status not in {"valid", "expired"}:
        said.append(text("status.since", moment=moment(stands.since)))
    if stands.ends is not None:
        said.append(countdown(stands, unstamp(known.held.not_after)))
    if known.after:
        said.append(text(f"status.after.{known.after.act}", serial=known.after.held.serial))
    if known.before:
        said.append(text(f"status.before.{known.before.act}", serial=known.before.held.serial))
    if stands.status == "expired":
        return said
    if known.crl is None:
        said.append(text("status.no_list"))
    else:
        on_it = stands.status in ON_LIST
        told = ("status.list" if on_it else "status.list_without") if known.listed else "status.list_behind"
        said.append(text(told, number=known.crl.number, age=_age(known.age)))
    return said


def countdown(stands: Standing, not_after: datetime) -> str:
    """Say until when a suspended certificate can be resumed, and what comes then."""
    if stands.ends is None:
        raise RuntimeError("it is not suspended")
    if stands.next_action != "resume":
        return text("status.suspended.expired", **date_facts(not_after))
    if not_after < stands.ends:
        return text("status.suspended.until_expiry", **date_facts(not_after))
    return text("status.suspended.until", **date_facts(stands.ends))


def reason_in_words(reason: str | None) -> str:
    """Say a reason of RFC 5280 in words; nothing where there is none."""
    return text(f"reason.{reason}") if reason else ""


def moment(when: datetime) -> str:
    """Write a moment as a page has it: Korean time, to the minute."""
    return f"{when.astimezone(KST):%Y-%m-%d %H:%M}"


def day(when: datetime) -> str:
    """Write a Korean day."""
    return when.astimezone(KST).date().isoformat()


def date_facts(when: datetime) -> dict[str, int]:
    """Give a Korean day as sentences take it."""
    korean_day = when.astimezone(KST)
    return {"year": korean_day.year, "month": korean_day.month, "day": korean_day.day}


def _age(age: timedelta) -> str:
    minutes = max(0, round(age.total_seconds() / 60))
    if minutes < 120:
        return text("age.minutes", count=minutes)
    return (
        text("age.hours", count=minutes // 60)
        if minutes < 48 * 60
        else text("age.days", count=minutes // 1440)
    )
