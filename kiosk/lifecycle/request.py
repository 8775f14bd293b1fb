"""A request: its states, its short code, and the lock that says a process is working on it."""

import contextlib
import errno
import fcntl
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from kiosk.errors import KioskError

STATES = (
    "opened", "identified", "key_made", "staged", "submitted", "issued", "written", "proved", "done",
    "cancelled", "void",
)  # fmt: skip
ENDED = frozenset({"done", "cancelled", "void"})
# From here on there is a key on the medium that a person's password opens: the request can be resumed.
RESUMABLE = frozenset({"key_made", "staged", "submitted", "issued", "written", "proved"})

# Without letters and digits that look alike on paper.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
CODE_LENGTH = 8


def new_code() -> str:
    """Make a short code: eight characters, 39 random bits. It is worth nothing without the password."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(CODE_LENGTH))


@contextlib.contextmanager
def working_on(locks: Path, name: str) -> Iterator[None]:
    """Hold the lock `name` while working; it falls with the process, however that ends.

    Raises `request.busy` when somebody else holds it, `registry.full` or `registry.unwritable` when it cannot
    be taken.
    """
    path = locks / name
    descriptor = _locked(path)
    try:
        yield
    finally:
        # What happens to the file changes nothing of the work: one that stays is taken over by the next.
        with contextlib.suppress(OSError):
            path.unlink()
        with contextlib.suppress(OSError):
            os.close(descriptor)


def _locked(path: Path) -> int:
    try:
        while True:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if _is_at(descriptor, path):
                    return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)  # its last holder removed it between our open and our lock: take the new one
    except BlockingIOError:
        raise KioskError("request.busy") from None
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        raise KioskError("registry.full" if full else "registry.unwritable", path=str(path.parent)) from None


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
