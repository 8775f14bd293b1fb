"""`kiosk` without a command: the walk-up kiosk on this terminal."""

import contextlib
import os
import sys
from datetime import datetime
from pathlib import Path

from kiosk import log
from kiosk.cli import options
from kiosk.clock import Clock
from kiosk.config import MARKER, load_state
from kiosk.errors import KioskError
from kiosk.i18n import language_of

PRACTICE_STICK = "practice-stick"
FIRST_LANGUAGE = "ko"


def walkup(
    media: tuple[Path, ...], state: Path | None, key_file: Path | None, at: datetime | None, *, practice: bool
) -> int:
    """Open the kiosk and serve visits until it is closed; give the exit status.

    With `practice` a practice state is made when there is none. Raises `usage.terminal` when this is no terminal,
    what `load_state` and `setup.initialise` raise, and what `screens.parent.run` does.
    """
    if not (sys.stdin and sys.stdin.isatty() and sys.stdout and sys.stdout.isatty()):
        raise KioskError("usage.terminal")
    path, clock = options.state_path(state, practice=practice), Clock(at)
    if practice and not (path / MARKER).exists():
        _make(path, clock)
    found = load_state(path, practice=practice)
    if clock.stopped and not found.practice:
        raise KioskError("state.at")
    log.to_file(found.log, clock)

    # The one place where a screen is started: what has no screen must not need one.
    from screens import parent
    from screens.settings import Settings

    return parent.run(
        Settings(
            state=found, clock=clock, key_file=key_file, given=media,
            # The people who come are not the one who started it: Korean, unless this kiosk is told otherwise.
            language=language_of() if os.environ.get("KIOSK_LANG") else FIRST_LANGUAGE,
            practice_stick=_practice_stick(path) if found.practice and not media else None,
        )
    )  # fmt: skip


def _make(state: Path, clock: Clock) -> None:
    from kiosk import setup

    setup.initialise(state, practice=True, center="Certkiosk", clock=clock, passphrase=None)


def _practice_stick(state: Path) -> Path | None:
    """Make the directory that acts as a stick when there is none; beside the state, since it is no part of it."""
    stick = state.parent / PRACTICE_STICK
    with contextlib.suppress(OSError):
        stick.mkdir(mode=0o700, exist_ok=True)
    return stick if stick.is_dir() else None
