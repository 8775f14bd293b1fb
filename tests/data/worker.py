"""Another process at the same registry: `python -m tests.data.worker hold|fill PATH`.

`hold` takes the write lock, says so, and keeps it until its input ends. `fill` is for a small file system: it
writes until that fails, and says why and what it then finds.
"""

import sqlite3
import sys
from pathlib import Path

from data.registry import Registry, RegistryError
from tests.data.samples import add_certificate


def hold(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    print("held", flush=True)
    sys.stdin.read()
    connection.close()


def fill(path: Path) -> None:
    registry = Registry.create(path, {})
    done = 0
    try:
        while True:
            with registry.transaction():
                add_certificate(registry, done + 1, der=bytes(4000))
                add_certificate(registry, 1_000_000 + done, der=bytes(4000))
            done += 1
    except RegistryError as error:
        print(error.reason)
    kept = registry.find_certificates(limit=1000)
    print(len(kept) == 2 * done > 0, registry.in_transaction, registry.check())
    registry.close()


if __name__ == "__main__":
    {"hold": hold, "fill": fill}[sys.argv[1]](Path(sys.argv[2]))
