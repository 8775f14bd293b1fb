"""Out of service: something was plugged in that types, or opens a way to a network, and nobody expected it.

Nobody is served any more, no key does anything, and it stays so until somebody ends the kiosk and starts it again.
Taking the device out is not enough: what it did meanwhile is for staff to judge.
"""

import asyncio
import os
import select
import signal
import socket
import time
from collections.abc import Sequence
from dataclasses import replace

from kiosk import log
from kiosk.errors import Exit, KioskError
from kiosk.i18n import text_in
from kiosk.media.guard import Guard
from kiosk.media.intruders import Attached
from screens.settings import ENDING, ORPHANED, Settings
from screens.terminal import Terminal

LANGUAGES = ("ko", "en")
F12 = b"\x1b[24~"
SILENT_SECONDS, LONGEST_SECONDS = 0.3, 2.0
"""How long nothing may happen before all of a device is there, and how long to wait for that."""
REPAINT_SECONDS = 1.0


def paint(terminal: Terminal) -> None:
    """Say it, in both languages: whoever stands there now may have chosen either."""
    lines = [
        [text_in(language, id_) for id_ in ("calm.closed", "calm.closed.staff")] for language in LANGUAGES
    ]
    terminal.calm(*lines[0], "", *lines[1])


def all_of(guard: Guard, intruders: Sequence[Attached]) -> tuple[Attached, ...]:
    """Wait until all that came is there: a device shows one part after the other."""
    seen = {each.identity: each for each in intruders}
    until = time.monotonic() + LONGEST_SECONDS
    while not guard.blind and time.monotonic() < until and select.select([guard], [], [], SILENT_SECONDS)[0]:
        for each in guard.strange():
            before = seen.get(each.identity, each)
            seen[each.identity] = replace(each, kinds=each.kinds | before.kinds)
    return tuple(seen.values())


def stay(settings: Settings, terminal: Terminal, wake: socket.socket, intruders: Sequence[Attached]) -> int:
    """Have it recorded, and stay out of service until a signal comes; give the exit status.

    In practice F12 closes it as at any other time.
    """
    _record(settings, intruders)
    for each in intruders:
        log.event("kiosk.intruder", state=each.kind, error=each.product)
    size, typed = None, b""
    while not terminal.gone:
        if size != (size := terminal.size):
            paint(terminal)
        ready = select.select([terminal.input, wake.fileno()], [], [], REPAINT_SECONDS)[0]
        if wake.fileno() in ready:
            while _reaped():
                pass
            if ending := [number for number in wake.recv(4096) if number in ENDING]:
                return 128 + ending[0]
        if terminal.input in ready:
            typed = typed[-len(F12) :] + terminal.read()
            if settings.state.practice and F12 in typed:
                return Exit.DONE
    return ORPHANED


def _reaped() -> bool:
    try:
        return os.waitpid(-1, os.WNOHANG) != (0, 0)
    except ChildProcessError:
        return False


def _record(settings: Settings, intruders: Sequence[Attached]) -> None:
    """Write the line of the audit log, in a process of its own: the parent has neither registry nor keys."""
    if os.fork():
        return
    status = int(Exit.BUG)
    try:
        os.close(signal.set_wakeup_fd(-1))
        # It is short, and whoever ends the kiosk right now does not want it to be forgotten.
        for number in ENDING:
            signal.signal(number, signal.SIG_IGN)
        asyncio.run(_recorded(settings, intruders))
        status = Exit.DONE
    except KioskError as error:
        log.event("kiosk.unrecorded", error=error.code)
    except Exception as error:  # noqa: BLE001 - the last place where it can be written down
        log.failure(error)
    finally:
        os._exit(status)


async def _recorded(settings: Settings, intruders: Sequence[Attached]) -> None:
    from kiosk.calls import record_intruders
    from kiosk.services import Services

    opening = Services.open(
        settings.state.path,
        practice=settings.state.practice,
        clock=settings.clock,
        key_file=settings.key_file,
    )
    async with await opening as services:
        await record_intruders(services, intruders)
