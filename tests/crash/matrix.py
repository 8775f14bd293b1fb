"""Many cases: which calls there are, which faults make sense at which, and what became of them."""

import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.crash import play
from tests.crash.play import Case
from tests.crash.process import Driver, Ended, name_of
from tests.crash.scenes import Bench
from tests.crash.table import BAD, Tally

# What a thread calls for its own sake: waiting, waking, memory, random bytes, its end.
OWN = (
    "futex", "mmap", "munmap", "mprotect", "madvise", "brk", "getpid", "gettid", "geteuid", "getrandom",
    "sendto", "epoll_wait", "rt_sigprocmask", "exit", "exit_group",
)  # fmt: skip
# Questions: nothing that a kill before them leaves is new, and they say nothing of bytes.
QUESTIONS = frozenset({"newfstatat", "fstat", "statx", "fstatfs", "fcntl", "lseek", "ioctl", "fadvise64"})

CHANGES = re.compile(r"mkdir|write|pwrite|fsync|fdatasync|syncfs|rename|unlink|rmdir|ftruncate")


def changes(call: str) -> bool:
    """Whether a call changes something or waits for the medium."""
    return CHANGES.match(name_of(call)) is not None or "O_CREAT" in call


def asks(call: str) -> bool:
    return name_of(call) in QUESTIONS


@dataclass(frozen=True)
class Call:
    """One call of a command that nobody disturbed: its line of the trace, and which of its name it is."""

    line: str
    name: str
    number: int

    @property
    def result(self) -> int:
        return int(self.line.rpartition(" = ")[2].split()[0], 0)

    def case(self, where: str, fault: str, inject: str) -> Case:
        return Case(where, self.name, self.number, fault, inject)


def kill(where: str, calls: Iterable[Call]) -> list[Case]:
    """The command is killed before the call is carried out: all that was done before it is there."""
    return [call.case(where, "SIGKILL", "signal=KILL") for call in calls]


def refuse(where: str, calls: Sequence[Call]) -> list[Case]:
    """The errors that make sense at each call, once and from then on.

    A close that is refused here leaves the descriptor open, and its lock held, as Linux never does. Those of
    files just written are kept: that is where a file system tells what it could not write.
    """
    before = [None, *calls]
    return [
        case
        for call, last in zip(calls, before, strict=False)
        if call.name != "close" or (last and last.name == "fsync")
        for case in _refused(where, call)
    ]


def _refused(where: str, call: Call) -> Iterator[Case]:
    for error in ("EIO", "ENOSPC", "EROFS") if changes(call.line) else ("EIO",):
        once = call.case(where, error, f"error={error}")
        yield once
        # Opening for reading, as some of the later calls do, does not fail for want of space.
        if not asks(call.line) and (error == "EIO" or call.name != "openat"):
            yield replace(once, fault=f"{error} ever after", ever_after=True)


def lie(where: str, calls: Iterable[Call]) -> list[Case]:
    """Calls that say they did it and did not; writes that did half of it; files that read as empty."""
    return [case for call in calls for case in _pretended(where, call)]


def _pretended(where: str, call: Call) -> Iterator[Case]:
    if "write" in call.name:
        yield call.case(where, "lying", f"retval={call.result}")
        yield call.case(where, "short", f"retval={call.result // 2}")
    elif call.name == "read" and call.result:
        yield call.case(where, "reads as empty", "retval=0")
    elif re.match("mkdir|rename|unlink|rmdir", call.name):
        yield call.case(where, "lying", "retval=0")


def spread(cases: Sequence[Case], number: int) -> list[Case]:
    """That many of the cases, at even distances."""
    return [cases[len(cases) * index // number] for index in range(number)]


def fine(matrix: "Matrix", least: int) -> None:
    """Fail when a case went wrong, with all that did, or when there were fewer than `least`."""
    played = matrix.tally.outcomes.total()
    assert not matrix.bad, "\n".join([f"{len(matrix.bad)} of {played} cases", *matrix.bad])
    assert played >= least


class Matrix:
    """Plays cases on copies of scenes and counts what becomes of them."""

    def __init__(self, path: Path, driver: Driver, scene: Callable[[str], Bench]) -> None:
        """`path` is where each case is played, one after the other."""
        self._path = path
        self._driver = driver
        self._scene = scene
        self.tally = Tally()
        self.bad: list[str] = []

    def calls(self, scene: str, where: str, *, piece: int = 0) -> list[Call]:
        """Watch a command that nobody disturbs, and give its calls in order."""
        if where == "locks" and not self._scene(scene).locks:
            unlinked = self._watched(scene, where, ["-e", "trace=/^unlink"], piece).calls()
            self._scene(scene).locks = tuple(re.findall(r'/locks/([^"]+)"', "\n".join(unlinked)))
        ended = self._watched(scene, where, ["-e", f"trace=!{','.join(OWN)}"], piece)
        numbers: Counter[str] = Counter()
        found = []
        for line in ended.calls():
            name = name_of(line)
            numbers[name] += 1
            found.append(Call(line, name, numbers[name]))
        return found

    def _watched(self, scene: str, where: str, trace: list[str], piece: int) -> Ended:
        bench = self._scene(scene).copy(self._path)
        only = [word for path in play.paths_of(where, bench) for word in ("-P", str(path))]
        ended = self._driver.run(
            *bench.command(), thread=play.thread_of(where), strace=[*only, *trace], piece=piece
        )
        shutil.rmtree(self._path)
        assert ended.status == 0, ended.err
        return ended

    def play(self, scene: str, cases: Iterable[Case], *, alike: bool = False) -> None:
        """Play cases one after another; with `alike`, go on after kills that left the same only once."""
        known: dict[str, str] | None = {} if alike else None
        for case in cases:
            bench = self._scene(scene).copy(self._path)
            try:
                outcome = play.play(bench, self._driver, case, known)
            except AssertionError as problem:
                outcome = BAD
                self.bad.append(f"{scene}: {case}: {problem}")
            finally:
                shutil.rmtree(self._path)
            self.tally.add(scene, case.where, case.call, case.fault, outcome)
