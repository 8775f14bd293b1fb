"""What: stop the certificate for now, or end it for good; resume one that was stopped."""

from collections.abc import Iterable

from textual.widget import Widget
from textual.widgets import Static

from kiosk.authority.embedded import LEVELS
from kiosk.clock import unstamp
from kiosk.i18n import text
from kiosk.identity.attended import is_offered
from kiosk.lifecycle.explain import countdown
from kiosk.lifecycle.standing import of_record
from kiosk.pki.profiles import load_profiles
from screens.flow import Nav
from screens.step import Step
from screens.visit import Visit
from screens.widgets.choice import Choice, NoChoice
from screens.widgets.frame import KeyHint


class What(Step):
    """Two answers, and what each of them means."""

    word = "what"

    @classmethod
    def wanted(cls, visit: Visit) -> bool:
        """Not where the flow says it, nor again when it is done."""
        return visit.flow != "resume" and visit.changed is None

    def middle(self) -> Iterable[Widget]:
        """Offer what can be done with it as it stands."""
        mine, services = self.visit.mine, self.visit.services
        if mine is None:
            return
        stands = of_record(mine, services.clock, services.policy)
        if stands.status == "suspended":
            yield Static(countdown(stands, unstamp(mine.not_after)), classes="panel apart", markup=False)
            if is_offered(services):
                yield Choice(1, "resume", text("what.resume"), more=text("what.resume.more"))
        else:
            months = services.policy.suspension_months
            yield Choice(1, "suspend", text("what.suspend"), more=text("what.suspend.more", months=months))
        if self._may_revoke():
            yield Choice(2, "revoke", text("what.revoke"), more=text("what.revoke.more"))
        else:
            yield NoChoice(text("what.revoke"), text("what.revoke.staff"))

    def _may_revoke(self) -> bool:
        """Whether the person is as surely known as for getting such a certificate: it cannot be undone."""
        evidence, mine = self.visit.evidence, self.visit.mine
        profile = load_profiles().get(mine.profile) if mine else None
        needed = profile.level if profile else LEVELS[-1]
        return evidence is not None and LEVELS.index(evidence.level) >= LEVELS.index(needed)

    def hints(self) -> Iterable[KeyHint]:
        """Say that Enter chooses here."""
        for hint in super().hints():
            yield KeyHint(hint.key, hint.cap, text("key.choose")) if hint.key == "enter" else hint

    def chosen(self, value: str) -> None:
        """Take it."""
        self.visit.act = value
        self.dismiss(Nav.NEXT)

    async def answer(self) -> None:
        """Stay: there is something to choose."""
