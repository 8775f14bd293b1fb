"""What all ways out of the machine have in common: a message, what became of it, and the list of calls."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

Kind = Literal["sent", "again", "never", "down"]


@dataclass(frozen=True)
class Message:
    """One message to one person. `id` stays the same however often it is tried."""

    id: str
    queued_at: str
    """As the registry has it; stays the same too."""
    to: str = field(repr=False)
    """A phone number with its country (`+8210…`), or an e-mail address."""
    subject: str
    text: str = field(repr=False)
    calendar: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Outcome:
    """What became of one try. `reason` is a code.

    `sent`: taken by whoever carries it on. `again`: not now. `never`: this message will not be taken. `down`:
    nothing at all gets through, which says nothing about the message.
    """

    kind: Kind
    reason: str | None = None


@dataclass(frozen=True)
class Returned:
    """What came of a message after it had been taken: `reason` says why it did not arrive, None that it left."""

    id: str
    reason: str | None


SENT = Outcome("sent")


class Channel(Protocol):
    """One way out. Its methods block: they are called in a thread, one at a time."""

    name: str
    """The channel's name in the registry: `sms`, `email`, `call`."""
    page: int
    """How many messages it is given at once. Those may go out twice if the job dies, where nothing prevents it."""

    def send(self, messages: Sequence[Message]) -> list[Outcome]:
        """Try to send each; after `down` the rest may be left out. Never raises for what others do."""

    def returned(self) -> Iterable[Returned]:
        """Give what became known of messages that were taken before."""

    def clear(self, ids: Iterable[str]) -> None:
        """Delete what is left of messages whose end is on record."""

    def close(self) -> None:
        """Let go of connections."""


class CallList:
    """Calls to be made by staff: a message is taken as soon as it is on the list, which the registry has."""

    name = "call"
    page = 200

    def send(self, messages: Sequence[Message]) -> list[Outcome]:
        """Take all."""
        return [SENT for _ in messages]

    def returned(self) -> Iterable[Returned]:
        """Give nothing."""
        return ()

    def clear(self, ids: Iterable[str]) -> None:
        """Do nothing: nothing is left anywhere."""

    def close(self) -> None:
        """Do nothing."""


class Absent(CallList):
    """A channel that messages wait for and this machine has no more."""

    def __init__(self, name: str) -> None:
        """`name` is the channel's."""
        self.name = name

    def send(self, messages: Sequence[Message]) -> list[Outcome]:
        """Take none."""
        return [Outcome("never", "no_channel") for _ in messages]
