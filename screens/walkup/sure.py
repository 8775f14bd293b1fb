"""Sure: what will be done with which certificate, and the last key before it is."""

from collections.abc import Iterable

from textual.widget import Widget
from textual.widgets import Static

from kiosk.clock import unstamp
from kiosk.i18n import language_of, text
from kiosk.lifecycle import status
from kiosk.lifecycle.explain import date_facts
from kiosk.lifecycle.standing import profile_name
from screens.step import Step
from screens.visit import Visit
from screens.widgets.field import Field
from screens.widgets.frame import KeyHint
from screens.widgets.parts import FormRow, Row


class Sure(Step):
    """Enter acts. What cannot be undone is typed out before."""

    word = "sure"
    types_text = True

    @classmethod
    def wanted(cls, visit: Visit) -> bool:
        """Not again when it is done."""
        return visit.changed is None

    def question(self) -> str:
        """Ask about just this act."""
        return text(f"sure.{self._act}.question")

    @property
    def _act(self) -> str:
        return self.visit.act or "suspend"

    def middle(self) -> Iterable[Widget]:
        """Show which certificate, and what happens to it."""
        mine = self.visit.mine
        if mine is not None:
            yield Row(text("confirm.kind"), profile_name(mine.profile, language_of()))
            yield Row(text("sure.last_day"), text("sure.day", **date_facts(unstamp(mine.not_after))))
        yield Static(text(f"sure.{self._act}"), classes="panel gap apart", markup=False)
        if self._act == "revoke":
            word = text("sure.word")
            label = text("sure.type", word=word)
            yield FormRow(label, Field("consent", "text", limit=20, korean=language_of() == "ko"))

    def hints(self) -> Iterable[KeyHint]:
        """Say plainly what Enter does."""
        for hint in super().hints():
            if hint.key == "enter":
                yield KeyHint(hint.key, hint.cap, text(f"key.{self._act}"))
            elif hint.key != "f2" or self._act == "revoke":
                yield hint

    async def answer(self) -> None:
        """Do it. What was refused is said, and nothing has changed then."""
        visit = self.visit
        if visit.mine is None or visit.evidence is None or not visit.identified:
            raise RuntimeError("nobody was identified")
        services, serial, evidence = visit.services, visit.mine.serial, visit.evidence
        owner = services.keyed_hash("subscriber", visit.id_number)
        match self._act:
            case "suspend":
                visit.changed = await status.suspend(services, serial, evidence, owner=owner)
            case "resume":
                visit.changed = await status.resume(services, serial, evidence, owner=owner)
            case "revoke":
                typed = self.query_one(Field).content.strip().casefold()
                if typed != text("sure.word").casefold():
                    self.notice(text("sure.type", word=text("sure.word")))
                    return
                reason = "keyCompromise" if visit.flow == "lost" else "cessationOfOperation"
                visit.changed = await status.revoke(services, serial, reason, evidence, owner=owner)
        await super().answer()
