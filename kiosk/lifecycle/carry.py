"""Carry a request through, from its first line in the journal to the proof, whatever comes in between.

Issuing, renewing and reissuing do it alike; what differs is in their `Act`. Each move of the request is one
registry transaction with its audit line; between two moves the process may be killed, the stick pulled or the
disk full, and the next call for the same person and profile finds what is left and completes or voids it.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from data.records import Request, WholeCertificate
from data.registry import StateConflict
from kiosk import log
from kiosk.errors import Exit, KioskError
from kiosk.identity.check import identify
from kiosk.lifecycle.act import Act
from kiosk.lifecycle.application import Application
from kiosk.lifecycle.journal import Journal
from kiosk.lifecycle.keys import make_rsa_key, public_key_hash
from kiosk.lifecycle.medium import Medium
from kiosk.lifecycle.on_token import TokenMedium
from kiosk.lifecycle.outcome import Outcome
from kiosk.lifecycle.recovery import SPOILED, Recovery, lock_name
from kiosk.lifecycle.request import RESUMABLE, working_on
from kiosk.lifecycle.stick import StickMedium
from kiosk.media.token_uri import TokenUri
from kiosk.pki import path
from kiosk.services import Services

AUDITED = frozenset({Exit.REFUSED, Exit.MEDIUM, Exit.AUTHORITY, Exit.IDENTITY})


@dataclass
class _Work:
    """What one call holds while it carries a request through."""

    act: Act
    medium: Medium
    request: Request
    held: WholeCertificate | None = None
    """The registry's row of the certificate, once it was read; its status may be older than the journal's."""
    resumed: bool = False
    rewritten: bool = False
    """Whether what a pulled stick lost was written a second time."""


class Carrying:
    """What the services of issuing, renewing and reissuing over one state have in common."""

    def __init__(
        self,
        services: Services,
        *,
        progress: Callable[[str], None] = lambda state: None,  # noqa: ARG005
        make_key: Callable[[], rsa.RSAPrivateKey] = make_rsa_key,
        mount_anew: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`progress` hears each state that the request reaches; `make_key` makes the subscriber's RSA key.

        `mount_anew` unmounts the medium and mounts it at the same place: what is proved then surely comes from
        the medium.
        """
        self._services = services
        self._journal = Journal(services)
        self._recovery = Recovery(services, self._journal)
        self._progress = progress
        self._make_key = make_key
        self._mount_anew = mount_anew

    async def _on_record(self, work: Awaitable[Outcome]) -> Outcome:
        """Await `work`, and write down that it was refused when it was."""
        try:
            return await work
        except StateConflict:
            raise KioskError("request.busy") from None
        except KioskError as error:
            if error.kind.exit in AUDITED:
                await self._journal.refused(error)
            raise

    async def _carry(self, act: Act, target: Path | TokenUri) -> Outcome:
        """Do `act` onto the stick at the path, or the token, `target`, or resume what was left of it.

        Raises errors of the table; those with `request` set leave a request that the same call resumes.
        """
        services, application = self._services, act.application
        services.authority.require_name(application.profile, application.name)
        await services.in_registry(services.require_clock)
        person = services.keyed_hash("subscriber", application.id_number)
        # The lock first: while another process works on this request, its medium is not to be touched.
        with working_on(services.state.locks, lock_name(person, application.profile.id)):
            medium = await asyncio.to_thread(self._open, application, target)
            with contextlib.closing(medium):
                await self._recovery.tidy(medium)
                await self._recovery.void_stale()
                return await self._carry_through(await self._begin(act, medium, person))

    def _open(self, application: Application, target: Path | TokenUri) -> Medium:
        """Open the medium and make sure that a certificate can be written to it."""
        if isinstance(target, TokenUri):
            return TokenMedium.open(self._services.tokens, target, application)
        return StickMedium.open(target, application, self._services.state.center, self._make_key)

    async def _begin(self, act: Act, medium: Medium, person: bytes) -> _Work:
        """Find the unfinished request of this person and profile and its key, or open a new one."""
        services, application = self._services, act.application
        details = services.keyed_hash("details", application.details())
        left, good = await self._journal.of_person(person, application.profile.id)
        if left is not None:
            same = (left.act, left.replaces) == (act.name, act.replaces)
            if same and left.state in RESUMABLE and await self._recovery.recover(left, medium, details):
                return _Work(act, medium, left, resumed=True)
            await self._recovery.end(left, medium, "not_resumable")
        await act.require(medium, good)
        request = await self._journal.open(
            person, application.profile.id, details, act=act.name, replaces=act.replaces
        )
        return _Work(act, medium, request)

    async def _carry_through(self, work: _Work) -> Outcome:
        """Take the request from the state it is in to the end, one move after another."""
        moves = {
            "opened": self._identify,
            "identified": self._make_key_pair,
            "key_made": self._stage,
            "staged": self._submit,
            "submitted": self._sign,
            "issued": self._write,
            "written": self._prove,
        }
        try:
            while work.request.state in moves:
                self._progress(work.request.state)
                await moves[work.request.state](work)
        except KioskError as error:
            if await self._recovery.settle(work.request, work.medium, error):
                error.request = work.request.code
            raise
        self._progress(work.request.state)
        await self._finish(work)
        return await self._outcome(work)

    async def _identify(self, work: _Work) -> None:
        application = work.act.application
        evidence = application.evidence or await identify(self._services, application)
        work.request = await self._journal.identified(work.request, evidence, lost=work.act.lost)

    async def _make_key_pair(self, work: _Work) -> None:
        made = await asyncio.to_thread(work.medium.make_key, work.request.code)
        work.request = await self._journal.move(
            work.request, "key_made", public_key_hash=public_key_hash(made.public), vid=made.vid
        )

    async def _stage(self, work: _Work) -> None:
        await asyncio.to_thread(work.medium.stage, work.request.code)
        work.request = await self._journal.move(work.request, "staged", medium=work.medium.identity)

    async def _submit(self, work: _Work) -> None:
        work.request = await self._journal.move(work.request, "submitted")

    async def _sign(self, work: _Work) -> None:
        csr = await asyncio.to_thread(work.medium.signing_request)
        proof = await work.act.old_key.sign(csr) if work.act.old_key else None
        old, application = work.act.old, work.act.application
        since = (old.held.password_at or old.held.created_at) if old and application.keeps_password else None
        work.request, work.held = await self._journal.sign(
            work.request, application.name, csr, proof, password_at=since
        )

    async def _write(self, work: _Work) -> None:
        held = await self._certificate(work)
        directory = await asyncio.to_thread(work.medium.write, work.request, held.der)
        work.request = await self._journal.move(work.request, "written", directory=directory)

    async def _certificate(self, work: _Work) -> WholeCertificate:
        if work.held is None:
            work.held = await self._journal.certificate_of(work.request)
        return work.held

    async def _prove(self, work: _Work) -> None:
        """Open, sign and verify from the medium; only then does the certificate count as good."""
        held = await self._certificate(work)
        try:
            if self._mount_anew is not None:
                await self._mount_anew()
            await asyncio.to_thread(self._open_and_verify, work, held)
        except KioskError as error:
            if not work.resumed or work.rewritten or error.id not in SPOILED | {"medium.damaged"}:
                raise
            # A pulled stick can lose what was written: write it once more, from the key that is still held.
            work.rewritten = True
            work.request = await self._journal.move(work.request, "issued")
            return
        work.request = await self._journal.prove(work.request)

    def _open_and_verify(self, work: _Work, held: WholeCertificate) -> None:
        work.medium.prove(work.request, held.der)
        self._check_chain(held)

    def _check_chain(self, held: WholeCertificate) -> None:
        authority = self._services.authority
        path.check_path(
            x509.load_der_x509_certificate(held.der), issuing=authority.issuing, root=authority.root,
            at=self._services.clock.now(),
        )  # fmt: skip

    async def _finish(self, work: _Work) -> None:
        """Delete what was staged, and what was replaced. The new certificate is good.

        Trouble here is tidied at the next visit. What was staged goes last: it says that there is something to
        tidy.
        """
        try:
            if (old := work.act.old) is not None:
                await asyncio.to_thread(work.medium.drop, old.held.der, old.code)
            await asyncio.to_thread(work.medium.finish, work.request.code)
        except KioskError as error:
            log.event("unstage.failed", request=work.request.id, error=error.code)
            return
        work.request = await self._journal.move(work.request, "done")
        self._progress("done")

    async def _outcome(self, work: _Work) -> Outcome:
        held = await self._certificate(work)
        return Outcome(
            request=work.request, certificate=x509.load_der_x509_certificate(held.der), serial=held.serial,
            place=work.medium.place(work.request), resumed=work.resumed,
            anchor=await self._services.anchor(), old=work.act.old,
        )  # fmt: skip
