"""One of several processes that issue at once: `python -m tests.audit.worker DIRECTORY FIRST COUNT`."""

import random
import sys
from pathlib import Path

from data.registry import Registry
from kiosk.audit import AuditLog
from kiosk.clock import Clock
from tests.audit.conftest import KEY
from tests.data.samples import AT, add_request, new_certificate


def issue(directory: Path, first: int, count: int) -> None:
    registry = Registry.open(directory / "registry.db")
    log = AuditLog(registry, KEY, directory / "audit.head", Clock())
    for n in range(first, first + count):
        serial = f"{random.getrandbits(64) | 1 << 63:x}"
        with log.step(registry):
            request = add_request(registry, n, state="submitted")
            held = registry.add_certificate(new_certificate(request, n, serial=serial))
            registry.change_request(
                request.id, expect="submitted", state="issued", at=AT, certificate_id=held.id
            )
            log.append("request.issued", request=request.id, certificate=held.id, n=n)
    registry.close()


if __name__ == "__main__":
    issue(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
