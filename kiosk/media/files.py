"""Bytes to and from a medium: written through, read back past the cache, links never followed.

Everything works relative to an open directory, so that nothing on a hostile medium leads out of it. The
functions raise `OSError`; `medium_errors` is the one place that turns those into errors for people.
"""

import ctypes
import errno
import fcntl
import os
import stat
import time
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

from kiosk.errors import KioskError

FILE_LIMIT = 64 * 1024
"""Bytes; no file of a set is nearly as long."""
LIST_LIMIT = 10_000
"""Directory entries looked at when a name is searched for."""
TREE_ENTRIES = 1_000
TREE_DEPTH = 8
"""What `remove_tree` is ready to delete; our own trees have a dozen entries, three deep."""
WIPED = 1024 * 1024
"""Bytes of a file that are overwritten; keys have two thousand."""

LOCK_SECONDS = 10.0
"""How long a process waits for another one that changes the same medium; a change takes far less."""

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_IDS = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "medium.full"),
    **dict.fromkeys((errno.EROFS,), "medium.readonly"),
    **dict.fromkeys((errno.EACCES, errno.EPERM), "medium.permission"),
    **dict.fromkeys((errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.ESTALE, errno.ENOTCONN), "medium.gone"),
    **dict.fromkeys(
        (errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ELOOP, errno.ENOTEMPTY), "medium.in_the_way"
    ),
    errno.EFBIG: "medium.damaged",
}
_libc = ctypes.CDLL(None, use_errno=True)


def medium_error(error: OSError) -> KioskError:
    """Give the error for people that `error` of the operating system means on a medium.

    Facts: `name` for `medium.in_the_way` and `medium.damaged`, `error` (as `EIO`) for `medium.io`.
    """
    id_ = _IDS.get(error.errno or 0, "medium.io")
    if id_ in {"medium.in_the_way", "medium.damaged"}:
        path = os.fsdecode(error.filename2 or error.filename or "")
        return KioskError(id_, name=path.rpartition("/")[2])
    if id_ == "medium.io":
        return KioskError(id_, error=errno.errorcode.get(error.errno or 0, "EIO"))
    return KioskError(id_)


@contextmanager
def medium_errors() -> Iterator[None]:
    """Turn every `OSError` inside into the `KioskError` that it means on a medium."""
    try:
        yield
    except OSError as error:
        raise medium_error(error) from error


