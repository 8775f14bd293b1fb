"""The gate between the keyboard and the screens: what was not meant for this visit does not come in.

It is shut until the first screen is painted, and then until the hands are still: a key that the visitor before
held down, or the rest of what was pasted, is nobody's answer here. It shuts again when more comes than fingers
can type, until that is over.
"""

import time
from collections.abc import Callable

STILL = 0.3
"""So many seconds without a key mean that the hands are still. A held key repeats ten times faster."""
GLANCE = 0.12
"""So many seconds after the first screen was painted a key that was held all along would have come again."""
LIMIT = 200
"""So many keys may wait for the screens. More is no typing: a paste, a broken line, a device that types."""


class Gate:
    """Asked for every key by the thread that reads them; told by the screens what they have taken.

    Each count is written by one side only, so that no lock is needed.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """`now` gives seconds that only go forward."""
        self._now = now
        self._painted = False
        self._shut = True
        self.flooded = False
        """Whether it is shut because more came than can be taken."""
        self._last: float | None = None
        self._passed = 0
        self._taken = 0

    def painted(self) -> None:
        """Say that there is a screen now on which a key has a meaning."""
        self._painted = True
        if self._last is None:
            # Nothing came so far, but there was little time for it to come.
            self._last = self._now() - STILL + GLANCE

    def taken(self) -> None:
        """Say that a screen has got one key."""
        self._taken += 1

    def passes(self) -> bool:
        """Whether the key that just came may come in."""
        if not self.opens():
            return False
        if self._passed - self._taken >= LIMIT:
            self._shut = self.flooded = True
            return False
        self._passed += 1
        return True

    def opens(self) -> bool:
        """Note that something came. Says whether it is open."""
        now, last = self._now(), self._last
        self._last = now
        if self._shut and self._painted and last is not None and now - last >= STILL:
            self._shut = self.flooded = False
        return not self._shut
