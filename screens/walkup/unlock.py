"""Unlock: the password that a certificate has, tried before anything is agreed to."""

from collections.abc import Iterable

from textual.widget import Widget
from textual.widgets import Static

from kiosk.i18n import text
from kiosk.lifecycle.on_medium import SetOnMedium
from kiosk.lifecycle.unlock import PasswordTries, unlock
from kiosk.secret import Secret
from screens.step import Step
from screens.walkup.kept import about
from screens.walkup.password import TYPED
from screens.widgets.field import Field


class Unlock(Step):
    """One secret field, and how many tries there are."""

    word = "unlock"

    def middle(self) -> Iterable[Widget]:
        """Say whose password is asked for, ask, and say how many tries are left before anything is typed."""
        yield Static(about(self.visit), classes="strong", markup=False)
        yield Field("password", "secret", limit=TYPED)
        yield Static("", id="tries", markup=False)
        yield Static(text("unlock.lost"), classes="quiet", markup=False)

    def on_mount(self) -> None:
        """Say how many tries are left."""
        super().on_mount()
        self.call_next(self._guarded, self._say_tries)

    async def _say_tries(self) -> None:
        chosen = self.visit.chosen
        if chosen is None or chosen.found.certificate_der is None:
            return
        tries = PasswordTries(self.visit.services, chosen.found.certificate_der)
        left = await self.visit.services.in_registry(tries.left)
        for line in self.query("#tries").results(Static):
            line.update(text("unlock.tries", left=left))
            line.set_class(left <= 1, "warning")

    async def answer(self) -> None:
        """Try the password: each wrong one counts."""
        field = self.query(Field).first()
        if not field.content:
            self.notice(text("unlock.empty"))
            return
        visit = self.visit
        path, found = await visit.chosen_at_hand()
        found_set = await SetOnMedium.read(visit.services, path, found)
        with field.secret() as typed:
            field.wipe()
            try:
                (await unlock(visit.services, found_set.certificate, found_set.sealed, typed)).wipe()
            finally:
                await self._say_tries()
            visit.password.wipe()
            visit.password = Secret(typed.reveal())
        await super().answer()
