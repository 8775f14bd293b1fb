"""A person at a terminal: the real `kiosk` on a pseudo-terminal, its screen read by a terminal emulator.

What is waited for is waited for with a deadline, never for a fixed time. Words on the screen are compared without
blanks, since a sentence may be broken anywhere.
"""

import contextlib
import errno
import fcntl
import os
import re
import resource
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyte

ROOT = Path(__file__).parent.parent.parent
DEADLINE = 30.0
KEYS = {
    "Enter": "\r", "Esc": "\x1b", "Tab": "\t", "Up": "\x1b[A", "Down": "\x1b[B", "PgDn": "\x1b[6~", "Backspace": "\x7f",
    "F1": "\x1bOP", "F2": "\x1bOQ", "F3": "\x1bOR", "F4": "\x1bOS", "F9": "\x1b[20~", "F10": "\x1b[21~",
    "F12": "\x1b[24~",
}  # fmt: skip
MODES = re.compile(rb"\x1b\[\?([\d;]+)([hl])")


def squeezed(text: str) -> str:
    """Leave the blanks out."""
    return "".join(text.split())


def drawn(screen: pyte.Screen) -> list[str]:
    """What stands on a screen, line by line. pyte's own `display` fails where half a wide letter is left."""
    return [
        "".join(screen.buffer[row][column].data for column in range(screen.columns)).rstrip()
        for row in range(screen.lines)
    ]


