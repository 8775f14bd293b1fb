"""The registry's tables, one migration after another.

A migration that was ever released is never edited: what changes is a new function at the end. They run all
together inside one transaction that has the write lock (`data.registry`), so a program that is stopped in the
middle, or a second one that opens the same file, sees the old registry or the new one.
"""

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

APPLICATION_ID = 0x434B696F
"""In the file's header, so that another program's database is not taken for a registry ("CKio")."""

migrations = Migrations("certkiosk")


def known() -> frozenset[str]:
    """Give the names of all migrations of this program."""
    with Database(memory=True, execute_plugins=False) as empty:
        return frozenset(migration.name for migration in migrations.pending(empty))


def _moment(column: str) -> str:
    """Give the check for a moment: text comparison is only right when all are written alike."""
    two = "[0-9][0-9]"
    shape = f"{two}{two}-{two}-{two}T{two}:{two}:{two}.{two}[0-9]Z"
    return f"CHECK ({column} GLOB '{shape}')"


@migrations(name="0001 first tables")
def first_tables(db: Database) -> None:
    """Make the tables of the first release."""
    for statement in (
        f"PRAGMA application_id = {APPLICATION_ID}",
        """
        CREATE TABLE meta (
            key TEXT PRIMARY KEY,
            value TEXT NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        f"""
        CREATE TABLE subscribers (
            id INTEGER PRIMARY KEY,
            uuid TEXT NOT NULL UNIQUE,
            kiosk_id TEXT NOT NULL,
            id_hash BLOB NOT NULL UNIQUE CHECK (length(id_hash) = 32),
            created_at TEXT NOT NULL {_moment("created_at")}
        ) STRICT
        """,
        f"""
        CREATE TABLE requests (
            id INTEGER PRIMARY KEY,
            uuid TEXT NOT NULL UNIQUE,
            kiosk_id TEXT NOT NULL,
            code TEXT NOT NULL UNIQUE
                CHECK (length(code) BETWEEN 4 AND 32 AND code NOT GLOB '*[^a-z0-9]*'),
            act TEXT NOT NULL CHECK (act IN ('issue', 'renew', 'reissue')),
            subscriber_id INTEGER NOT NULL REFERENCES subscribers (id),
            profile TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN (
                'opened', 'identified', 'key_made', 'staged', 'submitted', 'issued', 'written', 'proved',
                'done', 'cancelled', 'void')),
            medium TEXT,
            identity_method TEXT,
            identity_level TEXT CHECK (identity_level IN ('possession', 'verified', 'in_person')),
            identified_at TEXT {_moment("identified_at")},
            consent_version TEXT,
            details_hash BLOB CHECK (length(details_hash) = 32),
            public_key_hash BLOB CHECK (length(public_key_hash) = 32),
            vid BLOB,
            certificate_id INTEGER UNIQUE REFERENCES certificates (id),
            directory TEXT,
            reason TEXT,
            opened_at TEXT NOT NULL {_moment("opened_at")},
            changed_at TEXT NOT NULL {_moment("changed_at")},
            CHECK (state IN ('opened', 'cancelled', 'void') OR (
                identity_method IS NOT NULL AND identity_level IS NOT NULL AND identified_at IS NOT NULL)),
            CHECK (state IN ('opened', 'identified', 'cancelled', 'void') OR (
                public_key_hash IS NOT NULL AND vid IS NOT NULL)),
            CHECK (state IN ('opened', 'identified', 'key_made', 'cancelled', 'void') OR medium IS NOT NULL),
            CHECK (state NOT IN ('issued', 'written', 'proved', 'done') OR certificate_id IS NOT NULL)
        ) STRICT
        """,
        # one request at a time for a person and a profile, whatever two processes do
        """
        CREATE UNIQUE INDEX requests_active ON requests (subscriber_id, profile)
            WHERE state NOT IN ('done', 'cancelled', 'void')
        """,
        """
        CREATE INDEX requests_active_opened ON requests (opened_at)
            WHERE state NOT IN ('done', 'cancelled', 'void')
        """,
        f"""
        CREATE TABLE certificates (
            id INTEGER PRIMARY KEY,
            uuid TEXT NOT NULL UNIQUE,
            kiosk_id TEXT NOT NULL,
            serial TEXT NOT NULL UNIQUE
                CHECK (length(serial) <= 40 AND serial GLOB '[1-9a-f]*' AND serial NOT GLOB '*[^0-9a-f]*'),
            subscriber_id INTEGER NOT NULL REFERENCES subscribers (id),
            request_id INTEGER NOT NULL UNIQUE REFERENCES requests (id),
            profile TEXT NOT NULL,
            name TEXT NOT NULL,
            common_name TEXT NOT NULL UNIQUE,
            der BLOB NOT NULL,
            not_before TEXT NOT NULL {_moment("not_before")},
            not_after TEXT NOT NULL {_moment("not_after")},
            status TEXT NOT NULL CHECK (status IN ('unproved', 'valid', 'suspended', 'revoked')),
            reason TEXT,
            status_at TEXT NOT NULL {_moment("status_at")},
            created_at TEXT NOT NULL {_moment("created_at")}
        ) STRICT
        """,
        "CREATE INDEX certificates_name ON certificates (name)",
        "CREATE INDEX certificates_not_after ON certificates (not_after)",
        "CREATE INDEX certificates_status ON certificates (status, not_after)",
        "CREATE INDEX certificates_subscriber ON certificates (subscriber_id, profile)",
        f"""
        CREATE TABLE crls (
            number INTEGER PRIMARY KEY CHECK (number > 0),
            this_update TEXT NOT NULL {_moment("this_update")},
            next_update TEXT NOT NULL {_moment("next_update")},
            entries INTEGER NOT NULL,
            der BLOB NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE tries (
            day TEXT NOT NULL CHECK (day GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
            method TEXT NOT NULL,
            key BLOB NOT NULL,
            sends INTEGER NOT NULL,
            wrong INTEGER NOT NULL,
            PRIMARY KEY (day, method, key)
        ) STRICT, WITHOUT ROWID
        """,
        # No foreign keys here: a line outlives the row it speaks of.
        f"""
        CREATE TABLE audit (
            seq INTEGER PRIMARY KEY CHECK (seq > 0),
            at TEXT NOT NULL {_moment("at")},
            action TEXT NOT NULL,
            request INTEGER,
            certificate INTEGER,
            facts TEXT NOT NULL,
            prev BLOB NOT NULL CHECK (length(prev) = 32),
            hash BLOB NOT NULL CHECK (length(hash) = 32),
            signature BLOB NOT NULL CHECK (length(signature) = 64)
        ) STRICT
        """,
        "CREATE INDEX audit_at ON audit (at)",
        # against mistakes of ours, not against an attacker: that is what the chain is for
        """
        CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
            BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END
        """,
        """
        CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
            BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END
        """,
    ):
        db.execute(statement)


@migrations(name="0002 what was signed apart")
def signed_apart(db: Database) -> None:
    """Move what was signed to a table of its own: a page of certificates holds a dozen rows, lists read little."""
    db.execute("""
        CREATE TABLE IF NOT EXISTS certificate_der (
            certificate_id INTEGER PRIMARY KEY REFERENCES certificates (id),
            der BLOB NOT NULL
        ) STRICT
    """)
    # For a while 0001 made both tables like this: such a registry has nothing to move.
    if "der" in db["certificates"].columns_dict:
        db.execute("INSERT INTO certificate_der (certificate_id, der) SELECT id, der FROM certificates")
        db.execute("ALTER TABLE certificates DROP COLUMN der")


@migrations(name="0003 life of a certificate")
def life_of_a_certificate(db: Database) -> None:
    """Remember what a request replaces and when a password was last changed; find a certificate's history."""
    for statement in (
        "ALTER TABLE requests ADD COLUMN replaces INTEGER REFERENCES certificates (id)",
        "CREATE INDEX requests_replaces ON requests (replaces) WHERE replaces IS NOT NULL",
        f"ALTER TABLE certificates ADD COLUMN password_at TEXT {_moment('password_at')}",
        "CREATE INDEX audit_request ON audit (request) WHERE request IS NOT NULL",
        "CREATE INDEX audit_certificate ON audit (certificate) WHERE certificate IS NOT NULL",
    ):
        db.execute(statement)


@migrations(name="0004 when a code was wrong")
def when_a_code_was_wrong(db: Database) -> None:
    """Keep the moment of a wrong try, from which the wait before the next one is counted."""
    db.execute(f"ALTER TABLE tries ADD COLUMN wrong_at TEXT {_moment('wrong_at')}")


@migrations(name="0005 reminders")
def reminders(db: Database) -> None:
    """Keep how people may be reached, what they agreed to, and each message on its way to them."""
    for statement in (
        """
        CREATE TABLE consents (
            id INTEGER PRIMARY KEY,
            version TEXT NOT NULL,
            language TEXT NOT NULL,
            text TEXT NOT NULL,
            UNIQUE (version, language, text)
        ) STRICT
        """,
        # `sealed` is phone and e-mail under a key that is not in this file; beside it only what kind they are.
        f"""
        CREATE TABLE contacts (
            subscriber_id INTEGER PRIMARY KEY REFERENCES subscribers (id),
            uuid TEXT NOT NULL UNIQUE,
            kiosk_id TEXT NOT NULL,
            sealed BLOB NOT NULL,
            phone TEXT NOT NULL CHECK (phone IN ('none', 'mobile', 'landline', 'abroad')),
            email INTEGER NOT NULL CHECK (email IN (0, 1)),
            language TEXT NOT NULL,
            consent_id INTEGER NOT NULL REFERENCES consents (id),
            agreed_at TEXT NOT NULL {_moment("agreed_at")},
            keep_until TEXT NOT NULL {_moment("keep_until")},
            CHECK (phone <> 'none' OR email = 1)
        ) STRICT
        """,
        "CREATE INDEX contacts_keep_until ON contacts (keep_until)",
        # Whoever revokes: from that moment on it is looked at whether anything still needs the contact.
        """
        CREATE TRIGGER contacts_after_revocation AFTER UPDATE OF status ON certificates
            WHEN NEW.status = 'revoked'
            BEGIN UPDATE contacts SET keep_until = min(keep_until, NEW.status_at)
                WHERE subscriber_id = NEW.subscriber_id; END
        """,
        f"""
        CREATE TABLE deliveries (
            id INTEGER PRIMARY KEY,
            uuid TEXT NOT NULL UNIQUE,
            kiosk_id TEXT NOT NULL,
            certificate_id INTEGER NOT NULL REFERENCES certificates (id),
            rung INTEGER NOT NULL,
            channel TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'sent', 'failed', 'dropped')),
            tries INTEGER NOT NULL,
            reason TEXT,
            queued_at TEXT NOT NULL {_moment("queued_at")},
            next_at TEXT NOT NULL {_moment("next_at")},
            done_at TEXT {_moment("done_at")},
            UNIQUE (certificate_id, rung, channel),
            CHECK ((done_at IS NULL) = (state IN ('waiting', 'sending')))
        ) STRICT
        """,
        "CREATE INDEX deliveries_waiting ON deliveries (channel, next_at) WHERE state = 'waiting'",
        "CREATE INDEX deliveries_sending ON deliveries (channel) WHERE state = 'sending'",
        "CREATE INDEX deliveries_done ON deliveries (done_at) WHERE done_at IS NOT NULL",
        # Up to which day each rung was looked at, so that nobody looks at a year of certificates every hour.
        """
        CREATE TABLE rungs (
            rung INTEGER PRIMARY KEY,
            until TEXT NOT NULL CHECK (until GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]')
        ) STRICT
        """,
    ):
        db.execute(statement)
