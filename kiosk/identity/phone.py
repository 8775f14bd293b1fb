"""Identity check by phone: a code of six digits is sent, and the person types it back.

The carrier that sends it confirms that name and number belong together, which makes the level `verified`.
Limits hold for a number and a Korean day, across visits and processes: they are kept in the registry under a
keyed hash of the number, and a right code clears them.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from kiosk.clock import Clock
from kiosk.config import Policy
from kiosk.errors import KioskError
from kiosk.secret import Secret

METHOD = "phone"


class Carrier(Protocol):
    """What sends a code to a phone."""

    def send(self, phone: str, code: Secret) -> None:
        """Send `code` to `phone` (digits only)."""


class Tries(Protocol):
    """The counters of one number and day, in the registry."""

    def count(self, *, sends: int = 0, wrong: int = 0) -> tuple[int, int]:
        """Add to the counters and give (sends, wrong) as they are now."""

    def clear(self) -> None:
        """Start anew after a right code."""


@dataclass(frozen=True)
class Evidence:
    """What an identity check found: how, how surely, when."""

    method: str
    level: str
    moment: datetime
    document: str = ""
    """Which document staff looked at, by a word; empty where nobody looked at any."""


class PhoneCheck:
    """One check of one number. Every method touches the registry: call it in the registry's thread."""

    def __init__(self, phone: str, carrier: Carrier, tries: Tries, policy: Policy, clock: Clock) -> None:
        """`phone` is digits only."""
        self._phone = phone
        self._carrier = carrier
        self._tries = tries
        self._policy = policy
        self._clock = clock
        self._code: Secret | None = None
        self._sent_at: datetime | None = None

    def left(self) -> int:
        """How many wrong codes are left today: shown before the person types."""
        return max(0, self._policy.code_wrong_per_day - self._tries.count()[1])

    def send(self) -> None:
        """Make a new code and send it. Raises `identity.locked` when today's limit is reached."""
        sends, wrong = self._tries.count()
        if wrong >= self._policy.code_wrong_per_day or sends >= self._policy.code_sends_per_day:
            raise KioskError("identity.locked", method=METHOD)
        self._tries.count(sends=1)
        self._code = Secret("".join(secrets.choice("0123456789") for _ in range(self._policy.code_digits)))
        self._sent_at = self._clock.now()
        self._carrier.send(self._phone, self._code)

    def confirm(self, typed: Secret) -> Evidence:
        """Compare what was typed. Raises `identity.code` with the tries left, or `identity.locked` with none.

        The wrong try is counted before the comparison, so that pulling the plug does not give one for free.
        """
        if self._code is None or self._sent_at is None:
            raise KioskError("identity.method", method=METHOD)
        _, wrong = self._tries.count(wrong=1)
        if wrong > self._policy.code_wrong_per_day:
            raise KioskError("identity.locked", method=METHOD)
        in_time = self._clock.now() - self._sent_at <= timedelta(seconds=self._policy.code_seconds)
        if not hmac.compare_digest(typed.reveal(), self._code.reveal()) or not in_time:
            raise KioskError("identity.code", left=self._policy.code_wrong_per_day - wrong)
        self._tries.clear()
        self._code.wipe()
        self._code = None
        return Evidence(METHOD, "verified", self._clock.now())
