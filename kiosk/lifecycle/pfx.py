"""A certificate from a medium into a PFX file, and from a PFX file onto a medium; R comes along both ways.

What the walk-up screens, `kiosk export` and `kiosk import` call. A PFX is one person's own business: certificates
of any authority may come, and nothing changes here but the audit log.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from kiosk import log
from kiosk.authority.certificates import serial_hex
from kiosk.errors import Exit, KioskError
from kiosk.lifecycle.journal import Journal
from kiosk.lifecycle.on_medium import SetOnMedium, at_media, note
from kiosk.lifecycle.repair import repair
from kiosk.lifecycle.unlock import unlock
from kiosk.media import change
from kiosk.media.directory import DirectoryMedium
from kiosk.media.pick import NAMED, pick, serial_of
from kiosk.media.place import Place
from kiosk.media.root_files import FileMedium
from kiosk.media.scan import scan
from kiosk.media.sets import SET_NAMES
from kiosk.media.token_uri import TokenUri
from kiosk.media.whole import member
from kiosk.pki import keys, names, pairs, pfx_set, pkcs12
from kiosk.pki.password import check_password, failures
from kiosk.secret import Secret
from kiosk.services import Services

AUDITED = frozenset({Exit.REFUSED, Exit.MEDIUM})
SPACE_NEEDED = 512 * 1024
"""Bytes that a set with its directories takes on a medium with large blocks, generously."""


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
        held = await SetOnMedium.read(services, source, found)
        with await unlock(services, held.certificate, held.sealed, password) as pkcs8:
            packed = await asyncio.to_thread(pfx_set.pack, _files(held), pkcs8, password, modern=modern)
            random = has_random(pkcs8)
        path = await asyncio.to_thread(place.add_file, target.name, packed.pfx)
        await note(services, "certificate.exported", held.certificate)
        certificate = x509.load_der_x509_certificate(held.certificate)
        return Done(path, serial_of(found), certificate, random, packed.encryption, packed.left_out)


def _files(held: SetOnMedium) -> dict[str, bytes]:
    """Give the files of a set, known ones under the names that we write, the others as they are called."""
    known = {member(held.whole, name): name for name in SET_NAMES}
    return {known.get(path, path): data for path, data in held.whole.items() if data is not None}


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
            whole = chosen(pairs.find(contents), serial)
            sealing = _sealing(password, new_password)
            files = await asyncio.to_thread(pfx_set.unpack, whole, sealing)
            random = has_random(whole.signing.pkcs8)
        async with at_media(services, target):
            await repair(services, target)
            landing = await asyncio.to_thread(_Landing.open, target, whole.signing)
            try:
                await asyncio.to_thread(landing.put, files)
                if mount_anew is not None:
                    await mount_anew()
                await asyncio.to_thread(landing.prove, files, sealing)
                await note(services, "certificate.imported", whole.signing.der)
            except BaseException:
                await asyncio.shield(asyncio.to_thread(landing.clear, proved=False))
                raise
            await asyncio.to_thread(landing.clear, proved=True)
        certificate, encryption = whole.signing.certificate, whole.encryption is not None
        return Done(landing.path, serial_of_whole(whole), certificate, random, encryption)


def chosen(found: tuple[pairs.Whole, ...], serial: str | None) -> pairs.Whole:
    """Give the certificate that is meant: the one with `serial`, or the only one.

    Raises `pfx.not_there`, `pfx.several` (fact `serials`).
    """
    if serial is not None:
        found = tuple(whole for whole in found if serial_of_whole(whole) == serial)
        if not found:
            raise KioskError("pfx.not_there", serial=serial)
    if len(found) > 1:
        raise KioskError("pfx.several", serials=", ".join(map(serial_of_whole, found[:NAMED])))
    return found[0]


def serial_of_whole(whole: pairs.Whole) -> str:
    """Give the serial of a signing certificate, as the registry keeps it."""
    return serial_hex(whole.signing.certificate.serial_number)


def _sealing(password: Secret, new_password: Secret | None) -> Secret:
    """Give the password for the key file: setting one is what the rule is for, whatever it was in the PFX."""
    if new_password is not None:
        check_password(new_password)
        return new_password
    if failures(password):
        raise KioskError("pfx.rule")
    return password


def has_random(pkcs8: Secret) -> bool:
    """Say whether R is in a key."""
    random = keys.read_random(pkcs8)
    if random is not None:
        random.wipe()
    return random is not None


@dataclass(frozen=True)
class _Landing:
    """Where on a medium a set goes."""

    medium: DirectoryMedium
    place: Place

    @classmethod
    def open(cls, target: Path, pair: pairs.Pair) -> "_Landing":
        """Open the medium, and see that there is a place.

        Raises `pfx.holds` when the certificate is there, `medium.taken` when another one has its place.
        """
        medium = DirectoryMedium.open(target)
        if any(found.certificate_der == pair.der for found in scan(target).found):
            raise KioskError("pfx.holds")
        certificate = pair.certificate
        directory = names.directory_name(certificate.subject)
        wanted = ("NPKI", names.authority_directory(certificate.issuer), "USER", directory)
        place = change.place_on(medium, Place(wanted, in_npki_root=False))
        if change.stands_at(medium, place) is not None:
            raise KioskError("medium.taken", name=directory)
        medium.check_space(SPACE_NEEDED)
        return cls(medium, place)

    @property
    def path(self) -> Path:
        """The set's directory."""
        return self.medium.path.joinpath(*self.place.names)

    def put(self, files: Mapping[str, bytes]) -> None:
        """Put the whole set at its place in one step."""
        change.put(self.medium, self.place, {**files}, older=None)

    def prove(self, files: Mapping[str, bytes], password: Secret) -> None:
        """Read the set from the medium, open it and sign."""
        if change.read_place(self.medium, self.place) != files:
            raise KioskError("medium.lies")
        pfx_set.prove(files, password)

    def clear(self, *, proved: bool) -> None:
        """Delete what was needed on the way; a medium that does not let us is repaired the next time."""
        try:
            if proved:
                change.finish(self.medium)
            else:
                change.undo(self.medium, self.place)
        except KioskError as error:
            log.event("clean.failed", error=error.code)


@contextlib.asynccontextmanager
async def _noting(services: Services) -> AsyncIterator[None]:
    """Note a refusal in the audit log, by its code."""
    try:
        yield
    except KioskError as error:
        if error.kind.exit in AUDITED:
            await Journal(services).refused(error)
        raise
