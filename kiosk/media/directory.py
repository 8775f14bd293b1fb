"""A medium that is a directory: a stick's mount point, or a disk's NPKI root."""

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Self

from kiosk.errors import KioskError
from kiosk.media.beside import leave
from kiosk.media.files import (
    FILE_LIMIT,
    LIST_LIMIT,
    find_name,
    kind,
    lock,
    medium_error,
    medium_errors,
    open_directory,
    read_past_cache,
    remove_tree,
    syncfs,
    walked,
    write_file,
)
from kiosk.media.install import REMOVED, compare, install, put_back, remove
from kiosk.media.place import STAGING, Place, is_code, is_npki_root, plain_name, staging_name, users_names
from kiosk.media.sets import SET_FILES, read_files

CODES = 100
_KEY = "signPri.key"
_KEY_PART = "signPri.part"
_PROBE = ".certkiosk.probe"
_PROBE_BYTES = 1024 * 1024
_BLOCKS = 8
"""Blocks (clusters) that directories and half-filled last blocks take at most, beside the bytes."""


class DirectoryMedium:
    """One medium; see the module. Its methods raise `KioskError` with a `medium.*` id.

    It keeps nothing open between calls (the stick can be unmounted), and each call first makes sure that
    the directory is still the same one: a pulled stick leaves its empty mount point, on the kiosk's own disk.

    `path` is absolute; `identity` is stable text for the same medium; `is_npki_root` says whether `path` is
    itself the NPKI directory.
    """

    def __init__(self, path: Path, identity: str) -> None:
        """Take what `open` found out."""
        self.path = path
        self.identity = identity
        self.is_npki_root = is_npki_root(path)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Look at the medium at `path`.

        Raises `medium.missing`, `medium.not_directory`, `medium.permission`, and `medium.in_the_way` when
        its NPKI is not a directory.
        """
        path = path.absolute()
        try:
            fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise KioskError("medium.missing", path=str(path)) from error
        except NotADirectoryError as error:
            raise KioskError("medium.not_directory", path=str(path)) from error
        except OSError as error:
            raise medium_error(error) from error
        with medium_errors():
            try:
                medium = cls(path, _identity(fd))
                if not medium.is_npki_root and (npki := find_name(fd, "NPKI")):
                    os.close(open_directory(npki, fd))
            finally:
                os.close(fd)
        return medium

    @classmethod
    def again(cls, path: Path, identity: str) -> Self:
        """Open the medium that had this `identity`. Raises as `open` does, and `medium.other` for another one."""
        try:
            medium = cls.open(path)
        except KioskError as error:
            if error.id == "medium.permission":
                with medium_errors():
                    _require_same(path, identity)
            raise
        if medium.identity != identity:
            raise KioskError("medium.other")
        return medium

    def users(self, organization: str) -> Path:
        """Give the directory where sets of `organization` go, existing or not.

        Raises `medium.in_the_way` when something else stands there.
        """
        with self.root() as root:
            names = self._users(root, organization)
            with suppress(FileNotFoundError), walked(root, names):
                pass
            return self.path.joinpath(*names)

    def check_space(self, need: int) -> None:
        """Make sure that `need` bytes in a few files can be written, by writing; nothing is left behind.

        Raises `medium.full`, `medium.readonly`, `medium.permission`.
        """
        with self.root(alone=True) as root:
            remove_tree(root, _PROBE)
            try:
                with walked(root, [_PROBE], create=True) as probe:
                    write_file(probe, "probe", bytes(min(need, _PROBE_BYTES)))
            except OSError:
                # Linux makes a failing FAT read-only: what failed first says what is wrong.
                with suppress(OSError):
                    remove_tree(root, _PROBE)
                raise
            remove_tree(root, _PROBE)
            space = os.fstatvfs(root)
            if space.f_blocks and space.f_bavail * space.f_frsize < need + _BLOCKS * space.f_frsize:
                raise KioskError("medium.full")

    def stage(self, code: str, key: bytes) -> None:
        """Put the encrypted key of the request `code` on the medium, proved to be there.

        A key of the same code, whole or in part, is replaced. Raises `medium.lies` when it reads back as
        something else.
        """
        if not 0 < len(key) <= FILE_LIMIT:
            raise ValueError("not a key file")
        with self.root(alone=True) as root, walked(root, [staging_name(code)], create=True) as staging:
            remove_tree(staging, _KEY_PART)
            write_file(staging, _KEY_PART, key)
            syncfs(root)
            compare(read_past_cache(staging, _KEY_PART), key)
            os.rename(_KEY_PART, _KEY, src_dir_fd=staging, dst_dir_fd=staging)
            syncfs(root)

    def staged(self, code: str) -> bytes | None:
        """Give the encrypted key that `stage` put there, or None."""
        with self.root() as root:
            if not kind(root, staging_name(code)):
                return None
            with walked(root, [staging_name(code)]) as staging:
                return read_past_cache(staging, _KEY) if kind(staging, _KEY) else None

    def staged_codes(self) -> tuple[str, ...]:
        """Give the codes of requests that left something on the medium (at most `CODES`), in order."""
        with self.root() as root, os.scandir(root) as entries:
            codes = [
                entry.name.removeprefix(STAGING)
                for entry in islice(entries, LIST_LIMIT)
                if entry.name.startswith(STAGING) and entry.is_dir(follow_symlinks=False)
            ]
        return tuple(sorted(filter(is_code, codes))[:CODES])

    def install(self, code: str, organization: str, directory: str, files: Mapping[str, bytes]) -> Path:
        """Put a whole set (name -> bytes) at its place, in one step, and give that place.

        An older set there is kept aside until `unstage`. Interrupted at any point, the same call completes
        it. Raises `medium.lies` when it reads back otherwise; then the older set is at its place again.
        """
        files = {plain_name(name): data for name, data in files.items()}
        if not 0 < len(files) <= SET_FILES or max(map(len, files.values())) > FILE_LIMIT:
            raise ValueError("not the files of a set")
        with self.root(alone=True) as root:
            place = Place((*self._users(root, organization), plain_name(directory)), self.is_npki_root)
            install(root, staging_name(code), place, files)
        return self.path.joinpath(*place.names)

    def restore(self, code: str) -> Path | None:
        """Put the older set that `install` moved aside back when its place is empty; give that place.

        None when there is nothing to put back. Raises `medium.damaged` when its place was not noted rightly.
        """
        with self.root(alone=True) as root:
            place = self._put_back(root, staging_name(code))
        return self.path.joinpath(*place.names) if place else None

    def read_set(self, place: Path) -> dict[str, bytes]:
        """Read the files of the set at `place` from the medium itself: name -> bytes.

        Known names come as we write them, whatever their case; links and special files are left out.
        Raises `medium.damaged` when there is no such directory or a file is over 64 KiB.
        """
        names = Place.inside(self.path, place, in_npki_root=self.is_npki_root).names
        with self.root() as root:
            try:
                with walked(root, names) as directory:
                    return read_files(directory)
            except FileNotFoundError as error:
                raise KioskError("medium.damaged", name=names[-1]) from error

    def remove_set(self, place: Path, *, wipe: bool = False) -> None:
        """Delete the set at `place`, which leaves NPKI in one step; nothing to do when it is not there.

        With `wipe`, its files are overwritten first.
        """
        leaving = Place.inside(self.path, place, in_npki_root=self.is_npki_root)
        with self.root(alone=True) as root:
            try:
                with walked(root, leaving.users) as users:
                    if kind(users, leaving.directory):
                        os.close(open_directory(leaving.directory, users))
                    remove(root, users, leaving.directory, wipe=wipe)
            except FileNotFoundError:
                remove(root, root, REMOVED, wipe=wipe)

    def unstage(self, code: str) -> None:
        """Delete what the request `code` left on the medium, the older set kept aside included.

        An older set is put back first when nothing stands at its place: it is never the only copy that goes.
        """
        with self.root(alone=True) as root:
            self._put_back(root, staging_name(code))
            remove(root, root, staging_name(code))

    def leave(self, folder: str, files: Mapping[str, bytes]) -> Path:
        """Put files for the person into `folder` at the root, and give that; see `kiosk.media.beside.leave`."""
        with self.root(alone=True) as root:
            return self.path / leave(root, folder, files)[0]

    @contextmanager
    def root(self, *, alone: bool = False) -> Iterator[int]:
        """Open the root for one act; `alone` is for calls that change something: one process at a time."""
        with medium_errors():
            fd = self._opened()
            try:
                if alone:
                    lock(fd)
                yield fd
            finally:
                os.close(fd)
            # A stick pulled meanwhile and unmounted by the desktop can leave every call successful.
            os.close(self._opened())

    def _opened(self) -> int:
        """Open the root, and make sure that it is the same."""
        try:
            fd = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except PermissionError:
            _require_same(self.path, self.identity)
            raise
        try:
            _require_same(fd, self.identity)
        except KioskError:
            os.close(fd)
            raise
        return fd

    def _put_back(self, root: int, name: str) -> Place | None:
        if kind(root, name) != stat.S_IFDIR:
            return None
        with walked(root, [name]) as staging:
            return put_back(root, staging, in_npki_root=self.is_npki_root)

    def _users(self, root: int, organization: str) -> tuple[str, ...]:
        """Give the names down to USER, as they stand on the medium in whatever case."""
        names: list[str] = []
        for name in users_names(organization, in_npki_root=self.is_npki_root):
            try:
                with walked(root, names) as directory:
                    names.append(find_name(directory, name) or name)
            except FileNotFoundError:
                names.append(name)
        return tuple(names)


def _require_same(directory: int | Path, identity: str) -> None:
    """Raise `medium.gone` for another directory: once a stick is pulled, its mount point is one of the system's."""
    if _identity(directory) != identity:
        raise KioskError("medium.gone")


def _identity(directory: int | Path) -> str:
    """Name a directory: device and inode. On FAT only a volume's root keeps its inode for good."""
    status = os.stat(directory)  # noqa: PTH116 - an open one too
    return f"{os.major(status.st_dev)}:{os.minor(status.st_dev)}:{status.st_ino}"
