"""What a reminder says: short and plain, for a phone, with where to ask and how to have it stopped."""

from datetime import date, timedelta

from data.records import Outgoing
from kiosk.clock import unstamp
from kiosk.config import Policy, State
from kiosk.i18n import text_in
from kiosk.lifecycle.dates import korean_day
from kiosk.lifecycle.standing import profile_name
from kiosk.reminders.channel import Message
from kiosk.reminders.contacts import Reachable
from kiosk.reminders.ics import calendar


def compose(
    outgoing: Outgoing, reachable: Reachable, today: date, *, state: State, policy: Policy, help_: str
) -> Message:
    """Write the message of one delivery, in the language in which the person agreed."""
    language = outgoing.language or "ko"
    end = korean_day(unstamp(outgoing.not_after))
    email = outgoing.channel == "email"
    facts: dict[str, str | int] = {
        "center": state.center, "name": masked(outgoing.name), "days": (end - today).days,
        "profile": profile_name(outgoing.profile, language),
        **_day(end),
    }  # fmt: skip
    parts = [
        text_in(language, "remind.practice") if state.practice else "",
        text_in(language, f"remind.text.{_when(end, today)}", **facts),
        _what_to_do(language, end, today, policy),
        _stop(language, outgoing.code, help_),
    ]
    return Message(
        id=outgoing.uuid, queued_at=outgoing.queued_at, to=reachable.email if email else reachable.international,
        subject=text_in(language, f"remind.subject.{_when(end, today)}", **facts) if email else "",
        text=("\n\n" if email else " ").join(part for part in parts if part),
        calendar=calendar(
            serial=outgoing.serial, last_day=end, made=unstamp(outgoing.queued_at), practice=state.practice,
            renewal_opens=end - timedelta(days=policy.renewal_window_days), help_number=help_, language=language,
        ) if email and end >= today else None,
    )  # fmt: skip


def masked(name: str) -> str:
    """Give a name so that its owner knows it and nobody else: the first letter and the last of three or more."""
    if len(name) < 3:
        return name[:1] + "○" * (len(name) - 1)
    return name[0] + "○" * min(len(name) - 2, 4) + name[-1]


def _when(end: date, today: date) -> str:
    if end < today:
        return "over"
    return "today" if end == today else "ahead"


def _what_to_do(language: str, end: date, today: date, policy: Policy) -> str:
    if end < today:
        return text_in(language, "remind.do.new")
    opens = end - timedelta(days=policy.renewal_window_days)
    if today < opens:
        return text_in(language, "remind.do.later", **_day(opens))
    return text_in(language, "remind.do.now")


def _stop(language: str, code: str, help_: str) -> str:
    if help_:
        return text_in(language, "remind.stop.call", help=help_, code=code)
    return text_in(language, "remind.stop.come", code=code)


def _day(day: date) -> dict[str, int]:
    return {"year": day.year, "month": day.month, "day": day.day}
