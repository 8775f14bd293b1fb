"""What time it is, and which Korean day. Korea has had no summer time since 1988: UTC+9, always."""

from datetime import UTC, date, datetime, timedelta, timezone

KST = timezone(timedelta(hours=9), "KST")


def in_korea(moment: datetime) -> datetime:
    """Give a moment in Korean time; the last second of all for what would be after it.

    A certificate that is to have no end says 9999-12-31T23:59:59Z (RFC 5280 4.1.2.5).
    """
    try:
        return moment.astimezone(KST)
    except OverflowError:
        return datetime.max.replace(microsecond=0, tzinfo=KST)


class Clock:
    """The machine's clock, or one stopped at a moment (`--at`, practice only)."""

    def __init__(self, at: datetime | None = None) -> None:
        """`at`, with a time zone, stops the clock there."""
        self._at = at.astimezone(UTC) if at else None

    @property
    def stopped(self) -> bool:
        """Whether this clock stands still at a moment that somebody chose."""
        return self._at is not None

    def now(self) -> datetime:
        """Give the present moment, in UTC."""
        return self._at or datetime.now(UTC)

    def today(self) -> date:
        """Give the present day in Korea."""
        return self.now().astimezone(KST).date()


def stamp(moment: datetime) -> str:
    """Write a moment as the registry keeps it, so that it sorts as text: 2026-11-22T01:23:45.678Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


def unstamp(text: str) -> datetime:
    """Read what `stamp` wrote."""
    return datetime.fromisoformat(text)
