"""Which certificates may be renewed or reissued, and when, with the numbers of the policy.

The window is made of Korean days (`kiosk.lifecycle.dates`), whatever the machine's time zone: it opens at 00:00:00
of a day and ends with the last second of the certificate's last day, or with the grace time after it.
"""

from datetime import datetime, timedelta

from data.records import Certificate
from data.registry import Registry
from kiosk.clock import KST, Clock, unstamp
from kiosk.config import Policy
from kiosk.errors import KioskError
from kiosk.lifecycle import dates
from kiosk.lifecycle.standing import as_it_counts


def require_renewable(registry: Registry, held: Certificate, clock: Clock, policy: Policy) -> None:
    """Make sure that the certificate can be renewed now. In the registry's thread.

    Raises `renew.early` (with the day on which the window `opens`), `renew.over`, and what `require_good` does.
    """
    end, moment = unstamp(held.not_after), clock.now()
    opens, closes = window(end, policy)
    until = dates.korean_day(end).isoformat()
    held = as_it_counts(held, moment, policy)
    if held.status == "suspended" and dates.over(end, moment):
        # Nobody can lift that any more, and no grace time makes it good.
        raise KioskError("renew.over", until=until)
    require_good(registry, held)
    if moment < opens:
        raise KioskError("renew.early", opens=dates.korean_day(opens).isoformat(), until=until)
    if dates.over(closes, moment):
        raise KioskError("renew.over", until=until)


def require_reissuable(
    registry: Registry, held: Certificate, clock: Clock, policy: Policy, *, lost: bool
) -> None:
    """Make sure that the certificate can be reissued now. In the registry's thread.

    A certificate that was lost is reissued however new it is. Raises `reissue.suspended`, `reissue.none` (it is
    good no more) and `reissue.again` (it came out of a reissue a moment ago, and there would be two).
    """
    held = as_it_counts(held, clock.now(), policy)
    if is_lost_in_vain(registry, held) and not is_over(held, clock):
        return
    if held.status not in {"valid", "suspended"} or is_over(held, clock):
        raise KioskError("reissue.none")
    if held.status == "suspended":
        raise KioskError("reissue.suspended", day=_day(held.status_at))
    request = registry.request(id=held.request_id)
    again = unstamp(held.created_at) + timedelta(hours=policy.reissue_again_hours)
    if request is not None and request.act == "reissue" and not lost and clock.now() < again:
        raise KioskError("reissue.again", serial=held.serial, again=f"{again.astimezone(KST):%Y-%m-%d %H:%M}")


def is_lost_in_vain(registry: Registry, held: Certificate) -> bool:
    """Say whether it was revoked for a reissue that then came to nothing: its holder has none, and may try again."""
    return (held.status, held.reason) == ("revoked", "keyCompromise") and registry.replaced_in_vain(held.id)


def window(end: datetime, policy: Policy) -> tuple[datetime, datetime]:
    """Give the first and the last second in which a certificate that ends at `end` can be renewed."""
    closes = dates.korean_day(end) + timedelta(days=policy.renewal_grace_days)
    return dates.renewal_opens(end, policy.renewal_window_days), dates.day_end(closes)


def is_over(held: Certificate, clock: Clock) -> bool:
    """Say whether a certificate's last second has passed."""
    return dates.over(unstamp(held.not_after), clock.now())


def require_good(registry: Registry, held: Certificate) -> None:
    """Make sure that a certificate that is to be renewed is good. In the registry's thread.

    Raises `renew.unproved`, `renew.suspended`, `renew.replaced` (with the `serial` of the one that came in its
    place) and `renew.revoked`.
    """
    require_not_replaced(registry, held)
    if held.status == "revoked":
        raise KioskError("renew.revoked", day=_day(held.status_at))
    if held.status == "suspended":
        raise KioskError("renew.suspended", day=_day(held.status_at))
    if held.status != "valid":
        raise KioskError("renew.unproved")


def require_not_replaced(registry: Registry, held: Certificate) -> None:
    """Make sure that no other certificate has come in the place of this one. In the registry's thread.

    Raises `renew.replaced`.
    """
    request = registry.replacing(held.id)
    new = registry.certificate(id=request.certificate_id) if request and request.certificate_id else None
    if new is not None:
        raise KioskError("renew.replaced", serial=new.serial, until=_day(new.not_after))


def _day(moment: str) -> str:
    return dates.korean_day(unstamp(moment)).isoformat()
