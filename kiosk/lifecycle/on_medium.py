"""A certificate's set on a stick, read whole: what copying, deleting and changing its password begin with."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from kiosk.errors import KioskError
from kiosk.lifecycle.repair import repair
from kiosk.lifecycle.request import working_on
from kiosk.lifecycle.unlock import own_row
from kiosk.media import change
from kiosk.media.directory import DirectoryMedium
from kiosk.media.place import Place
from kiosk.media.scan import Found
from kiosk.media.whole import Whole, contents
from kiosk.services import Services


@dataclass(frozen=True)
class SetOnMedium:
    """One whole set: certificate, key file and all that lies beside them."""

    medium: DirectoryMedium
    place: Place
    whole: Whole
    certificate: bytes
    sealed: bytes
    """signPri.key"""

    @property
    def path(self) -> Path:
        """The set's directory."""
        return self.medium.path.joinpath(*self.place.names)

    @classmethod
    async def read(cls, services: Services, target: Path, found: Found) -> Self:
        """Read the set that a scan of the medium at `target` found, after repairing that medium.

        Raises `medium.*`: `medium.layout` for what does not lie in NPKI, `medium.not_whole` without
        certificate or key, `medium.busy` when something else stands there now.
        """
        try:
            await repair(services, target)
        except KioskError as error:
            if error.id not in {
                "medium.readonly",
                "medium.permission",
            }:  # what is there can be read all the same
                raise
        return await asyncio.to_thread(cls._read, target, found)

    @classmethod
    def _read(cls, target: Path, found: Found) -> Self:
        medium = DirectoryMedium.open(target)
        place = place_of(medium, found)
        whole = change.read_place(medium, place)
        certificate, sealed = contents(whole, "signCert.der"), contents(whole, "signPri.key")
        if found.problem or not certificate or not sealed:
            raise KioskError("medium.not_whole")
        if certificate != found.certificate_der:
            raise KioskError("medium.busy")
        return cls(medium, place, whole, certificate, sealed)


@contextlib.asynccontextmanager
async def at_media(services: Services, *targets: Path) -> AsyncIterator[None]:
    """Keep other processes off the media at `targets`, by what they are and not by their paths.

    Raises `medium.same` when two are one, `request.busy` when somebody else works on one, and `medium.*`.
    """
    media = [await asyncio.to_thread(DirectoryMedium.open, target) for target in targets]
    identities = [medium.identity for medium in media]
    if len(set(identities)) < len(identities):
        raise KioskError("medium.same")
    with contextlib.ExitStack() as held:
        for identity in sorted(identities):
            held.enter_context(working_on(services.state.locks, f"medium-{identity.replace(':', '-')}"))
        yield


def place_of(medium: DirectoryMedium, found: Found) -> Place:
    """Give the place of what a scan found. Raises `medium.layout` when it is none of NPKI's."""
    try:
        return Place.inside(medium.path, Path(found.path), in_npki_root=medium.is_npki_root)
    except ValueError:
        raise KioskError("medium.layout") from None


async def note(services: Services, action: str, certificate_der: bytes | None) -> bool:
    """Write an audit line about a certificate; say whether it is one of ours. Raises `registry.*`."""

    def work() -> bool:
        with services.step() as registry:
            row = own_row(registry, certificate_der) if certificate_der is not None else None
            services.audit.append(action, certificate=row)
            return row is not None

    return await services.in_registry(work)
