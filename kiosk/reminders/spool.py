"""SMS through gammu-smsd's FILES service: a file in its outbox, a GSM modem, no internet.

The format is gammu-smsbackup(5), in files named as gammu-smsd-files(7) says: the parts of the message with their
coding, UCS-2. (From a text file the daemon chooses the coding itself, unless `TransmitFormat` is set: version 1.42 was
seen to send Korean in the seven-bit alphabet, which has none of it.) A message's file has the same name at each try.
It is looked for in the outbox, then where the daemon moves it (`sent`, `error`): moving is one rename, so in this order
none is overlooked. Only files that carry one of our ids are ever touched; they hold a phone number, and go once the
registry says what became of them.
"""

import contextlib
import os
import re
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from kiosk.clock import KST, unstamp
from kiosk.reminders.channel import SENT, Message, Outcome, Returned

_ID = re.compile(
    r"OUTC\d{8}_\d{6}_00_certkiosk_([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.smsbackup"
)
ALONE = 70
"""Characters of UCS-2 in a message of one part (3GPP TS 23.040, 140 octets)."""
PART = 67
"""In each part of several, beside six octets of header."""
MOST = 6
LONGEST = 3600.0
"""Seconds that a message may lie in the outbox; then the modem is down, or has more to do than it can."""
_ROW = 50
"""Characters in one line of the file."""


class Spool:
    """The directories of one gammu-smsd."""

    name = "sms"
    page = 200

    def __init__(self, outbox: Path, sent: Path, error: Path) -> None:
        """All three are directories on one file system, as `OutboxPath`, `SentSMSPath` and `ErrorSMSPath`."""
        self._outbox = outbox
        self._sent = sent
        self._error = error

    def send(self, messages: Sequence[Message]) -> list[Outcome]:
        """Put each into the outbox, unless it is or was there."""
        outcomes = []
        try:
            if self._stands_still():
                return [Outcome("down", "spool.waiting")]
            for message in messages:
                self._put(file_name(message), body(message))
                outcomes.append(SENT)
            _sync(self._outbox)
        except OSError as error:
            # Without the directory on the disk nothing of this page counts; what is there is found next time.
            return [Outcome("down", f"spool.{_code(error)}")]
        return outcomes

    def _stands_still(self) -> bool:
        """Say whether something of ours has waited for long: what is put there now could not be taken back."""
        oldest = time.time() - LONGEST
        with os.scandir(self._outbox) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):  # the daemon was quicker
                    if _ID.fullmatch(entry.name) and entry.stat().st_mtime < oldest:
                        return True
        return False

    def _put(self, name: str, content: bytes) -> None:
        if any((place / name).exists() for place in (self._outbox, self._sent, self._error)):
            return
        part = self._outbox / f".{name}.part"
        # The daemon may be another user of the same group, whatever our own mask is: it reads the file and moves it.
        descriptor = os.open(
            part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o660
        )
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), 0o660)
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
    return f"OUTC{queued:%Y%m%d_%H%M%S}_00_certkiosk_{message.id}.smsbackup"


def body(message: Message) -> bytes:
    """Write a message as the daemon reads it. What is longer than six parts is cut."""
    parts = _parts(message.text)
    reference = uuid.UUID(message.id).bytes[0]
    sections = []
    for number, part in enumerate(parts):
        rows = [part[start : start + _ROW] for start in range(0, len(part), _ROW)]
        # A header that says: one of so many parts, with this reference (3GPP TS 23.040, 9.2.3.24.1).
        header = bytes([5, 0, 3, reference, len(parts), number + 1]).hex().upper() if len(parts) > 1 else ""
        sections.append(
            "\n".join((
                f"[SMSBackup{number:03}]", "PDU = Submit", "State = UnSent", f'Number = "{message.to}"',
                *([f"UDH = {header}"] if header else []),
                *(f"Text{row:02} = {_ucs2(text)}" for row, text in enumerate(rows)),
                "Coding = Unicode_No_Compression", "Folder = 1", f"Length = {len(part)}", "Class = -1",
                "ReplySMSC = False", "RejectDuplicates = False", "ReplaceMessage = 0", "MessageReference = 0", "",
            ))
        )  # fmt: skip
    return "\n".join(sections).encode()


def _parts(text: str) -> list[str]:
    """Cut a text into parts; UCS-2 has no characters beyond U+FFFF, and no halves of them."""
    text = "".join("?" if char > "\uffff" or "\ud800" <= char <= "\udfff" else char for char in text)
    if len(text) <= ALONE:
        return [text]
    return [text[start : start + PART] for start in range(0, min(len(text), PART * MOST), PART)]


def _ucs2(text: str) -> str:
    return text.encode("utf-16-be").hex().upper()


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _code(error: OSError) -> str:
    return f"errno.{error.errno}"
