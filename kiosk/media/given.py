"""Directories that act as sticks, and nothing else, whatever is plugged into this machine."""

from kiosk.media.offers import Offer, Sticks, offers
from kiosk.media.present import Snapshot


class OnlyGiven(Sticks):
    """Directories and nothing else, whatever is plugged into this machine: for pictures and tests."""

    def _look(self) -> tuple[Offer, ...]:
        return offers(Snapshot(), {}, self._given)

    def refresh(self) -> None:
        """Nothing comes or goes."""

    def look_for_tokens(self) -> None:
        """Nothing is looked for."""

    def begin(self) -> None:
        """Nothing is mounted."""

    async def follow(self) -> None:
        """Nothing is followed."""
