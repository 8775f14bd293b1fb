"""QEMU's monitor: one JSON document per line, over a socket."""

import json
import socket
import time
from pathlib import Path
from typing import Any

SECONDS = 60.0


class MonitorError(Exception):
    """QEMU refused, or did not answer."""


class Monitor:
    """A connection to the monitor of one QEMU."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(SECONDS)
        self._socket.connect(str(path))
        self._file = self._socket.makefile("rw", encoding="utf-8")
        self._events: list[dict[str, Any]] = []
        self._read()
        self.does("qmp_capabilities")

    def does(self, command: str, **arguments: object) -> Any:
        """Have a command done; give what it returns. Raises `MonitorError`."""
        self._file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self._file.flush()
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            answer = self._read()
            if "error" in answer:
                raise MonitorError(f"{command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]
            self._events.append(answer)
        raise MonitorError(f"{command}: no answer")

    def says(self, line: str) -> str:
        """Give a line to the monitor for people; some things are only there. Raises when it complains."""
        said = str(self.does("human-monitor-command", **{"command-line": line})).strip()
        if said:
            raise MonitorError(f"{line}: {said}")
        return said

    def waits(self, event: str, **data: object) -> None:
        """Wait for an event with this data among its own; those that came before the last command count too."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            for each in self._events:
                if each["event"] == event and data.items() <= each.get("data", {}).items():
                    self._events.remove(each)
                    return
            self._events.append(self._read())
        raise MonitorError(f"no {event}")

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self._socket.close()

    def _read(self) -> dict[str, Any]:
        try:
            line = self._file.readline()
        except TimeoutError as error:
            raise MonitorError("silent") from error
        if not line:
            raise MonitorError("it hung up")
        return dict(json.loads(line))
