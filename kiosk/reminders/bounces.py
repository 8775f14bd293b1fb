"""Mail that came back: delivery reports (RFC 3464, in multipart/report of RFC 6522) in the sender's Maildir.

A mail server takes a message and may find out only then that it reaches nobody. What it writes back about one of our
messages names the Message-ID, which holds our own id: 122 random bits that nobody else can guess. All other mail in
the mailbox is somebody else's business and stays as it is.
"""

import contextlib
import email
import email.policy
import os
import re
from collections.abc import Iterable, Iterator
from email.message import Message as Mail
from itertools import islice
from pathlib import Path

from kiosk.media.files import read_file
from kiosk.reminders.channel import Returned

_ID = re.compile(r"<([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})@")
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_PLACES = ("new", "cur")
MOST = 2000
"""Mails that one job looks at."""
LIMIT = 1 << 18
"""Bytes of a report; a server returns the message's headers, or all of it, and ours are small."""


class Bounces:
    """One Maildir; delivery programs put each mail into `new` by a rename, so all that is there is whole."""

    def __init__(self, maildir: Path) -> None:
        """`maildir` is the directory that has `new` and `cur` in it."""
        self._maildir = maildir
        self._seen: dict[str, list[Path]] = {}

    def read(self) -> Iterator[Returned]:
        """Give what came back for good. A mailbox that is not there has nothing in it."""
        self._seen = {}
        for path in islice(self._paths(), MOST):
            try:
                report = failed(_content(path))
            except OSError:
                continue
            if report is not None:
                self._seen.setdefault(report.id, []).append(path)
                yield report

    def clear(self, ids: Iterable[str]) -> None:
        """Delete the reports about these messages: they hold an address, and were read."""
        for id_ in ids:
            for path in self._seen.pop(id_, []):
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True)

    def _paths(self) -> Iterator[Path]:
        for place in _PLACES:
            with contextlib.suppress(OSError), os.scandir(self._maildir / place) as entries:
                yield from (Path(entry.path) for entry in entries)


def failed(data: bytes) -> Returned | None:
    """Read a mail; give which message of ours it says did not arrive and never will, with the code for it.

    None for everything else: other mail, reports of a delay or of success, and what is no mail at all.
    """
    try:
        return _failed(email.message_from_bytes(data, policy=email.policy.compat32))
    # Mails in mails without an end, and codings that are none.
    except (RecursionError, ValueError, LookupError):
        return None


def _failed(mail: Mail) -> Returned | None:
    if mail.get_content_type() != "multipart/report" or not mail.is_multipart():
        return None
    id_, status = None, None
    for part in mail.get_payload():
        if not isinstance(part, Mail):
            return None
        match part.get_content_type():
            case "message/delivery-status":
                status = status or _failure(part)
            case "message/rfc822" | "text/rfc822-headers" | "message/rfc822-headers" | "message/global":
                id_ = id_ or _id(part)
    return Returned(id_, f"bounced.{status}") if id_ and status else None


def _failure(part: Mail) -> str | None:
    """Give the status code of the first recipient for whom it failed (RFC 3464 §2.3.3 and 2.3.4)."""
    fields = part.get_payload()
    for each in fields if isinstance(fields, list) else []:
        if not isinstance(each, Mail) or str(each.get("Action", "")).strip().lower() != "failed":
            continue
        found = _STATUS.search(str(each.get("Status", "")))
        return found[0] if found else "5.0.0"
    return None


def _id(part: Mail) -> str | None:
    """Find our id in the returned headers, which are a message of their own or lines of text."""
    inner = part.get_payload()
    if isinstance(inner, list):
        headers = [str(each.get("Message-ID", "")) for each in inner if isinstance(each, Mail)]
    else:
        decoded = part.get_payload(decode=True)
        text = decoded if isinstance(decoded, bytes) else b""
        headers = [str(email.message_from_bytes(text).get("Message-ID", ""))]
    found = (_ID.search(header.lower()) for header in headers)
    return next((match[1] for match in found if match), None)


def _content(path: Path) -> bytes:
    """Read a file that is one, and no longer than a report is. Raises `OSError`."""
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return read_file(directory, path.name, LIMIT)
    finally:
        os.close(directory)
