"""Ratios of two things measured in turn, and how they are printed.

Absolute times say more about the machine than about the program; two sides that take turns in one run share
its noise, so what counts is the ratio of each round, and of all rounds the median.
"""

import resource
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Ratio:
    """What one comparison found: a ratio for each round. `most` or `least` is the target, if there is one."""

    what: str
    rounds: Sequence[float]
    most: float | None = None
    least: float | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)

    @property
    def met(self) -> bool | None:
        if self.most is not None:
            return self.median <= self.most
        if self.least is not None:
            return self.median >= self.least
        return None

    def __str__(self) -> str:
        found = f"{self.median:7.3f}  ({min(self.rounds):.3f}..{max(self.rounds):.3f})"
        if self.met is None:
            return f"  {self.what:<58}{found}"
        target = f"at most {self.most:g}" if self.most is not None else f"at least {self.least:g}"
        return f"  {self.what:<58}{found}  {target}: {'met' if self.met else 'missed'}"


@dataclass(frozen=True)
class Fact:
    """An absolute figure: information only."""

    what: str
    value: str
    met: None = None

    def __str__(self) -> str:
        return f"    {self.what:<56}{self.value:>7}"


Finding = Ratio | Fact


@dataclass(frozen=True)
class Spent:
    """Seconds for one piece of work: on the clock of the wall, and of processors."""

    wall: float
    processor: float


def spent(work: Callable[[], object], each: int = 1, *, children: bool = False) -> Spent:
    """What one of `each` pieces of `work` takes; `children`: programs that it starts do the work."""
    who = resource.RUSAGE_CHILDREN if children else resource.RUSAGE_SELF
    used, begun = _processor(who), time.perf_counter()
    work()
    return Spent((time.perf_counter() - begun) / each, (_processor(who) - used) / each)


def _processor(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def in_turn(rounds: int, *sides: Callable[[], Spent]) -> list[list[Spent]]:
    """Call the sides in turn, in alternating order so that none is always the first; what each side spent."""
    figures: list[list[Spent]] = [[] for _ in sides]
    for number in range(rounds):
        order = range(len(sides)) if number % 2 == 0 else reversed(range(len(sides)))
        for side in order:
            figures[side].append(sides[side]())
    return figures


def ratios(ones: Iterable[Spent], others: Iterable[Spent], *, processor: bool = False) -> list[float]:
    """Ratios of the rounds."""
    if processor:
        return [one.processor / other.processor for one, other in zip(ones, others, strict=True)]
    return [one.wall / other.wall for one, other in zip(ones, others, strict=True)]


def milliseconds(figures: Iterable[Spent]) -> str:
    """The median, to be read."""
    return f"{statistics.median(each.wall for each in figures) * 1000:.2f} ms"
