"""History: what happened to the chosen certificate, as pages to be read or printed.

The name is masked: nobody has logged in, and paper lies about.
"""

from collections.abc import Iterable, Sequence

from textual.widget import Widget
from textual.widgets import Static

from kiosk.i18n import text
from kiosk.lifecycle.history import Chapter, history, page
from kiosk.lifecycle.history_sheet import print_history
from screens.flow import Nav
from screens.walkup.prints import Prints
from screens.widgets.frame import KeyHint
from screens.widgets.parts import Row

INDENT = "  "
"""Before what happened, and between when and what."""


class History(Prints):
    """Esc and Enter lead back to where the certificate was chosen."""

    word = "history"
    _chapters: Sequence[Chapter] = ()
    _lines: Sequence[str] = ()

    def middle(self) -> Iterable[Widget]:
        """Show the lines, once they are read."""
        for line in self._lines:
            if line.startswith(INDENT):
                moment, _, sentence = line.strip().partition(INDENT)
                yield Row(moment, sentence)
            else:
                yield Static(line, markup=False)

    def hints(self) -> Iterable[KeyHint]:
        """Print it, or go back."""
        if self._chapters:
            yield from self.printing_hint()
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
        self._chapters = await history(services, chosen.held.serial)
        # The first line is the title, which the question says already: where there is little room, that counts.
        self._lines = page(self._chapters, services, masked=True)[1:]
        await self.show_anew()

    def action_print(self) -> None:
        """Print it, once it was read from the registry."""
        if self._chapters:
            super().action_print()

    async def put_on_paper(self) -> None:
        """Print all of it."""
        await print_history(self.visit.services, self._chapters)

    def action_go_on(self) -> None:
        """Go back, but not while it is being printed."""
        self.action_back()

    def action_back(self) -> None:
        """Go back, but not while it is being printed."""
        if not self.at_work:
            self.dismiss(Nav.BACK)
