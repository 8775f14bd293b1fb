"""Delete a certificate where it is. That is not a revocation: whoever has a copy and the password goes on signing."""

import asyncio
from pathlib import Path

from kiosk.errors import KioskError
from kiosk.lifecycle.journal import Journal
from kiosk.lifecycle.on_medium import at_media, note, place_of
from kiosk.lifecycle.on_token import open_token
from kiosk.lifecycle.repair import repair
from kiosk.lifecycle.unlock import own_row
from kiosk.media import change
from kiosk.media.directory import DirectoryMedium
from kiosk.media.pick import serial_of
from kiosk.media.scan import Found
from kiosk.media.token_records import object_id
from kiosk.media.token_uri import TokenUri
from kiosk.media.whole import contents
from kiosk.secret import Secret
from kiosk.services import Services


async def delete(services: Services, target: Path, found: Found) -> bool:
    """Overwrite and delete the whole directory of what a scan found on the medium at `target`.

    Says whether the certificate is in the registry, so that it can be revoked here.

    A set that is damaged or that nobody can open is deleted all the same. Raises `medium.*` (`medium.layout`
    for what does not lie in NPKI, `medium.busy` when something else stands there now) and `registry.*`.
    """
    async with at_media(services, target):
        await repair(services, target)
        await asyncio.to_thread(_delete, target, found)
        return await note(services, "certificate.deleted", found.certificate_der)


async def delete_on_token(services: Services, uri: TokenUri, found: Found, pin: Secret) -> None:
    """Delete what a scan found on the token that `uri` names: certificate, keys and R.

    Only what was issued here, of which it is known what belongs to it: `token.foreign` for all else. Raises
    also `medium.not_there` when it is not there any more, `token.*` and `registry.*`.
    """
    der = found.certificate_der or b""
    row = await services.in_registry(lambda: own_row(services.registry, der))
    if row is None:
        raise KioskError("token.foreign")
    code = (await Journal(services).old_of(row)).code
    await asyncio.to_thread(_delete_on_token, services, uri, found, code, pin)
    await note(services, "certificate.deleted", der)


def _delete_on_token(services: Services, uri: TokenUri, found: Found, code: str, pin: Secret) -> None:
    tokens = services.tokens
    token = open_token(tokens, uri, pin)
    try:
        ids = {each.id for each in tokens.certificates(token) if each.der == found.certificate_der}
        if not ids:
            raise KioskError("medium.not_there", serial=serial_of(found))
        if ids != {object_id(code)}:
            raise KioskError("token.foreign")  # somebody copied it: whose key stands beside it is not known
        tokens.remove(token, pin, code, seen_last=True)
        if any(each.der == found.certificate_der for each in tokens.certificates(token)):
            raise KioskError("medium.lies")
    finally:
        tokens.release(token)  # no process stays that was told a PIN


def _delete(target: Path, found: Found) -> None:
    medium = DirectoryMedium.open(target)
    place = place_of(medium, found)
    standing = contents(change.read_place(medium, place), "signCert.der")
    if standing != found.certificate_der:
        raise KioskError("medium.busy")
    medium.remove_set(medium.path.joinpath(*place.names), wipe=True)
