"""A printer at the other end of a pseudo-terminal: it prints, answers, runs out of paper, and goes away."""

import os
import pty
import select
import threading
import time
import tty
from pathlib import Path

from kiosk.printing import escpos

FINE, PAPER_END, COVER_OPEN, BROKEN = (0x12, 0x12), (0x32, 0x72), (0x16, 0x12), (0x52, 0x12)
"""What it says of itself: to DLE EOT 2 and to DLE EOT 4."""


class Machine:
    """Takes bytes in a thread of its own; `got` is what it printed. Answers are told by `state`."""

    def __init__(
        self, state: tuple[int, int] = FINE, *, talks: bool = True, ends_after: int | None = None,
        takes: int | None = None, done: int = 0, pulled_after: int | None = None,
    ) -> None:  # fmt: skip
        """The paper `ends_after` so many bytes; it `takes` so many and then nothing; `done` answers GS r.

        The cable is `pulled_after` so many.
        """
        self.got = bytearray()
        self.state = state
        self.questions = 0
        self._talks, self._ends_after, self._takes, self._done = talks, ends_after, takes, done
        self._pulled_after = pulled_after
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.path = Path(os.ttyname(self._slave))
        self._stop, self._stopped = os.pipe()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    @property
    def out_of_paper(self) -> bool:
        return self._ends_after is not None and len(self.got) > self._ends_after

    def whole(self) -> bytes:
        """Wait until the paper was cut, and give what was printed: a slow one prints on when nobody waits any more."""
        end = time.monotonic() + 20
        while not self.got.endswith(escpos.CUT):
            assert time.monotonic() < end, f"{len(self.got)} bytes, and no cut"
            select.select([], [], [], 0.005)
        return bytes(self.got)

    def refill(self) -> None:
        """Put in paper."""
        self._ends_after, self.state = None, FINE
        self.got.clear()

    def _work(self) -> None:
        rest = b""
        while True:
            full = self._takes is not None and len(self.got) >= self._takes
            ready = select.select([self._stop, *([] if full else [self._master])], [], [])[0]
            if self._stop in ready:
                return
            rest = self._take(rest + os.read(self._master, 512))
            if self._pulled_after is not None and len(self.got) > self._pulled_after:
                # Hung up; the descriptor stays ours, so that nobody else gets its number before `unplug`.
                nothing = os.open(os.devnull, os.O_RDONLY)
                os.dup2(nothing, self._master)
                os.close(nothing)
                return

    def _take(self, data: bytes) -> bytes:
        """Answer questions that stand in `data`, print the rest; gives what may be half a question."""
        for answer, question in enumerate((escpos.ASK_OFFLINE, escpos.ASK_PAPER)):
            while question in data:
                data = data.replace(question, b"", 1)
                self.questions += 1
                if self.out_of_paper:
                    self.state = PAPER_END
                if self._talks:
                    os.write(self._master, bytes([self.state[answer]]))
        if escpos.ASK_DONE in data:
            self.got += data.replace(escpos.ASK_DONE, b"")
            if self._talks and not self.out_of_paper:
                os.write(self._master, bytes([self._done]))
            return b""
        if data.endswith((b"\x10", b"\x10\x04", b"\x1d", b"\x1dr")):
            return data
        self.got += data
        return b""

    def unplug(self) -> None:
        """Pull the cable."""
        os.write(self._stopped, b"x")
        self._thread.join()
        for descriptor in (self._master, self._slave, self._stop, self._stopped):
            os.close(descriptor)
        self._master = -1

    def close(self) -> None:
        if self._master != -1:
            self.unplug()
