"""What the last steps share: the stick is let go, and only then is anybody told to pull it."""

import asyncio

from textual.widgets import Static

from kiosk.errors import KioskError
from kiosk.i18n import text
from screens.step import Step
from screens.visit import Visit

AGAIN_SECONDS = 2.0
"""After which a stick that something else is using is tried again."""


class LettingGo(Step):
    """A step with a line `#remove` that says whether the medium can be taken away."""

    stays = True

    def __init__(self, visit: Visit) -> None:
        """A stick is first let go; a directory can be taken away as it is."""
        super().__init__(visit)
        self._busy_with_stick = visit.medium is not None and visit.medium.stick is not None

    def about_the_stick(self) -> str:
        """Say whether it can be pulled."""
        if self.visit.token:
            return text("proof.remove.token")
        return text("proof.wait" if self._busy_with_stick else "proof.remove")

    def on_mount(self) -> None:
        """Let the stick go, so that it can be pulled."""
        if self._busy_with_stick:
            self.run_worker(self._let_go(), exit_on_error=True)

    async def _let_go(self) -> None:
        medium, said = self.visit.medium, False
        while medium is not None and self._busy_with_stick:
            try:
                await self.visit.sticks.let_go(medium)
            except KioskError as error:
                if error.kind.retry and error.id != "medium.gone":
                    self.fault(error)
                    said = True
                    await asyncio.sleep(AGAIN_SECONDS)
                    continue
                if error.id != "medium.gone":
                    # Everything was written long ago; why it cannot be let go, staff must know.
                    self.fault(error)
                    self._busy_with_stick = False
                    return
            self._busy_with_stick = False
        if said:
            self.clear_fault()
        self.query_one("#remove", Static).update(self.about_the_stick())

    def action_back(self) -> None:
        """There is nothing to go back to: it is done."""