def syncfs(directory: int) -> None:
    """Write everything of the filesystem that holds `directory` through to the medium (syncfs(2))."""
    if _libc.syncfs(directory):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def kind(directory: int, name: str) -> int:
    """Give the file type (`stat.S_IFDIR`, ...) of `name`, not following a link; 0 when there is none."""
    try:
        return stat.S_IFMT(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return 0


def find_name(directory: int, name: str) -> str | None:
    """Give the name under which `name` exists in `directory` when case and normalisation do not count.

    The exact name wins; of several others the first in order.
    """
    if kind(directory, name):
        return name
    with os.scandir(directory) as entries:
        names = [entry.name for entry in islice(entries, LIST_LIMIT)]
    return min((other for other in names if same_name(other, name)), default=None)


def same_name(one: str, other: str) -> bool:
    """Say whether a FAT volume would take both for the same name (NFC, case folded)."""
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def open_directory(name: str, directory: int) -> int:
    """Open the directory `name` inside `directory`; `NotADirectoryError` for a link or anything else."""
    return os.open(name, _DIRECTORY | os.O_NOFOLLOW, dir_fd=directory)


@contextmanager
def walked(directory: int, names: Sequence[str], *, create: bool = False) -> Iterator[int]:
    """Open `names`, each inside the one before, from `directory` on; with `create`, make what is missing."""
    fd = os.dup(directory)
    try:
        for name in names:
            if create and not kind(fd, name):
                os.mkdir(name, 0o700, dir_fd=fd)
            fd, parent = open_directory(name, fd), fd
            os.close(parent)
        yield fd
    finally:
        os.close(fd)


def write_file(directory: int, name: str, data: bytes) -> None:
    """Write the new file `name`, all of it, and fsync it; `FileExistsError` when the name is taken.

    `syncfs` reports write errors only since Linux 5.8, hence the fsync.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    fd = os.open(name, flags, 0o600, dir_fd=directory)
    try:
        rest = memoryview(data)
        while rest:
            written = os.write(fd, rest)
            if not written:
                raise OSError(errno.EIO, "nothing written", name)
            rest = rest[written:]
        os.fsync(fd)
    finally:
        os.close(fd)


def lock(directory: int) -> None:
    """Keep other processes of ours off the medium until `directory` is closed.

    Where the filesystem has no locks there is none; only two kiosks on one medium at once would need it.
    Raises `medium.busy` when another process does not let go for `LOCK_SECONDS`.
    """
    until = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise KioskError("medium.busy") from None
            time.sleep(0.01)
        except OSError as error:
            if error.errno not in {errno.ENOSYS, errno.ENOTSUP, errno.ENOLCK, errno.EINVAL}:
                raise
            return
        else:
            return


def read_file(directory: int, name: str, limit: int = FILE_LIMIT, *, past_cache: bool = False) -> bytes:
    """Read the regular file `name`, at most `limit` bytes.

    A link, FIFO, socket, device or directory raises `OSError` (ELOOP, EEXIST), a longer file `OSError` (EFBIG).
    With `past_cache` what the kernel keeps of it is dropped first: what was written must have been synced.
    """
    # Opening a device may do something, and a socket or a device that is not there fails as a pulled stick does.
    if kind(directory, name) not in {0, stat.S_IFREG, stat.S_IFLNK}:
        raise FileExistsError(errno.EEXIST, "not a regular file", name)
    # O_NONBLOCK: what became a FIFO since must not wait for somebody to write into it.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    fd = os.open(name, flags, dir_fd=directory)
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise FileExistsError(errno.EEXIST, "not a regular file", name)
        if past_cache:
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        data = bytearray()
        while len(data) <= limit and (chunk := os.read(fd, limit + 1 - len(data))):
            data += chunk
    finally:
        os.close(fd)
    if len(data) > limit:
        raise OSError(errno.EFBIG, "too long", name)
    return bytes(data)


def read_past_cache(directory: int, name: str, limit: int = FILE_LIMIT) -> bytes:
    """Read the regular file `name` from the medium itself, not from memory (see `read_file`).

    A read-back that skips this proves nothing: it gives what was written even when the medium lost it.
    """
    return read_file(directory, name, limit, past_cache=True)


def remove_tree(directory: int, name: str) -> None:
    """Delete `name` and all inside it, if it exists; links are deleted, not followed.

    A tree larger than ours ever are raises `OSError` (ENOTEMPTY), with part of it deleted.
    """
    if kind(directory, name):
        _remove(directory, name, TREE_DEPTH, [TREE_ENTRIES])


def _remove(directory: int, name: str, depth: int, left: list[int]) -> None:
    left[0] -= 1
    if left[0] < 0 or depth < 0:
        raise OSError(errno.ENOTEMPTY, "more than expected", name)
    if kind(directory, name) != stat.S_IFDIR:
        os.unlink(name, dir_fd=directory)
        return
    fd = open_directory(name, directory)
    try:
        with os.scandir(fd) as entries:
            names = [entry.name for entry in islice(entries, TREE_ENTRIES + 1)]
        for inner in names:
            _remove(fd, inner, depth - 1, left)
    finally:
        os.close(fd)
    os.rmdir(name, dir_fd=directory)


def overwrite_tree(directory: int, name: str) -> None:
    """Overwrite the files in the tree `name` with zeros, for it is to be deleted; their names stay.

    A flash memory writes elsewhere and forgets the old place only when it likes: this helps against those who
    read the stick, not against those who open it. Links are not followed, and a file with a second name (hard
    link) is left as it is: it is somebody's elsewhere.
    """
    if kind(directory, name):
        _overwrite(directory, name, TREE_DEPTH, [TREE_ENTRIES])


def _overwrite(directory: int, name: str, depth: int, left: list[int]) -> None:
    left[0] -= 1
    type_ = kind(directory, name)
    if left[0] < 0 or depth < 0 or type_ not in {stat.S_IFREG, stat.S_IFDIR}:
        return
    if type_ == stat.S_IFREG:
        fd = os.open(name, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=directory)
        try:
            status = os.fstat(fd)
            if status.st_nlink == 1 and status.st_size:
                os.write(fd, bytes(min(status.st_size, WIPED)))
                os.fsync(fd)
        finally:
            os.close(fd)
        return
    fd = open_directory(name, directory)
    try:
        with os.scandir(fd) as entries:
            names = [entry.name for entry in islice(entries, TREE_ENTRIES + 1)]
        for inner in names:
            _overwrite(fd, inner, depth - 1, left)
    finally:
        os.close(fd)
