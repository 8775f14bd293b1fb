"""Work: the password is changed, the certificate copied or deleted. It cannot be left."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.widget import Widget
from textual.widgets import Static

from kiosk.errors import KioskError
from kiosk.i18n import text
from screens.flow import Nav
from screens.walkup.act import TYPED_WRONG, Act
from screens.walkup.kept import flow_of, said_of
from screens.widgets.frame import KeyBar

if TYPE_CHECKING:
    from pathlib import Path

    from kiosk.media.scan import Found
    from kiosk.media.token_records import Token
    from screens.visit import Visit

NOT_AGAIN = frozenset({"medium.wrong_password", "medium.wrong_hangul", "medium.wrong_caps", "medium.same"})
"""Trying again as it is does not help, and the first three count."""


class Work(Act):
    """One line says what is done, with the seconds so far."""

    word = "work"

    def middle(self) -> Iterable[Widget]:
        """Say the one thing that matters, and what is done."""
        stays = "act.stay.token" if self.visit.token else "act.stay"
        yield Static(text(stays), id="stay", classes="panel", markup=False)
        yield Static(text(said_of(self.visit, f"work.{flow_of(self.visit)}")), classes="gap", markup=False)
        yield Static("", id="seconds", classes="gap quiet", markup=False)

    @classmethod
    def wanted(cls, visit: "Visit") -> bool:
        """Not when a token's PIN was changed: that is done by now."""
        return flow_of(visit) != "pin"

    def question(self) -> str:
        """Say what is done, or that it has stopped."""
        return super().question() if self._failed is None else text("work.stopped")

    @property
    def _retry(self) -> bool:
        return super()._retry and self._failed is not None and self._failed.id not in NOT_AGAIN

    async def _act(self) -> None:
        try:
            await self._work()
        except KioskError as error:
            self._failed, self.at_work = error, False
            self._say_how_it_stands()
            self.fault(error)
            self.query_one(KeyBar).hints = list(self.hints())
            return
        self.dismiss(Nav.NEXT)

    async def _work(self) -> None:
        """Do what this is about. Raises errors of the table, which are said."""
        if self.visit.token is None:
            await self._do(*await self.visit.chosen_at_hand())
        else:
            await self._delete_on_token(self.visit.token)

    async def _delete_on_token(self, token: "Token") -> None:
        from kiosk.lifecycle.delete import delete_on_token

        visit = self.visit
        if visit.chosen is None:
            raise RuntimeError("no certificate was chosen")
        await visit.at_hand()
        try:
            async with visit.sticks.in_use(token):
                await delete_on_token(visit.services, token.target, visit.chosen.found, visit.pin)
        except KioskError as error:
            if error.id in TYPED_WRONG:
                visit.pin.wipe()
            raise

    async def _do(self, path: "Path", found: "Found") -> None:
        visit = self.visit
        flow = flow_of(visit)
        if flow == "password":
            from kiosk.lifecycle.password import change_password

            await change_password(
                visit.services, path, found, visit.password, visit.new_password, mount_anew=visit.mount_anew
            )
        elif flow == "copy":
            from kiosk.lifecycle.copying import copy

            target = await visit.copy_at_hand()
            visit.copied = await copy(
                visit.services, path, target, found, visit.password, mount_anew=visit.mount_copy_anew
            )
        else:
            from kiosk.lifecycle.delete import delete

            await delete(visit.services, path, found)
