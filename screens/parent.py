"""The parent: one process for each visit, and the terminal in good hands between two of them.

It stays light, without Textual, and never sees what a person types. A child shows the idle screen, serves one
person and ends; however it ends, its successor, which has been made ready meanwhile, takes over.
"""

import contextlib
import gc
import os
import selectors
import signal
import socket
import termios
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import FrameType

from kiosk import log
from kiosk.errors import Exit, KioskError
from kiosk.i18n import text_in
from kiosk.media.guard import Guard
from kiosk.media.intruders import Attached
from screens import closed, line
from screens.settings import ENDING, LEAVE_KIOSK, ORPHANED, Settings
from screens.terminal import Terminal
from screens.ticking import Ticking

CRASHES = 5
"""So many children in a row that fail before anybody came, each within `CRASH_SECONDS`, end the kiosk."""
CRASH_SECONDS = 10.0
GRACE_SECONDS = 5.0
"""How long a child may take to end when it is told to."""
SORRY_SECONDS = 8.0
"""How long the apology for a visit that failed stays, unless a key is pressed."""


def run(settings: Settings) -> int:
    """Serve one visit after another on this terminal; give the exit status of the command.

    Raises the first child's own error when it cannot open the state, and `kiosk.failing` when children fail
    again and again.
    """
    with _signals() as wake, Terminal() as terminal:
        visits = _Visits(settings, terminal, wake)
        try:
            return visits.serve()
        except (OSError, termios.error):
            if terminal.gone:
                return ORPHANED
            raise
        finally:
            visits.end()


@contextlib.contextmanager
def _signals() -> Iterator[socket.socket]:
    """Turn signals into bytes on a socket, one for each, so that one loop waits for everything."""
    wake, woken = socket.socketpair()
    with wake, woken:
        wake.setblocking(False)
        woken.setblocking(False)
        before = {number: signal.signal(number, _noted) for number in (*ENDING, signal.SIGCHLD)}
        signal.set_wakeup_fd(woken.fileno())
        try:
            yield wake
        finally:
            signal.set_wakeup_fd(-1)
            for number, handler in before.items():
                signal.signal(number, handler)


def _noted(number: int, frame: FrameType | None) -> None:
    """Do nothing: the byte that wakes the loop is enough."""


@dataclass
class _Child:
    pid: int
    line: socket.socket
    since: float | None = None
    """When its turn began."""
    shown: bool = False
    begun: bool = False
    error: KioskError | None = None


