"""Deliveries: which messages are due, which are on their way, and what became of them."""

import json
import uuid
from collections.abc import Iterable, Iterator, Sequence

from data.records import Delivery, Outgoing, Upcoming
from data.store import Store

_SUCCESSOR = """FROM requests JOIN certificates AS next ON next.request_id = requests.id
    WHERE replaces = certificates.id AND next.status IN ('valid', 'suspended')"""
# Whoever got the same or a later message has no use for an earlier one.
_UPCOMING = f"""SELECT certificates.id, serial, not_after, created_at, agreed_at, phone, email
    FROM certificates INDEXED BY certificates_status
    JOIN contacts ON contacts.subscriber_id = certificates.subscriber_id
    WHERE certificates.status = 'valid' AND %s
    AND NOT EXISTS (SELECT 1 FROM deliveries WHERE certificate_id = certificates.id AND rung <= :rung)
    AND NOT EXISTS (SELECT 1 {_SUCCESSOR})
    ORDER BY %s LIMIT :limit"""  # noqa: S608 - our own texts
_OUTGOING = f"""SELECT deliveries.id, deliveries.uuid, channel, rung, deliveries.state, tries, deliveries.reason,
    queued_at, done_at, deliveries.certificate_id, serial, certificates.profile, name, not_after, certificates.status,
    requests.code, (SELECT next.serial {_SUCCESSOR}) AS replaced_by, certificates.subscriber_id,
    contacts.uuid AS contact_uuid, sealed, contacts.phone, email, language
    FROM deliveries CROSS JOIN certificates ON certificates.id = deliveries.certificate_id
    CROSS JOIN requests ON requests.id = certificates.request_id
    LEFT JOIN contacts ON contacts.subscriber_id = certificates.subscriber_id"""  # noqa: S608 - our own texts


