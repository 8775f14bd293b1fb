"""A job of reminders that is killed at its N-th step of the registry or file, by the signal that cannot be caught.

`python -m tests.reminders.worker STATE DAY N` ends by SIGKILL, or with status 0 when it had fewer steps than that.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from kiosk.reminders import due
from kiosk.reminders.sending import remind
from kiosk.reminders.spool import Spool
from kiosk.services import Services
from tests.reminders.office import HandClock


def counted(function: Callable[..., Any], left: list[int]) -> Callable[..., Any]:
    """`function`, which is death before or after one of its calls."""

    def call(*arguments: Any, **named: Any) -> Any:
        _step(left)
        found = function(*arguments, **named)
        _step(left)
        return found

    return call


def _step(left: list[int]) -> None:
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)


async def job(state: Path, day: date) -> None:
    services = await Services.open(state, clock=HandClock(day))
    try:
        await remind(services)
    finally:
        await services.close()


if __name__ == "__main__":
    left = [int(sys.argv[3])]
    due.PAGE = 3
    Spool.page = 3
    Spool._put = counted(Spool._put, left)  # type: ignore[method-assign]
    Path.rename = counted(Path.rename, left)  # type: ignore[method-assign]
    Path.unlink = counted(Path.unlink, left)  # type: ignore[method-assign]
    Services.in_registry = counted(Services.in_registry, left)  # type: ignore[method-assign]
    asyncio.run(job(Path(sys.argv[1]), date.fromisoformat(sys.argv[2])))
