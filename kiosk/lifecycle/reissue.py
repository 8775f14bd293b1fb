"""Reissue a certificate to somebody who lost the medium or forgot the password: a new key, the same end.

Whoever asks is identified as for a first certificate, and their old one is found by the keyed hash of the identity
number, wherever it lies. It is revoked (superseded) in the transaction that finds the new one proved, and its set is
deleted if it is on the same medium. One that was lost is revoked as soon as it is known who asks.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from data.records import WholeCertificate
from kiosk.errors import KioskError
from kiosk.identity.check import identify, require_method
from kiosk.lifecycle import rules
from kiosk.lifecycle.act import Act, Old
from kiosk.lifecycle.application import Application
from kiosk.lifecycle.carry import Carrying
from kiosk.lifecycle.issue import require_new_password
from kiosk.lifecycle.medium import Medium
from kiosk.lifecycle.outcome import Outcome
from kiosk.media.pick import NAMED
from kiosk.media.token_uri import TokenUri


class Reissuing(Carrying):
    """The reissue service over one state."""

    async def reissue(
        self, application: Application, target: Path | TokenUri, serial: str | None = None, *,
        lost: bool = False,
    ) -> Outcome:  # fmt: skip
        """Reissue the applicant's certificate with `serial`, or the only good one of the kind, or resume it.

        With `lost` the old one is revoked (keyCompromise) as soon as the applicant is identified. Raises errors
        of the table; those with `request` set leave a request that the same call resumes.
        """
        return await self._on_record(self._reissue(application, target, serial, lost=lost))

    async def _reissue(
        self, application: Application, target: Path | TokenUri, serial: str | None, *, lost: bool
    ) -> Outcome:
        require_new_password(application, target)
        require_method(self._services, application)
        old = await self._unfinished(application, serial)
        if old is None:
            # Who asks first: what somebody has is nobody else's business.
            evidence = application.evidence or await identify(self._services, application)
            application = replace(application, evidence=evidence)
            old = await self.find(application, serial)
        chosen = old

        async def require(medium: Medium, good: Sequence[WholeCertificate]) -> None:  # noqa: ARG001 - as Act has it
            await self.require(chosen, lost=lost)

        return await self._carry(Act("reissue", application, require, old, lost=lost), target)

    async def find(self, application: Application, serial: str | None = None) -> Old:
        """Find which certificate is meant; the applicant must have been identified.

        Raises `reissue.none`, `reissue.several` (with the fact `serials`), and `renew.replaced` when the one with
        `serial` is reissued or renewed already.
        """
        person = self._services.keyed_hash("subscriber", application.id_number)
        _, good = await self._journal.of_person(person, application.profile.id)
        good = [held for held in good if serial in {None, held.serial}]
        if not good:
            profile = application.profile.id
            good = await self._services.in_registry(lambda: self._lost_in_vain(person, profile, serial))
        if not good:
            if serial is not None:
                await self._services.in_registry(lambda: self._refuse_replaced(person, serial))
            raise KioskError("reissue.none")
        meant = [held for held in good if held.status == "valid"] or good
        if len(meant) > 1:
            raise KioskError("reissue.several", serials=", ".join(held.serial for held in meant[:NAMED]))
        return await self._journal.old_of(meant[0].id)

    def _lost_in_vain(self, person: bytes, profile: str, serial: str | None) -> list[WholeCertificate]:
        """Give what was revoked as lost, and then not replaced since the medium failed. In the registry's thread."""
        registry, clock = self._services.registry, self._services.clock
        subscriber = registry.subscriber(person)
        rows = [
            registry.certificate(id=held.id)
            for held in (registry.certificates_of(subscriber.id) if subscriber else ())
            if held.profile == profile and serial in {None, held.serial} and not rules.is_over(held, clock)
        ]
        return [held for held in rows if held is not None and rules.is_lost_in_vain(registry, held)]

    async def of_applicant(self, application: Application) -> list[tuple[Old, KioskError | None]]:
        """List the good certificates of the kind, the newest first, with what is in the way of each.

        The applicant must have been identified.
        """
        person, profile = (
            self._services.keyed_hash("subscriber", application.id_number),
            application.profile.id,
        )
        _, good = await self._journal.of_person(person, profile)
        good += await self._services.in_registry(lambda: self._lost_in_vain(person, profile, None))
        listed: list[tuple[Old, KioskError | None]] = []
        for held in reversed(good):
            old = await self._journal.old_of(held.id)
            try:
                await self.require(old)
            except KioskError as error:
                listed.append((old, error))
            else:
                listed.append((old, None))
        return listed

    def _refuse_replaced(self, person: bytes, serial: str) -> None:
        registry = self._services.registry
        held = registry.certificate(serial=serial)
        if held is not None and registry.subscriber_hash(held.subscriber_id) == person:
            rules.require_not_replaced(registry, held)

    async def require(self, old: Old, *, lost: bool = False) -> None:
        """Raise unless the old certificate can be reissued, as it stands at this moment. Raises `reissue.*`."""
        services = self._services

        def work() -> None:
            held = services.registry.certificate(id=old.held.id) or old.held
            rules.require_reissuable(services.registry, held, services.clock, services.policy, lost=lost)

        await services.in_registry(work)

    async def _unfinished(self, application: Application, serial: str | None) -> Old | None:
        """Give the certificate whose reissue was begun and not finished."""
        person = self._services.keyed_hash("subscriber", application.id_number)
        left, _ = await self._journal.of_person(person, application.profile.id)
        if left is None or left.act != "reissue" or left.replaces is None:
            return None
        old = await self._journal.old_of(left.replaces)
        return old if serial in {None, old.held.serial} else None
