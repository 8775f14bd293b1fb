"""Unlock: the password that a certificate has, tried before anything is agreed to."""

from collections.abc import Iterable
from typing import ClassVar

from textual.widget import Widget
from textual.widgets import Static

from kiosk.i18n import text
from kiosk.lifecycle.on_medium import SetOnMedium
from kiosk.lifecycle.unlock import PasswordTries, unlock
from kiosk.secret import Secret
from screens.step import Step
from screens.succession import succession
from screens.visit import Visit
from screens.walkup.kept import about
from screens.walkup.password import TYPED
from screens.walkup.pin import Pin
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
            self.take(Secret(typed.reveal()))
        await super().answer()

    def take(self, password: Secret) -> None:
        """Keep the right one."""
        self.visit.password.wipe()
        self.visit.password = password


class UnlockOld(Unlock):
    """The password of a certificate that another one comes in place of."""

    @classmethod
    def wanted(cls, visit: Visit) -> bool:
        """A token has a PIN and no password."""
        return visit.token is None

    def take(self, password: Secret) -> None:
        """Keep it beside the one that the new certificate gets."""
        old = succession(self.visit)
        old.password.wipe()
        old.password = password


class UnlockToken(Pin):
    """The token's PIN, at the place of the password."""

    instead_of: ClassVar[type[Step] | None] = UnlockOld
