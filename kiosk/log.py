"""The log file: what happened, for whoever repairs the machine. It cannot tell who the person was.

A record is an event word and values under the few names of `KEYS` that are numbers or short codes; anything
else is dropped before it is formatted. Of an exception only its type and the places in our code are kept: its
message and its local variables may hold what a person typed.
"""

import contextlib
import json
import logging
import re
import traceback
from pathlib import Path

from kiosk.clock import Clock, stamp

KEYS = frozenset({"command", "exit", "error", "request", "certificate", "state", "check", "milliseconds"})
_CODE = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_LOGGER = logging.getLogger("certkiosk")
_LOGGER.addHandler(logging.NullHandler())
_LOGGER.propagate = False


def event(name: str, /, **values: object) -> None:
    """Write down that `name` happened. Other names than `KEYS` are dropped, other values become `?`."""
    kept = {key: _harmless(value) for key, value in values.items() if key in KEYS}
    _LOGGER.info(name, extra={"values": kept})


def failure(error: BaseException) -> None:
    """Write down an unexpected exception: its type and where it went through, without any value."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{Path(frame.filename).name}:{frame.lineno}:{frame.name}" for frame in frames[-12:]]
    _LOGGER.error("bug", extra={"values": {"type": type(error).__name__, "places": places}})


def to_file(path: Path, clock: Clock) -> None:
    """Send the log to `path` (0600), which another program may rotate. A full disk never stops the kiosk."""
    try:
        path.touch(mode=0o600, exist_ok=True)
        handler = logging.FileHandler(path, encoding="utf-8")
    except OSError:
        return
    handler.setFormatter(_Formatter(clock))
    handler.handleError = lambda _: None  # type: ignore[method-assign,assignment]
    for before in _LOGGER.handlers:
        with contextlib.suppress(OSError):
            before.close()
    _LOGGER.handlers[:] = [handler]
    _LOGGER.setLevel(logging.INFO)


def _harmless(value: object) -> object:
    if value is None or isinstance(value, int | float):
        return value
    return value if isinstance(value, str) and _CODE.fullmatch(value) else "?"


class _Formatter(logging.Formatter):
    """One JSON object a line."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def format(self, record: logging.LogRecord) -> str:
        values = getattr(record, "values", {})
        return json.dumps(
            {"at": stamp(self._clock.now()), "level": record.levelname, "event": record.msg, **values}
        )
