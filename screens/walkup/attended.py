"""Attended: staff look at a document on the spot, say which, and confirm with their code."""

from collections.abc import Iterable

from textual.widget import Widget
from textual.widgets import Static

from kiosk.authority.embedded import LEVELS
from kiosk.errors import KioskError
from kiosk.i18n import text
from kiosk.identity.attended import DOCUMENTS, METHOD, attend, is_offered
from screens.flow import Nav
from screens.step import Step
from screens.visit import Visit
from screens.widgets.choice import Choice
from screens.widgets.field import Field
from screens.widgets.frame import KeyHint
from screens.widgets.parts import FormRow, Row


class Attended(Step):
    """Two questions, one after the other: which document, then the code."""

    word = "attended"
    _document = ""

    @classmethod
    def wanted(cls, visit: Visit) -> bool:
        """Only for what needs it, and not again for the same person."""
        if visit.act != "resume":
            return False
        return not (visit.identified and visit.evidence and visit.evidence.level == LEVELS[-1])

    def question(self) -> str:
        """Ask which document, then for the code."""
        return text("attended.code.question") if self._document else super().question()

    def middle(self) -> Iterable[Widget]:
        """List the documents; then show what was typed of the person, and ask for the code."""
        if not is_offered(self.visit.services):
            yield Static(text("attended.none"), classes="panel", markup=False)
            return
        if not self._document:
            for number, document in enumerate(DOCUMENTS, 1):
                yield Choice(number, document, text(f"document.{document}"))
            yield Static(text("attended.staff"), classes="quiet gap", markup=False)
            return
        yield FormRow(text("close.code"), Field("code", "secret", limit=12))
        teller = self.visit.services.teller
        if teller is not None and self.visit.services.state.practice:
            code = text("attended.practice", code=teller.code.text())
            yield Static(code, id="panel", classes="warning gap", markup=False)
        yield Row(text("confirm.name"), self.visit.name, id="name")
        yield Row(text("attended.document"), text(f"document.{self._document}"))
        yield Static(text("attended.compare"), classes="quiet", markup=False)

    def hints(self) -> Iterable[KeyHint]:
        """Say that Enter chooses, while there is something to choose."""
        for hint in super().hints():
            choosing = hint.key == "enter" and not self._document
            yield KeyHint(hint.key, hint.cap, text("key.choose")) if choosing else hint

    def chosen(self, value: str) -> None:
        """Take the document, and ask for the code."""
        self._document = value
        self.call_next(self.show_anew)

    async def answer(self) -> None:
        """Take the code of staff; it is about just the person who was typed in before."""
        if not self._document:
            raise KioskError("identity.method", method=METHOD)
        field, visit = self.query_one(Field), self.visit
        with field.secret() as code:
            field.wipe()
            visit.evidence = await attend(visit.services, code, self._document)
        visit.evidence_of = visit.details_hash()
        await super().answer()

    def action_back(self) -> None:
        """Go back to the documents, then to the step before."""
        if self._document:
            self._document = ""
            self.call_next(self.show_anew)
        else:
            self.dismiss(Nav.BACK)
