"""Sees, counts and disturbs every call that kiosk.media makes to the operating system."""

import os
import signal
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from kiosk.media import files

NAMES = (
    *("open", "mkdir", "rename", "unlink", "rmdir", "write", "read", "fsync"),
    *("scandir", "stat", "fstat", "posix_fadvise", "fstatvfs"),
)
CHANGES = ("mkdir", "rename", "unlink", "rmdir", "write", "fsync", "syncfs")

Call = Callable[..., Any]
Act = Callable[[int, str, tuple[Any, ...]], Call | None]
"""Gets number, name and arguments before a call; may raise, or give a function to call instead."""


class Calls:
    """While open, every call goes through `act`; `log` holds their names and arguments.

    fsync and syncfs are counted and not carried out: what is killed here is the process, not the machine.
    """

    def __init__(self, act: Act | None = None) -> None:
        self.log: list[tuple[str, tuple[Any, ...]]] = []
        self._act = act
        self._kept: dict[str, Call] = {}
        self._libc = files._libc

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.log]

    def __enter__(self) -> Self:
        for name in NAMES:
            self._kept[name] = getattr(os, name)
            setattr(os, name, self._watched(name, (lambda *_: None) if name == "fsync" else self._kept[name]))
        files._libc = self  # type: ignore[assignment]
        self.syncfs = self._watched("syncfs", lambda _: 0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name, real in self._kept.items():
            setattr(os, name, real)
        files._libc = self._libc

    def _watched(self, name: str, real: Call) -> Call:
        def call(*args: Any, **options: Any) -> Any:
            self.log.append((name, args))
            instead = self._act(len(self.log) - 1, name, args) if self._act else None
            return (instead or real)(*args, **options)

        return call


def fail_at(number: int, error: int) -> Act:
    """The call of that number fails."""

    def act(count: int, name: str, args: tuple[Any, ...]) -> Call | None:
        if count == number:
            raise OSError(error, os.strerror(error), *[a for a in args[:1] if isinstance(a, str)])
        return None

    return act


def kill_at(number: int) -> Act:
    """The process dies before that call; a write has got half of its bytes out."""
    write = os.write

    def act(count: int, name: str, args: tuple[Any, ...]) -> Call | None:
        if count == number:
            if name == "write":
                write(args[0], bytes(args[1])[: len(args[1]) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        return None

    return act
