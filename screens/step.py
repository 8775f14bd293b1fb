"""A step: one screen, one question. It gets the visit, and answers with where to go from here."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import BindingType
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from kiosk.errors import KioskError
from kiosk.i18n import text
from screens.flow import Nav
from screens.keys import KEYS
from screens.visit import Visit
from screens.widgets.body import Body
from screens.widgets.choice import Choice
from screens.widgets.field import Field
from screens.widgets.frame import ROOMY_FROM, TALL_FROM, Key, KeyBar, KeyHint, ProgressLine, TopLine, zoomed
from screens.words import in_words


class Step(Screen[Nav]):
    """The base of every step. A subclass says its `word`, its question, and what is in the middle."""

    BINDINGS: ClassVar[list[BindingType]] = KEYS
    AUTO_FOCUS = ""
    FIRST: ClassVar[str] = "Choice, Field"
    """What is marked when the step opens: the first of these."""

    word: ClassVar[str]
    """The step's name as a message id is `step.<word>`, its question `step.<word>.question`."""

    types_text: ClassVar[bool] = False
    """Whether there is a field for names, so that Korean can be switched on and off."""
    at_work = False
    """Whether the machine is at work, so that nobody is expected to touch anything."""
    stays: ClassVar[bool] = False
    """Whether Esc leads nowhere: there is nothing before this step, or no way back."""
    instead_of: ClassVar["type[Step] | None"] = None
    """The step whose number this one has: of the two a visit sees one."""
    dense: ClassVar[bool] = False
    """Whether answers stand close together, where there are more than three."""

    def __init__(self, visit: Visit) -> None:
        """Every step is made with the visit alone."""
        super().__init__()
        self.visit = visit
        self._answered = self._busy = self._ready = False
        self._fitted: tuple[int, int] | None = None

    @classmethod
    def wanted(cls, visit: Visit) -> bool:  # noqa: ARG003
        """Whether this visit needs the step; most always do."""
        return True

    def compose(self) -> ComposeResult:
        """Put the frame around the middle."""
        place = self.visit.place_of(type(self))
        yield TopLine(self._where(), text("practice.mark") if self.visit.services.state.practice else None)
        if place:
            yield ProgressLine(text(f"step.{self.word}"), *place)
        yield Static(self.question(), classes="question", markup=False)
        with Body(classes="dense" if self.dense else ""):
            yield Static("", classes="fault", markup=False)
            yield from self.middle()
        yield KeyBar(list(self.hints()), KeyHint("pagedown", "PgDn", text("key.more")))

    def _where(self) -> str:
        """Say where one is; on the doubled screen the number and name of the step are part of it."""
        place = self.visit.place_of(type(self))
        if place and zoomed(self.app.size):
            flow = text(f"flow.{self.visit.flow}.short")
            return f"{flow} {place[0]}/{place[1]} {text(f'step.{self.word}')}"
        return text(f"flow.{self.visit.flow}") if self.visit.flow else self.visit.services.state.center

    def question(self) -> str:
        """Give the one question of this screen."""
        return text(f"step.{self.word}.question")

    def middle(self) -> Iterable[Widget]:
        """Give what stands between the question and the keys."""
        return ()

    def hints(self) -> Iterable[KeyHint]:
        """Give the keys of the bar: the same ones at the same place on every step."""
        yield KeyHint("enter", "Enter", text("key.next"))
        yield KeyHint("escape", "Esc", text("key.back"))
        if self.types_text:
            yield KeyHint("f2", "F2", text("key.korean"))
        yield KeyHint("f1", "F1", text("key.help"))
        yield KeyHint("f9", "F9", text("key.staff"))
        yield KeyHint("f10", "F10", text("key.lost"))

    def on_mount(self) -> None:
        """Ask for the doubled layout where the screen is doubled, and mark the first answer or field."""
        self._fit()
        self._ready = True
        self.mark_first()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Let no key act on a screen that is not there yet, or is being made again."""
        return self._ready

    def on_resize(self, event: events.Resize) -> None:  # noqa: ARG002
        """Follow the terminal's size; what is marked stays in sight."""
        if self._ready and self._fitted != self.app.size:
            self.query_one(TopLine).say(self._where())
            if isinstance(self.focused, Choice | Field):
                self.call_after_refresh(self.query_one(Body).show, self.focused)
        self._fit()

    def _fit(self) -> None:
        self._fitted = size = self.app.size
        self.set_class(zoomed(size), "-zoom")
        self.set_class(size.height >= ROOMY_FROM.height and not zoomed(size), "-roomy")
        self.set_class(size.height >= TALL_FROM, "-tall")
        self.set_class(size.width >= ROOMY_FROM.width, "-wide")

    async def show_anew(self) -> None:
        """Make the whole screen again, for another question or another language."""
        self._ready = False
        await self.recompose()
        self._ready = True
        self.mark_first()

    def mark_first(self) -> None:
        """Mark the first answer or field. The page stays: what stands above it is to be read first."""
        for part in self.query(self.FIRST):
            if part.display:
                self.set_focus(part, scroll_visible=False)
                return

    def on_key(self, event: events.Key) -> None:
        """Let a number choose."""
        if event.character and event.character.isdigit():
            for choice in self.query(Choice):
                if str(choice.number) == event.character and choice.display:
                    event.stop()
                    self._focus(choice)
                    choice.choose()
                    return

    def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """Take an answer that was chosen by number, touch or Enter."""
        message.stop()
        self.clear_fault()
        self.chosen(message.choice.value)

    def chosen(self, value: str) -> None:
        """Do what the answer `value` asks for; by default nothing."""

    def action_go_on(self) -> None:
        """Go on: choose what is marked, go to the next field, or answer the question. Show first what is not seen."""
        focused = self.focused
        if isinstance(focused, Choice | Field) and not self.query_one(Body).shows(focused):
            self.query_one(Body).show(focused)
            return
        if isinstance(focused, Choice):
            focused.choose()
            return
        fields = list(self.query(Field))
        if isinstance(focused, Field) and focused is not fields[-1]:
            self._focus(fields[fields.index(focused) + 1])
            return
        if not self._busy:
            self._busy = True
            self.clear_fault()
            self.call_next(self._guarded, self._answer_what_was_typed)

    async def _answer_what_was_typed(self) -> None:
        """Answer once every field has taken the keys that were typed before Enter: each takes them in its turn."""
        for field in self.query(Field):
            taken = asyncio.Event()
            field.call_later(taken.set)
            await taken.wait()
        await self.answer()

    async def answer(self) -> None:
        """Check what was typed and keep it in the visit. A `KioskError` is shown and the step stays."""
        self.dismiss(Nav.NEXT)

    def dismiss(self, result: Nav | None = None) -> AwaitComplete:
        """Give the answer, once: a key that is pressed twice must not answer for the step that comes next.

        What was opened over this step closes with it.
        """
        if self._answered or self not in self.app.screen_stack:
            return AwaitComplete.nothing()  # type: ignore[no-any-return, no-untyped-call]
        self._answered = True
        while self in self.app.screen_stack[:-1]:
            self.app.pop_screen()
        return super().dismiss(result)

    def fault(self, error: KioskError) -> None:
        """Say what is wrong and what to do: above the field where the cursor is, else above the answers.

        Where there is no room for both, it takes the place of the question.
        """
        sentence = in_words(f"error.{error.id}.screen", f"error.{error.id}", error)
        advice = in_words(f"error.{error.id}.next.screen", f"error.{error.id}.next", error)
        end = "" if sentence[-1:] in ".?!" else "."
        self._say(f"[!] {sentence}{end} {advice} ({error.code})")
        self.query_one(".question").add_class("behind")

    def notice(self, sentence: str) -> None:
        """Say something that is no problem, where problems are said."""
        self._say(sentence)
        self.query_one(".fault").add_class("notice")

    def _say(self, sentence: str) -> None:
        body, line = self.query_one(Body), self.query_one(".fault", Static)
        line.update(sentence)
        line.set_classes("fault shown")
        body.put_above(line, self.focused if isinstance(self.focused, Field) else None)

    def clear_fault(self) -> None:
        """Take back what was said of the last try."""
        self.query_one(".fault").remove_class("shown")
        self.query_one(".question").remove_class("behind")

    @contextlib.contextmanager
    def at(self, field: Field) -> Iterator[None]:
        """Put the cursor to `field` when what stands inside raises an error of the table."""
        try:
            yield
        except KioskError:
            self._focus(field)
            raise

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do `work`, and show its error of the table as this step's."""
        try:
            await work()
        except KioskError as error:
            self.fault(error)
        finally:
            self._busy = False

    def action_back(self) -> None:
        """Go back one step."""
        self.dismiss(Nav.BACK)

    def action_move(self, by: int) -> None:
        """Mark the next answer or field, or the one before; round at the ends."""
        parts = self._parts()
        if parts:
            here = parts.index(self.focused) if self.focused in parts else -by
            self._focus(parts[(here + by) % len(parts)])

    def _parts(self) -> list[Choice | Field]:
        return [
            part for part in self.query("Choice, Field") if isinstance(part, Choice | Field) and part.display
        ]

    def action_contrast(self) -> None:
        """Change between paper and high contrast."""
        self.app.theme = "contrast" if self.app.theme == "paper" else "paper"

    def _focus(self, part: Choice | Field) -> None:
        self.query_one(Body).show(part)
        # At once: `part.focus()` waits, and what is typed meanwhile would go into the field before.
        self.set_focus(part, scroll_visible=False)

    def action_toggle_korean(self) -> None:
        """Change how the field reads keys."""
        if isinstance(self.focused, Field):
            self.focused.toggle_korean()

    def action_turn(self) -> None:
        """Show the next page of what does not fit, and of the keys."""
        body = self.query_one(Body)
        if body.overflows:
            body.turn()
        self.query_one(KeyBar).turn()

    def _mark_seen(self) -> None:
        """Put the cursor into a field of this page. A marked answer stays: what it means may be on this page."""
        body = self.query_one(Body)
        seen = [part for part in self._parts() if isinstance(part, Field) and body.shows(part)]
        if seen and isinstance(self.focused, Field) and not body.shows(self.focused):
            self.set_focus(seen[0], scroll_visible=False)

    def on_body_looked(self, message: Body.Looked) -> None:
        """Show the key that turns the page when there is one to turn; the cursor goes along."""
        self.query_one(KeyBar).pages_above = message.overflows
        if message.turned:
            self._mark_seen()

    def on_key_touched(self, message: Key.Touched) -> None:
        """Press the touched key for the person."""
        message.stop()
        self.app.simulate_key(message.key)
