"""Files that a command writes for somebody: whole or not at all."""

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from kiosk.errors import KioskError


def replace_file(path: Path, content: Iterable[bytes], *, mode: int | None = None) -> None:
    """Write `content`, piece by piece, to `path`, replacing what is there in one step.

    Devices and pipes are written to as they are. A file has exactly the `mode` that is given, whatever the process's
    mask; without one it is what the mask leaves of 0666.

    Raises `usage.file` when that cannot be done; then what was there still is.
    """
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as device:
                device.writelines(content)
            return
        part = path.with_name(f"{path.name[:200]}.{secrets.token_hex(4)}.part")
        try:
            with open(part, "xb", opener=lambda name, flags: os.open(name, flags, mode or 0o666)) as file:
                if mode is not None:
                    os.fchmod(file.fileno(), mode)
                file.writelines(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError:
        raise KioskError("usage.file", path=str(path)) from None
