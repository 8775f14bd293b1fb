"""The walk-up kiosk on this terminal, and the one place where `kiosk` starts screens.

Somebody waits for the first screen: what this does not need is not imported here, the command line above all.
"""

import contextlib
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from kiosk import log
from kiosk.clock import Clock
from kiosk.config import MARKER, chosen_path, load_allowed, load_state
from kiosk.errors import KioskError
from kiosk.i18n import language_of

PRACTICE_STICK = "practice-stick"
FIRST_LANGUAGE = "ko"


def read(words: Sequence[str]) -> dict[str, Any] | None:
    """Read the words of the command line when they are nothing but usual options of the walk-up kiosk.

    Gives the arguments of `open_kiosk`; None for everything else, which is for the whole command line to judge.
    """
    if "_KIOSK_COMPLETE" in os.environ:  # a shell asks click what could be typed
        return None
    state = key_file = None
    media: list[Path] = []
    practice = False
    rest = iter(words)
    for word in rest:
        if word == "--practice":
            practice = True
            continue
        value = next(rest, None)
        match word, value:
            case _, None:
                return None
            case "--state", _:
                state = Path(value)
            case "--key-file", _:
                key_file = Path(value)
            case "--medium", _:
                media.append(Path(value))
            case _:
                return None
    return {"media": tuple(media), "state": state, "key_file": key_file, "practice": practice}


def open_kiosk(
    media: tuple[Path, ...], state: Path | None, key_file: Path | None, at: datetime | None = None, *,
    practice: bool = False,
) -> int:  # fmt: skip
    """Open the kiosk and serve visits until it is closed; give the exit status.

    With `practice` a practice state is made when there is none. Raises `usage.terminal` when this is no terminal,
    what `load_state`, `load_allowed` and `setup.initialise` raise, and what `screens.parent.run` does.
    """
    if not (sys.stdin and sys.stdin.isatty() and sys.stdout and sys.stdout.isatty()):
        raise KioskError("usage.terminal")
    path, clock = chosen_path(state, practice=practice).absolute(), Clock(at)
    if practice and not (path / MARKER).exists():
        _make(path, clock)
    found = load_state(path, practice=practice)
    if clock.stopped and not found.practice:
        raise KioskError("state.at")
    log.to_file(found.log, clock)

    from screens import parent, settings

    return parent.run(
        settings.Settings(
            state=found, clock=clock, key_file=key_file, given=tuple(medium.absolute() for medium in media),
            # The people who come are not the one who started it: Korean, unless this kiosk is told otherwise.
            language=language_of() if os.environ.get("KIOSK_LANG") else FIRST_LANGUAGE,
            practice_stick=_practice_stick(path) if found.practice and not media else None,
            allowed=load_allowed(found),
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
