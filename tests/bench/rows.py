"""Fills a registry with any number of rows, quickly: its own tables, without its transactions and syncing."""

import hashlib
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from data.records import Certificate, Request, Subscriber
from data.registry import Registry

PROFILE = "personal-general"
AT = "2026-11-22T01:23:45.678Z"
DER = bytes(1150)
"""As long as a real certificate."""
_NAMES = [
    "".join(parts) for parts in itertools.product("김이박최정강조윤장홍", "길민서지현도", "동준우연훈아수은")
]
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_CODES = len(_ALPHABET) ** 8
# Certificates end in the order in which they were issued, with rare exceptions.
_DAYS = [f"{date(2026, 11, 23) + timedelta(days=day)}T14:59:59.000Z" for day in range(365)]


def fill(path: Path, count: int) -> None:
    """Make a registry at `path` with `count` subscribers, each with a request and a certificate."""
    registry = Registry.create(path, {"practice": "yes"})
    connection = registry._connection
    # Nothing of this needs to last, and indexes are quicker built over all rows at once.
    for setting in (
        "journal_mode = OFF",
        "synchronous = OFF",
        "foreign_keys = OFF",
        "ignore_check_constraints = ON",
        "cache_size = -500000",
    ):
        connection.execute(f"PRAGMA {setting}").fetchall()
    indexes = [
        index
        for table in ("subscribers", "requests", "certificates")
        for index in connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = ?",
            [table],
        )
    ]
    connection.execute("BEGIN")
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    for table, kind, rows in (
        ("subscribers", Subscriber, _subscribers(count)),
        ("requests", Request, _requests(count)),
        ("certificates", Certificate, _certificates(count)),
    ):
        _insert(registry, table, kind, rows)
    connection.executemany(
        "INSERT INTO certificate_der VALUES (?, ?)", ((n, DER) for n in range(1, count + 1))
    )
    for _, statement in indexes:
        connection.execute(statement)
    connection.execute("COMMIT")
    registry.close()


def _insert(registry: Registry, table: str, kind: type, rows: Iterable[tuple[Any, ...]]) -> None:
    names = [field.name for field in fields(kind)]
    registry._connection.executemany(
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})", rows
    )


def digest(n: int) -> bytes:
    """32 bytes that are everywhere in an index, as keyed hashes and serials are."""
    return hashlib.sha256(b"%d" % n).digest()


def serial(n: int) -> str:
    return "4" + digest(n).hex()[:31]


def code(n: int) -> str:
    number, letters = n * 314_159_265_359 % _CODES, []
    for _ in range(8):
        number, letter = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[letter])
    return "".join(letters)


def name(n: int) -> str:
    return _NAMES[n * 7 % len(_NAMES)]


def _subscribers(count: int) -> Iterator[tuple[Any, ...]]:
    for n in range(1, count + 1):
        yield n, f"subscriber-{n:09}", "bench", digest(n), AT


def _requests(count: int) -> Iterator[tuple[Any, ...]]:
    for n in range(1, count + 1):
        yield (
            n, f"request-{n:09}", "bench", code(n), "issue", n, PROFILE, "done", "8:1:2", "phone", "verified",
            AT, "2026-11", DER[:32], DER[:32], DER[:32], n, f"NPKI/Certkiosk/USER/{n}", None, None, AT, AT,
        )  # fmt: skip


def _certificates(count: int) -> Iterator[tuple[Any, ...]]:
    for n in range(1, count + 1):
        end = _DAYS[n * len(_DAYS) // (count + 1)]
        yield (
            n, f"certificate-{n:09}", "bench", serial(n), n, n, PROFILE, name(n),
            f"{name(n)}()20261122{n:010}", AT, end, "valid", None, AT, AT, None,
        )  # fmt: skip