def _sits_down() -> None:
    """In the process that starts: this is its terminal, and a crash may write all of its memory to a file."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


class Person:
    """Somebody who started a program on a terminal of `size` (columns, rows), reads, and presses keys."""

    def __init__(
        self, *command: object, size: tuple[int, int] = (72, 18), directory: Path = ROOT, **environment: str
    ) -> None:
        self._master, slave = os.openpty()
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)
        self.output = bytearray()
        self.pieces: list[tuple[float, int]] = []
        """When each piece of the output came, and how long all of it was then."""
        self.resize(*size)
        # A size sent too early is no news: the program is not there yet.
        self.settings = termios.tcgetattr(slave)
        self.slave = slave
        clean = {
            key: value for key, value in os.environ.items()
            if not key.startswith(("TEXTUAL", "KIOSK", "COVERAGE")) and key not in {"COLUMNS", "LINES", "NO_COLOR"}
        }  # fmt: skip
        self.process = subprocess.Popen(
            [str(word) for word in command], stdin=slave, stdout=slave, stderr=slave, cwd=directory,
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env=clean | {"TERM": "xterm-256color", "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)} | environment,
        )  # fmt: skip

    def look(self, seconds: float = 0.0) -> bool:
        """Take in what comes within `seconds`; say whether anything came."""
        if not select.select([self._master], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self._master, 65536)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return False
        self.output += data
        self.pieces.append((time.perf_counter(), len(self.output)))
        self._stream.feed(data)
        return bool(data)

    @property
    def lines(self) -> list[str]:
        """What stands on the screen, line by line."""
        while self.look():
            pass
        return drawn(self._screen)

    @property
    def text(self) -> str:
        """What stands on the screen."""
        return "\n".join(self.lines)

    def until(self, condition: Callable[[], object], what: object, within: float = DEADLINE) -> None:
        """Look until `condition` holds."""
        end = time.monotonic() + within
        while not condition():
            left = end - time.monotonic()
            if left <= 0:
                raise AssertionError(f"not within {within:.0f} s: {what}\n{self.text}")
            self.look(min(left, 0.1))

    def sees(self, *words: str, within: float = DEADLINE) -> None:
        """Wait until all of `words` stand on the screen."""
        self.until(lambda: all(self.shows(word) for word in words), words, within)

    def rests(self) -> list[str]:
        """Wait until nothing has come for a moment: a screen may arrive in pieces. Gives its lines."""
        self.until(lambda: not self.look(0.2), "a still screen")
        return self.lines

    def shows(self, words: str) -> bool:
        """Say whether `words` stand on the screen now."""
        return squeezed(words) in squeezed(self.text)

    def sends(self, data: bytes) -> None:
        """Send bytes as they are, taking in what comes meanwhile: a terminal has little room."""
        rest = memoryview(data)
        while rest:
            with contextlib.suppress(BlockingIOError):
                if select.select([], [self._master], [], 0.05)[1]:
                    rest = rest[os.write(self._master, rest[:256]) :]
            while self.look():
                pass

    def types(self, text: str) -> None:
        """Type characters."""
        self.sends(text.encode())

    def holds(self, key: str, until: Callable[[], object]) -> None:
        """Hold a key down, which repeats it thirty times in a second, until `until` holds.

        A thread of its own presses: reading the screen takes longer on a busy machine than a hand is ever still.
        """
        released = threading.Event()

        def hold() -> None:
            while not released.wait(1 / 30):
                if select.select([], [self._master], [], 0)[1]:
                    os.write(self._master, KEYS.get(key, key).encode())

        hand = threading.Thread(target=hold)
        hand.start()
        try:
            self.until(until, f"what {key} is held for")
        finally:
            released.set()
            hand.join()

    def presses(self, *keys: str) -> None:
        """Press keys by the names that stand on their caps."""
        for key in keys:
            self.types(KEYS.get(key, key))

    def does(self, word: str) -> None:
        """Press the key that the bar at the bottom names for `word`, turning its pages as it says."""
        named = re.compile(rf"(\S+)\s+{re.escape(word)}")
        for _ in range(8):
            self.until(lambda: named.search(self.lines[-1]) or "PgDn" in self.lines[-1], f"a key for {word}")
            bar = self.lines[-1]
            if found := named.search(bar):
                self.presses(found[1])
                return
            self.presses("PgDn")
            self.until(lambda before=bar: self.lines[-1] not in {before, ""}, "the next keys")
        raise AssertionError(f"no key for {word}: {self.text}")

    def chooses(self, title: str) -> None:
        """Press the number that stands before `title`, looking for it page by page."""
        pattern = re.compile(rf"(\d)\s+{re.escape(title)}")
        for _ in range(8):
            if found := pattern.search(self.text):
                self.presses(found[1])
                return
            before = self.text
            self.presses("PgDn")
            self.until(lambda before=before: self.text != before, "the next page")
        raise AssertionError(f"no {title}: {self.text}")

    def resize(self, columns: int, rows: int) -> None:
        """Make the window another size."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._screen.resize(rows, columns)

    @property
    def modes(self) -> set[int]:
        """The private modes that are switched on: mouse (1000...), other screen (1049), paste (2004)."""
        on: set[int] = set()
        for numbers, switch in MODES.findall(bytes(self.output)):
            for number in map(int, numbers.split(b";")):
                (on.add if switch == b"h" else on.discard)(number)
        return on

    def ends(self, within: float = DEADLINE) -> int:
        """Wait for the end of the program; give its status."""
        self.until(lambda: self.process.poll() is not None, "the end", within)
        while self.look():
            pass
        return self.process.returncode

    def hangs_up(self) -> None:
        """Close the window."""
        os.close(self._master)
        os.close(self.slave)
        self._master = self.slave = -1

    def leaves(self) -> None:
        """Take everything away."""
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if self._master >= 0:
            self.hangs_up()


def children(pid: int) -> list[int]:
    """Give the children of a process, in the order in which they were started."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


@contextlib.contextmanager
def at_kiosk(*words: object, size: tuple[int, int] = (72, 18), **environment: str) -> Iterator[Person]:
    """Start `kiosk` with `words`, and take it away in the end."""
    person = Person(sys.executable, "-m", "kiosk", *words, size=size, **environment)
    try:
        yield person
    finally:
        person.leaves()


def restored(person: Person) -> bool:
    """Whether the terminal is as it was: its settings, and only the modes that are on in any terminal."""
    while person.look():
        pass
    return termios.tcgetattr(person.slave) == person.settings and person.modes == {7, 25}
