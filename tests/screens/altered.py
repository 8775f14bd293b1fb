"""`kiosk` with something in it altered, for what a test cannot wait for or make happen from outside.

Run as `python -m tests.screens.altered ALTERATION... -- WORDS...`. The product has no such switches: what is
altered here is ordinary code, before the kiosk starts and forks its children.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kiosk import cli
from kiosk.media import offers
from kiosk.media.held import Held
from kiosk.media.present import Stick
from kiosk.pki import password
from kiosk.secret import Secret
from screens import parent, silence
from screens import ticking as ticking_

FAILURES = password.failures


def impatient() -> None:
    """While the file that $IMPATIENT names is there, nobody may be silent for longer than a moment."""
    mood = silence.Silence.mood

    def impatient_mood(
        self: silence.Silence, now: float, limits: silence.Limits, **others: float
    ) -> silence.Mood:
        hurried = silence.Limits(0.5, 0.5) if os.path.exists(os.environ["IMPATIENT"]) else limits
        return mood(self, now, hurried, **others)

    silence.Silence.mood = impatient_mood  # type: ignore[method-assign]


def brief() -> None:
    """No apology stays for long."""
    parent.SORRY_SECONDS = 0.5


def mistaken() -> None:
    """The rules of the password, judged at every key, have a mistake for each of these words."""

    def failures(typed: Secret, **others: Any) -> tuple[str, ...]:
        canary = typed.text()
        if "raise" in canary:
            raise RuntimeError(f"the password is {canary}")
        if "abort" in canary:
            sys.stderr.write(f"the password is {canary}\n")
            os.write(2, f"the password is {canary}\n".encode())
            os.abort()
        if "kill" in canary:
            os.kill(os.getpid(), signal.SIGKILL)
        if "exit" in canary:
            os._exit(0)
        return FAILURES(typed, **others)

    password.failures = failures


def stillborn() -> None:
    """No child lives long enough to show anything."""

    def fail() -> None:
        raise RuntimeError("a canary")

    offers.mounted = fail  # type: ignore[attr-defined,assignment]


def mounting() -> None:
    """Somebody mounts every stick that can be used: at a directory below the one that $MOUNTED names."""

    async def mount(_: Held, stick: Stick, __: Callable[[], bool]) -> None:
        os.makedirs(os.path.join(os.environ["MOUNTED"], stick.number), exist_ok=True)

    Held.mount = mount  # type: ignore[method-assign]
    offers.mounted = lambda **_: {  # type: ignore[attr-defined,assignment]
        place.name: place for place in Path(os.environ["MOUNTED"]).iterdir()
    }


def ticking() -> None:
    """What is due by the clock is done every half second."""
    ticks = ticking_.Ticking.__init__

    def hurried(self: ticking_.Ticking, settings: Any) -> None:
        ticks(self, settings)
        self._seconds = 0.5
        self._next = time.monotonic()

    ticking_.Ticking.__init__ = hurried  # type: ignore[method-assign]


def deaf() -> None:
    """Whoever started it said that the hang-up is to be ignored, and it is nobody's terminal: none is sent."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP])


ALTERATIONS: dict[str, Callable[[], None]] = {
    function.__name__: function
    for function in (impatient, brief, mistaken, stillborn, mounting, deaf, ticking)
}

if __name__ == "__main__":
    end = sys.argv.index("--")
    for name in sys.argv[1:end]:
        ALTERATIONS[name]()
    cli.main(sys.argv[end + 1 :])
