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
from kiosk.lifecycle.request import new_code
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

    async def open(self, person: bytes, profile: str, details: bytes, consent: str) -> Request:
        """Open a request for the subscriber whose keyed hash is `person`.

        Raises `request.busy` when that subscriber has an unfinished one for the profile, `request.clock`.
        """
        services = self._services

        def work() -> Request:
            with services.step() as registry:
                services.require_clock()
                now = services.now()
                subscriber = registry.subscriber(person) or registry.add_subscriber(person, now)
                if registry.active_request(subscriber.id, profile) is not None:
                    raise KioskError("request.busy")
                request = registry.add_request(
                    Request(
                        code=new_code(), act="issue", subscriber_id=subscriber.id, profile=profile,
                        consent_version=consent, details_hash=details, opened_at=now,
                    )
                )  # fmt: skip
                services.audit.append(
                    "request.opened", request=request.id, subscriber=subscriber.id, profile=profile,
                    consent=consent,
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

    async def sign(self, request: Request, name: str, csr: bytes) -> tuple[Request, WholeCertificate]:
        """Have the authority sign, and keep the certificate with the request's move to `issued`.

        The certificate exists for nobody until this transaction is through; it is `unproved` after it, and on
        hold in every revocation list. Raises `authority.*`, `identity.level`, `request.clock`.
        """
        services = self._services

        def work() -> tuple[Request, WholeCertificate]:
            with services.step() as registry:
                services.require_clock()
                now = registry.request(id=request.id)
                if now is None or now.state != request.state:
                    raise StateConflict(now.state if now else "gone")
                issued = services.authority.issue(
                    CertificateRequest(
                        csr=csr, profile=request.profile, name=name, vid=request.vid or b"",
                        level=request.identity_level or "", moment=services.clock.now(),
                    )
                )  # fmt: skip
                held = registry.add_certificate(
                    WholeCertificate(
                        serial=issued.serial, subscriber_id=request.subscriber_id, request_id=request.id,
                        profile=request.profile, name=name, common_name=issued.common_name, der=issued.der,
                        not_before=stamp(issued.certificate.not_valid_before_utc),
                        not_after=stamp(issued.certificate.not_valid_after_utc), created_at=services.now(),
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
        """Note that the certificate works from its medium: from here on it counts as good."""
        services = self._services

        def work() -> Request:
            with services.step() as registry:
                moved = self._moved(registry, request, "proved")
                registry.change_certificate(
                    moved.certificate_id or 0, expect="unproved", status="valid", at=services.now()
                )
                return moved

        return await services.in_registry(work)

    async def end(self, request: Request, state: str, reason: str) -> Request:
        """Cancel or void a request, for a reason in one word; a certificate of it is revoked with it."""
        services = self._services

        def work() -> Request:
            with services.step() as registry:
                moved = self._moved(registry, request, state, reason=reason)
                if moved.certificate_id is not None:
                    registry.change_certificate(
                        moved.certificate_id, expect="unproved", status="revoked", at=services.now(),
                        reason="cessationOfOperation",
                    )  # fmt: skip
                    services.audit.append(
                        "certificate.revoked", request=moved.id, certificate=moved.certificate_id,
                        reason="cessationOfOperation",
                    )  # fmt: skip
                return moved

        return await services.in_registry(work)

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
            registry, now = self._services.registry, self._services.now()
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
