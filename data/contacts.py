"""Contacts: how people who agreed to it may be reached, and the very words that they agreed to."""

import uuid
from dataclasses import replace

from data.records import Contact
from data.store import Store


class Contacts(Store):
    """Part of the registry: contacts and consents."""

    def contact(self, subscriber_id: int) -> Contact | None:
        """Find a subscriber's contact."""
        return self._one(Contact, "SELECT * FROM contacts WHERE subscriber_id = ?", [subscriber_id])

    def consent(self, version: str, language: str, text: str) -> int:
        """Keep the words of a consent, once; give their row's id."""
        values = [version, language, text]
        self._write(
            "INSERT INTO consents (version, language, text) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", values
        )
        return int(
            self._value("SELECT id FROM consents WHERE version = ? AND language = ? AND text = ?", values)
        )

    def consent_words(self, id: int) -> tuple[str, str, str] | None:  # noqa: A002
        """Give version, language and words of a consent."""
        row = self._execute("SELECT version, language, text FROM consents WHERE id = ?", [id]).fetchone()
        return (row[0], row[1], row[2]) if row else None

    def put_contact(self, contact: Contact) -> Contact:
        """Keep a contact in place of what was there for this subscriber; give it with uuid and kiosk_id.

        Raises `sqlite3.IntegrityError` when there is no such subscriber or consent.
        """
        record = replace(
            contact, uuid=contact.uuid or str(uuid.uuid4()), kiosk_id=contact.kiosk_id or self.kiosk_id
        )
        self.delete_contact(record.subscriber_id)
        self._insert("contacts", record)
        return record

    def delete_contact(self, subscriber_id: int) -> bool:
        """Delete a contact; say whether there was one."""
        return bool(self._write("DELETE FROM contacts WHERE subscriber_id = ? RETURNING 1", [subscriber_id]))

    def contacts_to_look_at(self, moment: str, limit: int) -> list[Contact]:
        """Give contacts that were to be kept until `moment`, the longest over first."""
        return self._all(
            Contact,
            "SELECT * FROM contacts WHERE keep_until <= ? ORDER BY keep_until LIMIT ?",
            [moment, limit],
        )

    def last_need(self, subscriber_id: int) -> str | None:
        """Give the latest end of this subscriber's certificates that are not revoked."""
        moment: str | None = self._value(
            "SELECT max(not_after) FROM certificates"
            " WHERE subscriber_id = ? AND status IN ('valid', 'suspended', 'unproved')",
            [subscriber_id],
        )
        return moment

    def keep_contact(self, subscriber_id: int, until: str) -> None:
        """Put off until when a contact is kept."""
        self._write("UPDATE contacts SET keep_until = ? WHERE subscriber_id = ?", [until, subscriber_id])
