import sqlite3
import threading
from pathlib import Path

import pytest
from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

import data.migrations
import data.registry
from data.migrations import known
from data.records import STATES, STATUSES, AuditRow, Certificate, Contact, Crl, Delivery, Request, Subscriber
from data.registry import Registry, RegistryError
from tests.data.samples import AT, add_certificate, add_request, add_subscriber, new_certificate, new_request


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Migrations:
    """The program's migrations, and one more."""
    migrations = Migrations("certkiosk")
    for each in data.migrations.migrations.pending(Database(memory=True)):
        migrations(name=each.name)(each.fn)

    @migrations(name="9999 later")
    def later(db: Database) -> None:
        db.execute("ALTER TABLE subscribers ADD COLUMN later TEXT NOT NULL DEFAULT 'yes'")
        if db.execute("SELECT count(*) FROM subscribers").fetchone()[0] > 1:
            raise sqlite3.OperationalError("in the middle")

    monkeypatch.setattr(data.migrations, "migrations", migrations)
    monkeypatch.setattr(data.registry, "migrations", migrations)
    return migrations


def columns(registry: Registry, table: str) -> list[str]:
    return [row[1] for row in registry._connection.execute(f"PRAGMA table_info({table})")]


def test_every_table_is_strict(registry: Registry) -> None:
    tables = {
        row[1]: row[5]
        for row in registry._connection.execute("PRAGMA table_list")
        if row[2] == "table" and not row[1].startswith("sqlite_")
    }
    assert set(tables.values()) == {1}
    assert {"meta", "subscribers", "requests", "certificates", "crls", "tries", "audit"} < set(tables)


@pytest.mark.parametrize(
    ("table", "kind"),
    [
        ("subscribers", Subscriber), ("requests", Request), ("certificates", Certificate), ("crls", Crl),
        ("audit", AuditRow), ("contacts", Contact), ("deliveries", Delivery),
    ],
)  # fmt: skip
def test_records_are_the_columns(registry: Registry, table: str, kind: type) -> None:
    assert set(columns(registry, table)) == set(kind.__slots__)


def test_an_older_registry_is_brought_up_to_date(
    registry: Registry, path: Path, request: pytest.FixtureRequest
) -> None:
    with registry.transaction():
        add_subscriber(registry)
    registry.close()
    request.getfixturevalue("later")
    opened = Registry.open(path)
    assert columns(opened, "subscribers")[-1] == "later"
    opened.close()
    again = Registry.open(path)
    assert again.check() == []
    again.close()


def test_a_migration_that_fails_changes_nothing(
    registry: Registry, path: Path, request: pytest.FixtureRequest
) -> None:
    with registry.transaction():
        add_subscriber(registry, 1)
        add_subscriber(registry, 2)
    request.getfixturevalue("later")
    with pytest.raises(RegistryError):
        Registry.open(path)
    assert "later" not in columns(registry, "subscribers")
    assert (
        registry._connection.execute("SELECT count(*) FROM _sqlite_migrations").fetchone()[0]
        == len(known()) - 1
    )


def test_two_that_migrate_at_once(registry: Registry, path: Path, request: pytest.FixtureRequest) -> None:
    registry.close()
    request.getfixturevalue("later")
    start, done = threading.Barrier(4), []

    def run() -> None:
        start.wait()
        opened = Registry.open(path)
        done.append(columns(opened, "subscribers")[-1])
        opened.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == ["later"] * 4


def test_a_registry_that_is_up_to_date_opens_while_another_writes(registry: Registry, path: Path) -> None:
    with registry.transaction():
        Registry.open(path, wait=0.01).close()


