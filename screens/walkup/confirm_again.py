"""Confirm what becomes of a certificate that there is already: its last day before and after, and its end."""

from collections.abc import Iterable
from datetime import datetime

from kiosk.clock import KST
from kiosk.i18n import language_of, text
from kiosk.lifecycle.standing import profile_name
from screens.succession import new_end, succession
from screens.walkup.confirm import Confirm


class ConfirmRenewal(Confirm):
    """From when to when, and that the old certificate ends with it."""

    def question(self) -> str:
        """Ask whether to renew."""
        return text("confirm.renew.question")

    def answers(self) -> Iterable[tuple[str, str]]:
        """Show whose it is, and both last days."""
        old = succession(self.visit).old
        kind = profile_name(old.held.profile, language_of()) if old else ""
        return (
            ("kind", kind),
            ("name", old.held.name if old else ""),
            ("old_end", day(old.not_after if old else None)),
            ("new_end", day(new_end(self.visit))),
        )

    def consent(self) -> str:
        """Say that the old one is revoked."""
        return text("confirm.renew.consent")

    def acts(self) -> str:
        """Renew."""
        return text("key.renew")


class ConfirmReissue(Confirm):
    """That the last day stays."""

    def question(self) -> str:
        """Ask whether to reissue."""
        return text("confirm.reissue.question")

    def answers(self) -> Iterable[tuple[str, str]]:
        """Show the last day among the answers."""
        return (*super().answers(), ("end", text("confirm.stays", day=day(new_end(self.visit)))))

    def consent(self) -> str:
        """Say when the old one is revoked."""
        lost = succession(self.visit).lost
        return text("confirm.reissue.consent.lost" if lost else "confirm.reissue.consent")

    def acts(self) -> str:
        """Reissue."""
        return text("key.reissue")


def day(moment: datetime | None) -> str:
    """Write a day, in Korea."""
    if moment is None:
        return ""
    seen = moment.astimezone(KST)
    return text("confirm.day", year=seen.year, month=seen.month, day=seen.day)
