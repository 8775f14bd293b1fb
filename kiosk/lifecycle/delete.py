"""Delete a certificate's files. That is not a revocation: whoever has a copy and the password goes on signing."""

import asyncio
from pathlib import Path

from kiosk.errors import KioskError
from kiosk.lifecycle.on_medium import at_media, note, place_of
from kiosk.lifecycle.repair import repair
from kiosk.media import change
from kiosk.media.directory import DirectoryMedium
from kiosk.media.scan import Found
from kiosk.media.whole import contents
from kiosk.services import Services


async def delete(services: Services, target: Path, found: Found) -> None:
    """Overwrite and delete the whole directory of what a scan found on the medium at `target`.

    A set that is damaged or that nobody can open is deleted all the same. Raises `medium.*` (`medium.layout`
    for what does not lie in NPKI, `medium.busy` when something else stands there now) and `registry.*`.
    """
    async with at_media(services, target):
        await repair(services, target)
        await asyncio.to_thread(_delete, target, found)
        await note(services, "certificate.deleted", found.certificate_der)


def _delete(target: Path, found: Found) -> None:
    medium = DirectoryMedium.open(target)
    place = place_of(medium, found)
    standing = contents(change.read_place(medium, place), "signCert.der")
    if standing != found.certificate_der:
        raise KioskError("medium.busy")
    medium.remove_set(medium.path.joinpath(*place.names), wipe=True)
