"""Change the password of a certificate's key on a stick: the same PKCS#8 bytes, encrypted anew.

All else stays as it is: R and unknown attributes inside the key, the form of the key file (see
`kiosk.pki.reseal`), the certificate, and whatever other files lie in the set's directory. The key of the
encryption pair (kmPri.key), where there is one, gets the new password too; both are changed or none.
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from kiosk import log
from kiosk.errors import KioskError
from kiosk.lifecycle.on_medium import SetOnMedium, at_media
from kiosk.lifecycle.unlock import own_row, unlock
from kiosk.media import change
from kiosk.media.scan import Found
from kiosk.media.whole import Whole, contents, member
from kiosk.pki import container
from kiosk.pki.password import check_password
from kiosk.pki.reseal import reseal_key
from kiosk.secret import Secret
from kiosk.services import Services

SIGN_KEY, ENCRYPTION_KEY = change.KEYS


@dataclass(frozen=True)
class Changed:
    """A password that was changed, and proved from the medium."""

    place: Path
    files: tuple[str, ...]
    """The key files, as they are called there."""
    ours: bool
    """Whether the certificate is in the registry, where the moment was noted."""


async def change_password(
    services: Services, target: Path, found: Found, old: Secret, new: Secret, *,
    mount_anew: Callable[[], Awaitable[None]] | None = None,
) -> Changed:  # fmt: skip
    """Change the password of what a scan found on the medium at `target`.

    `mount_anew` unmounts the medium and mounts it at the same place: what is proved then surely comes from
    it. Raises `password.*` (the rule, `password.same`, `password.locked`), `medium.*` and `registry.*`; then
    the old password opens the key as before. After `medium.cut_short` it is the old one or the new one: the
    next `repair` puts the set in order.
    """
    check_password(new)
    if hmac.compare_digest(old.reveal(), new.reveal()):
        raise KioskError("password.same")
    async with at_media(services, target):
        return await _change(services, await SetOnMedium.read(services, target, found), old, new, mount_anew)


async def _change(
    services: Services, found_set: SetOnMedium, old: Secret, new: Secret,
    mount_anew: Callable[[], Awaitable[None]] | None,
) -> Changed:  # fmt: skip
    keys = {SIGN_KEY: await unlock(services, found_set.certificate, found_set.sealed, old)}
    try:
        sealed = contents(found_set.whole, ENCRYPTION_KEY)
        if sealed is not None:
            keys[ENCRYPTION_KEY] = await asyncio.to_thread(_opened, sealed, old)
        try:
            await asyncio.to_thread(_write, found_set, keys, new)
            if mount_anew is not None:
                await mount_anew()
            await asyncio.to_thread(_prove, found_set, keys, old, new)
            ours = await services.in_registry(lambda: _noted(services, found_set.certificate))
        except BaseException:
            await asyncio.shield(asyncio.to_thread(_undo, found_set))
            raise
        await asyncio.to_thread(_finish, found_set)
    finally:
        for pkcs8 in keys.values():
            pkcs8.wipe()
    names = tuple(member(found_set.whole, name) or name for name in keys)
    return Changed(found_set.path, names, ours)


def _opened(sealed: bytes, password: Secret) -> Secret:
    """Open the other key file, which must have the same password.

    Raises `medium.km_password`, `medium.damaged` when it is no key file, `medium.format` for an unknown one.
    """
    if container.key_format(sealed) == "unknown":
        raise KioskError("medium.damaged", name=ENCRYPTION_KEY)
    try:
        return container.decrypt_key(sealed, password)
    except KioskError as error:
        raise KioskError("medium.km_password") if error.id == "medium.password" else error from None


def _write(found_set: SetOnMedium, keys: dict[str, Secret], password: Secret) -> None:
    whole: Whole = dict(found_set.whole)
    for name, pkcs8 in keys.items():
        whole[member(whole, name) or name] = reseal_key(contents(whole, name) or b"", pkcs8, password)
    change.put(found_set.medium, found_set.place, whole, older=found_set.whole)


def _prove(found_set: SetOnMedium, keys: dict[str, Secret], old: Secret, new: Secret) -> None:
    """Read the set from the medium: the old password opens nothing, the new one gives the same bytes.

    Raises `medium.lies` when it is not so.
    """
    written = change.read_place(found_set.medium, found_set.place)
    for name, pkcs8 in keys.items():
        sealed = contents(written, name) or b""
        with _tried(sealed, new) as opened, _tried(sealed, old) as refused:
            if refused or not hmac.compare_digest(opened.reveal(), pkcs8.reveal()):
                raise KioskError("medium.lies")


def _tried(sealed: bytes, password: Secret) -> Secret:
    """Open a key file; what does not open gives nothing."""
    try:
        return container.decrypt_key(sealed, password)
    except KioskError:
        return Secret("")


def _noted(services: Services, certificate_der: bytes) -> bool:
    with services.step() as registry:
        row = own_row(registry, certificate_der)
        if row is not None:
            registry.note_password(row, services.now())
        services.audit.append("password.changed", certificate=row)
        return row is not None


def _undo(found_set: SetOnMedium) -> None:
    """Put the old set back. Raises `medium.cut_short` when the medium does not let us."""
    try:
        change.undo(found_set.medium, found_set.place)
    except KioskError as error:
        log.event("undo.failed", error=error.code)
        raise KioskError("medium.cut_short") from error


def _finish(found_set: SetOnMedium) -> None:
    """Delete what was kept. The password is changed: a medium that fails now is repaired the next time."""
    try:
        change.finish(found_set.medium)
    except KioskError as error:
        log.event("clean.failed", error=error.code)
