"""Identity: a code is sent to the phone and typed back."""

import math
import time
from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from kiosk.i18n import text
from kiosk.identity.check import phone_check, require_method
from kiosk.identity.phone import PhoneCheck
from screens.step import Step
from screens.visit import Visit
from screens.widgets.field import Field
from screens.widgets.frame import KeyHint
from screens.widgets.parts import FormRow

PATIENCE = 20
"""So many seconds a message may take, before another one is sent: the number of them is limited for the day."""


class Identity(Step):
    """The code is sent when the screen opens; the tries left are shown before anything is typed."""

    word = "identity"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f5", "again", show=False)]
    _check: PhoneCheck | None = None
    _sent_at = -math.inf

    @classmethod
    def wanted(cls, visit: Visit) -> bool:
        """Not again for details that were confirmed."""
        return not visit.identified

    def middle(self) -> Iterable[Widget]:
        """Show where the code went, and in practice what it is."""
        digits = self.visit.services.policy.code_digits
        yield FormRow(text("identity.code", digits=digits), Field("code", "code", limit=digits))
        yield Static("", id="panel", classes="warning gap", markup=False)
        yield Static("", id="sent", classes="gap", markup=False)
        yield Static("", id="left", classes="hint", markup=False)

    def hints(self) -> Iterable[KeyHint]:
        """Offer another code."""
        for hint in super().hints():
            yield hint
            if hint.key == "escape":
                yield KeyHint("f5", "F5", text("key.again"))

    def on_mount(self) -> None:
        """Send the code."""
        self.call_next(self._guarded, self._send)

    def action_again(self) -> None:
        """Send another code; the one before is void. A key that is held down sends one."""
        left = self._sent_at + PATIENCE - time.monotonic()
        if left > 0:
            self.notice(text("identity.wait", seconds=math.ceil(left)))
        elif not self._busy:
            self._busy = True
            self.clear_fault()
            self.query_one(Field).wipe()
            self.call_next(self._guarded, self._send)

    async def _send(self) -> None:
        visit = self.visit
        if visit.profile is not None:  # without one, it is about certificates that the person has
            require_method(visit.services, visit.application())
        check = phone_check(visit.services, visit.phone)
        await self._show_left(check)
        await visit.services.in_registry(check.send)
        self._sent_at = time.monotonic()
        self._check = check
        sent = text("identity.sent", phone=_masked(visit.phone))
        self.query_one("#sent", Static).update(sent)
        if visit.services.carrier is not None:
            code = visit.services.carrier.read(visit.phone).text()
            self.query_one("#panel", Static).update(text("identity.practice", code=code))

    async def _show_left(self, check: PhoneCheck) -> None:
        left = await self.visit.services.in_registry(check.left)
        self.query_one("#left", Static).update(text("identity.left", left=left))

    async def answer(self) -> None:
        """Compare; a right code holds for just these details. Nothing typed is no try."""
        field, check, visit = self.query_one(Field), self._check, self.visit
        if check is None:
            await self._send()
            return
        digits = visit.services.policy.code_digits
        if len(field.content) < digits:
            self.notice(text("identity.short", digits=digits))
            return
        typed = field.secret()
        field.wipe()
        try:
            visit.evidence = await visit.services.in_registry(lambda: check.confirm(typed))
        finally:
            await self._show_left(check)
        visit.evidence_of = visit.details_hash()
        await super().answer()


def _masked(phone: str) -> str:
    return phone[:3] + "*" * max(0, len(phone) - 7) + phone[-4:]
