"""Korean days: from when to when a certificate is valid, when renewal opens, when a suspension ends.

All moments returned are aware, in Korean time (UTC+9, no summer time). A certificate runs from 00:00:00 of
its first day to 23:59:59 of its last (the practice of the Korean authorities, see KCAC.TS.CERTPROF).
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from kiosk.clock import KST, in_korea


@dataclass(frozen=True)
class Validity:
    """From the first second to the last, both included."""

    not_before: datetime
    not_after: datetime


def korean_day(moment: datetime) -> date:
    """Give the day it is in Korea at `moment` (aware)."""
    return in_korea(moment).date()


def day_start(day: date) -> datetime:
    """Give 00:00:00 of `day` in Korea."""
    return datetime.combine(day, time(0, 0, 0), KST)


def day_end(day: date) -> datetime:
    """Give 23:59:59 of `day` in Korea: the last second of validity."""
    return datetime.combine(day, time(23, 59, 59), KST)


def months_later(day: date, months: int) -> date:
    """Give the same day so many months on, or the last day of that month when it has no such day."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(years, month + 1, min(day.day, monthrange(years, month + 1)[1]))


def issued(moment: datetime, months: int = 12) -> Validity:
    """Validity of a certificate issued at `moment`: from that Korean day on, through the same day later."""
    day = korean_day(moment)
    return Validity(day_start(day), day_end(months_later(day, months)))


def renewed(moment: datetime, old_end: datetime, months: int = 12) -> Validity:
    """Validity of a renewal at `moment`: from that day on, to the old end and `months` more."""
    return Validity(day_start(korean_day(moment)), day_end(months_later(korean_day(old_end), months)))


def reissued(moment: datetime, old_end: datetime) -> Validity:
    """Validity of a reissue at `moment`: from that day on, to the old end."""
    return Validity(day_start(korean_day(moment)), day_end(korean_day(old_end)))


def renewal_opens(end: datetime, days: int = 30) -> datetime:
    """When the renewal window of a certificate that ends at `end` opens: `days` before its last day."""
    return day_start(korean_day(end) - timedelta(days=days))


def suspension_ends(moment: datetime, months: int = 6) -> datetime:
    """The last second of a suspension that began at `moment`; after it the certificate is revoked."""
    return day_end(months_later(korean_day(moment), months))


def over(end: datetime, moment: datetime) -> bool:
    """Whether the last second, `end`, has gone by at `moment`; that second has 1,000 milliseconds."""
    return moment.replace(microsecond=0) > end


def days_left(end: datetime, moment: datetime) -> int:
    """Whole Korean days from `moment` to the last day: 0 on that day, negative after it."""
    return (korean_day(end) - korean_day(moment)).days
