"""What can be printed here, where this machine has a printer: the slip, or what a step has in its place."""

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType

from kiosk.errors import KioskError
from kiosk.i18n import text
from kiosk.printing.printer import print_slip
from kiosk.printing.settings import load_printer
from kiosk.receipt import Slip, slip_of
from screens.step import Step
from screens.visit import Visit
from screens.widgets.frame import KeyHint


class Prints(Step):
    """The base of steps that print. Printing again after an error is pressing the key again."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("3", "print", show=False)]

    def __init__(self, visit: Visit) -> None:
        """Look whether there is a printer; settings that are wrong are named when somebody wants to print."""
        super().__init__(visit)
        try:
            self.has_printer = load_printer(visit.services.state) is not None
        except KioskError:
            self.has_printer = True

    def slip(self) -> Slip:
        """Give the slip of this visit."""
        if self.visit.outcome is not None:
            return slip_of(self.visit.outcome, self.visit.services)
        if self.visit.unfinished is None:
            raise RuntimeError("nothing was issued or begun")
        return self.visit.unfinished

    async def put_on_paper(self) -> None:
        """Print what this step is about: the slip. Raises `printer.*`."""
        await print_slip(self.slip(), self.visit.services.state)

    def printing_hint(self) -> Iterable[KeyHint]:
        """Give the key, where there is a printer."""
        if self.has_printer:
            yield KeyHint("3", "3", text("key.print"))

    def action_go_on(self) -> None:
        """Go on, but not while it is being printed: what comes of that is said here."""
        if not self.at_work:
            super().action_go_on()

    def action_print(self) -> None:
        """Print it."""
        if self.has_printer and not self.at_work:
            self.at_work = True
            self.clear_fault()
            self.notice(text("print.printing"))
            self.run_worker(self._print(), exit_on_error=True)

    async def _print(self) -> None:
        try:
            await self.put_on_paper()
        except KioskError as error:
            self.clear_fault()
            self.fault(error)
        else:
            self.notice(text("print.printed"))
        finally:
            self.at_work = False
