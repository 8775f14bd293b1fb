"""How a certificate is shown: whose it is, what for, how long it is good, and what that means."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from kiosk.clock import KST, Clock, in_korea, unstamp
from kiosk.i18n import language_of, text, visible
from kiosk.lifecycle import dates
from kiosk.lifecycle.look import Published, Seen
from kiosk.lifecycle.standing import profile_name
from kiosk.media.offers import Offer
from kiosk.pki.authorities import authority_of, use_of
from kiosk.pki.names import masked_name
from kiosk.pki.profiles import load_profiles

GOOD = frozenset({"valid", "unknown"})
"""How stands what has time left."""
SOON = 30
"""Days before its end from which a foreign certificate is said to end soon."""
LONG = 60
"""Letters of a foreign name that are shown."""
PASSWORD_DAYS = 365
"""After so many days a new password is suggested."""


@dataclass(frozen=True)
class Carried:
    """One certificate and the medium that it is on."""

    offer: Offer
    seen: Seen


def in_order(seen: Seen) -> tuple[bool, float]:
    """Sort: what is good first, and of that what ends soonest; of the others what ended last."""
    certificate = seen.found.certificate
    if certificate is None:
        return True, 0.0
    end = certificate.not_valid_after_utc.timestamp()
    good = seen.standing.status in GOOD
    return not good, end if good else -end


def title(seen: Seen) -> str:
    """Say whose a certificate is, with the name masked, and what for."""
    return text("list.unreadable") if seen.found.certificate is None else f"{whose(seen)}  {kind(seen)}"


def whose(seen: Seen) -> str:
    """Give the holder's name: a person's masked, a business's as it is."""
    name = _shortened(seen.name)
    return (visible(name) if _business(seen) else visible(masked_name(name))) or "-"


def _business(seen: Seen) -> bool:
    if seen.held is not None:
        profile = load_profiles().get(seen.held.profile)
        return profile is not None and profile.kind == "business"
    use = use_of(seen.kind)
    return use is not None and use.business


def kind(seen: Seen) -> str:
    """Say what a certificate is for."""
    if seen.held is not None:
        return visible(profile_name(seen.held.profile, language_of()))
    use = use_of(seen.kind)
    if use is None:
        return text("list.foreign")
    return use.ko if language_of() == "ko" else use.en


def authority(seen: Seen, center: str) -> str:
    """Say who issued it, as far as it says so itself."""
    certificate = seen.found.certificate
    if seen.held is not None or certificate is None:
        return visible(center) if seen.held else "-"
    known = authority_of(certificate, seen.kind)
    if known is not None:
        return known.ko if language_of() == "ko" else known.en
    for attribute in reversed(list(certificate.issuer)):
        if attribute.value:
            return visible(_shortened(str(attribute.value)))
    return "-"


def _shortened(name: str) -> str:
    return name if len(name) <= LONG else name[:LONG] + "..."


def left(seen: Seen) -> str:
    """Say how many days are left, or what is in the way."""
    if seen.found.problem or seen.standing.status not in GOOD:
        return text(f"status.{seen.standing.word}" if seen.standing.status not in GOOD else "list.broken")
    return days(seen.standing.days_left)


def days(count: int) -> str:
    """Say how many days are left: 0 is the last one."""
    return text("list.days", days=count) if count > 0 else text("list.last_day")


def bar(seen: Seen, width: int) -> str:
    """Draw how much of its time is left, in `width` cells; nothing for what is not good any more."""
    certificate = seen.found.certificate
    if certificate is None or width < 1:
        return ""
    whole = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    share = (seen.standing.days_left + 1) / max(1, whole / timedelta(days=1))
    if seen.standing.status not in GOOD or seen.found.problem:
        share = 0.0
    # Anything left is a cell at least, and a day gone is a cell less at most.
    full = min(width, max(1 if share > 0 else 0, int(share * width)))
    return "▄" * full + "─" * (width - full)


def until(seen: Seen) -> str:
    """Say the last day."""
    certificate = seen.found.certificate
    if certificate is None:
        return "-"
    end = in_korea(certificate.not_valid_after_utc)
    return text("list.until", year=end.year, month=end.month, day=end.day)


def verdict(seen: Seen, clock: Clock) -> str:
    """Say in one sentence what a person is to know of the certificate."""
    stands, count = seen.standing, seen.standing.days_left
    if seen.found.certificate is None:
        return text("verdict.unreadable")
    if stands.word == "suspended" and stands.ends:
        hold = dates.days_left(stands.ends, clock.now())
        # Its own end may come first: after that nobody can resume it.
        id_ = "verdict.suspended" if hold <= count else "verdict.suspended.until_expiry"
        return text(id_, days=min(hold, count))
    if stands.status not in GOOD:
        return text(f"verdict.{stands.word}")
    if seen.found.problem:
        return text("verdict.broken")
    whose_ = "ours" if seen.held is not None else "foreign"
    if count == 0:
        return text(f"verdict.{whose_}.last_day")
    soon = stands.next_action == "renew" if seen.held is not None else count <= SOON
    return text(f"verdict.{whose_}.soon" if soon else f"verdict.{whose_}", days=count)


def as_of(seen: Seen, published: Published | None, clock: Clock) -> str:
    """Say how it stands, and of when that is: our registry knows at once, all others by the list."""
    stands = seen.standing
    status = text(f"status.{stands.word}")
    if seen.held is None:
        return text("look.status.foreign", status=status)
    if published is None:
        return text("look.status.registry", status=status)
    # What was suspended for too long has counted as revoked since then, and not since it was suspended.
    since = stands.since if stands.status == "revoked" else None
    if (since or unstamp(seen.held.status_at)) > published.made:
        return text("look.status.newer", status=status, number=published.number)
    age = ago(published.made, clock.now())
    return text("look.status.list", status=status, number=published.number, ago=age)


def ago(moment: datetime, now: datetime) -> str:
    """Say how long ago something was, in the largest unit that fits."""
    minutes = max(0, int((now - moment) / timedelta(minutes=1)))
    if minutes < 60:
        return text("ago.minutes", count=minutes) if minutes else text("ago.now")
    if minutes < 48 * 60:
        return text("ago.hours", count=minutes // 60)
    return text("ago.days", count=minutes // (24 * 60))


def password(seen: Seen, clock: Clock) -> str:
    """Say when the password was last changed here, or set at all; with a hint after a year."""
    if seen.found.key_format == "pkcs11":
        return text("look.password.token")
    if seen.held is None:
        return text("look.password.foreign")
    at = unstamp(seen.held.password_at or seen.held.created_at).astimezone(KST)
    said = text("look.password.at", year=at.year, month=at.month, day=at.day)
    if clock.now() - at >= timedelta(days=PASSWORD_DAYS):
        said += " " + text("look.password.old")
    return said


def key(seen: Seen) -> str:
    """Say how the key is kept."""
    if seen.found.key_format == "pkcs11":
        return text("look.key.token")
    if seen.found.problem in {"key_missing", "key_unreadable"}:
        return text(f"look.key.{seen.found.problem}")
    return text("look.key.file", form=seen.found.key_format or "-")


def more(each: Carried, *, several: bool) -> str:
    """Say until when it is good, and where it is when there are several media."""
    if each.seen.found.certificate is None:
        return visible(each.offer.name)
    return f"{until(each.seen)}  {visible(each.offer.name)}" if several else until(each.seen)
