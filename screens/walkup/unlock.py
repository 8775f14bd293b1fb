"""Unlock: the password of the chosen certificate, or the PIN of the token that it is on."""

from collections.abc import Iterable
from typing import ClassVar

from textual.widget import Widget
from textual.widgets import Static

from kiosk.errors import KioskError
from kiosk.i18n import text
from kiosk.lifecycle.on_medium import SetOnMedium
from kiosk.lifecycle.unlock import PasswordTries, unlock
from kiosk.secret import Secret
from screens.step import Step
from screens.succession import succession
from screens.visit import Visit
from screens.walkup.password import TYPED
from screens.walkup.pin import Pin
from screens.widgets.field import Field


class Unlock(Step):
    """One secret field; the tries left are shown before anything is typed."""

    word = "unlock"

    @classmethod
    def wanted(cls, visit: Visit) -> bool:
        """A token has a PIN and no password."""
        return visit.token is None

    def middle(self) -> Iterable[Widget]:
        """Ask, say how many tries there are, and what to do when it is forgotten."""
        yield Field("password", "secret", limit=TYPED)
        yield Static("", id="left", classes="hint", markup=False)
        yield Static(text("unlock.forgotten"), classes="quiet", markup=False)

    def on_mount(self) -> None:
        """Say how many tries are left."""
        super().on_mount()
        self.call_next(self._guarded, self._say_left)

    async def _say_left(self) -> None:
        found = self.visit.chosen.found if self.visit.chosen else None
        if found is None or found.certificate_der is None:
            return
        tries = PasswordTries(self.visit.services, found.certificate_der)
        left = await self.visit.services.in_registry(tries.left)
        for line in self.query("#left").results(Static):
            line.update(text("unlock.left", left=left))

    def on_field_changed(self, message: Field.Changed) -> None:
        """Take back what was said of the last try: where there is little room it hides the field."""
        message.stop()
        if message.typed:
            self.clear_fault()

    async def answer(self) -> None:
        """Try it on the key file, so that a wrong one is said here. Nothing typed is no try."""
        field = self.query_one(Field)
        if not field.content:
            self.notice(text("unlock.empty"))
            return
        password = field.secret()
        field.wipe()
        try:
            await self._open(password)
        except KioskError:
            password.wipe()
            raise
        finally:
            await self._say_left()
        self.take(password)
        await super().answer()

    def take(self, password: Secret) -> None:
        """Keep what opened the key."""
        succession(self.visit).password = password

    async def _open(self, password: Secret) -> None:
        visit = self.visit
        path, found = await visit.chosen_at_hand()
        held = await SetOnMedium.read(visit.services, path, found)
        (await unlock(visit.services, held.certificate, held.sealed, password)).wipe()


class UnlockToken(Pin):
    """The token's PIN, at the place of the password."""

    instead_of: ClassVar[type[Step] | None] = Unlock


class TokenPin(Pin):
    """The token's PIN where a stick's certificate needs no password."""

    instead_of: ClassVar[type[Step] | None] = None
