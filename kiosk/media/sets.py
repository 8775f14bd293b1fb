"""The files of one set, read from its directory (npki.md 1.1)."""

import os
from itertools import islice

from kiosk.media.files import LIST_LIMIT, read_past_cache, same_name

SET_NAMES = ("signCert.der", "signPri.key", "kmCert.der", "kmPri.key", "CaPubs")
"""The names of a set's files as we write them; on reading, case does not count."""
SET_FILES = 16
"""Files read of one directory."""


def known_name(name: str) -> str | None:
    """Give the one of `SET_NAMES` that `name` is in whatever case, or None."""
    return next((known for known in SET_NAMES if same_name(known, name)), None)


def read_files(directory: int) -> dict[str, bytes]:
    """Read the regular files of the open `directory` past the cache: name -> bytes.

    Known names are given as `SET_NAMES` has them, and come first when there are more than `SET_FILES`. Links
    and special files are left out. Raises `OSError`, EFBIG for a file over 64 KiB.
    """
    with os.scandir(directory) as entries:
        names = [entry.name for entry in islice(entries, LIST_LIMIT) if entry.is_file(follow_symlinks=False)]
    # Where a filesystem has both signCert.der and SIGNCERT.DER, the exact name is the set's.
    names.sort(key=lambda name: (known_name(name) is None, name not in SET_NAMES, name))
    files: dict[str, bytes] = {}
    for name in names:
        key = known_name(name) or name
        if key not in files and len(files) < SET_FILES:
            files[key] = read_past_cache(directory, name)
    return files
