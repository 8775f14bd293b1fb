"""Confirm: every answer on one page, consent, and the machine's own check in one line."""

from collections.abc import Iterable

from textual.widget import Widget
from textual.widgets import Static

from kiosk.errors import KioskError
from kiosk.i18n import language_of, text
from kiosk.lifecycle.standing import profile_name
from kiosk.selfcheck import examine
from screens.step import Step
from screens.walkup.pin import TOKEN_SECONDS
from screens.walkup.reminding import Reminding
from screens.widgets.body import Body
from screens.widgets.frame import KeyBar, KeyHint
from screens.widgets.parts import Row


class Confirm(Step):
    """The last screen on which nothing has happened yet."""

    word = "confirm"
    _read = False

    def middle(self) -> Iterable[Widget]:
        """Show the answers; the number only in part."""
        visit = self.visit
        for id_, value in self.answers():
            yield Row(text(f"confirm.{id_}"), value)
        where = "token" if visit.token else "medium"
        yield Row(text(f"confirm.{where}"), visit.medium.name if visit.medium else "")
        yield Row(text("confirm.this"), "", id="machine")
        yield Static(self.consent(), classes="gap", markup=False)
        yield Static(text("notice.own"), classes="warning gap", markup=False)

    def answers(self) -> Iterable[tuple[str, str]]:
        """Give what was answered, each with the word for it (`confirm.<word>`)."""
        visit = self.visit
        profile = profile_name(visit.profile.id, language_of()) if visit.profile else ""
        asked = Reminding in visit.steps
        reminded = text("confirm.remind.yes" if visit.reminders else "confirm.remind.no")
        return (
            ("kind", profile),
            ("name", visit.name),
            ("number", _masked(visit.id_number.text())),
            ("phone", visit.phone),
            *((("remind", reminded),) if asked else ()),
        )

    def consent(self) -> str:
        """Say what the person agrees to."""
        return text("confirm.consent")

    def acts(self) -> str:
        """Name the key that acts."""
        return text("key.issue")

    def hints(self) -> Iterable[KeyHint]:
        """Say plainly when Enter acts."""
        for hint in super().hints():
            acts = hint.key == "enter" and self._read
            yield KeyHint(hint.key, hint.cap, self.acts()) if acts else hint

    def action_go_on(self) -> None:
        """Act, when everything has been on the screen: nobody agrees to what they have not seen."""
        if self._read:
            super().action_go_on()
        else:
            self.action_turn()

    def on_body_looked(self, message: Body.Looked) -> None:  # noqa: ARG002
        """Remember when the last page has been shown."""
        if not self._read and self.query_one(Body).at_end:
            self._read = True
            self.query_one(KeyBar).begin_with(list(self.hints()))

    def on_mount(self) -> None:
        """Let the machine check itself; a stick that was pulled meanwhile is missed now."""
        self.call_next(self._guarded, self._look)
        if self.visit.token:
            self.set_interval(TOKEN_SECONDS, self.visit.sticks.look_for_tokens)
        self.run_worker(self._examine(), exit_on_error=True)

    async def answer(self) -> None:
        """Act on the medium that was chosen and on no other."""
        await self._look()
        if self.visit.token and not self.visit.pin:
            raise KioskError("token.pin")
        await super().answer()

    def on_plugged(self) -> None:
        """Say it at once when the stick is pulled, and take it back when it is in again."""
        self.call_next(self._guarded, self._look)

    async def _look(self) -> None:
        await self.visit.at_hand()
        self.clear_fault()

    async def _examine(self) -> None:
        bad = [finding for finding in await examine(self.visit.services) if finding.level == "bad"]
        # Whoever went back meanwhile has taken the line along.
        for machine in self.query("#machine").results(Row):
            machine.update(f"[ ] {text('confirm.machine.bad')}" if bad else f"[v] {text('confirm.machine')}")
            machine.set_class(not bad, "good")


def _masked(number: str) -> str:
    """Show the first six digits of an identity number, and none of the others."""
    return number[:6] + "-" + "*" * max(0, len(number) - 6)
