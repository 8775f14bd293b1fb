"""Where practice puts what it does not send: one file for each message, to be looked at."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from kiosk.errors import KioskError
from kiosk.files import replace_file
from kiosk.reminders.channel import SENT, Message, Outcome, Returned
from kiosk.reminders.mail import written


class PracticeOutbox:
    """A directory that acts as a carrier (`sms`) or a mail server (`email`)."""

    page = 20

    def __init__(self, name: str, directory: Path) -> None:
        """`name` is the channel's; the directory is made when it is needed."""
        self.name = name
        self._directory = directory

    def send(self, messages: Sequence[Message]) -> list[Outcome]:
        """Write each to a file with its id for a name."""
        outcomes: list[Outcome] = []
        for message in messages:
            try:
                self._directory.mkdir(mode=0o700, exist_ok=True)
                replace_file(self._directory / self._file(message), [self._content(message)], mode=0o600)
            except (OSError, KioskError):
                return [*outcomes, Outcome("down", "outbox")]
            outcomes.append(SENT)
        return outcomes

    def _file(self, message: Message) -> str:
        return f"{message.id}.{'eml' if self.name == 'email' else 'txt'}"

    def _content(self, message: Message) -> bytes:
        if self.name == "email":
            return bytes(written(message, "kiosk@practice.invalid"))
        return f"{message.to}\n\n{message.text}\n".encode()

    def returned(self) -> Iterable[Returned]:
        """Give nothing."""
        return ()

    def clear(self, ids: Iterable[str]) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""
