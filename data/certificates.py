"""Certificates and revocation lists."""

import unicodedata
import uuid
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

from data.records import Certificate, Crl, CrlEntry, WholeCertificate
from data.store import StateConflict, Store

_LAST = "\U0010ffff"
"""Sorts after every character of a name."""
_SERIAL_PREFIX = 4
"""Digits a serial is searched by at least: serials are random, so fewer would find thousands."""
_FEW = """id IN (
    SELECT id FROM certificates WHERE serial >= :serial AND serial < :serial_end
    UNION
    SELECT certificates.id FROM requests JOIN certificates ON request_id = requests.id WHERE code = :code)"""
_WHOLE = (
    "SELECT certificates.*, der FROM certificates JOIN certificate_der ON certificate_id = certificates.id"
)
MOST = 1000
"""Certificates in one page at most."""


class Certificates(Store):
    """Part of the registry: what was issued, and what was revoked."""

    def add_certificate(self, certificate: WholeCertificate) -> WholeCertificate:
        """Add a certificate; give it with id, uuid and kiosk_id.

        Raises `sqlite3.IntegrityError` when serial or common name were used before, or the request has a
        certificate already.
        """
        record = replace(
            certificate,
            uuid=certificate.uuid or str(uuid.uuid4()),
            kiosk_id=certificate.kiosk_id or self.kiosk_id,
            status_at=certificate.status_at or certificate.created_at,
        )
        added = replace(record, id=self._insert("certificates", record, Certificate))
        self._write("INSERT INTO certificate_der (certificate_id, der) VALUES (?, ?)", [added.id, added.der])
        return added

    def certificate(
        self,
        *,
        serial: str | None = None,
        id: int | None = None,  # noqa: A002
    ) -> WholeCertificate | None:
        """Find a certificate by serial (lower-case hexadecimal) or id."""
        if (serial is None) == (id is None):
            raise TypeError("give a serial or an id")
        if serial is not None:
            return self._one(WholeCertificate, f"{_WHOLE} WHERE serial = ?", [serial])
        return self._one(WholeCertificate, f"{_WHOLE} WHERE id = ?", [id])

    def certificates_of(self, subscriber_id: int) -> list[Certificate]:
        """List one subscriber's certificates, by profile, the oldest first."""
        return self._all(
            Certificate,
            "SELECT * FROM certificates WHERE subscriber_id = ? ORDER BY profile, id",
            [subscriber_id],
        )

    def suspended(self) -> list[Certificate]:
        """List what is suspended, by end."""
        return self._all(
            Certificate, "SELECT * FROM certificates WHERE status = 'suspended' ORDER BY not_after, id"
        )

    def change_certificate(
        self,
        id: int,  # noqa: A002
        *,
        expect: str | Collection[str],
        status: str,
        at: str,
        reason: str | None = None,
    ) -> WholeCertificate:
        """Move a certificate from an expected status to `status` at a moment; give the row as it now is.

        Raises `StateConflict` when it is in none of the expected ones, `LookupError` when there is none.
        """
        found = self.certificate(id=id)
        if found is None:
            raise LookupError(f"no certificate {id}")
        if found.status not in ({expect} if isinstance(expect, str) else expect):
            raise StateConflict(found.status)
        self._write(
            "UPDATE certificates SET status = ?, status_at = ?, reason = ? WHERE id = ?",
            [status, at, reason, id],
        )
        return replace(found, status=status, status_at=at, reason=reason)

    def note_password(self, id: int, at: str) -> None:  # noqa: A002
        """Note that the password of a certificate's key was changed at a moment."""
        self._write("UPDATE certificates SET password_at = ? WHERE id = ?", [at, id])

    def find_certificates(
        self,
        *,
        find: str | None = None,
        expiring_before: str | None = None,
        expiring_after: str | None = None,
        status: str | None = None,
        limit: int = 50,
        after_id: int | None = None,
    ) -> list[Certificate]:
        """Give one page of what meets every condition; `after_id`, its last one's id, gives the next.

        `find` is the beginning of a serial (from four digits on), a request's code, or the beginning of a
        name; with it the order is by name. Ends lie from `expiring_after` up to, not including,
        `expiring_before`; with these or a status the order is by end, else by id.

        Raises `ValueError` for a limit outside 1 to 1000 or an `after_id` that does not exist.
        """
        if not 1 <= limit <= MOST:
            raise ValueError("limit")
        after = self.certificate(id=after_id) if after_id is not None else None
        if after_id is not None and after is None:
            raise ValueError("after_id")
        within = _Within(status, expiring_after, expiring_before)
        text = unicodedata.normalize("NFC", find).strip() if find else ""
        if text:
            return self._found(text, within, after, limit)
        if within.any:
            return self._ending(within, after, limit)
        return self._all(
            Certificate,
            "SELECT * FROM certificates WHERE id > ? ORDER BY id LIMIT ?",
            [after.id if after else 0, limit],
        )

    def _ending(self, within: "_Within", after: Certificate | None, limit: int) -> list[Certificate]:
        conditions: list[str] = []
        values = within.values | {"limit": limit}
        index = "certificates_not_after"
        if within.status is not None:
            conditions.append("status = :status")
            index = "certificates_status"
        if after and after.not_after >= within.values["after"]:
            values |= {"last": after.not_after, "last_id": after.id}
            return self._rest(conditions, "not_after", ":before", values, index)
        conditions += ["not_after >= :after", "not_after < :before"]
        return self._page(conditions, "not_after, id", values)

    def _found(
        self, text: str, within: "_Within", after: Certificate | None, limit: int
    ) -> list[Certificate]:
        """Merge the few that serial or code find with the many that a name may find, all by name."""
        serial = text.lower().replace(":", "").lstrip("0")
        if len(serial) < _SERIAL_PREFIX:
            serial = "g"  # after every digit: finds none
        values = within.values | {
            "limit": limit, "serial": serial, "serial_end": serial + "g", "code": text.lower(),
            "name": text, "name_end": text + _LAST,
        }  # fmt: skip
        # The plus keeps SQLite from choosing the index of a weaker condition.
        conditions = ["+not_after >= :after", "+not_after < :before"]
        if within.status is not None:
            conditions.append("+status = :status")
        few = [_FEW]
        if after:
            few.append("(+name, id) > (:last, :last_id)")
            values |= {"last": after.name, "last_id": after.id}
        both = self._page(conditions + few, "name, id", values)
        if after and after.name >= text:
            both += self._rest(conditions, "name", ":name_end", values, "certificates_name")
        else:
            both += self._page([*conditions, "name >= :name", "name < :name_end"], "name, id", values)
        return sorted({found.id: found for found in both}.values(), key=_by_name)[:limit]

    def _rest(
        self, conditions: list[str], column: str, end: str, values: dict[str, Any], index: str
    ) -> list[Certificate]:
        """Read the page after (:last, :last_id) in the order of `column` and id, up to, not including, `end`.

        In two parts, each of which `index` finds at once: for `(column, id) > (:last, :last_id)` SQLite would
        read through everything that is equal to :last.
        """
        same = self._page(
            [*conditions, f"{column} = :last", f":last < {end}", "id > :last_id"], "id", values, index
        )
        left = values["limit"] - len(same)
        if not left:
            return same
        rest = values | {"limit": left}
        later = [*conditions, f"{column} > :last", f"{column} < {end}"]
        return same + self._page(later, f"{column}, id", rest, index)

    def _page(
        self, conditions: list[str], order: str, values: dict[str, Any], index: str | None = None
    ) -> list[Certificate]:
        """Read a page, through `index` if it is named; all but `values` are texts of this module, never input."""
        where = " AND ".join(conditions)
        table = f"certificates INDEXED BY {index}" if index else "certificates"
        return self._all(
            Certificate,
            f"SELECT * FROM {table} WHERE {where} ORDER BY {order} LIMIT :limit",  # noqa: S608
            values,
        )

    def crl_entries(self, previous_update: str | None) -> Iterator[CrlEntry]:
        """Stream what the next revocation list says: revoked, suspended, and not (yet) proved certificates.

        One that was never proved is on hold, so that it does not count as good. `previous_update` is the
        `this_update` of the list before: what expired earlier has been on one list after its end and leaves
        (RFC 5280, 3.3). The rows are of one moment; read to the end, or close, before the next transaction.
        """
        return self._stream(
            CrlEntry,
            "SELECT serial, status_at, status,"
            " CASE status WHEN 'revoked' THEN reason ELSE 'certificateHold' END AS reason FROM certificates"
            " WHERE status IN ('revoked', 'suspended', 'unproved') AND not_after >= ?",
            [previous_update or ""],
        )

    def last_crl(self) -> Crl | None:
        """Give the newest revocation list."""
        return self._one(Crl, "SELECT * FROM crls ORDER BY number DESC LIMIT 1")

    def crl_made(self) -> tuple[int, str] | None:
        """Give number and moment of the newest revocation list; the list itself may be long."""
        number = self._value("SELECT max(number) FROM crls")
        if number is None:
            return None
        return number, self._value("SELECT this_update FROM crls WHERE number = ?", [number])

    def add_crl(self, number: int, this_update: str, next_update: str, der: bytes, entries: int) -> Crl:
        """Keep a new revocation list in place of the one before: all of them would fill the disk.

        Raises `ValueError` when the number is not greater than every earlier one.
        """
        last = self.last_crl()
        if last and number <= last.number:
            raise ValueError(f"revocation list {number} after {last.number}")
        record = Crl(
            number=number, this_update=this_update, next_update=next_update, der=der, entries=entries
        )
        self._insert("crls", record)
        self._write("DELETE FROM crls WHERE number < ?", [number])
        return record


class _Within:
    """The conditions that stand beside a search: status and a span of ends."""

    def __init__(self, status: str | None, after: str | None, before: str | None) -> None:
        self.status = status
        self.any = any(value is not None for value in (status, after, before))
        self.values: dict[str, Any] = {"after": after or "", "before": before or "9999", "status": status}


def _by_name(certificate: Certificate) -> tuple[bytes, int]:
    """Order as SQLite does: by the bytes of the name."""
    return certificate.name.encode(), certificate.id
