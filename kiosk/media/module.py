"""A PKCS#11 module in a process of its own (`kiosk.media.pkcs11_worker`), asked with a deadline.

A module that crashes, hangs or answers nonsense ends its process and nothing else: the call raises an error of
the table, and the next call starts another process.
"""

import contextlib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from kiosk import log
from kiosk.errors import KioskError
from kiosk.media import frames
from kiosk.secret import Secret

_COMMAND = (sys.executable, "-P", "-m", "kiosk.media.pkcs11_worker")
KILL_SECONDS = 5
_LOCKED, _LAST = 0x40000, 0x20000
"""CKF_USER_PIN_LOCKED and CKF_USER_PIN_FINAL_TRY (PKCS#11 v2.40, 4.5)."""
_ERRORS = {
    **dict.fromkeys(("PinIncorrect", "PinInvalid", "PinLenRange"), "token.pin"),
    "PinLocked": "token.pin_locked",
    "PinExpired": "token.pin_change",
    "PinTooWeak": "token.pin_weak",
    **dict.fromkeys(("UserPinNotInitialized", "TokenNotRecognised"), "token.blank"),
    **dict.fromkeys(
        ("DeviceRemoved", "TokenNotPresent", "SessionHandleInvalid", "SessionClosed", "SlotIDInvalid"),
        "token.gone",
    ),
    "DeviceMemory": "token.full",
    **dict.fromkeys(("TokenWriteProtected", "SessionReadOnly"), "token.readonly"),
    **dict.fromkeys(("MechanismInvalid", "KeySizeRange", "FunctionNotSupported"), "token.unfit"),
}
"""The library's names of what a module answers, and what they are to a person; all others are `token.failed`."""


class Module:
    """One module, by the path of its library. Calls from several threads wait for one another."""

    def __init__(self, path: str) -> None:
        """Nothing is started before the first call."""
        self.path = path
        self._alone = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None

    @property
    def name(self) -> str:
        """The file's name."""
        return PurePath(self.path).name

    @property
    def pid(self) -> int | None:
        """The process that has the module loaded, if there is one."""
        return self._process.pid if self._process else None

    def ask(
        self, verb: str, seconds: float, secrets: Sequence[Secret] = (), **values: Any
    ) -> tuple[dict[str, Any], list[Secret]]:
        """Have the verb of `kiosk.media.pkcs11_worker` done, within `seconds` after the module is loaded.

        Raises `token.module` when it cannot be loaded or broke down, `token.timeout`, and `token.*` for what
        it answered.
        """
        with self._alone:
            try:
                if self._socket is None:
                    self._start(seconds)
                answer, found = self._exchange({"verb": verb, "seconds": seconds, **values}, secrets)
                if "error" in answer:
                    raise _meant(answer, verb)
            except BaseException as error:
                # After any failure nothing that the module holds (a session, a log-in) is relied on.
                self._end()
                if isinstance(error, KioskError):
                    log.event("token.failed", error=error.code, check=self.name)
                raise
            return answer, found

    def close(self) -> None:
        """End the process, if there is one, and with it the call that another thread may be waiting in."""
        process = self._process
        if process is not None:
            process.kill()
        with self._alone:
            self._end()

    def _start(self, seconds: float) -> None:
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                self._process = subprocess.Popen(
                    _COMMAND, stdin=theirs.fileno(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
                )
        except OSError:
            ours.close()
            raise KioskError("token.module", module=self.name) from None
        self._socket = ours
        answer, _ = self._exchange({"module": self.path, "seconds": seconds}, ())
        if "error" in answer:
            raise KioskError("token.module", module=self.name)

    def _exchange(
        self, message: dict[str, Any], secrets: Sequence[Secret]
    ) -> tuple[dict[str, Any], list[Secret]]:
        if self._socket is None:
            raise RuntimeError("no process")
        until = time.monotonic() + message["seconds"]
        self._socket.settimeout(message["seconds"])
        try:
            frames.send(self._socket, message, secrets)
            return frames.receive(self._socket, until)
        except TimeoutError:
            raise KioskError("token.timeout", seconds=round(message["seconds"])) from None
        except (frames.FrameError, OSError):
            raise KioskError("token.module", module=self.name) from None

    def _end(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._process is not None:
            self._process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):  # stuck in the kernel, with a broken reader
                self._process.wait(KILL_SECONDS)
            self._process = None


def _meant(answer: dict[str, Any], verb: str) -> KioskError:
    name, flags = str(answer["error"]), answer.get("flags")
    id_ = _ERRORS.get(name, "token.failed")
    if verb == "change_pin" and name in {"PinInvalid", "PinLenRange"}:
        id_ = "token.pin_weak"  # of the two PINs it is the new one that is judged by its form
    elif id_ == "token.pin" and isinstance(flags, int):
        id_ = "token.pin_locked" if flags & _LOCKED else "token.pin_last" if flags & _LAST else id_
    if id_ == "token.failed":
        return KioskError(id_, error=name if name.isidentifier() and len(name) <= 60 else "?")
    return KioskError(id_)