@pytest.mark.parametrize(
    "wrong", ["", "2026-11-22", "2026-11-22 01:23:45.678Z", "2026-11-22T01:23:45Z", AT + "x"]
)
def test_moments_are_written_in_one_way(registry: Registry, wrong: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"), registry.transaction():
        registry.add_subscriber(bytes(32), wrong)


@pytest.mark.parametrize("code", ["abc", "a" * 33, "ABCD", "ab-cd", "../x"])
def test_codes_are_names_for_a_directory(registry: Registry, code: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"), registry.transaction():
        add_request(registry, code=code)


@pytest.mark.parametrize("serial", ["", "0", "0abc", "ABC", "12g", "f" * 41])
def test_a_serial_is_written_in_one_way(registry: Registry, serial: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"), registry.transaction():
        add_certificate(registry, serial=serial)


def test_states_and_statuses_are_those_of_the_records(registry: Registry) -> None:
    with registry.transaction():
        held = add_certificate(registry, 1000)
        for n, state in enumerate(STATES):
            own = add_certificate(registry, 500 + n)
            registry._connection.execute(
                "UPDATE requests SET certificate_id = NULL, state = 'void' WHERE certificate_id = ?", [own.id]
            )
            assert add_request(registry, n, state=state, certificate_id=own.id).state == state
        for status in STATUSES:
            held = registry.change_certificate(held.id, expect=held.status, status=status, at=AT)
    for call in (
        lambda: add_request(registry, 100, state="paid"),
        lambda: add_request(registry, 101, act="copy"),
        lambda: add_request(registry, 102, identity_level="none"),
        lambda: registry.change_certificate(held.id, expect="revoked", status="good", at=AT),
    ):
        with pytest.raises(sqlite3.IntegrityError, match="CHECK"), registry.transaction():
            call()


@pytest.mark.parametrize(
    ("state", "missing"),
    [
        ("identified", "identity_method"), ("identified", "identity_level"), ("identified", "identified_at"),
        ("key_made", "public_key_hash"), ("key_made", "vid"), ("staged", "medium"),
        ("issued", "certificate_id"),
    ],
)  # fmt: skip
def test_a_state_has_what_it_says(registry: Registry, state: str, missing: str) -> None:
    with registry.transaction():
        held = add_certificate(registry, 50)
    given = {"certificate_id": held.id, "state": state, missing: None}
    registry._connection.execute("UPDATE requests SET certificate_id = NULL, state = 'void'")
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"), registry.transaction():
        add_request(registry, 1, **given)
    with registry.transaction():
        add_request(registry, 1, **(given | {missing: held.id if missing == "certificate_id" else {
            "identity_method": "phone", "identity_level": "verified", "identified_at": AT,
            "public_key_hash": bytes(32), "vid": b"v", "medium": "m",
        }[missing]}))  # fmt: skip


def test_rows_must_belong_to_rows(registry: Registry) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"), registry.transaction():
        registry.add_request(new_request(77))
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"), registry.transaction():
        request = add_request(registry)
        registry.add_certificate(new_certificate(request, request_id=99))


@pytest.mark.parametrize("apart", [False, True])
def test_certificates_of_older_registries_keep_what_was_signed(tmp_path: Path, *, apart: bool) -> None:
    path = tmp_path / "old.db"
    with Database(path) as old, old.conn:
        first = Migrations("certkiosk")
        first(name="0001 first tables")(data.migrations.first_tables)
        first.apply(old)
        old.execute(f"INSERT INTO subscribers VALUES (1, 'u', 'k', zeroblob(32), '{AT}')")
        old.execute(
            "INSERT INTO requests (id, uuid, kiosk_id, code, act, subscriber_id, profile, state, opened_at, changed_at)"
            f" VALUES (1, 'u', 'k', 'code', 'issue', 1, 'p', 'void', '{AT}', '{AT}')"
        )
        if apart:  # as this program made them for a while
            old.execute("ALTER TABLE certificates DROP COLUMN der")
            old.execute(
                "CREATE TABLE certificate_der (certificate_id INTEGER PRIMARY KEY, der BLOB NOT NULL) STRICT"
            )
        der = "" if apart else ", der"
        old.execute(
            "INSERT INTO certificates (id, uuid, kiosk_id, serial, subscriber_id, request_id, profile, name,"
            f" common_name, not_before, not_after, status, status_at, created_at{der})"
            f" VALUES (7, 'u', 'k', 'abc', 1, 1, 'p', 'n', 'c', '{AT}', '{AT}', 'valid', '{AT}', '{AT}'"
            f"{der and ', x' + repr('0d0e')})"
        )
        if apart:
            old.execute("INSERT INTO certificate_der VALUES (7, x'0d0e')")
    opened = Registry.open(path)
    held = opened.certificate(serial="abc")
    assert held is not None
    assert (held.der, held.password_at) == (b"\x0d\x0e", None)
    assert opened.check() == []
    assert "der" not in columns(opened, "certificates")
    opened.close()
