"""What is left of requests that were cut short: found, resumed where it can be, else ended and cleaned up."""

import asyncio
import contextlib
from datetime import timedelta

from data.records import Request
from data.registry import StateConflict
from kiosk import log
from kiosk.clock import stamp, unstamp
from kiosk.errors import KioskError
from kiosk.lifecycle.journal import Journal
from kiosk.lifecycle.medium import Medium
from kiosk.lifecycle.request import ENDED, working_on
from kiosk.services import Services

# After these the medium or the set cannot be trusted: the certificate is revoked at once.
SPOILED = frozenset({"medium.lies", "medium.proof", "medium.password", "medium.format", "authority.chain"})
# The certificate that was to be renewed is good no more, and it was all that the new one stood on.
WITHDRAWN = frozenset({"renew.suspended", "renew.revoked"})
STALE_AT_ONCE = 20


class Recovery:
    """Finds, resumes and ends unfinished requests of one state."""

    def __init__(self, services: Services, journal: Journal) -> None:
        """Work with the journal of the same services."""
        self._services = services
        self._journal = journal

    async def tidy(self, medium: Medium) -> None:
        """Clear what ended requests left on `medium`, and put back what they had moved aside.

        What other kiosks staged there is not ours to touch, nor is what can still be resumed.
        """
        codes = await asyncio.to_thread(medium.codes)
        for request in await self._journal.by_codes(codes) if codes else ():
            if request.state in ENDED:
                await self._clean(request, medium)

    async def void_stale(self) -> None:
        """Void what could be resumed for a day and was not, unless a process is working on it."""
        limit = self._services.clock.now() - timedelta(hours=self._services.policy.request_hours)
        for request, person in (await self._journal.opened_before(stamp(limit)))[:STALE_AT_ONCE]:
            with (
                contextlib.suppress(KioskError, StateConflict),
                working_on(self._services.state.locks, lock_name(person, request.profile)),
            ):
                await self.end(request, None, "stale")

    async def recover(self, request: Request, medium: Medium, details: bytes) -> bool:
        """Find the key that `request` left on `medium`; False when it cannot be resumed from there.

        The answers must be those that the identity check was about, the check not older than policy allows,
        the password or PIN must open the key, and the key must be the one on record. Raises `medium.*` and
        `token.*` when the medium does not let itself be read: that says nothing about the request.
        """
        if request.details_hash != details or self._too_old(request):
            return False
        return await asyncio.to_thread(medium.recover, request, await self._certificate(request))

    async def end(self, request: Request, medium: Medium | None, reason: str) -> None:
        """End a request that will not go on, in the way that its state asks for, and clean up `medium`."""
        if request.state == "proved":
            # The certificate is good; what was staged is cleared when that medium comes again.
            ended = await self._journal.move(request, "done")
        elif request.state in {"opened", "identified"}:
            ended = await self._journal.end(request, "cancelled", reason)
        else:
            ended = await self._journal.end(request, "void", reason)
        if medium is not None:
            await self._clean(ended, medium)

    async def settle(self, request: Request, medium: Medium, error: KioskError) -> bool:
        """After `error`, leave the request in order; say whether it can be resumed.

        Before there is a certificate nothing is lost by starting anew. With one, a medium that is full, gone
        or write-protected may come back; one that lies may not.
        """
        if request.certificate_id is not None and error.id not in SPOILED | WITHDRAWN:
            return True
        if error.id.startswith("registry."):
            return False
        try:
            await self.end(request, medium, error.code)
        except (KioskError, StateConflict) as second:
            log.event("settle.failed", request=request.id, error=getattr(second, "code", "conflict"))
        return False

    async def _clean(self, request: Request, medium: Medium) -> None:
        """Clear what an ended request left; a medium in trouble is named by what comes next, not here.

        What was staged goes last: while it is there, there is something to clear.
        """
        try:
            if request.state == "done" and request.replaces is not None:
                old = await self._journal.old_of(request.replaces)
                await asyncio.to_thread(medium.drop, old.held.der, old.code)
            await asyncio.to_thread(medium.clean, request, await self._certificate(request))
        except KioskError as error:
            log.event("clean.failed", request=request.id, error=error.code)

    async def _certificate(self, request: Request) -> bytes | None:
        if request.certificate_id is None:
            return None
        return (await self._journal.certificate_of(request)).der

    def _too_old(self, request: Request) -> bool:
        if request.identified_at is None:
            return True
        age = self._services.clock.now() - unstamp(request.identified_at)
        return age > timedelta(hours=self._services.policy.request_hours)


def lock_name(person: bytes, profile: str) -> str:
    """Name the lock of a subscriber (by keyed hash) and a profile: one request of theirs at a time."""
    return f"{person.hex()[:32]}-{profile}"
