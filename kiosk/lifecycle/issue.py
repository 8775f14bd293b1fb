"""Issue a certificate onto a medium: one request, from its first line in the journal to the proof.

`Issuing.issue` is what the walk-up screens and `kiosk issue` both call. Each move of the request is one
registry transaction with its audit line; between two moves the process may be killed, the stick pulled or the
disk full, and the next call for the same person and profile finds what is left and completes or voids it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from data.records import Request, WholeCertificate
from data.registry import StateConflict
from kiosk import log
from kiosk.errors import Exit, KioskError
from kiosk.identity.check import identify, require_method
from kiosk.lifecycle.application import Application
from kiosk.lifecycle.journal import Journal
from kiosk.lifecycle.keys import make_rsa_key, public_key_hash, signing_request
from kiosk.lifecycle.outcome import Outcome
from kiosk.lifecycle.recovery import SPOILED, Recovery, lock_name
from kiosk.lifecycle.request import RESUMABLE, working_on
from kiosk.media.directory import DirectoryMedium
from kiosk.media.files import medium_errors
from kiosk.pki import container, keys, names, npki, path, vid
from kiosk.pki.password import check_password
from kiosk.secret import Secret
from kiosk.services import Services

# Two files of a few kilobytes, twice, and the directories around them.
SPACE_NEEDED = 128 * 1024
AUDITED = frozenset({Exit.REFUSED, Exit.MEDIUM, Exit.AUTHORITY, Exit.IDENTITY})


@dataclass
class _Work:
    """What one call holds while it carries a request through."""

    application: Application
    medium: DirectoryMedium
    request: Request
    key: Secret | None = None
    """The PKCS#8 of the subscriber's key, from `key_made` on."""
    csr: bytes | None = None
    """What shows the authority that we hold the key, when this call made it."""
    sealed: bytes | None = None
    """The key file that this call staged, as it was read back from the medium."""
    held: WholeCertificate | None = None
    """The registry's row of the certificate, once it was read; its status may be older than the journal's."""
    resumed: bool = False
    rewritten: bool = False
    """Whether what a pulled stick lost was written a second time."""


