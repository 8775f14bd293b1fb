"""Target: the medium that a copy goes to, another one than the certificate is on."""

from collections.abc import Sequence

from kiosk.errors import KioskError
from kiosk.media.directory import DirectoryMedium
from kiosk.media.offers import Offer
from screens.visit import Visit
from screens.walkup.medium import Medium


class Target(Medium):
    """Choose a medium that takes files."""

    word = "target"
    nothing = "target.none"

    @classmethod
    def wanted(cls, visit: Visit) -> bool:  # noqa: ARG003
        """Always."""
        return True

    def here(self) -> Sequence[Offer]:
        """Leave out the one that is copied from, and tokens: a key that is in a file cannot go there."""
        return [offer for offer in super().here() if offer.token is None and offer != self.visit.medium]

    def take(self, offer: Offer, medium: DirectoryMedium) -> None:
        """Keep it beside the one that is copied from. Raises `medium.same`."""
        if medium.identity == self.visit.medium_identity:
            raise KioskError("medium.same")
        self.visit.copy_to, self.visit.copy_to_identity = offer, medium.identity
