"""Issue a certificate onto a medium: what the walk-up screens and `kiosk issue` both call."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from data.records import WholeCertificate
from kiosk.errors import KioskError
from kiosk.identity.check import require_method
from kiosk.lifecycle.act import Act
from kiosk.lifecycle.application import Application
from kiosk.lifecycle.carry import Carrying
from kiosk.lifecycle.medium import Medium
from kiosk.lifecycle.outcome import Outcome
from kiosk.lifecycle.stick import SPACE_NEEDED as SPACE_NEEDED
from kiosk.media.token_uri import TokenUri
from kiosk.pki.password import check_password


class Issuing(Carrying):
    """The issue service over one state."""

    async def issue(self, application: Application, target: Path | TokenUri) -> Outcome:
        """Issue what `application` asks for onto the stick at the path, or the token, `target`, or resume it.

        Raises errors of the table; those with `request` set leave a request that the same call resumes.
        """
        return await self._on_record(self._issue(application, target))

    async def _issue(self, application: Application, target: Path | TokenUri) -> Outcome:
        require_new_password(application, target)
        if application.profile.fee_won:
            raise KioskError("request.fee", won=application.profile.fee_won)
        require_method(self._services, application)
        return await self._carry(Act("issue", application, self._refuse_second), target)

    async def _refuse_second(self, medium: Medium, good: Sequence[WholeCertificate]) -> None:
        """Refuse when the medium already holds one of the good certificates of this person and profile."""
        for held in good:
            if await asyncio.to_thread(medium.holds, held.der):
                raise KioskError("request.holds", serial=held.serial, until=held.not_after[:10])


def require_new_password(application: Application, target: Path | TokenUri) -> None:
    """Make sure that the password of a new key file meets the rule. A token keeps its PIN's rules itself.

    Raises `password.*`, or `answers.missing` when there is none for a stick.
    """
    if isinstance(target, TokenUri):
        return
    if application.pin and not application.password:
        raise KioskError("answers.missing", key="password_file")
    check_password(application.password, id_number=application.id_number, phone=application.phone)
