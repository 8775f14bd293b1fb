"""What is due by the clock, done by the kiosk itself while nobody is there: a child of its own each time.

It never has the terminal, is killed after a while whatever it does, and yields the processor to whoever comes.
"""

import contextlib
import os
import signal
import time

from kiosk import log
from kiosk.config import load_policy
from kiosk.errors import Exit
from screens.settings import ENDING, Settings

LONGEST = 900
"""Seconds after which a tick is killed. It may be at any moment: what it did not do is done by the next one."""
NICENESS = 10


class Ticking:
    """When the next tick is due, and the process that does it."""

    def __init__(self, settings: Settings) -> None:
        """The first one is due after as long a time as every other: who just started has other things to do."""
        self._settings = settings
        self._pid: int | None = None
        self._seconds = load_policy().tick_minutes * 60.0
        self._next = time.monotonic() + self._seconds

    def look(self, *, idle: bool) -> float | None:
        """Start a tick when one is due, none is running, and nobody is there.

        Gives after how many seconds to look again; None: something happens before there is any use in it.
        """
        if not idle or self._pid is not None:
            return None
        if (left := self._next - time.monotonic()) > 0:
            return left
        self._next = time.monotonic() + self._seconds
        pid = os.fork()
        if not pid:
            _become_tick(self._settings)
        self._pid = pid
        return None

    def ended(self, pid: int) -> None:
        """Take note that a process has ended, which may have been a tick."""
        if pid == self._pid:
            self._pid = None

    def end(self) -> None:
        """End a tick that is running."""
        if self._pid is not None:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(self._pid, signal.SIGKILL)
                os.waitpid(self._pid, 0)
            self._pid = None


def _become_tick(settings: Settings) -> None:
    """Be a tick from here on, and end the process: the parent's code must not run on in it."""
    status = int(Exit.BUG)
    try:
        os.close(signal.set_wakeup_fd(-1))
        for number in (*ENDING, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        signal.alarm(LONGEST)
        os.nice(NICENESS)
        # The terminal, and the lines to children: one that it held would not hear the end of the parent.
        os.closerange(0, os.sysconf("SC_OPEN_MAX"))
        for _ in range(3):
            os.open(os.devnull, os.O_RDWR)
        log.to_file(settings.state.log, settings.clock)
        import asyncio

        status = asyncio.run(_tick(settings))
    except Exception as error:  # noqa: BLE001 - see above
        log.failure(error)
    finally:
        os._exit(status)


async def _tick(settings: Settings) -> int:
    from kiosk.lifecycle.tick import tick
    from kiosk.services import Services

    state = settings.state
    opening = Services.open(
        state.path, practice=state.practice, clock=settings.clock, key_file=settings.key_file
    )
    async with await opening as services:
        done = await tick(services)
    return max((int(each.error.kind.exit) for each in done if each.error), default=int(Exit.DONE))
