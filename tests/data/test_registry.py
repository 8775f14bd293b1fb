import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from data.registry import Registry, RegistryError
from tests.data.samples import AT, add_certificate, add_subscriber, at, audit_row, digest

SIDES = ("", "-wal", "-shm")


def reason(path: Path, wait: float = 0.1) -> str:
    with pytest.raises(RegistryError) as caught:
        Registry.open(path, wait=wait)
    return caught.value.reason


def test_created_for_the_owner_only_and_kept(registry: Registry, path: Path) -> None:
    for side in SIDES:
        assert path.with_name(path.name + side).stat().st_mode & 0o777 == 0o600
    registry.close()
    again = Registry.open(path)
    assert again.meta("practice") == "yes"
    assert again.meta("center") is None
    assert again.kiosk_id == "kiosk-7"
    assert again.check() == []
    again.close()


def test_a_kiosk_id_is_made_when_none_is_given(path: Path) -> None:
    registry = Registry.create(path, {})
    assert len(registry.meta("kiosk_id") or "") == 36
    registry.close()


def test_an_existing_file_is_never_replaced(path: Path) -> None:
    path.write_text("mine")
    with pytest.raises(FileExistsError):
        Registry.create(path, {})
    assert path.read_text() == "mine"


def test_creating_where_nothing_can_be_created(tmp_path: Path) -> None:
    with pytest.raises(RegistryError) as caught:
        Registry.create(tmp_path / "no" / "registry.db", {})
    assert caught.value.reason == "unwritable"


def test_what_fails_while_it_is_made_leaves_nothing(path: Path) -> None:
    with pytest.raises(sqlite3.ProgrammingError):
        Registry.create(path, {"practice": object()})  # type: ignore[dict-item]
    assert os.listdir(path.parent) == []


def test_open_never_creates(path: Path) -> None:
    assert reason(path) == "missing"
    assert os.listdir(path.parent) == []


