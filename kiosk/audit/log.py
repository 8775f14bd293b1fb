"""Writing the audit log."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from data.registry import Registry, RegistryError
from kiosk import log
from kiosk.audit.head import Head, advance_head
from kiosk.audit.line import CONTEXT, FIRST_PREV, Line, check_words, digest, from_row, to_row
from kiosk.clock import Clock, stamp, unstamp


class AuditLog:
    """The audit log of a registry, open for writing with the key that signs it."""

    def __init__(self, registry: Registry, key: Ed25519PrivateKey, head: Path, clock: Clock) -> None:
        """`head` is the file beside the database that notes the newest line."""
        self._registry = registry
        self._key = key
        self._head = head
        self._clock = clock
        self._newest: Line | None = None
        """The last line of the step that is under way."""

    @property
    def public_key(self) -> Ed25519PublicKey:
        """The key that checks the lines."""
        return self._key.public_key()

    def append(
        self, action: str, *, request: int | None = None, certificate: int | None = None, **facts: str | int
    ) -> Line:
        """Add a line to the open transaction, so that an act and its line stay or go together.

        Facts are codes (A-Z a-z 0-9 . _ : - up to 128) and whole numbers below 2^53; no name can get in.

        Raises `RuntimeError` outside a transaction, `ValueError` for other facts, `RegistryError`.
        """
        if not self._registry.in_transaction:
            raise RuntimeError("an audit line outside a transaction")
        check_words(action, facts)
        last = self._registry.last_audit()
        seq, prev = (last.seq + 1, last.hash) if last else (1, FIRST_PREV)
        at = stamp(self._clock.now())
        hash_ = digest(seq, at, action, request, certificate, facts, prev)
        signature = self._key.sign(CONTEXT + hash_)
        line = Line(seq, at, action, request, certificate, facts, prev, hash_, signature)
        self._registry.add_audit(to_row(line))
        self._newest = line
        return line

    def _note_head(self, newest: Line) -> None:
        """Note a line in the head file, after its commit.

        The step has been done by then, so a file that cannot be written is logged and no error.
        """
        try:
            # Nearly always the noted line is the one before, and the newest vouches for it.
            advance_head(
                self._head, Head(newest.seq, newest.hash, newest.signature),
                lambda noted: noted.hash == newest.prev or self._has(noted),
            )  # fmt: skip
        except OSError as error:
            log.event("audit.head", error=errno.errorcode.get(error.errno or 0, "OSError"))
        except RegistryError as error:
            log.event("audit.head", error=f"registry.{error.reason}")

    def _has(self, head: Head) -> bool:
        return any(row.hash == head.hash for row in self._registry.audit_rows(head.seq, head.seq))

    @contextmanager
    def step(self, registry: Registry) -> Iterator[None]:
        """Make one step: a transaction of the log's registry, then the head. Raises `RegistryError`."""
        if registry is not self._registry:
            raise RuntimeError("a step in another registry than the log's")
        self._newest = None
        with registry.transaction():
            yield
        if self._newest is not None:
            self._note_head(self._newest)


def lines(registry: Registry, first: int = 1, last: int | None = None) -> Iterator[Line]:
    """Stream the lines that the registry holds, for `verify` and `export`.

    Raises `BadLine` at one that is not as we write them, `RegistryError`.
    """
    return map(from_row, registry.audit_rows(first, last))


def clock_is_behind(registry: Registry, now: datetime, tolerance_seconds: float = 0.5) -> datetime | None:
    """Give the latest moment in the audit log when `now` is earlier than it, else None.

    The latest of all lines counts, not the last line's: a refusal because of the clock is a line too. A clock
    that is set in small steps is no reason to refuse: hence the tolerance.
    """
    latest = registry.latest_at()
    if latest is None:
        return None
    moment = unstamp(latest)
    return moment if now < moment - timedelta(seconds=tolerance_seconds) else None
