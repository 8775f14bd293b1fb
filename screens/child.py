"""A child of the parent: made ready, waiting for its turn, serving one visit, ending."""

import asyncio
import contextlib
import importlib
import os
import resource
import socket
from typing import TYPE_CHECKING, cast

from kiosk import log
from kiosk.errors import Exit, KioskError
from kiosk.i18n import choose_language
from kiosk.media.offers import Sticks
from screens import line, terminal
from screens.settings import ORPHANED, Settings

terminal.prepare()

from screens.app import WalkupApp  # noqa: E402 - Textual reads its switches when it is imported
from screens.driver import VisitDriver  # noqa: E402
from screens.report import Parent  # noqa: E402
from screens.visit import NotOpen, Visit  # noqa: E402

if TYPE_CHECKING:
    from kiosk.services import Services


def serve(line_: socket.socket, settings: Settings, terminal_: terminal.Terminal, *, first: bool) -> int:
    """Serve one visit; give the exit status. The `first` child shows itself before it has everything."""
    # A core file would hold everything that was typed. One byte is too little for a file and, unlike none, keeps
    # the kernel from handing a core to a program too (core(5)).
    resource.setrlimit(resource.RLIMIT_CORE, (1, 1))
    status, parent = int(Exit.BUG), os.getppid()
    choose_language(settings.language)
    VisitDriver.output = _own_terminal()
    try:
        status = asyncio.run(_serve(Parent(line_), settings, first=first))
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else status
    except KioskError as error:
        with contextlib.suppress(OSError):
            line_.send(line.from_error(error))
    except Exception as error:  # noqa: BLE001 - the last place where it can be written down
        log.failure(error)
    if status == ORPHANED and os.getppid() != parent:
        # Nobody else is left to do it.
        terminal_.give_back()
    return status


def _own_terminal() -> int:
    """Give a descriptor of the terminal that nothing else writes to: no library says a word on a screen."""
    own = os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    return own


async def _serve(parent: Parent, settings: Settings, *, first: bool) -> int:
    async with contextlib.AsyncExitStack() as stack:
        sticks = Sticks(settings.given, settings.practice_stick, marks=settings.state.mounted)
        stack.push_async_callback(sticks.close)
        visit = Visit(cast("Services", NotOpen(settings.state)), sticks)

        async def prepare() -> None:
            await asyncio.to_thread(importlib.import_module, "screens.walkup.flows")
            from kiosk.services import Services

            opening = Services.open(
                settings.state.path, practice=settings.state.practice, clock=settings.clock,
                key_file=settings.key_file,
            )  # fmt: skip
            visit.services = await stack.enter_async_context(await opening)

        if not first:
            await prepare()
        app = WalkupApp(visit, parent, prepare=prepare if first else None)
        status = await app.run_async(mouse=True)
        if app.refused is not None:
            raise app.refused
        # Textual gives no status when its input thread died: that is no success.
        return int(app.return_code or Exit.BUG) if status is None else status
