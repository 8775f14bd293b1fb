"""What is left of requests that were cut short: found, resumed where it can be, else ended and cleaned up."""

import asyncio
import contextlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from cryptography import x509

from data.records import Request
from data.registry import StateConflict
from kiosk import log
from kiosk.clock import stamp, unstamp
from kiosk.errors import KioskError
from kiosk.lifecycle.application import Application
from kiosk.lifecycle.journal import Journal
from kiosk.lifecycle.keys import public_key_hash
from kiosk.lifecycle.request import ENDED, working_on
from kiosk.media.directory import DirectoryMedium
from kiosk.pki import container, keys, names, npki, vid
from kiosk.secret import Secret
from kiosk.services import Services

# After these the medium or the set cannot be trusted: the certificate is revoked at once.
SPOILED = frozenset({"medium.lies", "medium.proof", "medium.password", "medium.format", "authority.chain"})
STALE_AT_ONCE = 20


class Recovery:
    """Finds, resumes and ends unfinished requests of one state."""

    def __init__(self, services: Services, journal: Journal) -> None:
        """Work with the journal of the same services."""
        self._services = services
        self._journal = journal

    async def tidy(self, medium: DirectoryMedium) -> None:
        """Clear what ended requests left on `medium`, and put back what they had moved aside.

        What other kiosks staged there is not ours to touch, nor is what can still be resumed.
        """
        codes = await asyncio.to_thread(medium.staged_codes)
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

    async def recover_key(
        self, request: Request, medium: DirectoryMedium, application: Application, details: bytes
    ) -> Secret | None:
        """Open the key that `request` left on `medium`, or give None when it cannot be resumed from there.

        The answers must be those that the identity check was about, the check not older than policy allows,
        the password must open the key, and the key must be the one on record. Raises `medium.*` when the medium
        does not let itself be read: that says nothing about the request.
        """
        if request.details_hash != details or self._too_old(request):
            return None
        place = await self._place(request, medium)
        for sealed in await asyncio.to_thread(_left_keys, request, medium, place):
            key = await asyncio.to_thread(_opened, sealed, request, application)
            if key is not None:
                return key
        return None

    async def opens(self, sealed: bytes, request: Request, application: Application) -> bool:
        """Whether `sealed` is this request's key and the password opens it."""
        key = await asyncio.to_thread(_opened, sealed, request, application)
        if key is None:
            return False
        key.wipe()
        return True

    async def end(self, request: Request, medium: DirectoryMedium | None, reason: str) -> None:
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

    async def settle(self, request: Request, medium: DirectoryMedium, error: KioskError) -> bool:
        """After `error`, leave the request in order; say whether it can be resumed.

        Before there is a certificate nothing is lost by starting anew. With one, a medium that is full, gone
        or write-protected may come back; one that lies may not.
        """
        if request.certificate_id is not None and error.id not in SPOILED:
            return True
        if error.id.startswith("registry."):
            return False
        try:
            await self.end(request, medium, error.code)
        except (KioskError, StateConflict) as second:
            log.event("settle.failed", request=request.id, error=getattr(second, "code", "conflict"))
        return False

    async def _clean(self, request: Request, medium: DirectoryMedium) -> None:
        """Clear what an ended request left; a medium in trouble is named by what comes next, not here."""
        try:
            if request.state == "void":
                await self._remove_set(request, medium)
            await asyncio.to_thread(medium.restore, request.code)
            await asyncio.to_thread(medium.unstage, request.code)
        except KioskError as error:
            log.event("clean.failed", request=request.id, error=error.code)

    async def _remove_set(self, request: Request, medium: DirectoryMedium) -> None:
        """Remove the set of a voided request, whole or spoiled, unless another certificate stands there.

        Raises `medium.*` when that fails: what is staged then stays, so that the next visit tries again.
        """
        place = await self._place(request, medium)
        if place is None:
            return
        held = await self._journal.certificate_of(request)
        files = await asyncio.to_thread(_read, medium, place)
        if files is not None and not _is_another(files.get(npki.SIGN_CERT, b""), held.der):
            await asyncio.to_thread(medium.remove_set, place)

    async def _place(self, request: Request, medium: DirectoryMedium) -> Path | None:
        """Say where the set of a request stands or would; None before there is a certificate.

        A kill between the set's last move and the journal's leaves it there with no directory on record.
        """
        if request.directory:
            return medium.path / request.directory
        if request.certificate_id is None:
            return None
        held = await self._journal.certificate_of(request)
        users = await asyncio.to_thread(medium.users, self._services.state.center)
        return users / names.directory_name(x509.load_der_x509_certificate(held.der).subject)

    def _too_old(self, request: Request) -> bool:
        if request.identified_at is None:
            return True
        age = self._services.clock.now() - unstamp(request.identified_at)
        return age > timedelta(hours=self._services.policy.request_hours)


def lock_name(person: bytes, profile: str) -> str:
    """Name the lock of a subscriber (by keyed hash) and a profile: one request of theirs at a time."""
    return f"{person.hex()[:32]}-{profile}"


def _left_keys(request: Request, medium: DirectoryMedium, place: Path | None) -> list[bytes]:
    """Give the encrypted keys that a request may have left: staged, or in the set itself."""
    found = []
    with _rubbish():
        found.append(medium.staged(request.code))
    files = _read(medium, place) if place is not None else None
    found.append((files or {}).get(npki.SIGN_KEY))
    return [sealed for sealed in found if sealed]


def _read(medium: DirectoryMedium, place: Path) -> dict[str, bytes] | None:
    """Read a set, or give None when there is none, or something that is none."""
    with _rubbish(), contextlib.suppress(ValueError):
        return medium.read_set(place)
    return None


@contextlib.contextmanager
def _rubbish() -> Iterator[None]:
    """Pass over what is no set and no key; a medium that fails, or is gone, is another matter."""
    try:
        yield
    except KioskError as error:
        if error.id not in {"medium.damaged", "medium.in_the_way"}:
            raise


def _is_another(found: bytes, ours: bytes) -> bool:
    """Whether `found` is a certificate other than `ours`. What cannot be read is what became of ours."""
    if found == ours:
        return False
    try:
        x509.load_der_x509_certificate(found)
    except ValueError:
        return False
    return True


def _opened(sealed: bytes, request: Request, application: Application) -> Secret | None:
    """Open `sealed`, and give the PKCS#8 when key and VID are those on record."""
    try:
        pkcs8 = container.decrypt_key(sealed, application.password)
        random = keys.read_random(pkcs8)
        same_key = public_key_hash(keys.load_key(pkcs8).public_key()) == request.public_key_hash
    except KioskError:
        return None
    if random is not None and same_key and vid.vid(application.id_number, random) == request.vid:
        return pkcs8
    return None
