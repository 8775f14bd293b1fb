"""Files that stand by themselves in the root of a medium, as PFX files do: written whole or not at all, and read."""

import os
from contextlib import suppress
from itertools import islice
from pathlib import Path

from kiosk.errors import KioskError
from kiosk.media.directory import DirectoryMedium
from kiosk.media.files import (
    LIST_LIMIT,
    find_name,
    read_file,
    read_past_cache,
    remove_tree,
    same_name,
    syncfs,
    write_file,
)
from kiosk.media.install import PART, compare
from kiosk.media.place import plain_name


class FileMedium(DirectoryMedium):
    """A medium for files in its root. Methods raise what those of `DirectoryMedium` do."""

    def taken(self, name: str) -> bool:
        """Say whether there is something of this name, in whatever case."""
        with self.root() as root:
            return find_name(root, name) is not None

    def add_file(self, name: str, data: bytes) -> Path:
        """Write a new file, readable by its owner only, and read it back from the medium itself; give its path.

        It appears under its name in one step. Raises `pfx.exists` when the name is taken, `medium.lies` when
        it reads back otherwise; then there is none. A medium that fails afterwards raises too, with the file on it.
        """
        name = plain_name(name)
        with self.root(alone=True) as root:
            if find_name(root, name):
                raise KioskError("pfx.exists", path=str(self.path / name))
            remove_tree(root, PART)
            try:
                write_file(root, PART, data)
                syncfs(root)
                compare(read_past_cache(root, PART, len(data)), data)
                os.rename(PART, name, src_dir_fd=root, dst_dir_fd=root)
            except BaseException:
                with suppress(OSError):
                    remove_tree(root, PART)
                raise
            try:
                syncfs(root)
                compare(read_past_cache(root, name, len(data)), data)
            except BaseException:
                with suppress(OSError):
                    remove_tree(root, name)
                raise
        return self.path / name

    def file(self, name: str, limit: int) -> bytes:
        """Read the regular file `name`, at most `limit` bytes; `medium.damaged` for a longer one."""
        with self.root() as root:
            return read_file(root, name, limit)

    def names_ending(self, *endings: str) -> tuple[str, ...]:
        """List the regular files whose names end so, in whatever case, in order."""
        with self.root() as root, os.scandir(root) as entries:
            return tuple(sorted(
                entry.name for entry in islice(entries, LIST_LIMIT)
                if entry.is_file(follow_symlinks=False)
                and any(same_name(entry.name[-len(ending):], ending) for ending in endings)
            ))  # fmt: skip
