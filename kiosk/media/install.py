"""How a set gets to its place, and off it, so that a stick pulled at any moment leaves a whole set or none.

What stands in the staging directory of a request, at the medium's root:

    signPri.key     the staged key, before the authority is asked
    set.part/       the whole set, before it is renamed to its place in one step
    place           where the set goes, written before anything is moved
    aside/          the older set that stood there, until the new one is proved
    replaced/       what an earlier attempt of the same request had put there

Each move is a rename with everything synced before and after: on Linux vfat "fsync, rename, fsync the
directory" loses old and new alike. Functions take open directories and raise `OSError` or `KioskError`.
"""

import os
from collections.abc import Mapping
from contextlib import suppress

from kiosk.errors import KioskError
from kiosk.media.files import (
    kind,
    open_directory,
    overwrite_tree,
    read_past_cache,
    remove_tree,
    syncfs,
    walked,
    write_file,
)
from kiosk.media.place import Place
from kiosk.media.sets import read_files

REMOVED = ".certkiosk.removed"
"""At the medium's root: a tree on its way out."""
PART = ".certkiosk.part"
"""At the medium's root: a file for people that is being written."""


def install(root: int, staging_name: str, place: Place, files: Mapping[str, bytes]) -> None:
    """Put `files` at `place`. Raises `medium.lies` when they read back otherwise, with all put back."""
    with walked(root, place.users, create=True) as users:
        if _holds(root, users, place.directory, files):
            return
        with walked(root, [staging_name], create=True) as staging:
            _build(root, staging, staging_name, place, files)
            _swap(root, staging, users, place.directory)
            _check(root, staging, users, place, files)


def _holds(root: int, users: int, directory: str, files: Mapping[str, bytes]) -> bool:
    """Say whether the place holds exactly `files`, on the medium and not only in memory."""
    if not kind(users, directory):
        return False
    syncfs(root)  # an attempt killed after its rename has not done it
    with walked(users, [directory]) as fd:
        return read_files(fd) == files


def _build(root: int, staging: int, staging_name: str, place: Place, files: Mapping[str, bytes]) -> None:
    remove_tree(staging, "set.part")
    with walked(staging, ["set.part"], create=True) as part:
        for name, data in files.items():
            write_file(part, name, data)
    if not kind(staging, "aside"):
        remove_tree(staging, "place")
        write_file(staging, "place", place.note())
    elif noted_place(staging, in_npki_root=place.in_npki_root) != place:
        raise KioskError("medium.in_the_way", name=staging_name)
    syncfs(root)
    with walked(staging, ["set.part"]) as part:
        compare(read_files(part), files)
    compare(read_past_cache(staging, "place"), place.note())


def _swap(root: int, staging: int, users: int, directory: str) -> None:
    if kind(users, directory):
        os.close(open_directory(directory, users))  # a file or a link there is not ours to move
        away = "aside"
        if kind(staging, "aside"):
            away = "replaced"
            remove_tree(staging, away)
        os.rename(directory, away, src_dir_fd=users, dst_dir_fd=staging)
        syncfs(root)
    os.rename("set.part", directory, src_dir_fd=staging, dst_dir_fd=users)
    syncfs(root)


def _check(root: int, staging: int, users: int, place: Place, files: Mapping[str, bytes]) -> None:
    with walked(users, [place.directory]) as fd:
        read = read_files(fd)
    if read != files:
        remove_tree(staging, "replaced")
        os.rename(place.directory, "replaced", src_dir_fd=users, dst_dir_fd=staging)
        put_back(root, staging, in_npki_root=place.in_npki_root)
        syncfs(root)
    compare(read, files)


def compare(read: object, written: object) -> None:
    """Raise `medium.lies` when what was read is not what was written."""
    if read != written:
        raise KioskError("medium.lies")


def noted_place(staging: int, *, in_npki_root: bool) -> Place:
    """Read the file `place` of the open staging directory; `medium.damaged` when it is none."""
    if not kind(staging, "place"):
        raise KioskError("medium.damaged", name="place")
    return Place.from_note(read_past_cache(staging, "place"), in_npki_root=in_npki_root)


def put_back(root: int, staging: int, *, in_npki_root: bool) -> Place | None:
    """Move the older set from `aside` to its place when that is empty; give the place, else None."""
    if not kind(staging, "aside"):
        return None
    place = noted_place(staging, in_npki_root=in_npki_root)
    with walked(root, place.users, create=True) as users:
        with suppress(OSError):
            os.rmdir(place.directory, dir_fd=users)  # goes only when there is nothing in it
        if kind(users, place.directory):
            return None
        os.rename("aside", place.directory, src_dir_fd=staging, dst_dir_fd=users)
    syncfs(root)
    return place


def remove(root: int, directory: int, name: str, *, wipe: bool = False) -> None:
    """Delete the tree `name` of `directory`: out of sight by one rename, then its contents.

    With `wipe`, files are overwritten first. Raises `medium.lies` when the rename only pretended.
    """
    _delete(root, wipe=wipe)
    if kind(directory, name):
        os.rename(name, REMOVED, src_dir_fd=directory, dst_dir_fd=root)
        syncfs(root)
        if kind(directory, name):
            raise KioskError("medium.lies")
        _delete(root, wipe=wipe)
    syncfs(root)


def _delete(root: int, *, wipe: bool) -> None:
    if wipe:
        with suppress(OSError):  # deleting is what must work, on a full or failing medium too
            overwrite_tree(root, REMOVED)
    remove_tree(root, REMOVED)
