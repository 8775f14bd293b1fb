"""The parent, as the child sees it that serves a visit: what is told it, and what it says."""

import asyncio
import contextlib
import socket
from collections.abc import Callable

from kiosk.errors import Exit
from screens import line


class Parent:
    """The other end of the line."""

    def __init__(self, line_: socket.socket) -> None:
        """`line_` is this child's end."""
        self._line = line_
        line_.setblocking(False)

    async def turn(self) -> None:
        """Wait until it is this child's turn to take the terminal; end it when the parent ends first."""
        if await asyncio.get_running_loop().sock_recv(self._line, line.LONGEST) != line.TURN:
            raise SystemExit(Exit.DONE)

    def shown(self) -> None:
        """Say that the first screen is painted."""
        self._say(line.SHOWN)

    def begun(self) -> None:
        """Say that somebody began a visit."""
        self._say(line.BEGUN)

    def watch(self, gone: Callable[[], None]) -> None:
        """Call `gone` when there is no parent any more."""
        loop = asyncio.get_running_loop()

        def read() -> None:
            loop.remove_reader(self._line)
            gone()

        loop.add_reader(self._line, read)

    def _say(self, word: bytes) -> None:
        with contextlib.suppress(OSError):
            self._line.send(word)
