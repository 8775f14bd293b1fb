"""What is put on a stick beside the certificate, for the person: the slip as text, the last day for a calendar.

They stand in a folder of their own at the stick's root, where people look and no program that looks for
certificates does: what it would make of a strange file among the sets is not known. They say nothing that the
certificate does not. A disk's NPKI directory and a token get none.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from kiosk import log
from kiosk.errors import KioskError
from kiosk.lifecycle.outcome import Outcome
from kiosk.media.directory import DirectoryMedium
from kiosk.pki import npki
from kiosk.receipt import Slip, slip_of
from kiosk.services import Services

FOLDER = "인증서 안내"
"""Names are Korean in every language: a folder that is there already is found again."""


@dataclass(frozen=True)
class Papers:
    """What became of them. The certificate is good whatever did."""

    folder: Path | None = None
    """Where they are; None when there are none."""
    problem: KioskError | None = None
    """Why they could not be written."""


async def leave_papers(services: Services, outcome: Outcome) -> Papers:
    """Put the papers of a certificate that has just been written and proved onto its stick.

    Never raises `KioskError`: after the proof nothing that happens to a reminder may look as if the
    certificate were not good.
    """
    place, directory = outcome.place, outcome.request.directory
    if not isinstance(place, Path) or not directory:
        return Papers()
    root = place.parents[len(Path(directory).parts) - 1]
    try:
        folder = await asyncio.to_thread(_leave, slip_of(outcome, services), outcome, place, root)
    except KioskError as error:
        log.event("papers.failed", request=outcome.request.id, error=error.code)
        return Papers(problem=error)
    return Papers(folder)


def _leave(slip: Slip, outcome: Outcome, place: Path, root: Path) -> Path | None:
    medium = DirectoryMedium.open(root)
    if medium.is_npki_root:
        return None
    # Another stick may have come to the same place meanwhile: the one with this certificate is ours.
    if medium.read_set(place).get(npki.SIGN_CERT) != outcome.certificate.public_bytes(Encoding.DER):
        raise KioskError("medium.other")
    return medium.leave(FOLDER, papers(slip))


def papers(slip: Slip) -> Mapping[str, bytes]:
    """Give the files by their names, which FAT takes too."""
    held = slip.certificate
    if held is None:
        return {}
    stem = f"{held.last_day:%Y-%m-%d}까지 {held.serial[:8]}"
    return {f"달력 알림 {stem}.ics": slip.calendar(), f"인증서 쪽지 {stem}.txt": slip.as_text()}
