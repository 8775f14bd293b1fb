"""SMS through gammu-smsd's FILES service: a file in its outbox, a GSM modem, no internet.

The format is that of gammu-smsd-files(7): `OUT<priority><date>_<time>_<serial>_<recipient>_<note>.txt`, UTF-16 with
a byte order mark; the daemon cuts long text into parts. A message's file has the same name at each try. It is looked
for in the outbox, then where the daemon moves it (`sent`, `error`): moving is one rename, so in this order none is
overlooked. Only files that carry one of our ids are ever touched; they hold a phone number, and go once the
registry says what became of them.
"""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from kiosk.clock import KST, unstamp
from kiosk.reminders.channel import SENT, Message, Outcome, Returned

_ID = re.compile(
    r"OUTC\d{8}_\d{6}_00_\+?\d+_([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.txt"
)
LONGEST = 402
"""UTF-16 units in six parts: the daemon would cut what is longer anywhere."""


class Spool:
    """The directories of one gammu-smsd."""

    name = "sms"
    page = 50

    def __init__(self, outbox: Path, sent: Path, error: Path) -> None:
        """All three are directories on one file system, as `OutboxPath`, `SentSMSPath` and `ErrorSMSPath`."""
        self._outbox = outbox
        self._sent = sent
        self._error = error

    def send(self, messages: Sequence[Message]) -> list[Outcome]:
        """Put each into the outbox, unless it is or was there."""
        outcomes = []
        try:
            for message in messages:
                self._put(file_name(message), body(message.text))
                outcomes.append(SENT)
            _sync(self._outbox)
        except OSError as error:
            # Without the directory on the disk nothing of this page counts; what is there is found next time.
            return [Outcome("down", f"spool.{_code(error)}")]
        return outcomes

    def _put(self, name: str, content: bytes) -> None:
        if any((place / name).exists() for place in (self._outbox, self._sent, self._error)):
            return
        part = self._outbox / f".{name}.part"
        # The daemon, which may be another user of the same group, moves the file when it is done.
        descriptor = os.open(
            part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o660
        )
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.rename(self._outbox / name)

    def returned(self) -> Iterator[Returned]:
        """Give what the daemon has sent, and what it gave up."""
        for place, reason in ((self._sent, None), (self._error, "modem")):
            try:
                names = [entry.name for entry in os.scandir(place)]
            except OSError:
                continue
            yield from (Returned(match[1], reason) for name in names if (match := _ID.fullmatch(name)))

    def clear(self, ids: Iterable[str]) -> None:
        """Delete the daemon's copies of these messages."""
        over = set(ids)
        for place in (self._sent, self._error):
            try:
                for entry in os.scandir(place):
                    match = _ID.fullmatch(entry.name)
                    if match and match[1] in over:
                        Path(entry.path).unlink(missing_ok=True)
            except OSError:
                continue

    def close(self) -> None:
        """Do nothing."""


def file_name(message: Message) -> str:
    """Name the file of a message."""
    queued = unstamp(message.queued_at).astimezone(KST)
    return f"OUTC{queued:%Y%m%d_%H%M%S}_00_{message.to}_{message.id}.txt"


def body(text: str) -> bytes:
    """Write a text as the daemon reads it: UCS-2, which has no characters beyond U+FFFF."""
    short = "".join(char if char <= "\uffff" else "?" for char in text)[:LONGEST]
    return b"\xfe\xff" + short.encode("utf-16-be", "replace")


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _code(error: OSError) -> str:
    return f"errno.{error.errno}"