class Issuing:
    """The issue service over one state."""

    def __init__(
        self,
        services: Services,
        *,
        progress: Callable[[str], None] = lambda state: None,  # noqa: ARG005
        make_key: Callable[[], rsa.RSAPrivateKey] = make_rsa_key,
    ) -> None:
        """`progress` hears each state that the request reaches; `make_key` makes the subscriber's RSA key."""
        self._services = services
        self._journal = Journal(services)
        self._recovery = Recovery(services, self._journal)
        self._progress = progress
        self._make_key = make_key

    async def issue(self, application: Application, medium_path: Path) -> Outcome:
        """Issue what `application` asks for onto the medium at `medium_path`, or resume it.

        Raises errors of the table; those with `request` set leave a request that the same call resumes.
        """
        try:
            return await self._issue(application, medium_path)
        except StateConflict:
            raise KioskError("request.busy") from None
        except KioskError as error:
            if error.kind.exit in AUDITED:
                await self._journal.refused(error)
            raise

    async def _issue(self, application: Application, medium_path: Path) -> Outcome:
        services = self._services
        check_password(application.password, id_number=application.id_number, phone=application.phone)
        if application.profile.fee_won:
            raise KioskError("request.fee", won=application.profile.fee_won)
        services.authority.require_name(application.profile, application.name)
        require_method(services, application)
        await services.in_registry(services.require_clock)
        person = services.keyed_hash("subscriber", application.id_number)
        # The lock first: while another process works on this request, its medium is not to be touched.
        with working_on(services.state.locks, lock_name(person, application.profile.id)):
            medium = await asyncio.to_thread(self._ready, medium_path)
            await self._recovery.tidy(medium)
            await self._recovery.void_stale()
            work = await self._begin(application, medium, person)
            try:
                return await self._carry_through(work)
            finally:
                if work.key is not None:
                    work.key.wipe()

    def _ready(self, path: Path) -> DirectoryMedium:
        """Open the medium and make sure that a set can be written to it."""
        medium = DirectoryMedium.open(path)
        medium.check_space(SPACE_NEEDED)
        medium.users(self._services.state.center)  # nothing else stands in the way there
        return medium

    async def _begin(self, application: Application, medium: DirectoryMedium, person: bytes) -> _Work:
        """Find the unfinished request of this person and profile and its key, or open a new one."""
        services = self._services
        details = services.keyed_hash("details", application.details())
        left, good = await self._journal.of_person(person, application.profile.id)
        if left is not None:
            key = await self._recovery.recover_key(left, medium, application, details)
            if key is not None and left.state in RESUMABLE:
                return _Work(application, medium, left, key, resumed=True)
            await self._recovery.end(left, medium, "not_resumable")
        await self._refuse_second(medium, good)
        request = await self._journal.open(
            person, application.profile.id, details, services.policy.consent_version
        )
        return _Work(application, medium, request)

    async def _refuse_second(self, medium: DirectoryMedium, good: list[WholeCertificate]) -> None:
        """Refuse when the medium already holds one of the good certificates of this person and profile."""
        for held in good:
            if await asyncio.to_thread(self._stands_on, medium, held):
                raise KioskError("request.holds", serial=held.serial, until=held.not_after[:10])

    def _stands_on(self, medium: DirectoryMedium, held: WholeCertificate) -> bool:
        name = names.directory_name(x509.load_der_x509_certificate(held.der).subject)
        with medium_errors():
            return (medium.users(self._services.state.center) / name).is_dir()

    async def _carry_through(self, work: _Work) -> Outcome:
        """Take the request from the state it is in to the end, one move after another."""
        moves = {
            "opened": self._identify,
            "identified": self._make_keys,
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
        evidence = work.application.evidence or await identify(self._services, work.application)
        work.request = await self._journal.move(
            work.request, "identified",
            identity_method=evidence.method, identity_level=evidence.level,
            identified_at=self._services.now(),
        )  # fmt: skip

    async def _make_keys(self, work: _Work) -> None:
        random = vid.make_random()
        key = await asyncio.to_thread(self._new_key, work, random)
        work.request = await self._journal.move(
            work.request, "key_made",
            public_key_hash=public_key_hash(key),
            vid=vid.vid(work.application.id_number, random),
        )  # fmt: skip
        random.wipe()

    def _new_key(self, work: _Work, random: Secret) -> rsa.RSAPublicKey:
        key = self._make_key()
        work.key = keys.private_key_info(key, random)
        work.csr = signing_request(key)
        return key.public_key()

    async def _stage(self, work: _Work) -> None:
        work.sealed = await asyncio.to_thread(self._seal_and_stage, work)
        work.request = await self._journal.move(work.request, "staged", medium=work.medium.identity)

    def _seal_and_stage(self, work: _Work) -> bytes:
        sealed = container.encrypt_key(_held(work.key), work.application.password)
        work.medium.stage(work.request.code, sealed)
        return sealed

    async def _submit(self, work: _Work) -> None:
        work.request = await self._journal.move(work.request, "submitted")

    async def _sign(self, work: _Work) -> None:
        if work.csr is None:
            work.csr = await asyncio.to_thread(lambda: signing_request(keys.load_key(_held(work.key))))
        work.request, work.held = await self._journal.sign(work.request, work.application.name, work.csr)

    async def _write(self, work: _Work) -> None:
        held = await self._certificate(work)
        certificate = x509.load_der_x509_certificate(held.der)
        sealed = work.sealed or await self._sealed_key(work)
        place = await asyncio.to_thread(
            work.medium.install, work.request.code, self._services.state.center,
            names.directory_name(certificate.subject), {npki.SIGN_CERT: held.der, npki.SIGN_KEY: sealed},
        )  # fmt: skip
        work.request = await self._journal.move(
            work.request, "written", directory=place.relative_to(work.medium.path).as_posix()
        )

    async def _certificate(self, work: _Work) -> WholeCertificate:
        if work.held is None:
            work.held = await self._journal.certificate_of(work.request)
        return work.held

    async def _sealed_key(self, work: _Work) -> bytes:
        """Give the key as an earlier call staged it, or sealed anew if the stick lost that."""
        staged = await asyncio.to_thread(work.medium.staged, work.request.code)
        if staged is not None and await self._recovery.opens(staged, work.request, work.application):
            return staged
        return await asyncio.to_thread(container.encrypt_key, _held(work.key), work.application.password)

    async def _prove(self, work: _Work) -> None:
        """Open, sign and verify from the medium; only then does the certificate count as good."""
        held = await self._certificate(work)
        try:
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
        files = work.medium.read_set(work.medium.path / (work.request.directory or ""))
        if files.get(npki.SIGN_CERT) != held.der:
            raise KioskError("medium.proof", step="certificate")
        npki.check_set(
            held.der, files.get(npki.SIGN_KEY, b""), work.application.password, work.application.id_number
        )
        self._check_chain(held)

    def _check_chain(self, held: WholeCertificate) -> None:
        authority = self._services.authority
        path.check_path(
            x509.load_der_x509_certificate(held.der), issuing=authority.issuing, root=authority.root,
            at=self._services.clock.now(),
        )  # fmt: skip

    async def _finish(self, work: _Work) -> None:
        """Delete what was staged. The certificate is good: trouble here is tidied at the next visit."""
        try:
            await asyncio.to_thread(work.medium.unstage, work.request.code)
        except KioskError as error:
            log.event("unstage.failed", request=work.request.id, error=error.code)
            return
        work.request = await self._journal.move(work.request, "done")
        self._progress("done")

    async def _outcome(self, work: _Work) -> Outcome:
        held = await self._certificate(work)
        return Outcome(
            request=work.request, certificate=x509.load_der_x509_certificate(held.der), serial=held.serial,
            place=work.medium.path / (work.request.directory or ""), resumed=work.resumed,
            anchor=await self._services.anchor(),
        )  # fmt: skip


def _held(key: Secret | None) -> Secret:
    if key is None:
        raise RuntimeError("the request has no key")
    return key
