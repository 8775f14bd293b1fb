"""Suspend, resume, revoke: what is changed of a certificate that is out, each in one transaction with its line.

A suspension lasts `suspension_months` at most (`dates.suspension_ends`). From the next second on the certificate
counts as revoked everywhere (`standing.as_it_counts`), and `end_suspensions` writes it down when it next runs.
"""

from collections.abc import Callable
from functools import partial
from typing import Literal

from data.records import Certificate, WholeCertificate
from data.registry import Registry
from kiosk.authority.certificates import CAUSES
from kiosk.authority.embedded import LEVELS
from kiosk.clock import KST, unstamp
from kiosk.errors import KioskError
from kiosk.identity.phone import Evidence
from kiosk.lifecycle import dates
from kiosk.lifecycle.publishing import publish_soon
from kiosk.lifecycle.standing import FORGOTTEN, Standing, as_it_counts, forgotten_since, of_record
from kiosk.pki.profiles import load_profiles
from kiosk.services import Services

Act = Literal["suspend", "resume", "revoke"]
WORDS: dict[Act, tuple[str, ...]] = {
    "suspend": ("certificateHold",), "resume": ("removeFromCRL",), "revoke": CAUSES,
}  # fmt: skip
"""The reasons (RFC 5280 §5.3.1) that can be given for each act. What only an act itself does is no cause to revoke."""


def checked_reason(act: Act, word: str | None) -> str:
    """Give the reason for `act` that `word` names; without one, the only one there is. Raises `usage.reason`."""
    words = WORDS[act]
    if word is None and len(words) == 1:
        return words[0]
    if word not in words:
        raise KioskError("usage.reason", reason=(word or "")[:40], known=", ".join(words))
    return word


async def suspend(
    services: Services, serial: str, evidence: Evidence, *, owner: bytes | None = None
) -> Certificate:
    """Put a certificate on hold; give its row as it now is.

    `owner` is the keyed hash of the person who asks: the certificate of anybody else is as unknown as one that does
    not exist. None is staff. Raises `certificate.*` (it cannot be suspended as it stands), `identity.level`,
    `request.clock`, `registry.*`, `authority.*`; then everything is as it was.
    """

    def check(held: Certificate, stands: Standing) -> None:
        _require(held, evidence, "verified")
        if stands.status == "suspended":
            raise _conflict(held, stands)

    return await _changed(services, serial, owner, evidence, check, "suspended", "certificateHold")


async def resume(
    services: Services, serial: str, evidence: Evidence, *, owner: bytes | None = None
) -> Certificate:
    """Make a suspended certificate good again, to the end that it always had. Face to face only.

    `owner` and errors are those of `suspend`.
    """

    def check(held: Certificate, stands: Standing) -> None:
        _require(held, evidence, "in_person")
        if stands.status != "suspended":
            raise KioskError("certificate.not_suspended", serial=held.serial)

    return await _changed(services, serial, owner, evidence, check, "valid", None)


async def revoke(
    services: Services, serial: str, reason: str, evidence: Evidence, *, owner: bytes | None = None
) -> Certificate:
    """Revoke a certificate for good; `reason` is one of `WORDS["revoke"]`.

    Who asks for it at the screen must be as surely known as for getting such a certificate: it cannot be undone.
    `owner` and errors are those of `suspend`, and `usage.reason`.
    """
    word = checked_reason("revoke", reason)

    def check(held: Certificate, stands: Standing) -> None:  # noqa: ARG001 - all three are called alike
        profile = load_profiles().get(held.profile)
        _require(held, evidence, profile.level if profile else "in_person")

    return await _changed(services, serial, owner, evidence, check, "revoked", word)


