"""The terminal, as the parent holds it: taken once, kept painted between two visits, and given back at the end.

No Textual here: the parent does without. `prepare` is for a child, before it imports Textual, which reads its
switches then.
"""

import contextlib
import os
import select
import sys
import termios
import unicodedata
from typing import Self

# Nothing moves, and nothing is asked of terminals that some of them answer wrongly: with the "report all keys"
# protocol several drop or double composed Hangul.
SWITCHES = {
    "TEXTUAL_ANIMATIONS": "none",
    "TEXTUAL_SMOOTH_SCROLL": "0",
    "TEXTUAL_DISABLE_KITTY_KEY": "1",
    "ESCDELAY": "300",
}

CANCEL = "\x18"
"""Ends an escape sequence that a killed child left unfinished."""
QUIET = "".join(f"\x1b[?{mode}l" for mode in (1000, 1002, 1003, 1015, 1006, 1016, 1004, 2004, 2048, 2026))
"""Switches off what a child asked for: mouse, focus, bracketed paste, sizes in band, and updates held back."""
ENTER, LEAVE = "\x1b[?1049h", "\x1b[?1049l"
HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"
WRAP = "\x1b[?7h"
GROUND, INK = "#faf8f2", "#55524a"
"""The colours between two visits: those of the theme that a visit begins with (`ground` and `quiet`)."""

DRAIN_ROUNDS = 64


def prepare() -> None:
    """Set Textual's switches, and drop whatever else the environment says to it.

    `COLUMNS` and `LINES` go too: they would stand against the terminal's real size for good.
    """
    for variable in [name for name in os.environ if name.startswith("TEXTUAL")]:
        del os.environ[variable]
    for variable in ("NO_COLOR", "COLUMNS", "LINES"):
        os.environ.pop(variable, None)
    os.environ.update(SWITCHES)


class Terminal:
    """The terminal on standard input and output. Raises `OSError` or `termios.error` when it is gone."""

    def __init__(self) -> None:
        """Remember how the terminal was set."""
        self.input = sys.__stdin__.fileno() if sys.__stdin__ else 0
        """The descriptor that keys are read from."""
        # Its own: a child sends standard output elsewhere.
        self._output = os.dup(sys.__stdout__.fileno() if sys.__stdout__ else 1)
        self._before = termios.tcgetattr(self.input)

    def __enter__(self) -> Self:
        """Take it: keys come as they are, none makes a signal, none is echoed; the other screen is shown."""
        quiet = termios.tcgetattr(self.input)
        quiet[0] &= ~(
            termios.IXON | termios.IXOFF | termios.ICRNL | termios.INLCR | termios.IGNCR | termios.BRKINT
        )
        quiet[3] &= ~(termios.ECHO | termios.ICANON | termios.ISIG | termios.IEXTEN)
        quiet[6][termios.VMIN], quiet[6][termios.VTIME] = 1, 0
        self._held = quiet
        termios.tcsetattr(self.input, termios.TCSAFLUSH, quiet)
        self.write(ENTER + HIDE)
        return self

    def __exit__(self, *exc: object) -> None:
        self.give_back()

    def give_back(self) -> None:
        """Leave it as it was, whatever a child left behind; a terminal that is gone needs nothing."""
        with contextlib.suppress(OSError, termios.error):
            self.write(CANCEL + QUIET + WRAP + "\x1b[0m\x1b[2J" + LEAVE + SHOW)
        with contextlib.suppress(OSError, termios.error):
            termios.tcsetattr(self.input, termios.TCSAFLUSH, self._before)

    def calm(self, *lines: str) -> None:
        """Forget what was typed so far, and paint the plain ground with these lines; one too wide stays away.

        The terminal is set anew: a child that was killed may have left it in any way.
        """
        termios.tcsetattr(self.input, termios.TCSANOW, self._held)
        self.drain()
        columns, rows = self.size
        shown = ""
        for row, line in enumerate(lines, max(1, (rows + 2 - len(lines)) // 2)):
            width = cells(line)
            if width <= columns and row <= rows:
                shown += f"\x1b[{row};{(columns - width) // 2 + 1}H{line}"
        self.write(CANCEL + QUIET + WRAP + HIDE + _colours() + "\x1b[H\x1b[2J" + shown)

    def drain(self) -> None:
        """Throw away what was typed and nobody read. The kernel may hold more than it shows at once."""
        for _ in range(DRAIN_ROUNDS):
            termios.tcflush(self.input, termios.TCIFLUSH)
            if not select.select([self.input], [], [], 0)[0]:
                return

    def read(self) -> bytes:
        """Take some of what was typed; nothing when the terminal is gone. Waits when nothing was."""
        try:
            return os.read(self.input, 4096)
        except OSError:
            return b""

    @property
    def size(self) -> os.terminal_size:
        """Columns and lines. Raises `OSError` when it is gone."""
        return os.get_terminal_size(self._output)

    @property
    def gone(self) -> bool:
        """Whether there is nobody at the other end any more."""
        poll = select.poll()
        poll.register(self.input, 0)
        return bool(poll.poll(0))

    def write(self, text: str) -> None:
        """Write all of `text`."""
        rest = text.encode()
        while rest:
            rest = rest[os.write(self._output, rest) :]


def cells(line: str) -> int:
    """Count the cells that a line takes: a Korean letter takes two."""
    return sum(1 + (unicodedata.east_asian_width(char) in "WF") for char in line)


def _colours() -> str:
    """Give the sequence for `GROUND` and `INK`; what has 256 colours gets white and grey."""
    if os.environ.get("COLORTERM", "").lower() in {"truecolor", "24bit"}:
        return "\x1b[0m" + "".join(
            f"\x1b[{layer};2;{';'.join(str(part) for part in bytes.fromhex(colour[1:]))}m"
            for layer, colour in ((48, GROUND), (38, INK))
        )
    return "\x1b[0m\x1b[48;5;231m\x1b[38;5;240m"
