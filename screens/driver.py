"""Textual's driver for a terminal that the parent holds.

The parent has taken the terminal and keeps the other screen painted, so that between two visits nothing
flashes; a child neither enters nor leaves it. The rest mends what ends or stalls Textual's input: bytes that
are no UTF-8, a terminal that is gone, more keys than can be taken, keys that were meant for somebody else.
"""

import codecs
import contextlib
import os
from typing import Any

from textual import events, messages
from textual.drivers import linux_driver
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from screens import terminal
from screens.gate import Gate

PARENTS = frozenset({terminal.ENTER, terminal.LEAVE, terminal.HIDE, terminal.SHOW, "\x1b[<u"})
"""What Textual writes at the start and end that is the parent's to write, or was never switched on."""

TYPED = (
    events.Key,
    events.Paste,
    events.MouseDown,
    events.MouseUp,
    events.MouseScrollUp,
    events.MouseScrollDown,
)


class Gone(Exception):  # noqa: N818 - the word of its subject
    """Nobody is at the other end of the terminal any more."""


class VisitDriver(LinuxDriver):
    """The terminal for one visit."""

    output = 1
    """The descriptor of the terminal that is written to."""

    def __init__(self, *args: Any, **options: Any) -> None:
        """As Textual makes it; standard error is no place to draw on."""
        super().__init__(*args, **options)
        self.gate = Gate()
        self._file = _Output(self.output)  # type: ignore[assignment]

    def write(self, data: str) -> None:
        """Write what a visit may write."""
        if data not in PARENTS:
            super().write(data)

    def process_message(self, message: Message) -> None:
        """Let through what the gate lets through, and everything that nobody typed.

        A size that comes as text is no size: this program asks the kernel, and anybody can type text.
        """
        if isinstance(message, events.Resize | messages.InBandWindowResize):
            return
        if isinstance(message, TYPED) and not self.gate.passes():
            return
        super().process_message(message)

    def run_input_thread(self) -> None:
        """Read keys with a decoder that takes everything."""
        linux_driver.getincrementaldecoder = lambda _: lambda: _Tolerant(self.gate)  # type: ignore[attr-defined, assignment]
        super().run_input_thread()

    def disable_input(self) -> None:
        """Stop reading, without waiting for the thread that reads: this process is about to end."""
        if not self.exit_event.is_set():
            self._disable_mouse_support()
            self.exit_event.set()

    def _get_terminal_size(self) -> tuple[int, int]:
        columns, lines = os.get_terminal_size(self.output)
        return columns, lines

    def _run_input_thread(self) -> None:
        """End the visit when the terminal cannot be read: Textual would print a traceback, or spin."""
        try:
            self.run_input_thread()
        except BaseException as error:  # noqa: BLE001 - whatever it is, this visit has no keyboard any more
            self._app.call_later(self._app.input_lost, error)  # type: ignore[attr-defined]


class _Output:
    """Writes to the terminal. One that is gone is no error: the thread that reads finds out.

    Textual's writing thread would die of it, and whoever writes next would wait for that for ever.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def fileno(self) -> int:
        return self._descriptor

    def write(self, text: str) -> None:
        rest = text.encode("utf-8", "replace")
        with contextlib.suppress(OSError):
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]

    def flush(self) -> None:
        pass


class _Tolerant:
    """Decodes what a terminal sends. Bytes that are no UTF-8 become U+FFFD, which no field takes.

    Textual's own decoder raises (textual#6456), and takes the end of the terminal for nothing to read, again and
    again. A flood is not even looked at.
    """

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def decode(self, data: bytes, final: bool = False) -> str:  # noqa: FBT001, FBT002 - as codecs has it
        if not data and not final:
            raise Gone
        if self._gate.flooded and not self._gate.opens():
            return ""
        return self._decoder.decode(data, final)