class Deliveries(Store):
    """Part of the registry: the ladder's messages."""

    def rung_until(self, rung: int) -> str | None:
        """Give the Korean day up to which everybody who was due at `rung` was found."""
        day: str | None = self._value("SELECT until FROM rungs WHERE rung = ?", [rung])
        return day

    def note_rung(self, rung: int, until: str) -> None:
        """Note that everybody was found who is due at `rung` up to the Korean day `until`."""
        self._write(
            "INSERT INTO rungs (rung, until) VALUES (?, ?) ON CONFLICT DO UPDATE SET until = excluded.until",
            [rung, until],
        )

    def upcoming(
        self, rung: int, first: str, before: str, *, limit: int, after: Upcoming | None = None
    ) -> list[Upcoming]:
        """Give one page of who may be due at `rung`; `after`, the last one of a page, gives the next.

        These are valid certificates that end from `first` up to, not including, `before`, that no other one
        took the place of, that have a contact, and had no message of this rung or a later one.
        """
        values = {"rung": rung, "first": first, "before": before, "limit": limit}
        if after is None:
            where = "not_after >= :first AND not_after < :before"
            return self._all(Upcoming, _UPCOMING % (where, "not_after, certificates.id"), values)
        # In two parts, each of which the index finds at once (see `find_certificates`).
        values |= {"last": after.not_after, "last_id": after.id}
        where = "not_after = :last AND certificates.id > :last_id"
        page = self._all(Upcoming, _UPCOMING % (where, "certificates.id"), values)
        if len(page) < limit:
            where = "not_after > :last AND not_after < :before"
            values["limit"] = limit - len(page)
            page += self._all(Upcoming, _UPCOMING % (where, "not_after, certificates.id"), values)
        return page

    def queue_deliveries(self, rows: Iterable[tuple[int, int, str, str, str | None]], at: str) -> int:
        """Queue messages: (certificate, rung, channel, state, reason); those that are there already stay.

        What still waited for the same certificate and channel is overtaken. Gives how many were new.
        """
        given = list(rows)
        self._many(
            "UPDATE deliveries SET state = 'dropped', reason = 'overtaken', done_at = ?"
            " WHERE certificate_id = ? AND state = 'waiting' AND rung > ?",
            [(at, certificate, rung) for certificate, rung in {row[:2]: None for row in given}],
        )
        return self._many(
            "INSERT INTO deliveries (uuid, kiosk_id, certificate_id, rung, channel, state, tries, reason,"
            " queued_at, next_at, done_at) VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [
                (
                    str(uuid.uuid4()), self.kiosk_id, certificate, rung, channel, state, reason, at, at,
                    None if state == "waiting" else at,
                )
                for certificate, rung, channel, state, reason in given
            ],
        )  # fmt: skip

    def release_deliveries(self, at: str) -> int:
        """Have everything tried again that is marked as being sent: nobody is sending it. Gives how many."""
        return len(
            self._write(
                "UPDATE deliveries SET state = 'waiting', next_at = ?, reason = 'repeated', tries = tries - 1"
                " WHERE state = 'sending' RETURNING 1",
                [at],
            )
        )

    def count_sending(self) -> int:
        """Count what is marked as being sent."""
        return int(self._value("SELECT count(*) FROM deliveries WHERE state = 'sending' AND channel > ''"))

    def has_waiting(self, channel: str, at: str) -> bool:
        """Say whether a channel has a message that may be tried at the moment `at`."""
        return bool(
            self._value(
                "SELECT 1 FROM deliveries WHERE channel = ? AND state = 'waiting' AND next_at <= ? LIMIT 1",
                [channel, at],
            )
        )

    def delivery(self, uuid: str) -> Outgoing | None:
        """Find a message by its id."""
        return self._one(Outgoing, f"{_OUTGOING} WHERE deliveries.uuid = ?", [uuid])

    def fail_delivery(self, id: int, reason: str, at: str) -> None:  # noqa: A002
        """Note that a message that had been taken did not arrive."""
        self._write(
            "UPDATE deliveries SET state = 'failed', reason = ?, done_at = ? WHERE id = ? AND state = 'sent'",
            [reason, at, id],
        )

    def claim_deliveries(self, channel: str, at: str, limit: int) -> list[Outgoing]:
        """Mark the next messages of a channel as being sent, and give them with all that they need."""
        claimed = self._write(
            "UPDATE deliveries SET state = 'sending', tries = tries + 1 WHERE id IN ("
            " SELECT id FROM deliveries INDEXED BY deliveries_waiting"
            " WHERE channel = ? AND state = 'waiting' AND next_at <= ? ORDER BY next_at, id LIMIT ?)"
            " RETURNING id",
            [channel, at, limit],
        )
        if not claimed:
            return []
        return self._all(
            Outgoing,
            f"{_OUTGOING} WHERE deliveries.id IN (SELECT value FROM json_each(?)) ORDER BY deliveries.id",  # noqa: S608
            [json.dumps([id_ for (id_,) in claimed])],
        )

    def waiting_deliveries(self, at: str) -> Iterator[Outgoing]:
        """Stream the messages that wait and may be tried at the moment `at`."""
        statement = f"{_OUTGOING} WHERE deliveries.state = 'waiting' AND channel = ? AND next_at <= ?"
        for channel in self.delivery_channels():
            yield from self._stream(Outgoing, f"{statement} ORDER BY next_at, deliveries.id", [channel, at])

    def delivery_channels(self) -> list[str]:
        """Name the channels that have messages waiting."""
        found: list[str] = []
        while True:
            channel = self._value(
                "SELECT channel FROM deliveries WHERE state = 'waiting' AND channel > ? ORDER BY channel LIMIT 1",
                [found[-1] if found else ""],
            )
            if channel is None:
                return found
            found.append(channel)

    def finish_deliveries(
        self, results: Sequence[tuple[int, str, str | None, str]], at: str, *, tried: bool = True
    ) -> None:
        """Note what became of messages that were being sent: (id, state, reason, when to try again).

        A state of `waiting` has it tried again; not `tried`: as if it had never been claimed.
        """
        self._many(
            "UPDATE deliveries SET state = ?, reason = ?, next_at = ?, done_at = ?, tries = tries - ?"
            " WHERE id = ? AND state = 'sending'",
            [
                (state, reason, again, None if state == "waiting" else at, 0 if tried else 1, id_)
                for id_, state, reason, again in results
            ],
        )

    def stop_deliveries(self, subscriber_id: int, reason: str, at: str) -> None:
        """Drop what waits for this subscriber."""
        self._write(
            "UPDATE deliveries SET state = 'dropped', reason = ?, done_at = ? WHERE state = 'waiting'"
            " AND certificate_id IN (SELECT id FROM certificates WHERE subscriber_id = ?)",
            [reason, at, subscriber_id],
        )

    def deliveries_of(self, certificate_id: int) -> list[Delivery]:
        """List all messages about a certificate, in the order in which they were queued."""
        return self._all(
            Delivery, "SELECT * FROM deliveries WHERE certificate_id = ? ORDER BY rung DESC, channel",
            [certificate_id],
        )  # fmt: skip

    def done_deliveries(
        self, since: str, until: str, state: str, channel: str | None = None
    ) -> Iterator[Outgoing]:
        """Stream what ended in `state` from a moment up to, not including, another, the newest last."""
        return self._stream(
            Outgoing,
            f"{_OUTGOING} WHERE done_at >= ? AND done_at < ? AND deliveries.state = ? AND ? IN (channel, '')"
            " ORDER BY done_at",
            [since, until, state, channel or ""],
        )

    def mark_delivery(self, id: int, reason: str) -> None:  # noqa: A002
        """Note something about a message that was sent."""
        self._write("UPDATE deliveries SET reason = ? WHERE id = ? AND state = 'sent'", [reason, id])

    def count_deliveries(self, since: str, until: str) -> dict[tuple[str, str], int]:
        """Count by channel and state what ended from a moment up to, not including, another."""
        rows = self._execute(
            "SELECT channel, state, count(*) FROM deliveries WHERE done_at >= ? AND done_at < ?"
            " GROUP BY channel, state",
            [since, until],
        )
        return {(channel, state): count for channel, state, count in rows}

    def count_waiting(self) -> dict[str, int]:
        """Count by channel what waits."""
        rows = self._execute(
            "SELECT channel, count(*) FROM deliveries WHERE state = 'waiting' GROUP BY channel"
        )
        return dict(rows)

    def count_ending(self, after: str, before: str, profile: str | None = None) -> dict[str, int]:
        """Count by day (of UTC: the Korean day, for ends at 23:59:59) the valid certificates that end in a span."""
        rows = self._execute(
            "SELECT substr(not_after, 1, 10), count(*) FROM certificates INDEXED BY certificates_status"
            " WHERE status = 'valid' AND not_after >= ? AND not_after < ? AND (? IS NULL OR profile = ?) GROUP BY 1",
            [after, before, profile, profile],
        )
        return dict(rows)
