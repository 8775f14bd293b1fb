import sqlite3
import threading
from pathlib import Path

import pytest

from data.registry import Registry, RegistryError
from data.store import connect, faults, reason_of
from tests.data.samples import add_subscriber, digest


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("SQLITE_BUSY", "busy"), ("SQLITE_BUSY_SNAPSHOT", "busy"), ("SQLITE_BUSY_RECOVERY", "busy"),
        ("SQLITE_LOCKED", "busy"), ("SQLITE_FULL", "full"), ("SQLITE_IOERR_SHMSIZE", "full"),
        ("SQLITE_IOERR_WRITE", "unwritable"), ("SQLITE_IOERR_FSYNC", "unwritable"),
        ("SQLITE_READONLY", "unwritable"), ("SQLITE_READONLY_DIRECTORY", "unwritable"),
        ("SQLITE_CANTOPEN", "unwritable"), ("SQLITE_IOERR_READ", "damaged"), ("SQLITE_CORRUPT", "damaged"),
        ("SQLITE_CORRUPT_INDEX", "damaged"), ("SQLITE_NOTADB", "damaged"), ("SQLITE_ERROR", "damaged"),
    ],
)  # fmt: skip
def test_what_an_error_means(name: str, reason: str) -> None:
    error = sqlite3.OperationalError("words")
    error.sqlite_errorcode = getattr(sqlite3, name)
    assert reason_of(error) == reason
    with pytest.raises(RegistryError) as caught, faults():
        raise error
    assert caught.value.reason == reason
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("kind", [sqlite3.IntegrityError, sqlite3.ProgrammingError])
def test_these_pass_as_they_are(kind: type[sqlite3.Error]) -> None:
    with pytest.raises(kind), faults():
        raise kind("words")


def test_everything_in_a_transaction_or_nothing(registry: Registry) -> None:
    for error in (KeyError, KeyboardInterrupt):
        with pytest.raises(error), registry.transaction():
            add_subscriber(registry)
            raise error
        assert registry.subscriber(digest(1)) is None
        assert not registry.in_transaction
    with registry.transaction():
        add_subscriber(registry)
    assert registry.subscriber(digest(1)) is not None


def test_a_transaction_inside_a_transaction_is_a_bug(registry: Registry) -> None:
    with pytest.raises(RuntimeError), registry.transaction(), registry.transaction():
        pytest.fail("entered")
    assert not registry.in_transaction


def test_nothing_is_written_outside_a_transaction(registry: Registry) -> None:
    with pytest.raises(RuntimeError):
        add_subscriber(registry)
    with pytest.raises(RuntimeError):
        registry.count_try("phone", b"key", "2026-11-22", sends=1)
    with pytest.raises(RuntimeError):
        registry.add_crl(1, "2026-11-22T01:23:45.678Z", "2026-11-29T01:23:45.678Z", b"der", 0)
    assert registry.subscriber(digest(1)) is None
    assert registry.last_crl() is None


def test_what_others_see_before_and_after_the_commit(registry: Registry, path: Path) -> None:
    other = Registry.open(path)
    with registry.transaction():
        add_subscriber(registry)
        assert other.subscriber(digest(1)) is None
    assert other.subscriber(digest(1)) is not None
    other.close()


def test_the_write_lock_is_taken_at_once(registry: Registry, path: Path) -> None:
    """Two that read first and then write: the second waits at its begin, and its write does not fail."""
    other = Registry.open(path)
    inside, order = threading.Event(), []

    def second() -> None:
        mine = Registry.open(path)
        inside.wait()
        with mine.transaction():
            order.append(mine.subscriber(digest(1)) is not None)
            add_subscriber(mine, 2)
        mine.close()

    thread = threading.Thread(target=second)
    thread.start()
    with registry.transaction():
        inside.set()
        registry.subscriber(digest(1))
        add_subscriber(registry, 1)
    thread.join()
    assert order == [True]
    assert other.subscriber(digest(2)) is not None
    other.close()


def test_the_settings_of_a_connection(registry: Registry, path: Path) -> None:
    opened = Registry.open(path, wait=1.25)
    expected = {
        "journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1, "busy_timeout": 1250,
        "temp_store": 2, "trusted_schema": 0,
    }  # fmt: skip
    for connection in (registry, opened):
        found = {name: connection._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in expected}
        assert found | {"busy_timeout": 1250} == expected
    opened.close()
    assert opened._connection is not registry._connection


def test_a_file_that_vanishes_before_it_is_connected_to(tmp_path: Path) -> None:
    with pytest.raises(RegistryError) as caught:
        connect(tmp_path / "registry.db", 0)
    assert caught.value.reason == "unwritable"
    assert list(tmp_path.iterdir()) == []


def test_a_connection_belongs_to_its_thread(registry: Registry) -> None:
    caught: list[BaseException] = []

    def read() -> None:
        try:
            registry.subscriber(digest(1))
        except sqlite3.ProgrammingError as error:
            caught.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    assert len(caught) == 1
