"""Renew a certificate on the medium that holds it: its key and the identity number show who asks.

The new one has a new key and ends a year after the old one, which is revoked (superseded) in the transaction that
finds the new one proved, and then deleted from the medium. A key and certificate for encryption beside it, which
the built-in authority does not issue, stay where they are.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from data.records import Request, WholeCertificate
from kiosk.errors import KioskError
from kiosk.identity.check import require_method
from kiosk.identity.phone import Evidence
from kiosk.lifecycle import rules
from kiosk.lifecycle.act import Act, Old, OldKey
from kiosk.lifecycle.application import Application, Renewal
from kiosk.lifecycle.carry import Carrying
from kiosk.lifecycle.issue import require_new_password
from kiosk.lifecycle.medium import Medium
from kiosk.lifecycle.old_key import StickKey, TokenKey
from kiosk.lifecycle.outcome import Outcome
from kiosk.lifecycle.repair import repair
from kiosk.media.pick import pick, serial_of
from kiosk.media.scan import Found, ScanResult, scan, scan_token
from kiosk.media.token_uri import TokenUri
from kiosk.pki.id_number import clean_id_number
from kiosk.pki.profiles import load_profiles
from kiosk.secret import Secret

METHOD = "certificate"
"""How the holder of a certificate is identified: by its key."""


class Renewing(Carrying):
    """The renewal service over one state."""

    async def renew(self, renewal: Renewal, target: Path | TokenUri, serial: str | None = None) -> Outcome:
        """Renew the certificate with `serial`, or the only one, on the stick or token `target`, or resume it.

        Raises errors of the table; those with `request` set leave a request that the same call resumes.
        """
        return await self._on_record(self._renew(renewal, target, serial))

    async def check(self, renewal: Renewal, target: Path | TokenUri, serial: str | None = None) -> Old:
        """Make sure that `renew` would take this, but for a new password; nothing is changed. Raises as it does."""
        old, application = await self._asked(renewal, target, serial)
        with contextlib.closing(self._key(renewal, application, old, target)) as key:
            await key.prove()
        return old

    async def _asked(
        self, renewal: Renewal, target: Path | TokenUri, serial: str | None
    ) -> tuple[Old, Application]:
        """Find which certificate is meant, and say what the new one is to be."""
        old, unfinished = await self._find(target, serial)
        if not unfinished:
            await self._require(old)
        return old, self._application(renewal, old, target)

    async def _renew(self, renewal: Renewal, target: Path | TokenUri, serial: str | None) -> Outcome:
        old, application = await self._asked(renewal, target, serial)
        key = self._key(renewal, application, old, target)

        async def require(medium: Medium, good: Sequence[WholeCertificate]) -> None:  # noqa: ARG001 - as Act has it
            await self._require(old)
            await key.prove()
            require_new_password(application, target)

        with contextlib.closing(key):
            return await self._carry(Act("renew", application, require, old, key), target)

    def _key(self, renewal: Renewal, application: Application, old: Old, target: Path | TokenUri) -> OldKey:
        services, id_number = self._services, application.id_number
        if isinstance(target, TokenUri):
            return TokenKey(services, target, old, renewal.pin or Secret(""), id_number)
        return StickKey(services, target, old, renewal.password, id_number)

    async def _find(self, target: Path | TokenUri, serial: str | None) -> tuple[Old, bool]:
        """Find which certificate is meant, and whether its renewal was begun and not finished."""
        if not isinstance(target, TokenUri):
            # A change of the password that was cut short may have left the set aside.
            await repair(self._services, target)
        result = await asyncio.to_thread(self._scanned, target)
        replaced = await self._services.in_registry(lambda: self._unfinished(result, serial))
        if len(replaced) == 1:
            return await self._journal.old_of(replaced.pop()), True
        held = await self._services.in_registry(lambda: self._picked(result, serial))
        return await self._journal.old_of(held.id), False

    def _scanned(self, target: Path | TokenUri) -> ScanResult:
        if isinstance(target, TokenUri):
            return scan_token(self._services.tokens, target)
        return scan(target)

    def _unfinished(self, result: ScanResult, serial: str | None) -> set[int]:
        """Give the ids of certificates with an unfinished renewal, of which the old or the new is on the medium.

        Right before its end the old one may be gone from there already: `serial` is known to the registry.
        """
        rows = [row for found in result.found if (row := self._row(found)) is not None]
        named = self._services.registry.certificate(serial=serial) if serial is not None else None
        wanted = [row for row in [*rows, named] if row is not None]
        left = {row.id: self._renewal_of(row) for row in wanted}
        return {
            request.replaces for request in left.values()
            if request is not None and request.replaces is not None
            and (serial is None or (named is not None and request.replaces == named.id))
        }  # fmt: skip

    def _renewal_of(self, row: WholeCertificate) -> Request | None:
        request = self._services.registry.active_request(row.subscriber_id, row.profile)
        if request is None or request.act != "renew":
            return None
        return request if row.id in {request.replaces, request.certificate_id} else None

    def _picked(self, result: ScanResult, serial: str | None) -> WholeCertificate:
        """Pick the certificate with `serial`; with none named, the only one that is good, or the only one."""
        rows = {found.path: self._row(found) for found in result.found}
        good = tuple(found for found in result.found if self._is_good(rows[found.path]))
        if serial is None and good:
            result = ScanResult(good, ())
        elif serial is not None and (named := self._services.registry.certificate(serial=serial)) is not None:
            # It may be gone from here because another one came in its place.
            rules.require_not_replaced(self._services.registry, named)
        held = rows[pick(result, serial).path]
        if held is None:
            raise KioskError("renew.foreign")
        return held

    def _is_good(self, row: WholeCertificate | None) -> bool:
        return row is not None and row.status == "valid" and not rules.is_over(row, self._services.clock)

    def _row(self, found: Found) -> WholeCertificate | None:
        """Give the registry's row of a certificate that was found; None for one that is not ours."""
        if found.certificate is None:
            return None
        held = self._services.registry.certificate(serial=serial_of(found))
        return held if held is not None and held.der == found.certificate_der else None

    async def _require(self, old: Old) -> None:
        """Raise unless the old certificate can be renewed, as it stands at this moment."""
        services = self._services

        def work() -> None:
            held = services.registry.certificate(id=old.held.id) or old.held
            rules.require_renewable(services.registry, held, services.clock, services.policy)

        await services.in_registry(work)

    def _application(self, renewal: Renewal, old: Old, target: Path | TokenUri) -> Application:
        """Say what the new certificate is to be: as the old one, for the same person."""
        services = self._services
        profile = load_profiles().get(old.held.profile)
        if profile is None:
            raise KioskError("authority.refused", reason=f"profile {old.held.profile}")
        if profile.fee_won:
            raise KioskError("request.fee", won=profile.fee_won)
        id_number, _ = clean_id_number(
            renewal.id_number, identifiers=profile.identifiers, today=services.clock.today()
        )
        if not isinstance(target, TokenUri) and not renewal.password:
            raise KioskError("answers.missing", key="password_file")
        application = Application(
            profile=profile, name=old.held.name, id_number=id_number, phone="", pin=renewal.pin,
            password=renewal.new_password or renewal.password, method=METHOD,
            evidence=Evidence(METHOD, "possession", services.clock.now()),
            keeps_password=not isinstance(target, TokenUri) and renewal.new_password is None,
        )  # fmt: skip
        if rules.is_over(old.held, services.clock):
            application = self._in_grace(renewal, application)
        if renewal.new_password is not None:
            require_new_password(application, target)
        return application

    def _in_grace(self, renewal: Renewal, application: Application) -> Application:
        """Ask for an identity check: a certificate that is over speaks for nobody."""
        for key, given in (("phone", renewal.phone), ("identity", renewal.method)):
            if not given:
                raise KioskError("answers.missing", key=key)
        application = replace(
            application, phone=renewal.phone, method=renewal.method, code=renewal.code, evidence=None
        )
        require_method(self._services, application)
        return application
