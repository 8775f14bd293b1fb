"""PIN: of a security token, tried before anything is agreed to; the maker's PIN is changed first."""

import asyncio
from collections.abc import Iterable
from typing import ClassVar

from textual.widget import Widget
from textual.widgets import Static

from kiosk.errors import KioskError
from kiosk.i18n import text
from kiosk.lifecycle.pin import change_pin_of
from kiosk.media.offers import back_again
from kiosk.media.token_records import Token
from kiosk.secret import Secret
from screens.flow import Nav
from screens.step import Step
from screens.visit import Visit
from screens.walkup.password import Password
from screens.widgets.field import Field
from screens.widgets.frame import KeyBar, KeyHint
from screens.widgets.parts import FormRow

TOKEN_SECONDS = 0.5
"""How often a chosen token is looked for: that it was pulled is said within a second."""
TYPED = 80
"""More than tokens take."""
WARNED = ("last", "none")


class Pin(Step):
    """One secret field, and how many tries there are; three where the maker's PIN has to go."""

    word = "pin"
    instead_of: ClassVar[type[Step] | None] = Password
    always_changing = False
    """Whether the PIN is changed here whoever it is from."""

    def __init__(self, visit: Visit) -> None:
        """A token may say only when it is told its PIN that this is to be changed."""
        super().__init__(visit)
        self._told_to_change = False
        self._away = False

    @classmethod
    def wanted(cls, visit: Visit) -> bool:
        """Only a token has a PIN."""
        return visit.token is not None

    @property
    def _token(self) -> Token | None:
        """The token as it is now."""
        medium = self.visit.medium
        now = back_again(medium, self.visit.media) if medium else None
        return now.token if now else self.visit.token

    @property
    def _changing(self) -> bool:
        token = self._token
        return self.always_changing or self._told_to_change or (token is not None and token.factory_pin)

    def question(self) -> str:
        """Ask for the PIN, or for a new one."""
        maker = self._changing and not self.always_changing
        return text("step.pin.question.change") if maker else super().question()

    def middle(self) -> Iterable[Widget]:
        """Say how many tries there are before anything is typed, then ask."""
        self._asked = self._changing
        yield Static("", id="tries", markup=False)
        if not self._asked:
            yield Field("pin", "pin", limit=TYPED)
            yield Static(text("pin.not_password"), classes="quiet", markup=False)
            return
        yield FormRow(text("pin.old"), Field("pin", "pin", limit=TYPED))
        yield FormRow(text("pin.new"), Field("new", "pin", limit=TYPED))
        yield FormRow(text("pin.again"), Field("again", "pin", limit=TYPED))
        yield Static(self._rule(), classes="quiet", markup=False)

    def _rule(self) -> str:
        token = self._token
        if token is None or not token.pin_most:
            return text("pin.rule")
        if token.pin_most > TYPED:
            return text("pin.rule.least", least=token.pin_least)
        return text("pin.rule.lengths", least=token.pin_least, most=token.pin_most)

    def hints(self) -> Iterable[KeyHint]:
        """While the token is asked, only staff can be called."""
        return (hint for hint in super().hints() if not self.at_work or hint.key == "f9")

    def _say_keys(self) -> None:
        self.query_one(KeyBar).hints = list(self.hints())

    async def show_anew(self) -> None:
        """Make the screen again, with the tries on it."""
        await super().show_anew()
        self._say_tries()

    def on_mount(self) -> None:
        """Say how many tries are left, and miss a token that was pulled meanwhile."""
        super().on_mount()
        self._say_tries()
        self.set_interval(TOKEN_SECONDS, self.visit.sticks.look_for_tokens)
        self.call_next(self._follow)

    def _say_tries(self) -> None:
        token = self._token
        tries = token.tries if token else "all"
        line = self.query_one("#tries", Static)
        line.update(text(f"pin.tries.{tries}"))
        line.set_class(tries in WARNED, "warning")

    async def on_plugged(self) -> None:
        """Say it when the token is pulled, and take that back when the same one is in again."""
        await self._follow()

    async def _follow(self) -> None:
        if self.at_work:
            return
        if self._asked != self._changing:
            await self.show_anew()
        self._say_tries()
        try:
            await self.visit.at_hand()
        except KioskError as error:
            self._away = True
            self.fault(error)
            return
        if self._away:
            self._away = False
            self.clear_fault()

    async def answer(self) -> None:
        """Try the PIN, or change it. While the token thinks, the screen stays as it is."""
        if self.at_work:
            return
        await self.visit.at_hand()
        fields = list(self.query(Field))
        for field in fields:
            if not field.content:
                self._focus(field)
                self.notice(text("pin.empty"))
                return
        if self._asked:
            self._check_new(*fields[1:])
        pin, new = fields[0].secret(), fields[1].secret() if self._asked else None
        self.at_work = True
        self.notice(text("pin.changing" if new else "pin.trying"))
        self._say_keys()
        self.run_worker(self._ask_token(pin, new), exit_on_error=True)

    def _check_new(self, new: Field, again: Field) -> None:
        token = self._token
        if token and token.pin_most and not token.pin_least <= len(new.content) <= token.pin_most:
            new.wipe()
            again.wipe()
            with self.at(new):
                raise KioskError("token.pin_weak")
        if new.content != again.content:
            again.wipe()
            with self.at(again):
                raise KioskError("password.differs")

    async def _ask_token(self, pin: Secret, new: Secret | None) -> None:
        token = self._token
        if token is None:
            raise RuntimeError("no token was chosen")
        try:
            async with self.visit.sticks.in_use(token):
                if new is None:
                    await asyncio.to_thread(self._try, token, pin)
                else:
                    await change_pin_of(self.visit.services, token, pin, new)
        except KioskError as error:
            pin.wipe()
            if new is not None:
                new.wipe()
            await self._refused(error)
            return
        for field in self.query(Field):
            field.wipe()
        if new is not None:
            pin.wipe()
        self.visit.pin = pin if new is None else new
        self.dismiss(Nav.NEXT)

    def _try(self, token: Token, pin: Secret) -> None:
        tokens = self.visit.services.tokens
        try:
            tokens.login(token, pin)
        finally:
            tokens.release(token)  # no process stays that was told a PIN

    async def _refused(self, error: KioskError) -> None:
        """Say why, and ask again for what was wrong."""
        self.at_work = False
        if error.id == "token.pin_change":
            self._told_to_change = True
            await self.show_anew()
        fields = list(self.query(Field))
        wrong = fields[1:] if error.id == "token.pin_weak" else fields
        for field in wrong:
            field.wipe()
        self.set_focus(wrong[0], scroll_visible=False)
        self._say_keys()
        self.fault(error)
        self.visit.sticks.look_for_tokens()

    def action_go_on(self) -> None:
        """Nothing is tried twice by one answer."""
        if not self.at_work:
            super().action_go_on()

    def action_back(self) -> None:
        """Stay while the token is asked: what it does cannot be stopped."""
        if not self.at_work:
            super().action_back()
