"""The password that a certificate or a PFX file has, and a new one where that is too weak to be set."""

import asyncio
from collections.abc import Iterable

from textual.widget import Widget
from textual.widgets import Static

from kiosk.errors import KioskError
from kiosk.i18n import text
from kiosk.lifecycle.on_medium import SetOnMedium
from kiosk.lifecycle.pfx_file import look_into
from kiosk.lifecycle.unlock import unlock
from kiosk.secret import Secret
from screens.pfx import PfxWork
from screens.step import Step
from screens.visit import Visit
from screens.walkup.password import TYPED, Password
from screens.widgets.field import Field


class PfxPassword(Step):
    """One secret field; what it is for is opened at once, so that a wrong password is said here."""

    word = "pfx_password"

    def question(self) -> str:
        """Ask for the file's, or the certificate's."""
        return text("step.pfx_password.question.import" if self._importing else "step.pfx_password.question")

    @property
    def _importing(self) -> bool:
        return self.visit.flow == "import"

    def middle(self) -> Iterable[Widget]:
        """Ask, and say which password is meant."""
        yield Field("password", "secret", limit=TYPED)
        yield Static(
            text("pfx.which.import" if self._importing else "pfx.which"), classes="quiet", markup=False
        )

    async def answer(self) -> None:
        """Open it."""
        field = self.query(Field).first()
        with self.at(field):
            password = field.secret()
            try:
                await (self._open_file if self._importing else self._open_key)(password)
            except KioskError:
                field.wipe()
                raise
        field.wipe()
        await super().answer()

    async def _open_file(self, password: Secret) -> None:
        work = self.visit.pfx
        if work is None:
            raise KioskError("medium.gone")
        work.held = await asyncio.to_thread(look_into, work.data, password)
        work.password = password

    async def _open_key(self, password: Secret) -> None:
        visit = self.visit
        if visit.chosen is None:
            raise KioskError("medium.gone")
        await visit.at_hand()
        place = visit.medium.path if visit.medium else None
        if place is None:
            raise KioskError("medium.gone")
        held = await SetOnMedium.read(visit.services, place, visit.chosen.found)
        (await unlock(visit.services, held.certificate, held.sealed, password)).wipe()
        visit.pfx = PfxWork(password=password)


class PfxNewPassword(Password):
    """Chosen twice, where the file's own is too weak to guard a key file."""

    word = "pfx_new_password"

    @classmethod
    def wanted(cls, visit: Visit) -> bool:
        """Only when the file's own password does not satisfy the rule."""
        return visit.pfx is not None and visit.pfx.held is not None and not visit.pfx.held.rule