async def _changed(
    services: Services, serial: str, owner: bytes | None, evidence: Evidence,
    check: Callable[[Certificate, Standing], None], becomes: str, reason: str | None,
) -> Certificate:  # fmt: skip
    """Do what all three acts do: find the certificate, refuse what is over and what `check` does, write the line."""
    action = "resumed" if becomes == "valid" else becomes

    def work() -> Certificate:
        with services.step() as registry:
            services.require_clock()
            held = _of(registry, serial, owner)
            stands = of_record(held, services.clock, services.policy)
            over = dates.over(unstamp(held.not_after), services.clock.now())
            if over or stands.status in {"revoked", "unproved"}:
                raise _conflict(held, stands)
            check(held, stands)
            changed = registry.change_certificate(
                held.id, expect=held.status, status=becomes, at=services.now(), reason=reason
            )
            facts = {"method": evidence.method, "level": evidence.level, "document": evidence.document}
            if becomes == "revoked":
                facts["reason"] = reason or ""
            services.audit.append(
                f"certificate.{action}", request=held.request_id, certificate=held.id,
                **{name: fact for name, fact in facts.items() if fact},
            )  # fmt: skip
            return changed

    changed = await services.in_registry(work)
    await publish_soon(services)
    return changed


def _of(registry: Registry, serial: str, owner: bytes | None) -> WholeCertificate:
    held = registry.certificate(serial=serial)
    if held is None or (owner is not None and registry.subscriber_hash(held.subscriber_id) != owner):
        raise KioskError("certificate.unknown", serial=serial)
    return held


def _conflict(held: Certificate, stands: Standing) -> KioskError:
    """Say why nothing can be changed of a certificate that stands so."""
    if stands.status == "revoked":
        forgotten = stands.reason == FORGOTTEN and held.status == "suspended"
        id_ = "certificate.forgotten" if forgotten else "certificate.revoked"
    elif stands.status == "unproved":
        id_ = "certificate.unproved"
    elif stands.status == "suspended" and stands.next_action == "resume":
        id_ = "certificate.suspended"
    else:
        return KioskError("certificate.expired", serial=held.serial, day=_day(held.not_after))
    return KioskError(id_, serial=held.serial, day=_day(held.status_at))


def _day(moment: str) -> str:
    return unstamp(moment).astimezone(KST).date().isoformat()


def _require(held: Certificate, evidence: Evidence, level: str) -> None:
    if LEVELS.index(evidence.level) < LEVELS.index(level):
        raise KioskError("identity.level", profile=held.profile, level=level)


async def stoppable(services: Services, owner: bytes) -> list[tuple[Certificate, Standing]]:
    """List what the person whose keyed hash is `owner` has that can still be stopped or resumed, newest first."""

    def work() -> list[tuple[Certificate, Standing]]:
        registry = services.registry
        person = registry.subscriber(owner)
        held = registry.certificates_of(person.id) if person else []
        stands = [(each, of_record(each, services.clock, services.policy)) for each in held]
        return [
            (each, how) for each, how in reversed(stands)
            if how.status in {"valid", "not_yet_valid", "suspended"} and how.days_left >= 0
        ]  # fmt: skip

    return await services.in_registry(work)


async def end_suspensions(services: Services) -> int:
    """Write down which suspensions became revocations; give how many. One step each; a job for `kiosk tick`.

    Nothing changes by it for anybody: they counted as revoked since the second that is written down. Raises
    `request.clock`, `registry.*`, `authority.*`.
    """
    clock, policy = services.clock, services.policy

    def over() -> list[int]:
        suspended = services.registry.suspended()
        return [
            each.id for each in suspended if forgotten_since(each.status, each.status_at, clock.now(), policy)
        ]

    def end(id_: int) -> bool:
        with services.step() as registry:
            services.require_clock()
            held = registry.certificate(id=id_)
            counted = as_it_counts(held, clock.now(), policy) if held else None
            if held is None or counted is None or counted.status == held.status:
                return False  # resumed or revoked by somebody meanwhile
            registry.change_certificate(
                id_, expect="suspended", status="revoked", at=counted.status_at, reason=counted.reason
            )
            services.audit.append(
                "certificate.revoked", request=held.request_id, certificate=id_, reason=counted.reason or "",
                method="clock", since=counted.status_at,
            )  # fmt: skip
            return True

    ended = [await services.in_registry(partial(end, id_)) for id_ in await services.in_registry(over)]
    if any(ended):
        await publish_soon(services)
    return sum(ended)


def staff_evidence(services: Services, document: str = "") -> Evidence:
    """Give what stands on record for an act of staff at the command line, who saw the person or need not."""
    return Evidence("staff", "in_person", services.clock.now(), document)
