"""Mine: the certificates of the person who was identified, and nobody else's."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.widget import Widget
from textual.widgets import Static

from kiosk.clock import unstamp
from kiosk.i18n import language_of, text, visible
from kiosk.lifecycle.explain import date_facts
from kiosk.lifecycle.standing import Standing, profile_name
from kiosk.lifecycle.status import stoppable
from screens.flow import Nav
from screens.step import Step
from screens.visit import Visit
from screens.walkup.shown import days
from screens.widgets.choice import Choice
from screens.widgets.frame import KeyHint

if TYPE_CHECKING:
    from data.records import Certificate

MOST = 9


class Mine(Step):
    """Choose one. Shown is what can still be stopped, or resumed; of what is over there is nothing to decide."""

    word = "mine"
    dense = True

    def __init__(self, visit: Visit) -> None:
        """Nothing is known yet."""
        super().__init__(visit)
        self._found: list[tuple[Certificate, Standing]] | None = None

    def middle(self) -> Iterable[Widget]:
        """List them: kind, how it stands, last day."""
        if self._found is None:
            return
        for number, (held, stands) in enumerate(self._found, 1):
            side = days(stands.days_left) if stands.status == "valid" else text(f"status.{stands.status}")
            yield Choice(
                number, str(number), visible(profile_name(held.profile, language_of())), side=side,
                more=text("list.until", **date_facts(unstamp(held.not_after))),
            )  # fmt: skip
        if not self._found:
            yield Static(text(f"mine.none.{self._wanted}"), classes="panel", markup=False)
            yield Static(text("mine.staff"), classes="gap", markup=False)

    @property
    def _wanted(self) -> str:
        if self.visit.chosen is not None:
            return "chosen"
        return "resume" if self.visit.flow == "resume" else "stop"

    def hints(self) -> Iterable[KeyHint]:
        """Say that Enter chooses, when there is something to choose."""
        for hint in super().hints():
            if hint.key != "enter":
                yield hint
            elif self._found:
                yield KeyHint(hint.key, hint.cap, text("key.choose"))

    def on_mount(self) -> None:
        """Look them up by the number that was confirmed."""
        super().on_mount()
        self.visit.mine = self.visit.changed = None
        self.call_next(self._guarded, self._look)

    async def _look(self) -> None:
        visit = self.visit
        found = await stoppable(visit.services, visit.services.keyed_hash("subscriber", visit.id_number))
        if visit.chosen is not None:
            serial = visit.chosen.held.serial if visit.chosen.held else ""
            found = [each for each in found if each[0].serial == serial]
        if visit.flow == "resume":
            found = [each for each in found if each[1].status == "suspended"]
        self._found = found[:MOST] if visit.identified else []
        await self.show_anew()

    def chosen(self, value: str) -> None:
        """Take one."""
        if self._found:
            self.visit.mine = self._found[int(value) - 1][0]
            self.dismiss(Nav.NEXT)

    async def answer(self) -> None:
        """Stay: without a certificate there is nothing to go on with."""
