"""How long nobody may touch anything before the visit ends: asked first, with time to answer."""

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True)
class Limits:
    """Seconds, and how many times in a row a person may say that they are still there."""

    silence: float = 60
    answer: float = 20
    times: int = 10

    def eased(self) -> "Limits":
        """Give them doubled, for who needs more time."""
        return Limits(self.silence * 2, self.answer * 2, self.times * 2)


class Mood(Enum):
    """What is to be done about a silence."""

    FINE = "fine"
    ASK = "ask"
    END = "end"


class Silence:
    """Counts from the last sign of life. It knows no clock: every call says what time it is, in seconds."""

    def __init__(self, now: float) -> None:
        """Begin at `now`."""
        self._last = now
        self._asked: float | None = None
        self._times = 0

    @property
    def asking(self) -> bool:
        """Whether the person is being asked."""
        return self._asked is not None

    def heard(self, now: float) -> None:
        """Take a sign of life. While asking it is the answer, and one of a limited number."""
        if self._asked is None:
            self._times = 0
        else:
            self._times += 1
            self._asked = None
        self._last = now

    def pause(self, now: float) -> None:
        """Count nothing up to `now`: nobody is expected to do anything."""
        self._last, self._asked = now, None

    def mood(self, now: float, limits: Limits, *, patience: float = 0) -> Mood:
        """Say what is to be done. `patience` is how long the person is expected to be busy elsewhere."""
        if self._asked is not None:
            return Mood.END if now - self._asked >= limits.answer else Mood.ASK
        if now - self._last < max(limits.silence, patience):
            return Mood.FINE
        if self._times >= limits.times:
            return Mood.END
        self._asked = now
        return Mood.ASK

    def left(self, now: float, limits: Limits) -> int:
        """How many whole seconds are left for the answer."""
        asked = now if self._asked is None else self._asked
        return max(0, round(limits.answer - (now - asked)))
