"""Which: the certificate that the flow is about, chosen from all that are on the media that are here."""

from kiosk.i18n import text
from kiosk.lifecycle.fit import unfit
from screens.visit import Visit
from screens.walkup.listing import Listing
from screens.walkup.shown import Carried


class Which(Listing):
    """Choose a certificate. It sets `visit.chosen`, `visit.medium` and `visit.medium_identity`."""

    word = "which"

    @classmethod
    def wanted(cls, visit: Visit) -> bool:
        """Not wanted when the flow began with a certificate that was chosen before."""
        return not visit.came_chosen

    def fits(self, each: Carried) -> str | None:
        """Say why this flow cannot be gone through with a certificate; None when it can."""
        clock, policy = self.visit.services.clock, self.visit.services.policy
        reason = unfit(self.visit.flow, each.seen, clock, policy, only_read=each.offer.only_read)
        return text(f"unfit.{reason.id}", **reason.facts) if reason else None
