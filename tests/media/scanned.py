"""`python -m tests.media.scanned PATH`: a scan in little memory, and what it did; one line of JSON.

Memory is what the program has when it begins, and `MORE` bytes. Opened files and directories are counted, and the
bytes that were read of them.
"""

import json
import os
import resource
import sys
from pathlib import Path

from kiosk.media import files
from kiosk.media.scan import scan

MORE = 24 * 1024 * 1024


def main(path: Path) -> None:
    counts = {"opened": 0, "read": 0}
    read = os.read

    def counted(fd: int, count: int) -> bytes:
        data = read(fd, count)
        counts["read"] += len(data)
        return data

    def hook(event: str, args: tuple[object, ...]) -> None:
        counts["opened"] += event == "open"

    files.os.read = counted  # type: ignore[attr-defined]
    sys.addaudithook(hook)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + MORE
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    # Time is no matter of a test; that there is an end to it is another one's.
    result = scan(path, seconds=3600)
    said = {"found": [each.problem for each in result.found], "skipped": result.skipped, **counts}
    print(json.dumps(said))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
