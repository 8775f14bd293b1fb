"""Subscribers, and how often each way of identifying was tried."""

import uuid
from dataclasses import replace

from data.records import Subscriber
from data.store import Store


class Subscribers(Store):
    """Part of the registry: who has certificates, and tries of identity checks."""

    def subscriber(self, id_hash: bytes) -> Subscriber | None:
        """Find the subscriber whose identity number has this keyed hash (32 bytes)."""
        return self._one(Subscriber, "SELECT * FROM subscribers WHERE id_hash = ?", [id_hash])

    def subscriber_hash(self, id: int) -> bytes:  # noqa: A002
        """Give the keyed hash of the subscriber `id`; `LookupError` when there is none."""
        found: bytes | None = self._value("SELECT id_hash FROM subscribers WHERE id = ?", [id])
        if found is None:
            raise LookupError(f"no subscriber {id}")
        return found

    def add_subscriber(self, id_hash: bytes, at: str) -> Subscriber:
        """Add a subscriber at the moment `at`. Raises `sqlite3.IntegrityError` when the hash is there."""
        record = Subscriber(uuid=str(uuid.uuid4()), kiosk_id=self.kiosk_id, id_hash=id_hash, created_at=at)
        return replace(record, id=self._insert("subscribers", record))

    def tries(self, method: str, key: bytes, day: str) -> tuple[int, int]:
        """Give how many codes were sent and how many wrong ones typed.

        `method` is the identity check's name, `key` a keyed hash of what is limited (a number, a person),
        `day` a Korean day (2026-11-22).
        """
        row = self._execute(
            "SELECT sends, wrong FROM tries WHERE day = ? AND method = ? AND key = ?", [day, method, key]
        ).fetchone()
        return (row[0], row[1]) if row else (0, 0)

    def count_try(
        self, method: str, key: bytes, day: str, *, sends: int = 0, wrong: int = 0, at: str | None = None
    ) -> tuple[int, int]:
        """Add to `tries` and give the new sums; what was counted on earlier days is deleted.

        `at` is the moment of a wrong try, where a wait follows from it.
        """
        self._write("DELETE FROM tries WHERE day < ?", [day])
        [row] = self._write(
            "INSERT INTO tries (day, method, key, sends, wrong, wrong_at) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET sends = sends + excluded.sends, wrong = wrong + excluded.wrong,"
            " wrong_at = coalesce(excluded.wrong_at, wrong_at)"
            " RETURNING sends, wrong",
            [day, method, key, sends, wrong, at],
        )
        return row[0], row[1]

    def last_wrong(self, method: str, key: bytes, day: str) -> str | None:
        """Give the moment of the last wrong try of a day, where one was kept."""
        moment: str | None = self._value(
            "SELECT wrong_at FROM tries WHERE day = ? AND method = ? AND key = ?", [day, method, key]
        )
        return moment
