"""A certificate from a medium into a PFX file, and from a PFX file onto a medium; R comes along both ways.

What the walk-up screens, `kiosk export` and `kiosk import` call. A PFX is one person's own business: certificates
of any authority may come, and nothing changes here but the audit log.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from kiosk.authority.certificates import serial_hex
from kiosk.errors import Exit, KioskError
from kiosk.lifecycle.journal import Journal
from kiosk.lifecycle.unlock import own_row, unlock
from kiosk.media.directory import DirectoryMedium
from kiosk.media.pick import NAMED, pick, serial_of
from kiosk.media.root_files import FileMedium
from kiosk.media.scan import scan
from kiosk.media.token_uri import TokenUri
from kiosk.pki import keys, names, npki, pairs, pfx_set, pkcs12
from kiosk.pki.password import check_password, failures
from kiosk.secret import Secret
from kiosk.services import Services

AUDITED = frozenset({Exit.REFUSED, Exit.MEDIUM})
SPACE_NEEDED = 128 * 1024
"""Bytes that a set takes on a medium, generously."""
_CODE = "pfx"
_CODE_DIGITS = 16


@dataclass(frozen=True)
class Done:
    """What was exported or imported."""

    path: Path
    """The PFX file; the set's directory."""
    serial: str
    certificate: x509.Certificate
    random: bool
    """Whether R came along. Without it nobody can be identified by the certificate, and it cannot be renewed."""
    encryption: bool
    """Whether a pair for encryption came along."""
    left_out: tuple[str, ...] = ()
    """Files of the set that could not come along."""


async def export(
    services: Services, source: Path | TokenUri, password: Secret, target: Path, *,
    serial: str | None = None, modern: bool = False,
) -> Done:  # fmt: skip
    """Write the certificate with `serial`, or the only one, on the medium at `source` to the new file `target`.

    The PFX has the certificate's own password. Nothing is overwritten: `pfx.exists`. Raises also `pfx.token`
    for a token, `usage.file` when there is no directory for `target`, `medium.*` for either place, and what
    `pick` and `unlock` do.
    """
    async with _noting(services):
        if isinstance(source, TokenUri):
            raise KioskError("pfx.token")
        place = await asyncio.to_thread(_place_for, target)
        found = pick(await asyncio.to_thread(scan, source), serial)
        files = await asyncio.to_thread(_read, source, Path(found.path))
        if npki.SIGN_KEY not in files or files.get(npki.SIGN_CERT) != found.certificate_der:
            raise KioskError("medium.damaged", name=npki.SIGN_KEY)
        der = files[npki.SIGN_CERT]
        with await unlock(services, der, files[npki.SIGN_KEY], password) as pkcs8:
            packed = await asyncio.to_thread(pfx_set.pack, files, pkcs8, password, modern=modern)
            random = _has_random(pkcs8)
        path = await asyncio.to_thread(place.add_file, target.name, packed.pfx)
        await _audit(services, "certificate.exported", der, random=random)
        certificate = x509.load_der_x509_certificate(der)
        return Done(path, serial_of(found), certificate, random, packed.encryption, packed.left_out)


def _place_for(target: Path) -> FileMedium:
    """Open the directory that `target` is to be in, and make sure that nothing stands there."""
    try:
        place = FileMedium.open(target.absolute().parent)
        if place.taken(target.name):
            raise KioskError("pfx.exists", path=str(target))
    except KioskError as error:
        if error.id in {"medium.missing", "medium.not_directory"}:
            raise KioskError("usage.file", path=str(target)) from None
        raise
    return place


def _read(source: Path, place: Path) -> dict[str, bytes]:
    return DirectoryMedium.open(source).read_set(place)


