"""What the steps share that take a certificate to or from a PFX file."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.media.offers import Offer, at_hand
from kiosk.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kiosk.lifecycle.pfx import Done
    from kiosk.lifecycle.pfx_file import Held


@dataclass
class PfxWork:
    """The answers about one PFX file; `visit.medium` is where it, or the certificate, comes from."""

    name: str = ""
    """The file that is imported; the one that was made."""
    data: bytes = b""
    password: Secret = field(default_factory=lambda: Secret(""))
    """Of the file that is imported, once it was found right."""
    held: "Held | None" = None
    """What is in the file that is imported."""
    to: Offer | None = None
    to_identity: str = ""
    done: "Done | None" = None

    async def target(self, here: "Sequence[Offer]") -> Path:
        """Give where it goes, right before it is done. Raises `medium.*`."""
        if self.to is None:
            raise RuntimeError("no medium was chosen")
        self.to, self.to_identity, place = await asyncio.to_thread(at_hand, self.to, self.to_identity, here)
        return place
