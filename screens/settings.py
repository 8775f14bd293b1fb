"""What every child of a kiosk is given. No secret is among it."""

import signal
from dataclasses import dataclass
from pathlib import Path

from kiosk.clock import Clock
from kiosk.config import State

LEAVE_KIOSK = 64
"""Exit status of a child after which the kiosk is closed: staff, or F12 in practice."""
ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
"""The signals that end the kiosk."""
ORPHANED = 128 + signal.SIGHUP
"""Exit status of a child whose turn ended because its parent or its terminal is gone."""


@dataclass(frozen=True)
class Settings:
    """One kiosk, as the command line named it."""

    state: State
    clock: Clock
    language: str
    """What a visit begins with; whoever comes may choose another."""
    key_file: Path | None = None
    given: tuple[Path, ...] = ()
    """Directories that act as sticks."""
    allowed: frozenset[str] = frozenset()
    """Products ("096e:0807") that may be plugged in while the kiosk runs, keyboards or not; for the parent."""
    practice_stick: Path | None = None
    """What is offered when there is no other; in practice only."""
