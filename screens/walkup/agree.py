"""Agree: what will be done with which certificate, before anything has happened."""

from collections.abc import Iterable

from textual.widget import Widget
from textual.widgets import Static

from kiosk.i18n import language_of, text
from screens.step import Step
from screens.visit import Visit
from screens.walkup.kept import about, flow_of, said_of
from screens.widgets.body import Body
from screens.widgets.field import Field
from screens.widgets.frame import KeyBar, KeyHint
from screens.widgets.parts import Row


class Agree(Step):
    """The last screen on which nothing has happened yet."""

    word = "agree"
    _read = False

    @classmethod
    def wanted(cls, visit: Visit) -> bool:
        """Not when a token's PIN was changed: that is done by now."""
        return flow_of(visit) != "pin"

    def question(self) -> str:
        """Ask about just this."""
        return text(f"agree.{flow_of(self.visit)}.question")

    def middle(self) -> Iterable[Widget]:
        """Say which certificate, where, and what becomes of it."""
        visit, flow = self.visit, flow_of(self.visit)
        yield Row(text("agree.certificate"), about(visit))
        yield Row(text("agree.medium"), visit.medium.name if visit.medium else "")
        if flow == "copy":
            yield Row(text("agree.target"), visit.copy_to.name if visit.copy_to else "")
        yield Static(text(said_of(visit, f"agree.{flow}")), classes="gap", markup=False)

    def hints(self) -> Iterable[KeyHint]:
        """Say plainly what Enter does."""
        for hint in super().hints():
            acts = hint.key == "enter" and self._read
            yield KeyHint(hint.key, hint.cap, text(f"agree.{flow_of(self.visit)}.key")) if acts else hint

    def action_go_on(self) -> None:
        """Act, when everything has been on the screen: nobody agrees to what they have not seen."""
        if self._read:
            super().action_go_on()
        else:
            self.action_turn()

    def on_body_looked(self, message: Body.Looked) -> None:
        """Remember when the last page has been shown."""
        super().on_body_looked(message)
        if not self._read and self.query_one(Body).at_end:
            self._read = True
            self.query_one(KeyBar).begin_with(list(self.hints()))

    def on_mount(self) -> None:
        """A stick that was pulled meanwhile is missed now."""
        super().on_mount()
        self.call_next(self._guarded, self._look)

    def on_plugged(self) -> None:
        """Say it at once when the stick is pulled, and take it back when it is in again."""
        self.call_next(self._guarded, self._look)

    async def _look(self) -> None:
        await self.visit.at_hand()
        self.clear_fault()

    async def answer(self) -> None:
        """Go on with what is here."""
        await self._look()
        await super().answer()


class Consent(Agree):
    """What cannot be taken back is agreed to with a word, typed."""

    word = "consent"
    types_text = True

    def middle(self) -> Iterable[Widget]:
        """Ask for the word below all that is said."""
        yield from super().middle()
        yield Static(text("consent.type", word=text("consent.word")), classes="strong gap", markup=False)
        yield Field("word", "text", limit=12, korean=language_of() == "ko")

    async def answer(self) -> None:
        """Take the word and no other."""
        field = self.query(Field).first()
        if field.content.strip().casefold() != text("consent.word").casefold():
            field.wipe()
            self.notice(text("consent.other"))
            return
        await super().answer()
