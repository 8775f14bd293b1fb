"""Copy a certificate's set to another medium, whole and byte for byte, and wipe the source if that is wanted."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from kiosk import log
from kiosk.errors import KioskError
from kiosk.lifecycle.on_medium import SetOnMedium, at_media, note
from kiosk.lifecycle.repair import repair
from kiosk.lifecycle.unlock import unlock
from kiosk.media import change, whole
from kiosk.media.directory import DirectoryMedium
from kiosk.media.place import Place
from kiosk.media.scan import Found
from kiosk.secret import Secret
from kiosk.services import Services

SPACE_BESIDE = 256 * 1024
"""Bytes for the directories around a copy."""


@dataclass(frozen=True)
class Copied:
    """A copy that was read back and found to be the same."""

    source: SetOnMedium
    medium: DirectoryMedium
    place: Place
    already: bool
    """Whether it was there before, and nothing had to be done."""

    @property
    def path(self) -> Path:
        """The copy's directory."""
        return self.medium.path.joinpath(*self.place.names)


async def copy(
    services: Services, source: Path, target: Path, found: Found, password: Secret, *,
    mount_anew: Callable[[], Awaitable[None]] | None = None,
) -> Copied:  # fmt: skip
    """Copy what a scan found on the medium at `source` to the one at `target`; its password must open it.

    `mount_anew` unmounts the target and mounts it at the same place. Raises `medium.*` (`medium.same` for
    source and target the same, `medium.taken` when the target has another set of that name), what `unlock`
    does, and `registry.*`; then the source is as it was, and the target too, or is so after the next `repair`.
    """
    async with at_media(services, source, target):
        return await _copy(services, source, target, found, password, mount_anew)


async def _copy(
    services: Services, source: Path, target: Path, found: Found, password: Secret,
    mount_anew: Callable[[], Awaitable[None]] | None,
) -> Copied:  # fmt: skip
    found_set = await SetOnMedium.read(services, source, found)
    await repair(services, target)
    medium = await asyncio.to_thread(DirectoryMedium.open, target)
    place = await asyncio.to_thread(_target, found_set, medium)
    (await unlock(services, found_set.certificate, found_set.sealed, password)).wipe()
    copied = Copied(found_set, medium, place, await asyncio.to_thread(_is_there, found_set, medium, place))
    if not copied.already:
        try:
            await asyncio.to_thread(change.put, medium, place, found_set.whole, older=None)
            if mount_anew is not None:
                await mount_anew()
            await asyncio.to_thread(_prove, copied)
            await note(services, "certificate.copied", found_set.certificate)
        except BaseException:
            await asyncio.shield(asyncio.to_thread(_clear, copied, proved=False))
            raise
        await asyncio.to_thread(_clear, copied, proved=True)
    return copied


async def wipe_source(services: Services, copied: Copied) -> None:
    """Overwrite and delete the set that was copied, once more certain that the copy is the same.

    Raises `medium.lies` when it is not, `medium.busy` when the source has changed, `medium.*`, `registry.*`.
    """
    async with at_media(services, copied.source.medium.path):
        await asyncio.to_thread(_wipe, copied)
        await note(services, "certificate.wiped", copied.source.certificate)


def _target(found_set: SetOnMedium, medium: DirectoryMedium) -> Place:
    try:
        place = change.place_on(medium, found_set.place)
    except ValueError:
        raise KioskError("medium.layout") from None
    # The same directory by another path: a disk's NPKI root and the directory that it is in.
    if change.same_directory(found_set.medium, found_set.place, medium, place):
        raise KioskError("medium.same")
    return place


def _is_there(found_set: SetOnMedium, medium: DirectoryMedium, place: Place) -> bool:
    """Say whether the very same set is at `place`. Raises `medium.taken` for another, `medium.full`."""
    standing = change.stands_at(medium, place)
    if standing is None:
        medium.check_space(whole.size(found_set.whole) + SPACE_BESIDE)
        return False
    if standing != found_set.whole:
        raise KioskError("medium.taken", name=place.directory)
    return True


def _prove(copied: Copied) -> None:
    if change.read_place(copied.medium, copied.place) != copied.source.whole:
        raise KioskError("medium.lies")


def _clear(copied: Copied, *, proved: bool) -> None:
    """Delete what was needed on the way; a medium that does not let us is repaired the next time."""
    try:
        if proved:
            change.finish(copied.medium)
        else:
            change.undo(copied.medium, copied.place)
    except KioskError as error:
        log.event("clean.failed", error=error.code)


def _wipe(copied: Copied) -> None:
    _prove(copied)
    source = copied.source
    if change.read_place(source.medium, source.place) != source.whole:
        raise KioskError("medium.busy")
    source.medium.remove_set(source.path, wipe=True)