async def import_(
    services: Services, pfx: bytes, password: Secret, target: Path | TokenUri, *,
    serial: str | None = None, new_password: Secret | None = None,
    mount_anew: Callable[[], Awaitable[None]] | None = None,
) -> Done:  # fmt: skip
    """Put the certificate with `serial`, or the only one, of a PFX onto the medium at `target`, and prove it there.

    Its key is sealed with `new_password`, else with the PFX's own when that satisfies the rule for passwords.
    `mount_anew` unmounts the medium and mounts it at the same place, so that the proof surely comes from it.
    Raises `pfx.*`, `password.*` for a new password, `medium.*`.
    """
    async with _noting(services):
        if isinstance(target, TokenUri):
            raise KioskError("pfx.on_token")
        with await asyncio.to_thread(pkcs12.read, pfx, password) as contents:
            whole = _chosen(pairs.find(contents), serial)
            sealing = _sealing(password, new_password)
            files = await asyncio.to_thread(pfx_set.unpack, whole, sealing)
            random = _has_random(whole.signing.pkcs8)
        landing = await asyncio.to_thread(_Landing.open, target, whole.signing)
        await asyncio.to_thread(landing.put, files)
        if mount_anew is not None:
            await mount_anew()
        await asyncio.to_thread(landing.prove, files, sealing)
        await _audit(services, "certificate.imported", whole.signing.der, random=random)
        return Done(
            landing.place, _serial(whole), whole.signing.certificate, random, whole.encryption is not None
        )


def _chosen(found: tuple[pairs.Whole, ...], serial: str | None) -> pairs.Whole:
    """Give the certificate that is meant: the one with `serial`, or the only one."""
    if serial is not None:
        found = tuple(whole for whole in found if _serial(whole) == serial)
        if not found:
            raise KioskError("pfx.not_there", serial=serial)
    if len(found) > 1:
        raise KioskError("pfx.several", serials=", ".join(map(_serial, found[:NAMED])))
    return found[0]


def _serial(whole: pairs.Whole) -> str:
    return serial_hex(whole.signing.certificate.serial_number)


def _sealing(password: Secret, new_password: Secret | None) -> Secret:
    """Give the password for the key file: setting one is what the rule is for, whatever it was in the PFX."""
    if new_password is not None:
        check_password(new_password)
        return new_password
    if failures(password):
        raise KioskError("pfx.rule")
    return password


def _has_random(pkcs8: Secret) -> bool:
    random = keys.read_random(pkcs8)
    if random is not None:
        random.wipe()
    return random is not None


@dataclass(frozen=True)
class _Landing:
    """Where on a medium a set goes. Its staging is told from that of requests by the length of its code."""

    medium: DirectoryMedium
    organization: str
    directory: str
    code: str

    @classmethod
    def open(cls, target: Path, pair: pairs.Pair) -> "_Landing":
        """Open the medium, clear what a pulled stick kept of an earlier import, and see that the place is free.

        Raises `pfx.holds` when the certificate is there, `pfx.occupied` when another one has its place.
        """
        medium = DirectoryMedium.open(target)
        for code in medium.staged_codes():
            if code.startswith(_CODE) and len(code) == len(_CODE) + _CODE_DIGITS:
                medium.unstage(code)
        if any(found.certificate_der == pair.der for found in scan(target).found):
            raise KioskError("pfx.holds")
        organization = names.authority_directory(pair.certificate.issuer)
        directory = names.directory_name(pair.certificate.subject)
        if (medium.users(organization) / directory).exists():
            raise KioskError("pfx.occupied")
        medium.check_space(SPACE_NEEDED)
        code = _CODE + hashlib.sha256(pair.der).hexdigest()[:_CODE_DIGITS]
        return cls(medium, organization, directory, code)

    @property
    def place(self) -> Path:
        """The set's directory."""
        return self.medium.users(self.organization) / self.directory

    def put(self, files: Mapping[str, bytes]) -> None:
        """Put the whole set at its place in one step."""
        self.medium.install(self.code, self.organization, self.directory, files)

    def prove(self, files: Mapping[str, bytes], password: Secret) -> None:
        """Read the set from the medium, open it and sign; what is not right is taken away again."""
        medium = DirectoryMedium.again(self.medium.path, self.medium.identity)
        try:
            if medium.read_set(self.place) != files:
                raise KioskError("medium.lies")
            pfx_set.prove(files, password)
        except KioskError:
            with contextlib.suppress(KioskError):
                medium.remove_set(self.place)
            raise
        finally:
            with contextlib.suppress(KioskError):
                medium.unstage(self.code)


@contextlib.asynccontextmanager
async def _noting(services: Services) -> AsyncIterator[None]:
    """Note a refusal in the audit log, by its code."""
    try:
        yield
    except KioskError as error:
        if error.kind.exit in AUDITED:
            await Journal(services).refused(error)
        raise


async def _audit(services: Services, action: str, der: bytes, *, random: bool) -> None:
    def work() -> None:
        with services.step() as registry:
            services.audit.append(
                action, certificate=own_row(registry, der), random="yes" if random else "no"
            )

    await services.in_registry(work)