class _Visits:
    """The loop: at any time one child has the terminal, and another waits or is being made ready."""

    def __init__(self, settings: Settings, terminal: Terminal, wake: socket.socket) -> None:
        self._settings = settings
        self._terminal = terminal
        self._wake = wake
        self._selector = selectors.DefaultSelector()
        self._selector.register(wake, selectors.EVENT_READ)
        self._children: dict[int, _Child] = {}
        self._current: _Child | None = None
        self._next: _Child | None = None
        self._failures = 0
        self._served = False
        self._ticking = Ticking(settings)
        self._guard: Guard | None = None

    def serve(self) -> int:
        """Serve until something ends the kiosk; give the exit status."""
        self._hand_over()
        # The first screen is being made meanwhile.
        with Guard(self._settings.allowed) as guard:
            self._guard = guard
            if not guard.blind:
                self._selector.register(guard, selectors.EVENT_READ)
            while True:
                for key, _ in self._selector.select(self._ticking.look(idle=self._is_idle())):
                    if (key.fileobj is guard or guard.blind) and (intruders := guard.strange()):
                        return self._close(guard, intruders)
                    if key.fileobj is self._wake:
                        if (status := self._woken()) is not None:
                            return status
                    elif key.fileobj is not guard:
                        self._listen(key.data)

    def _is_idle(self) -> bool:
        """Say whether the first screen stands there, nobody has begun, and whoever comes next is being made ready."""
        current = self._current
        return current is not None and current.shown and not current.begun and self._next is not None

    def _close(self, guard: Guard, intruders: Sequence[Attached]) -> int:
        """Serve nobody any more: end the visit at once, and whatever it was doing. Gives the exit status."""
        for pid in self._children:
            os.kill(pid, signal.SIGKILL)
        closed.paint(self._terminal)
        self._kill()
        found = closed.all_of(guard, intruders)
        # What comes from now on makes nothing worse.
        guard.close()
        return closed.stay(self._settings, self._terminal, self._wake, found)

    def _woken(self) -> int | None:
        """Look at what signals came. Gives the exit status when the kiosk is to end."""
        numbers = b""
        with contextlib.suppress(BlockingIOError):
            numbers = self._wake.recv(4096)
        for number in numbers:
            if number in ENDING:
                return 128 + number
        for child, code in self._ended():
            if child is self._next:
                self._next = None
                self._failed(child)
            elif child is self._current:
                self._current = None
                if (status := self._after(child, code)) is not None:
                    return status
        return None

    def _ended(self) -> Iterator[tuple[_Child, int]]:
        """Give the children that have ended, with their statuses, and forget them."""
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            child = self._children.pop(pid, None)
            self._ticking.ended(pid)
            if child is not None:
                while self._hear(child):
                    pass
                self._selector.unregister(child.line)
                child.line.close()
                yield child, os.waitstatus_to_exitcode(status)

    def _after(self, child: _Child, code: int) -> int | None:
        """Go on after the turn of `child`. Gives the exit status when the kiosk is to end."""
        if code == LEAVE_KIOSK:
            return Exit.DONE
        if self._terminal.gone:
            return ORPHANED
        if code != Exit.DONE:
            log.event("visit.failed", exit=code, error=child.error.code if child.error else None)
        if code == Exit.DONE or child.begun:
            self._failures = 0
        else:
            self._failed(child)
        if code != Exit.DONE and child.begun and (status := self._apologise()) is not None:
            return status
        self._hand_over()
        return None

    def _failed(self, child: _Child) -> None:
        """Count a child that failed before anybody came. Raises when it is no use going on."""
        late = child.since is not None and time.monotonic() - child.since > CRASH_SECONDS
        self._failures = 1 if late else self._failures + 1
        if child.error is not None and not self._served:
            raise child.error
        if self._failures >= CRASHES:
            raise child.error or KioskError("kiosk.failing")

    def _apologise(self) -> int | None:
        """Say that something went wrong until a key is pressed. Gives a status as `_woken` does."""
        self._calm("calm.sorry")
        until = time.monotonic() + SORRY_SECONDS
        with selectors.DefaultSelector() as selector:
            selector.register(self._terminal.input, selectors.EVENT_READ)
            selector.register(self._wake, selectors.EVENT_READ)
            guard = self._guard
            if guard is not None and not guard.blind:
                selector.register(guard, selectors.EVENT_READ)
            while (left := until - time.monotonic()) > 0:
                ready = [key.fileobj for key, _ in selector.select(left)]
                if guard is not None and guard in ready and (intruders := guard.strange()):
                    return self._close(guard, intruders)
                if self._wake in ready and (status := self._woken()) is not None:
                    return status
                if self._terminal.input in ready:
                    break
        return None

    def _hand_over(self) -> None:
        """Paint the ground, forget what was typed, and let the next child take the terminal."""
        self._calm("calm.moment")
        child = self._next or self._start()
        self._current, self._next = child, None
        child.since = time.monotonic()
        with contextlib.suppress(OSError):
            child.line.send(line.TURN)

    def _calm(self, id_: str) -> None:
        self._terminal.calm(text_in(self._settings.language, id_))

    def _listen(self, child: _Child) -> None:
        """Take what a child says; make its successor ready once it shows its first screen."""
        if child.pid in self._children and not self._hear(child):
            self._selector.modify(child.line, 0, child)
        if child is self._current and child.shown and self._next is None:
            self._served = True
            self._next = self._start()

    def _hear(self, child: _Child) -> bool:
        """Take one thing that a child says. Gives whether there was any."""
        said = b""
        with contextlib.suppress(OSError):
            said = child.line.recv(line.LONGEST, socket.MSG_DONTWAIT)
        child.shown |= said == line.SHOWN
        child.begun |= said == line.BEGUN
        child.error = line.to_error(said) or child.error
        return bool(said)

    def _start(self) -> _Child:
        ours, theirs = line.pair()
        pid = os.fork()
        if not pid:
            # A child that held another's line would keep it from hearing the end. The guard's socket may stay.
            for end in (ours, self._wake, *(child.line for child in self._children.values())):
                end.close()
            _become_child(theirs, self._settings, self._terminal, first=not self._served)
        theirs.close()
        child = _Child(pid, ours)
        self._children[pid] = child
        self._selector.register(ours, selectors.EVENT_READ, child)
        return child

    def end(self) -> None:
        """End all children: the one with the terminal is told, and killed when it does not."""
        self._ticking.end()
        for child in self._children.values():
            os.kill(child.pid, signal.SIGTERM if child is self._current else signal.SIGKILL)
        until = time.monotonic() + GRACE_SECONDS
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake, selectors.EVENT_READ)
            while list(self._ended()) or (self._children and (left := until - time.monotonic()) > 0):
                if self._children and selector.select(left):
                    self._wake.recv(4096)
        self._kill()
        self._selector.close()

    def _kill(self) -> None:
        for pid in self._children:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        self._children.clear()


def _become_child(line_: socket.socket, settings: Settings, terminal: Terminal, *, first: bool) -> None:
    """Be a child from here on, and end the process: whatever happens, the parent's code must not run on in it."""
    status = int(Exit.BUG)
    try:
        os.close(signal.set_wakeup_fd(-1))
        for number in (*ENDING, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        # What is imported stays. Looking for garbage in it, again and again, takes a tenth of the time: that begins
        # when the first screen is painted.
        gc.disable()
        # Textual stays out of the parent.
        from screens.child import serve

        status = serve(line_, settings, terminal, first=first)
    except Exception as error:  # noqa: BLE001 - see above
        log.failure(error)
    finally:
        os._exit(status)
