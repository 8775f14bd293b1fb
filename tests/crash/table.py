"""The table calls x faults x outcomes, at the end of the test run (see `tests.summary`).

Each test of `tests.crash`, and each of what happens to tokens, records at its end what it counted.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

PROPERTY = "crash"
TOKEN = "token"
"""Where a call is one of PKCS#11; everywhere else it is one of the system."""
BAD = "BAD"
"""The outcome of a case that left what must not be: half a set, two, a request that nobody can end."""


class Tally:
    """Counts what became of the cases of one test."""

    def __init__(self) -> None:
        self.outcomes: Counter[tuple[str, str, str, str, str]] = Counter()

    def add(self, scene: str, where: str, call: str, fault: str, outcome: str) -> None:
        self.outcomes[scene, where, call, fault, outcome] += 1

    def rows(self) -> list[list[Any]]:
        return [[*key, count] for key, count in self.outcomes.items()]


def table(rows: list[tuple[Any, ...]]) -> Iterator[str]:
    """Sum up over scenes, and write a line for each call and fault."""
    counts: dict[tuple[str, str, str], Counter[str]] = {}
    for _, where, call, fault, outcome, count in rows:
        counts.setdefault((where, call, fault), Counter())[outcome] += count
    for (where, call, fault), outcomes in sorted(counts.items()):
        said = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
        yield f"{where:9} {call:19} x {fault:18} {outcomes.total():4}: {said}"
    total: Counter[str] = Counter()
    for outcomes in counts.values():
        total += outcomes
    scenes = sorted({row[0] for row in rows})
    yield f"{total.total()} cases in {len(scenes)} scenes ({'; '.join(scenes)}):"
    yield ", ".join(f"{count} {outcome}" for outcome, count in total.most_common())
    calls = {(where, call) for where, call, _ in counts}
    tokens = sum(where == TOKEN for where, _ in calls)
    tried = f"{len(calls) - tokens} system calls and {tokens} calls of PKCS#11 tried"
    faults = len({fault for _, _, fault in counts})
    # Whatever else is left than one whole set, or none and a way on, is a bad outcome.
    half = total[BAD] or "zero"
    yield f"{tried}, {faults} kinds of faults injected {total.total()} times, {half} half sets"
