"""Where a benchmark works: in memory, so that the processor and not the disk is measured, or on the disk."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEMORY = Path("/dev/shm")


@contextmanager
def directory(*, in_memory: bool) -> Iterator[Path]:
    """A directory that goes at the end with all in it; on the disk where no file system is in memory."""
    memory = in_memory and MEMORY.is_dir() and os.access(MEMORY, os.W_OK)
    with tempfile.TemporaryDirectory(prefix="kiosk-bench-", dir=MEMORY if memory else None) as path:
        yield Path(path)
