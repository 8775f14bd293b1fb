"""Put right what a pulled stick or a power cut left half-done, before anything else is done with a medium.

What requests left, `kiosk.lifecycle.recovery` finds by the registry; a change of the password and a copy are in
no registry, and any kiosk can finish or undo them from the medium alone (`kiosk.media.change`).
"""

import asyncio
from pathlib import Path

from kiosk.media import change
from kiosk.media.directory import DirectoryMedium
from kiosk.services import Services


async def repair(services: Services, target: Path) -> bool:
    """Repair the medium at `target`; say whether there was anything. Raises `medium.*`, `registry.*`."""
    repaired = await asyncio.to_thread(_repair, target)
    if repaired:
        await services.in_registry(lambda: _note(services))
    return repaired


def _repair(target: Path) -> bool:
    return change.repair(DirectoryMedium.open(target))


def _note(services: Services) -> None:
    with services.step():
        services.audit.append("medium.repaired")
