"""The head file: beside the database, the newest line of the audit log, so that a shortened log shows.

One record of 249 bytes: `certkiosk head 1`, number (20 digits), hash, the line's signature (hexadecimal),
16 digits of SHA-256 over what stands before. It is written over in place by one call; half a record after a
power cut fails its check and counts as none.
"""

import fcntl
import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_RECORD = re.compile(rb"certkiosk head 1 (\d{20}) ([0-9a-f]{64}) ([0-9a-f]{128}) ")
_CHECK = 16


@dataclass(frozen=True, slots=True)
class Head:
    """The newest line that was noted: its number, hash and signature."""

    seq: int
    hash: bytes
    signature: bytes


def read_head(path: Path) -> Head | None:
    """Read the head file; None when there is none, or no whole record in it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        return _parse(os.pread(descriptor, 512, 0))
    except OSError:
        return None
    finally:
        os.close(descriptor)


def advance_head(path: Path, head: Head, still_holds: Callable[[Head], bool]) -> bool:
    """Note `head`; say whether the file now says so.

    It never goes back to a lower number, and never over one that `still_holds` denies: a head that the log no
    longer has is the proof that the log was cut off or replaced, and stays. Other processes wait meanwhile.
    It is not made to last through a power cut (that would double the price of every step): an older head is
    found then, and a log that is longer than its head is in order.

    Raises `OSError`.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        noted = _parse(os.pread(descriptor, 512, 0))
        if noted and (noted.seq >= head.seq or not still_holds(noted)):
            return False
        record = _record(head)
        return os.pwrite(descriptor, record, 0) == len(record)
    finally:
        os.close(descriptor)


def _record(head: Head) -> bytes:
    text = f"certkiosk head 1 {head.seq:020} {head.hash.hex()} {head.signature.hex()} ".encode()
    return text + _checksum(text) + b"\n"


def _parse(record: bytes) -> Head | None:
    found = _RECORD.match(record)
    if not found or record[found.end() :] != _checksum(found[0]) + b"\n":
        return None
    return Head(int(found[1]), bytes.fromhex(found[2].decode()), bytes.fromhex(found[3].decode()))


def _checksum(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest()[:_CHECK].encode()
