"""A child of the parent: made ready, waiting for its turn, serving one visit, ending."""

import asyncio
import contextlib
import importlib
import os
import resource
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from kiosk import log
from kiosk.errors import Exit
from kiosk.i18n import choose_language
from screens import line, terminal
from screens.settings import Settings

terminal.prepare()

from screens.app import WalkupApp  # noqa: E402 - Textual reads its switches when it is imported
from screens.driver import VisitDriver  # noqa: E402
from screens.visit import NotOpen, Visit  # noqa: E402

if TYPE_CHECKING:
    from kiosk.services import Services


class ParentProcess:
    """The parent at the other end of the line."""

    def __init__(self, line_: socket.socket) -> None:
        """`line_` is this child's end."""
        self._line = line_
        line_.setblocking(False)

    async def turn(self) -> None:
        """Wait for this child's turn; end it when the parent ends first."""
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


def serve(line_: socket.socket, settings: Settings, *, first: bool) -> int:
    """Serve one visit; give the exit status. The `first` child shows itself before it has everything.

    Raises what `Services.open` does.
    """
    # A core file would hold everything that was typed. One byte is too little for a file and, unlike none, keeps
    # the kernel from handing a core to a program too (core(5)).
    resource.setrlimit(resource.RLIMIT_CORE, (1, 1))
    choose_language(settings.language)
    VisitDriver.output = _own_terminal()
    return asyncio.run(_serve(ParentProcess(line_), settings, first=first))


def _own_terminal() -> int:
    """Give a descriptor of the terminal that nothing else writes to: no library says a word on a screen."""
    own = os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    return own


async def _serve(parent: ParentProcess, settings: Settings, *, first: bool) -> int:
    async with contextlib.AsyncExitStack() as stack:
        visit = Visit(cast("Services", NotOpen(settings.state)), settings.media())

        async def prepare() -> None:
            await asyncio.to_thread(importlib.import_module, "screens.walkup.flows")
            from kiosk.services import Services

            opening = Services.open(
                settings.state.path, practice=settings.state.practice, clock=settings.clock,
                key_file=settings.key_file,
            )  # fmt: skip
            visit.services = await stack.enter_async_context(await opening)
            log.to_file(settings.state.log, settings.clock)

        if not first:
            await prepare()
        app = WalkupApp(visit, parent, prepare=prepare if first else None, media=settings.media)
        status = await app.run_async(mouse=True)
        if app.refused is not None:
            raise app.refused
        # Textual gives no status when its input thread died: that is no success.
        return int(app.return_code or Exit.BUG) if status is None else status
