"""Files that a command writes for somebody: whole or not at all."""

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from kiosk.errors import KioskError


def replace_file(path: Path, content: Iterable[bytes], *, mode: int = 0o666) -> None:
    """Write `content`, piece by piece, to `path`, replacing what is there in one step.

    Devices and pipes are written to as they are. Of `mode` the process's mask takes away what it does.

    Raises `usage.file` when that cannot be done; then what was there still is.
    """
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as device:
                device.writelines(content)
            return
        part = path.with_name(f"{path.name[:200]}.{secrets.token_hex(4)}.part")
        try:
            with open(part, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
                file.writelines(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError:
        raise KioskError("usage.file", path=str(path)) from None
