"""A set's directory with all that is in it, as it is: what a copy must hold, byte for byte.

`kiosk.media.sets` reads the files that a set is made of, under the names that we give them. Here nothing is
left out and nothing renamed: what other programs put beside them is kept too.
"""

import os
import stat
from itertools import islice
from pathlib import PurePosixPath

from kiosk.errors import KioskError
from kiosk.media.files import kind, open_directory, read_past_cache, walked, write_file
from kiosk.media.sets import known_name

ENTRIES = 64
"""Files and directories; a set has five."""
DEPTH = 3

Whole = dict[str, bytes | None]
"""Path inside the set's directory, parts joined with `/` -> contents of a file, None for a directory."""


def read_whole(directory: int) -> Whole:
    """Read all that is in the open `directory`, past the cache.

    Raises `medium.strange` (fact `name`) for what cannot be copied as it is: links, special files, more than
    `ENTRIES` things or `DEPTH` levels; `OSError`, EFBIG for a file over 64 KiB.
    """
    whole: Whole = {}
    _read(directory, "", whole)
    return dict(sorted(whole.items()))


def _read(directory: int, path: str, whole: Whole) -> None:
    with os.scandir(directory) as entries:
        names = sorted(entry.name for entry in islice(entries, ENTRIES + 1))
    for name in names:
        inner = f"{path}/{name}" if path else name
        type_ = kind(directory, name)
        if len(whole) >= ENTRIES or type_ not in {stat.S_IFREG, stat.S_IFDIR}:
            raise KioskError("medium.strange", name=name)
        if type_ == stat.S_IFREG:
            whole[inner] = read_past_cache(directory, name)
            continue
        if inner.count("/") + 1 >= DEPTH:
            raise KioskError("medium.strange", name=name)
        whole[inner] = None
        fd = open_directory(name, directory)
        try:
            _read(fd, inner, whole)
        finally:
            os.close(fd)


def write_whole(directory: int, whole: Whole) -> None:
    """Write `whole` into the open `directory`, which is empty."""
    for path, data in sorted(whole.items()):
        *above, name = PurePosixPath(path).parts
        with walked(directory, above) as inside:
            if data is None:
                os.mkdir(name, 0o700, dir_fd=inside)
            else:
                write_file(inside, name, data)


def size(whole: Whole) -> int:
    """Give the bytes that `whole` takes at most on a medium with blocks of 32 KiB."""
    return sum(-(-max(len(data or b""), 1) // 32768) * 32768 for data in whole.values())


def member(whole: Whole, known: str) -> str | None:
    """Give the path under which `whole` has the file that a set calls `known` (see `SET_NAMES`), if it does."""
    names = [path for path, data in whole.items() if data is not None and known_name(path) == known]
    # Where a filesystem has both signCert.der and SIGNCERT.DER, the exact name is the set's.
    return min(names, key=lambda name: (name != known, name), default=None)


def contents(whole: Whole, known: str) -> bytes | None:
    """Give the contents of that file, if there is one."""
    path = member(whole, known)
    return whole[path] if path is not None else None
