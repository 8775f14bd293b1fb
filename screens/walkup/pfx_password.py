"""The password that a PFX file has, and a new one where that is too weak to be set."""

import asyncio
from collections.abc import Iterable

from textual.widget import Widget
from textual.widgets import Static

from kiosk.errors import KioskError
from kiosk.i18n import text
from kiosk.lifecycle.pfx_file import look_into
from screens.step import Step
from screens.visit import Visit
from screens.walkup.password import TYPED, Password
from screens.widgets.field import Field


class PfxPassword(Step):
    """One secret field; the file is opened at once, so that a wrong password is said here."""

    word = "pfx_password"

    def middle(self) -> Iterable[Widget]:
        """Ask, and say which password is meant."""
        yield Field("password", "secret", limit=TYPED)
        yield Static(text("pfx.which"), classes="quiet", markup=False)

    async def answer(self) -> None:
        """Open the file."""
        field, work = self.query(Field).first(), self.visit.pfx
        password = field.secret()
        field.wipe()
        with self.at(field):
            try:
                if work is None:
                    raise KioskError("medium.gone")
                work.held = await asyncio.to_thread(look_into, work.data, password)
            except KioskError:
                password.wipe()
                raise
        work.password = password
        await super().answer()


class PfxNewPassword(Password):
    """Chosen twice, where the file's own is too weak to guard a key file."""

    word = "pfx_new_password"

    @classmethod
    def wanted(cls, visit: Visit) -> bool:
        """Only when the file's own password does not satisfy the rule."""
        return visit.pfx is not None and visit.pfx.held is not None and not visit.pfx.held.rule
