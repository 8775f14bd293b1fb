"""History: what happened to the chosen certificate, as pages to be read. The name is masked: nobody has logged in."""

from collections.abc import Iterable, Sequence

from textual.widget import Widget
from textual.widgets import Static

from kiosk.i18n import text
from kiosk.lifecycle.history import history, page
from screens.flow import Nav
from screens.step import Step
from screens.widgets.frame import KeyHint


class History(Step):
    """Esc and Enter lead back to where the certificate was chosen."""

    word = "history"
    _lines: Sequence[str] = ()

    def middle(self) -> Iterable[Widget]:
        """Show the lines, once they are read."""
        for line in self._lines:
            yield Static(line, classes="" if line else "gap", markup=False)

    def hints(self) -> Iterable[KeyHint]:
        """One way: back."""
        for hint in super().hints():
            if hint.key != "enter":
                yield hint

    def on_mount(self) -> None:
        """Read it from the registry."""
        super().on_mount()
        self.call_next(self._guarded, self._read)

    async def _read(self) -> None:
        chosen = self.visit.chosen
        if chosen is None or chosen.held is None:
            self.notice(text("unfit.foreign"))
            return
        services = self.visit.services
        chapters = await history(services, chosen.held.serial)
        # The first line is the title, which the question says already: where there is little room, that counts.
        self._lines = page(chapters, services, masked=True)[1:]
        await self.show_anew()

    def action_go_on(self) -> None:
        """Go back."""
        self.dismiss(Nav.BACK)