def test_names_that_mean_something_in_a_uri(tmp_path: Path) -> None:
    path = tmp_path / "센터 #1?mode=memory%41.db"
    Registry.create(path, {}).close()
    Registry.open(path).close()
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("content", [b"", b"rubbish" * 1000, b"SQLite format 3\0" + bytes(84)])
def test_what_is_no_registry(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert reason(path) == "damaged"
    assert path.read_bytes() == content


def test_a_directory_in_its_place(path: Path) -> None:
    path.mkdir()
    assert reason(path) == "damaged"


def test_another_programs_database_is_left_as_it_is(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE meta (key, value)")
    other.close()
    before = path.read_bytes()
    assert reason(path) == "damaged"
    assert path.read_bytes() == before


def test_a_registry_without_its_migrations(registry: Registry, path: Path) -> None:
    registry._connection.execute("DROP TABLE _sqlite_migrations")
    registry.close()
    assert reason(path) == "damaged"


def test_a_newer_registry_is_left_alone(registry: Registry, path: Path) -> None:
    registry._connection.execute(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('certkiosk', '9999', '')"
    )
    registry.close()
    assert reason(path) == "newer"


@pytest.mark.parametrize("offset", [0, 5, 16, 19, 20, 68, 100, 103])
def test_a_damaged_header(registry: Registry, path: Path, offset: int) -> None:
    registry.close()
    content = bytearray(path.read_bytes())
    content[offset] ^= 0xFF
    path.write_bytes(content)
    assert reason(path) == "damaged"


def test_damaged_pages_are_found_and_named(registry: Registry, path: Path) -> None:
    with registry.transaction():
        held = [add_certificate(registry, n) for n in range(1, 200)]
    pages = registry._connection.execute("SELECT pageno FROM dbstat WHERE name = 'certificates'").fetchall()
    registry.close()
    whole = path.read_bytes()
    for (page,) in pages[:: max(1, len(pages) // 5)]:
        content = bytearray(whole)
        start = (page - 1) * 4096
        content[start : start + 64] = bytes(byte ^ 0xFF for byte in content[start : start + 64])
        path.write_bytes(content)
        opened = Registry.open(path)
        assert opened.check() != []
        with pytest.raises(RegistryError) as caught:
            for one in held:
                opened.certificate(id=one.id)
        assert caught.value.reason == "damaged"
        opened.close()
    path.write_bytes(whole)
    opened = Registry.open(path)
    assert opened.check() == []
    opened.close()


def test_a_row_that_points_nowhere_is_found(registry: Registry) -> None:
    with registry.transaction():
        held = add_certificate(registry)
    registry._connection.execute("PRAGMA foreign_keys = OFF")
    registry._connection.execute("DELETE FROM subscribers")
    problems = registry.check()
    assert f"row {held.id} of certificates points to no row of subscribers" in problems


def test_text_that_is_none(registry: Registry) -> None:
    with registry.transaction():
        held = add_certificate(registry)
        registry._connection.execute("UPDATE certificates SET name = CAST(x'ff' AS TEXT)")
    with pytest.raises(RegistryError) as caught:
        registry.certificate(id=held.id)
    assert caught.value.reason == "damaged"


def test_busy_when_another_process_holds_it_too_long(registry: Registry, path: Path) -> None:
    registry.close()
    with subprocess.Popen(
        [sys.executable, "-m", "tests.data.worker", "hold", str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as other:  # fmt: skip
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        opened = Registry.open(path, wait=0.05)
        assert opened.subscriber(digest(1)) is None  # reading goes on
        with pytest.raises(RegistryError) as caught, opened.transaction():
            pytest.fail("entered")
        assert caught.value.reason == "busy"
        assert not opened.in_transaction
        other.communicate()
    with opened.transaction():
        add_subscriber(opened)
    opened.close()


def test_full(registry: Registry) -> None:
    pages = registry._connection.execute("PRAGMA page_count").fetchone()[0]
    registry._connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(RegistryError) as caught, registry.transaction():
        add_certificate(registry, der=bytes(20000))
    assert caught.value.reason == "full"
    assert registry.find_certificates() == []
    assert registry.subscriber(digest(1)) is None
    with registry.transaction():
        add_subscriber(registry)
    assert registry.check() == []


def test_full_disk(tmp_path: Path) -> None:
    apart = ["unshare", "--mount" if os.geteuid() == 0 else "-rm"]
    trial = [*apart, "mount", "-t", "tmpfs", "none", str(tmp_path)]
    if shutil.which("unshare") is None or subprocess.run(trial, capture_output=True).returncode:
        pytest.skip("mounting a small tmpfs needs a mount namespace of its own")
    command = 'mount -t tmpfs -o size=512k none "$1" && exec "$2" -m tests.data.worker fill "$1/registry.db"'
    ran = subprocess.run(
        [*apart, "sh", "-c", command, "sh", str(tmp_path), sys.executable],
        capture_output=True, text=True,
    )  # fmt: skip
    assert ran.stdout.splitlines() == ["full", "True False []"], ran.stderr


def test_a_write_that_the_system_refuses(path: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))

    ran = subprocess.run(
        [sys.executable, "-m", "tests.data.worker", "fill", str(path)],
        capture_output=True, text=True, preexec_fn=limit,
    )  # fmt: skip
    assert ran.stdout.splitlines() == ["unwritable", "True False []"], ran.stderr


def test_data_version_tells_of_others_only(registry: Registry, path: Path) -> None:
    other = Registry.open(path)
    before = registry.data_version()
    with registry.transaction():
        add_subscriber(registry, 1)
    assert registry.data_version() == before
    with other.transaction():
        add_subscriber(other, 2)
    assert registry.data_version() != before
    other.close()


def test_audit_rows_stream_in_batches(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.registry._BATCH", 3)
    with registry.transaction():
        for seq in range(1, 11):
            registry.add_audit(audit_row(seq, at(100 - seq)))
    for first, last, expected in ((1, None, range(1, 11)), (4, 9, range(4, 10)), (7, 7, [7]), (11, None, [])):
        assert [row.seq for row in registry.audit_rows(first, last)] == list(expected)
    assert registry.audit_count() == 10
    assert registry.last_audit() == audit_row(10, at(90))
    assert registry.latest_at() == at(99)


def test_an_empty_audit_log(registry: Registry) -> None:
    assert registry.last_audit() is None
    assert registry.latest_at() is None
    assert registry.audit_count() == 0
    assert list(registry.audit_rows()) == []


def test_a_stream_of_audit_rows_does_not_stand_in_the_way(
    registry: Registry, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.registry._BATCH", 2)
    with registry.transaction():
        for seq in range(1, 6):
            registry.add_audit(audit_row(seq))
    rows = registry.audit_rows()
    next(rows)
    other = Registry.open(path)
    with other.transaction():
        other.add_audit(audit_row(6))
    other.close()
    with registry.transaction():
        registry.add_audit(audit_row(7))
    assert [row.seq for row in rows] == [2, 3, 4, 5, 6, 7]


def test_the_audit_log_only_grows(registry: Registry) -> None:
    with registry.transaction():
        registry.add_audit(audit_row(1))
    for statement in ("UPDATE audit SET action = 'x'", "DELETE FROM audit"):
        with pytest.raises(sqlite3.IntegrityError, match="only grows"):
            registry._connection.execute(statement)
    with pytest.raises(sqlite3.IntegrityError), registry.transaction():
        registry.add_audit(audit_row(1))
    assert [row.at for row in registry.audit_rows()] == [AT]


def test_deleted_content_is_overwritten(registry: Registry, path: Path) -> None:
    key = b"a key to be forgotten"
    with registry.transaction():
        registry.count_try("phone", key, "2026-11-22", wrong=1)
    with registry.transaction():
        registry.count_try("phone", b"another", "2026-11-23", wrong=1)
    registry.close()
    assert key not in path.read_bytes()
