"""The ladder: on which days before its end a certificate's holder hears from us. Pure; all days are Korean.

A rung is a number of days before the last day: 30, 7, 0 (the last day), -1 (the day after). At any moment one rung
counts: the latest whose day has come. Whoever missed several because no job ran hears of the latest one only, and
of none that is more days late than policy allows. Rungs whose day was not after the day on which the person agreed,
or got the certificate, are not for them: they were here and heard it.
"""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from kiosk.clock import stamp
from kiosk.lifecycle.dates import day_start


class Window(NamedTuple):
    """Last days of certificates, from the first to the last, both included."""

    first: date
    last: date


class Planned(NamedTuple):
    """One message to be made: through which channel, or why through none."""

    channel: str
    state: str
    reason: str | None


def current(days_left: int, rungs: Sequence[int], late: int) -> int | None:
    """Give the rung that counts with so many days left; None before the first and when it is too late."""
    reached = [rung for rung in rungs if rung >= days_left]
    return min(reached) if reached and min(reached) - days_left <= late else None


def window(
    rung: int, today: date, rungs: Sequence[int], *, late: int, looked_until: date | None = None
) -> Window | None:
    """Give the ends for which `rung` is the one that counts today; None when there can be none.

    `looked_until`: everybody whose day for this rung was up to this one was found before. A day in the future says
    that the clock went back, and nothing else.
    """
    first = today + timedelta(days=rung - late)
    later = [each for each in rungs if each < rung]
    if later:
        first = max(first, today + timedelta(days=max(later) + 1))
    if looked_until is not None and looked_until <= today:
        first = max(first, looked_until + timedelta(days=rung + 1))
    last = today + timedelta(days=rung)
    return Window(first, last) if first <= last else None


def is_for(rung: int, end: date, *known: str) -> bool:
    """Say whether the rung's day is after the days of all these moments (of the registry)."""
    begins = _beginning(end - timedelta(days=rung))
    return all(moment < begins for moment in known)


@lru_cache(maxsize=512)
def _beginning(day: date) -> str:
    """Give the first moment of a day as the registry keeps it: as text it sorts like what it says."""
    return stamp(day_start(day))


def plan(phone: str, *, email: bool, ways: Collection[str]) -> list[Planned]:
    """Say through which channels somebody is reached, who has a phone of this kind and maybe an e-mail address.

    `ways` are those that this machine has: `sms`, `abroad` (SMS to other countries) and `email`. Whoever can be
    reached by none of them is to be called.
    """
    planned = []
    if "sms" in ways and (phone == "mobile" or (phone == "abroad" and "abroad" in ways)):
        planned.append(Planned("sms", "waiting", None))
    if email and "email" in ways:
        planned.append(Planned("email", "waiting", None))
    if not planned and phone != "none":
        planned.append(Planned("call", "waiting", None))
    return planned or [Planned("email", "failed", "no_channel")]
