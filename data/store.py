"""The connection under the registry: how it is opened, its transactions, and what its errors mean.

Nothing outside `data` uses this module; `data.registry` gives its exceptions on.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from sqlite_utils import Database

T = TypeVar("T")
Values = Sequence[Any] | dict[str, Any]


class RegistryError(Exception):
    """The registry cannot be used. `reason` is missing, damaged, newer, busy, full or unwritable."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class StateConflict(Exception):  # noqa: N818 - nothing is wrong: somebody was faster
    """A row is not in a state that the change expects: somebody else was first. `found` is what it is in."""

    def __init__(self, found: str) -> None:
        super().__init__(found)
        self.found = found


_REASONS = {
    # extended result codes first, then the primary ones (https://www.sqlite.org/rescode.html)
    sqlite3.SQLITE_IOERR_SHMSIZE: "full",  # no room for the index of the write-ahead log
    sqlite3.SQLITE_IOERR_READ: "damaged",
    sqlite3.SQLITE_IOERR_SHORT_READ: "damaged",
    sqlite3.SQLITE_IOERR_CORRUPTFS: "damaged",
    sqlite3.SQLITE_BUSY: "busy",
    sqlite3.SQLITE_LOCKED: "busy",
    sqlite3.SQLITE_PROTOCOL: "busy",
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_IOERR: "unwritable",
    sqlite3.SQLITE_READONLY: "unwritable",
    sqlite3.SQLITE_PERM: "unwritable",
    sqlite3.SQLITE_CANTOPEN: "unwritable",
    sqlite3.SQLITE_NOLFS: "unwritable",
}


def reason_of(error: sqlite3.Error) -> str:
    """Say what an error of SQLite means for the registry.

    Whatever is not listed (a page or a schema that makes no sense, text that is not UTF-8) is damage: our own
    statements are known to be right.
    """
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return "damaged"
    return _REASONS.get(code) or _REASONS.get(code & 0xFF) or "damaged"


@contextmanager
def faults() -> Iterator[None]:
    """Turn SQLite's errors into `RegistryError`.

    Two kinds pass as they are: `IntegrityError`, which the caller asked for (a serial that exists), and
    `ProgrammingError`, which is a bug of ours (a closed connection, another thread's) and must look like one.
    """
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise
    except sqlite3.Error as error:
        raise RegistryError(reason_of(error)) from error


def connect(path: Path, wait: float) -> Database:
    """Connect to the existing database at `path`; `wait` is how long to wait for a lock, in seconds.

    Raises `RegistryError`.
    """
    with faults():
        connection = sqlite3.connect(
            path.absolute().as_uri() + "?mode=rw", uri=True, timeout=wait, isolation_level=None
        )
        try:
            # Every connection needs these again (the journal mode stays in the file). Temporary files would
            # hold names outside the state directory.
            for setting in (
                "synchronous = FULL",
                "foreign_keys = ON",
                "secure_delete = ON",
                "temp_store = MEMORY",
                "trusted_schema = OFF",
                "cell_size_check = ON",
            ):
                connection.execute(f"PRAGMA {setting}").fetchall()
            return Database(connection, execute_plugins=False, strict=True)
        except BaseException:
            connection.close()
            raise


class Store:
    """One connection to the registry, for one thread. The subjects of the registry build on it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection = database.conn

    def close(self) -> None:
        """Close the connection; harmless when it is closed."""
        self._connection.close()

    def meta(self, key: str) -> str | None:
        """Give what was said about this registry when it was made."""
        value: str | None = self._value("SELECT value FROM meta WHERE key = ?", [key])
        return value

    @cached_property
    def kiosk_id(self) -> str:
        """The UUID of this kiosk, which every row that it makes carries."""
        return self.meta("kiosk_id") or ""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._connection.in_transaction

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all that is written inside one step: it all stays, or, after any exception, nothing does.

        It takes the write lock at once (BEGIN IMMEDIATE): of two writers that begin by reading one would
        fail in the middle. Finish or close a stream of rows (`crl_entries`) before.

        Raises `RegistryError` (busy after the waiting time, full, unwritable, damaged); `RuntimeError` when a
        transaction is open already.
        """
        if self.in_transaction:
            raise RuntimeError("a transaction inside a transaction")
        self._execute("BEGIN IMMEDIATE")
        try:
            yield
            self._execute("COMMIT")
        except BaseException:
            if self.in_transaction:  # SQLite has already ended it after a full disk, for one
                self._execute("ROLLBACK")
            raise

    def _execute(self, statement: str, values: Values = ()) -> sqlite3.Cursor:
        with faults():
            return self._database.execute(statement, values)

    def _write(self, statement: str, values: Values = ()) -> list[Any]:
        """Run a statement that changes something; only inside a transaction, where its audit line is too."""
        self._require_transaction()
        with faults():
            return self._database.execute(statement, values).fetchall()

    def _change(self, kind: type[T], statement: str, values: Values = ()) -> T | None:
        """Run a statement that changes one row and gives it as it now is; None when it met no row."""
        self._require_transaction()
        return self._one(kind, statement, values)

    def _require_transaction(self) -> None:
        if not self.in_transaction:
            raise RuntimeError("the registry is changed inside a transaction only")

    def _insert(self, table: str, record: Any, kind: Any = None) -> int:
        """Insert a record's fields (those of `kind`, one of its classes) except its id; give the new id.

        Table and columns are ours, not input.
        """
        columns = [field.name for field in fields(kind or record) if field.name != "id"]
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        [(id_,)] = self._write(
            f"INSERT INTO {table} ({names}) VALUES ({marks}) RETURNING rowid",  # noqa: S608
            [getattr(record, column) for column in columns],
        )
        return int(id_)

    def _many(self, statement: str, rows: Sequence[tuple[object, ...]]) -> int:
        """Run a statement that changes something for each of `rows`; give how many rows of the table it met."""
        self._require_transaction()
        with faults():
            return int(self._connection.executemany(statement, rows).rowcount)

    def _stream(self, kind: type[T], statement: str, values: Values = ()) -> Iterator[T]:
        """Give rows as records, one at a time; the columns of the statement are the fields of `kind`."""
        with faults():
            cursor = self._database.execute(statement, values)
            columns = [column[0] for column in cursor.description]
            for row in cursor:
                yield kind(**dict(zip(columns, row, strict=True)))

    def _all(self, kind: type[T], statement: str, values: Values = ()) -> list[T]:
        return list(self._stream(kind, statement, values))

    def _one(self, kind: type[T], statement: str, values: Values = ()) -> T | None:
        return next(iter(self._all(kind, statement, values)), None)

    def _value(self, statement: str, values: Values = ()) -> Any:
        """Give the first column of the first row, or None."""
        with faults():
            row = self._database.execute(statement, values).fetchone()
        return row[0] if row else None
