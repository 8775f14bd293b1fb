"""Requests: the journal of each issuing, renewing and reissuing."""

import uuid
from collections.abc import Collection
from dataclasses import replace

from data.records import Request
from data.store import StateConflict, Store

_CHANGEABLE = frozenset({
    "medium", "identity_method", "identity_level", "identified_at", "consent_version", "public_key_hash",
    "vid", "certificate_id", "directory", "reason",
})  # fmt: skip


class Requests(Store):
    """Part of the registry: requests and their states."""

    def add_request(self, request: Request) -> Request:
        """Add a request; give it with id, uuid and kiosk_id.

        Raises `sqlite3.IntegrityError` when its code is taken or the subscriber has an unfinished request for
        the same profile.
        """
        record = replace(
            request,
            uuid=request.uuid or str(uuid.uuid4()),
            kiosk_id=request.kiosk_id or self.kiosk_id,
            changed_at=request.changed_at or request.opened_at,
        )
        return replace(record, id=self._insert("requests", record))

    def request(self, *, code: str | None = None, id: int | None = None) -> Request | None:  # noqa: A002
        """Find a request by its code or its id."""
        if (code is None) == (id is None):
            raise TypeError("give a code or an id")
        if code is not None:
            return self._one(Request, "SELECT * FROM requests WHERE code = ?", [code])
        return self._one(Request, "SELECT * FROM requests WHERE id = ?", [id])

    def active_request(self, subscriber_id: int, profile: str) -> Request | None:
        """Find the subscriber's unfinished request for a profile; there is one at most."""
        return self._one(
            Request,
            "SELECT * FROM requests WHERE subscriber_id = ? AND profile = ?"
            " AND state NOT IN ('done', 'cancelled', 'void')",
            [subscriber_id, profile],
        )

    def active_requests(self, before: str | None = None) -> list[Request]:
        """List unfinished requests, the oldest first; only those opened before a moment, if one is given."""
        return self._all(
            Request,
            "SELECT * FROM requests WHERE state NOT IN ('done', 'cancelled', 'void') AND opened_at < ?"
            " ORDER BY opened_at, id",
            [before or "9999"],
        )

    def replacing(self, certificate_id: int) -> Request | None:
        """Find the request that put another certificate in the place of this one, and got that proved."""
        return self._one(
            Request,
            "SELECT * FROM requests WHERE replaces = ? AND state IN ('proved', 'done')",
            [certificate_id],
        )

    def replaced_in_vain(self, certificate_id: int) -> bool:
        """Say whether a reissue of this certificate was begun, and every one of them came to nothing."""
        began = self._all(
            Request, "SELECT * FROM requests WHERE replaces = ? AND act = 'reissue'", [certificate_id]
        )
        return bool(began) and all(request.state in {"cancelled", "void"} for request in began)

    def change_request(
        self,
        id: int,  # noqa: A002
        *,
        expect: str | Collection[str],
        state: str,
        at: str,
        **columns: str | int | bytes | None,
    ) -> Request:
        """Move a request from an expected state to `state` at the moment `at`, and set other columns with it.

        `columns` may be any of medium, identity_method, identity_level, identified_at, consent_version,
        public_key_hash, vid, certificate_id, directory, reason. Gives the row as it is now.

        Raises `StateConflict` when it is in none of the expected states, `LookupError` when there is no such
        request, `sqlite3.IntegrityError` when the new state lacks a column that it needs.
        """
        if not columns.keys() <= _CHANGEABLE:
            raise TypeError(f"not to be changed: {', '.join(sorted(columns.keys() - _CHANGEABLE))}")
        values = {"state": state, "changed_at": at, **columns}
        assignments = ", ".join(f"{column} = :{column}" for column in values)  # from _CHANGEABLE, not input
        states = [expect] if isinstance(expect, str) else expect
        expected = {f"expect{n}": each for n, each in enumerate(states)}
        changed = self._change(
            Request,
            f"UPDATE requests SET {assignments} WHERE id = :id"  # noqa: S608
            f" AND state IN ({', '.join(f':{name}' for name in expected)}) RETURNING *",
            {**values, **expected, "id": id},
        )
        if changed is None:
            found = self._value("SELECT state FROM requests WHERE id = ?", [id])
            raise StateConflict(found) if found else LookupError(f"no request {id}")
        return changed
