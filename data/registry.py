"""The registry: the SQLite file that remembers all that was issued and done.

One `Registry` is one connection and belongs to one thread. What it does is written by subject in
`data.subscribers`, `data.requests`, `data.certificates`, `data.contacts`, `data.deliveries` and here for the
audit log; all of them read at any time, and write inside `transaction()` only.
"""

import errno
import os
import sqlite3
import uuid
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from data.certificates import Certificates
from data.contacts import Contacts
from data.deliveries import Deliveries
from data.migrations import APPLICATION_ID, known, migrations
from data.records import AuditRow
from data.requests import Requests
from data.store import RegistryError, StateConflict, connect, faults, reason_of
from data.subscribers import Subscribers

__all__ = ["Registry", "RegistryError", "StateConflict"]

_WAIT = 10.0
"""Seconds that a transaction waits for another process."""
_BATCH = 500
"""Audit lines read at once."""
_JOURNAL = "PRAGMA journal_mode = WAL"
_LARGEST = 2**63 - 1
"""SQLite's largest integer."""


class Registry(Subscribers, Requests, Certificates, Contacts, Deliveries):
    """The registry, open. Every method may raise `RegistryError`."""

    @classmethod
    def create(cls, path: Path, meta: Mapping[str, str]) -> Self:
        """Make a new registry (mode 0600) that keeps `meta` for good, and open it.

        What a crash leaves half-made is found damaged by `open`. `kiosk_id` is added to `meta` when it is not
        there.

        Raises `FileExistsError` when something is at `path`, else `RegistryError` (full, unwritable).
        """
        with _file_faults():
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
        try:
            registry = cls(connect(path, _WAIT))
            try:
                registry._execute(_JOURNAL)
                registry._fill({"kiosk_id": str(uuid.uuid4()), **meta})
                with _file_faults():
                    _sync_directory(path.parent)
            except BaseException:
                registry.close()
                raise
        except BaseException:
            for ending in ("", "-wal", "-shm"):
                path.with_name(path.name + ending).unlink(missing_ok=True)
            raise
        return registry

    def _fill(self, meta: Mapping[str, str]) -> None:
        with self.transaction():
            with faults():
                migrations.apply(self._database)
            for key, value in meta.items():
                self._write("INSERT INTO meta (key, value) VALUES (?, ?)", [key, value])

    @classmethod
    def open(cls, path: Path, *, wait: float = _WAIT) -> Self:
        """Open an existing registry and bring its tables up to date; never make one.

        `wait` is how long a transaction waits for another process, in seconds. Damage is noticed here in the
        header and the schema; `check()` looks at every page.

        Raises `RegistryError`: missing, damaged, newer (it knows a migration that we do not), busy, full,
        unwritable.
        """
        with _file_faults():
            if not path.exists():
                raise RegistryError("missing")
            if not path.is_file():
                raise RegistryError("damaged")
        registry = cls(connect(path, wait))
        try:
            registry._migrate()
        except BaseException:
            registry.close()
            raise
        return registry

    def _migrate(self) -> None:
        if self._value("PRAGMA application_id") != APPLICATION_ID:
            raise RegistryError("damaged")
        with faults():
            applied = {migration.name for migration in migrations.applied(self._database)}
        if not applied <= known():
            raise RegistryError("newer")
        self._execute(_JOURNAL)  # only now: it writes, and this could have been another program's file
        if applied != known():
            with self.transaction(), faults():
                migrations.apply(self._database)  # looks again, now that no other process can

    def data_version(self) -> int:
        """Give a number that changes when *another* connection has changed the registry."""
        return int(self._value("PRAGMA data_version"))

    def check(self) -> list[str]:
        """Read every page; give SQLite's words for each problem, and none when all is well."""
        problems = []
        try:
            for row in self._execute("PRAGMA integrity_check"):
                problems += [row[0]] if row[0] != "ok" else []
            for table, rowid, parent, _ in self._execute("PRAGMA foreign_key_check"):
                problems.append(f"row {rowid} of {table} points to no row of {parent}")
        except (RegistryError, sqlite3.DatabaseError) as error:
            reason = error.reason if isinstance(error, RegistryError) else reason_of(error)
            if reason != "damaged":
                raise RegistryError(reason) from error
            problems.append(str(error.__cause__ or error))
        return problems

    # -- the audit log; what its lines mean is in kiosk.audit

    def last_audit(self) -> AuditRow | None:
        """Give the last line."""
        return self._one(AuditRow, "SELECT * FROM audit ORDER BY seq DESC LIMIT 1")

    def latest_at(self) -> str | None:
        """Give the latest moment of any line: not the last line's, when the clock went back."""
        moment: str | None = self._value("SELECT max(at) FROM audit")
        return moment

    def add_audit(self, row: AuditRow) -> None:
        """Add a line. Raises `sqlite3.IntegrityError` when its number is taken."""
        self._insert("audit", row)

    def audit_rows(self, first: int = 1, last: int | None = None) -> Iterator[AuditRow]:
        """Stream the lines from number `first` to `last`, both included.

        They are read in batches, so that a long check of the log is in nobody's way.
        """
        while True:
            rows = self._all(
                AuditRow,
                "SELECT * FROM audit WHERE seq BETWEEN ? AND ? ORDER BY seq LIMIT ?",
                [first, last if last is not None else _LARGEST, _BATCH],
            )
            yield from rows
            if len(rows) < _BATCH:
                return
            first = rows[-1].seq + 1

    def noted_since(self, moment: str, actions: Collection[str]) -> bool:
        """Whether a line of one of these actions was written at `moment` or later."""
        marks = ", ".join("?" * len(actions))
        found = self._value(
            f"SELECT 1 FROM audit WHERE at >= ? AND action IN ({marks}) LIMIT 1",  # noqa: S608 - marks only
            [moment, *actions],
        )
        return found is not None

    def audit_about(self, *, certificate: int, request: int) -> list[AuditRow]:
        """List the lines about a certificate, and about the request that brought it, in their order."""
        return self._all(
            AuditRow,
            "SELECT * FROM audit WHERE certificate = ? UNION SELECT * FROM audit WHERE request = ? ORDER BY seq",
            [certificate, request],
        )

    def audit_count(self) -> int:
        """Count the lines, one by one."""
        return int(self._value("SELECT count(*) FROM audit"))


@contextmanager
def _file_faults() -> Iterator[None]:
    """Turn the file system's errors into `RegistryError`; that something exists stays what it is."""
    try:
        yield
    except FileExistsError:
        raise
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        raise RegistryError("full" if full else "unwritable") from error


def _sync_directory(path: Path) -> None:
    """Make the names in a directory last through a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
