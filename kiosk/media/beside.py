"""Files for people, in a folder of their own on a medium. Nobody's file is ever replaced."""

import os
import stat
from collections.abc import Mapping
from contextlib import suppress

from kiosk.errors import KioskError
from kiosk.media.files import (
    find_name,
    kind,
    open_directory,
    read_file,
    read_past_cache,
    remove_tree,
    syncfs,
    write_file,
)
from kiosk.media.install import compare
from kiosk.media.place import plain_name

PART = ".certkiosk.part"
"""A file that is being written; one that is left was cut short, and goes with the next."""
COPIES = 9
"""So many files of one name, numbered, are kept beside each other."""


def leave(root: int, folder: str, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Put `files` (name -> bytes) into `folder` at the open directory `root`; give the folder and their names.

    A name that is taken by something else gets a number; a file that is there already stays as it is. Raises
    `OSError`, `medium.lies`, and `medium.in_the_way` when the folder is no folder or has all the numbers.
    """
    found = find_name(root, plain_name(folder))
    if found is None:
        os.mkdir(folder, 0o700, dir_fd=root)
    place = open_directory(found or folder, root)
    try:
        remove_tree(place, PART)
        names = [_put(root, place, plain_name(name), data) for name, data in files.items()]
    except (OSError, KioskError):
        with suppress(OSError):
            remove_tree(place, PART)
        if found is None:
            with suppress(OSError):
                os.rmdir(folder, dir_fd=root)  # goes only when there is nothing in it
        raise
    finally:
        os.close(place)
    return (found or folder, *names)


def _put(root: int, place: int, name: str, data: bytes) -> str:
    stem, dot, ending = name.rpartition(".")
    names = [name, *(f"{stem} ({number}){dot}{ending}" for number in range(2, COPIES + 1))]
    for each in names:
        taken = find_name(place, each)
        if taken is None:
            _write(root, place, each, data)
            return each
        if _is(place, taken, data):
            return taken
    raise KioskError("medium.in_the_way", name=name)


def _is(place: int, name: str, data: bytes) -> bool:
    """Whether the file `name` is `data`, and not something else that a person keeps under this name."""
    if kind(place, name) != stat.S_IFREG:
        return False
    with suppress(OSError):
        return read_file(place, name, len(data)) == data
    return False


def _write(root: int, place: int, name: str, data: bytes) -> None:
    write_file(place, PART, data)
    syncfs(root)
    compare(read_past_cache(place, PART), data)
    os.rename(PART, name, src_dir_fd=place, dst_dir_fd=place)
    syncfs(root)
