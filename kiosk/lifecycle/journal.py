"""The moves of a request in the registry: each is one transaction together with its audit line."""

import sqlite3
from collections.abc import Callable, Collection
from typing import TypeVar

from data.records import Certificate, Request, WholeCertificate
from data.registry import Registry, StateConflict
from kiosk import log
from kiosk.authority.embedded import CertificateRequest
from kiosk.clock import stamp
from kiosk.errors import KioskError
from kiosk.identity.phone import Evidence
from kiosk.lifecycle.act import Old
from kiosk.lifecycle.request import new_code
from kiosk.lifecycle.rules import require_good, require_renewable
from kiosk.lifecycle.standing import as_it_counts
from kiosk.services import Services

ATTEMPTS = 5
T = TypeVar("T")
GOOD = ("valid", "suspended")


class Journal:
    """Writes down what happens to requests, and finds them again. Every method may raise `registry.*`."""

    def __init__(self, services: Services) -> None:
        """Work on the registry of `services`."""
        self._services = services

    async def open(
        self, person: bytes, profile: str, details: bytes, *, act: str = "issue", replaces: int | None = None
    ) -> Request:
        """Open a request for the subscriber whose keyed hash is `person`.

        `act` is one of `data.records.ACTS`, `replaces` the row id of the old certificate. Raises `request.busy`
        when that subscriber has an unfinished one for the profile, `request.clock`.
        """
        services = self._services

        def work() -> Request:
            with services.step() as registry:
                services.require_clock()
                now, consent = services.now(), services.policy.consent_version
                subscriber = registry.subscriber(person) or registry.add_subscriber(person, now)
                if registry.active_request(subscriber.id, profile) is not None:
                    raise KioskError("request.busy")
                request = registry.add_request(
                    Request(
                        code=new_code(), act=act, subscriber_id=subscriber.id, profile=profile,
                        consent_version=consent, details_hash=details, replaces=replaces, opened_at=now,
                    )
                )  # fmt: skip
                replaced = {} if replaces is None else {"replaces": replaces}
                services.audit.append(
                    "request.opened", request=request.id, subscriber=subscriber.id, profile=profile,
                    consent=consent, act=act, **replaced,
                )  # fmt: skip
                return request

        return await self._with_new_numbers(work)

    async def move(self, request: Request, state: str, **columns: str | int | bytes | None) -> Request:
        """Move `request` from the state it is in to `state`; `StateConflict` when it is not there now."""
        services = self._services

        def work() -> Request:
            with services.step() as registry:
                return self._moved(registry, request, state, **columns)

        return await services.in_registry(work)

    def _moved(
        self, registry: Registry, request: Request, state: str, **columns: str | int | bytes | None
    ) -> Request:
        moved = registry.change_request(
            request.id, expect=request.state, state=state, at=self._services.now(), **columns
        )
        facts = (
            {"method": moved.identity_method, "level": moved.identity_level} if state == "identified" else {}
        )
        if moved.reason and state in {"cancelled", "void"}:
            facts["reason"] = moved.reason
        self._services.audit.append(
            f"request.{state}", request=moved.id, certificate=moved.certificate_id,
            **{key: value for key, value in facts.items() if value is not None},
        )  # fmt: skip
        return moved

    async def identified(self, request: Request, evidence: Evidence, *, lost: bool) -> Request:
        """Note who it is. A certificate that is `lost` is revoked with that (keyCompromise)."""
        services = self._services

        def work() -> Request:
            with services.step() as registry:
                moved = self._moved(
                    registry, request, "identified", identity_method=evidence.method,
                    identity_level=evidence.level, identified_at=services.now(),
                )  # fmt: skip
                old = registry.certificate(id=moved.replaces) if moved.replaces is not None else None
                if lost and old is not None and old.status in GOOD:
                    self._revoke(registry, moved, old.id, "keyCompromise", GOOD)
                return moved

        return await services.in_registry(work)

    async def sign(
        self, request: Request, name: str, csr: bytes, proof: bytes | None = None, *,
        password_at: str | None = None,
    ) -> tuple[Request, WholeCertificate]:  # fmt: skip
        """Have the authority sign, and keep the certificate with the request's move to `issued`.

        `proof` is the old key's signature over `csr` where a certificate is renewed, `password_at` since when its
        password was what the new key's is, too. The certificate exists for
        nobody until this transaction is through; it is `unproved` after it, and on hold in every revocation
        list. Raises `authority.*`, `identity.level`, `request.clock`, `renew.*`.
        """
        services = self._services

        def work() -> tuple[Request, WholeCertificate]:
            with services.step() as registry:
                services.require_clock()
                now = registry.request(id=request.id)
                if now is None or now.state != request.state:
                    raise StateConflict(now.state if now else "gone")
                old = registry.certificate(id=request.replaces) if request.replaces is not None else None
                if old is not None and request.act == "renew":
                    require_renewable(registry, old, services.clock, services.policy)
                issued = services.authority.issue(
                    CertificateRequest(
                        csr=csr, profile=request.profile, name=name, vid=request.vid or b"",
                        level=request.identity_level or "", moment=services.clock.now(), act=request.act,
                        old=old.der if old is not None else None, proof=proof,
                    )
                )  # fmt: skip
                held = registry.add_certificate(
                    WholeCertificate(
                        serial=issued.serial, subscriber_id=request.subscriber_id, request_id=request.id,
                        profile=request.profile, name=name, common_name=issued.common_name, der=issued.der,
                        not_before=stamp(issued.certificate.not_valid_before_utc),
                        not_after=stamp(issued.certificate.not_valid_after_utc), created_at=services.now(),
                        password_at=password_at,
                    )
                )  # fmt: skip
                return self._moved(registry, request, "issued", certificate_id=held.id), held

        return await self._with_new_numbers(work)

    async def _with_new_numbers(self, work: Callable[[], T]) -> T:
        """Do `work`, and again with other random numbers when its code or serial was used before."""
        for _ in range(ATTEMPTS):
            try:
                return await self._services.in_registry(work)
            except sqlite3.IntegrityError:
                log.event("number.taken")
        raise KioskError("authority.refused", reason="numbers")

    async def prove(self, request: Request) -> Request:
        """Note that the certificate works from its medium: from here on it counts as good, and no longer the old.

        Raises `renew.*` when the old one was suspended or revoked meanwhile: it was all that showed who it is.
        """
        services = self._services

        def work() -> Request:
            with services.step() as registry:
                old = registry.certificate(id=request.replaces) if request.replaces is not None else None
                if old is not None and request.act == "renew":
                    require_good(registry, old)
                moved = self._moved(registry, request, "proved")
                registry.change_certificate(
                    moved.certificate_id or 0, expect="unproved", status="valid", at=services.now()
                )
                if old is not None and old.status in GOOD:  # one that was lost is revoked already
                    self._revoke(registry, moved, old.id, "superseded", GOOD)
                return moved

        return await services.in_registry(work)

    async def end(self, request: Request, state: str, reason: str) -> Request:
        """Cancel or void a request, for a reason in one word; a certificate of it is revoked with it."""
        services = self._services

        def work() -> Request:
            with services.step() as registry:
                moved = self._moved(registry, request, state, reason=reason)
                if moved.certificate_id is not None:
                    self._revoke(registry, moved, moved.certificate_id, "cessationOfOperation", ("unproved",))
                return moved

        return await services.in_registry(work)

    def _revoke(
        self, registry: Registry, request: Request, certificate: int, reason: str, expect: Collection[str]
    ) -> None:
        """Revoke a certificate for the sake of `request`, with the line of that."""
        registry.change_certificate(
            certificate, expect=expect, status="revoked", at=self._services.now(), reason=reason
        )
        self._services.audit.append(
            "certificate.revoked", request=request.id, certificate=certificate, reason=reason
        )

    async def refused(self, error: KioskError, request: Request | None = None) -> None:
        """Note a refusal, by its code. It never hides the error that it notes."""
        services = self._services

        def work() -> None:
            with services.step():
                services.audit.append("refused", request=request.id if request else None, error=error.code)

        try:
            await services.in_registry(work)
        except KioskError as second:
            log.event("audit.failed", error=second.code)

    async def of_person(self, person: bytes, profile: str) -> tuple[Request | None, list[WholeCertificate]]:
        """Find a subscriber's unfinished request for a profile, and the certificates that are good.

        These are valid or suspended, and not over.
        """

        def work() -> tuple[Request | None, list[WholeCertificate]]:
            # The last second of a certificate has 1,000 milliseconds.
            registry, now = self._services.registry, stamp(self._services.clock.now().replace(microsecond=0))
            subscriber = registry.subscriber(person)
            if subscriber is None:
                return None, []
            good = [
                registry.certificate(id=held.id)
                for held in registry.certificates_of(subscriber.id)
                if held.profile == profile and self._good(held) and held.not_after >= now
            ]
            return registry.active_request(subscriber.id, profile), [held for held in good if held]

        return await self._services.in_registry(work)

    async def old_of(self, certificate: int) -> Old:
        """Give the certificate (a row id) that a request replaces."""

        def work() -> Old:
            registry = self._services.registry
            held = registry.certificate(id=certificate)
            request = registry.request(id=held.request_id) if held is not None else None
            if held is None or request is None:
                raise KioskError("registry.damaged", path=str(self._services.state.registry))
            return Old(held, request.code)

        return await self._services.in_registry(work)

    def _good(self, held: Certificate) -> bool:
        now, policy = self._services.clock.now(), self._services.policy
        return as_it_counts(held, now, policy).status in GOOD

    async def by_codes(self, codes: Collection[str]) -> list[Request]:
        """Find the requests that these codes name; unknown codes are left out."""

        def work() -> list[Request]:
            found = (self._services.registry.request(code=code) for code in codes)
            return [request for request in found if request is not None]

        return await self._services.in_registry(work)

    async def opened_before(self, moment: str) -> list[tuple[Request, bytes]]:
        """List unfinished requests opened before `moment`, each with its subscriber's keyed hash."""

        def work() -> list[tuple[Request, bytes]]:
            registry = self._services.registry
            return [
                (request, registry.subscriber_hash(request.subscriber_id))
                for request in registry.active_requests(before=moment)
            ]

        return await self._services.in_registry(work)

    async def certificate_of(self, request: Request) -> WholeCertificate:
        """Give the certificate of a request that is `issued` or later."""
        held = await self._services.in_registry(
            lambda: self._services.registry.certificate(id=request.certificate_id or 0)
        )
        if held is None:
            raise KioskError("registry.damaged", path=str(self._services.state.registry))
        return held
