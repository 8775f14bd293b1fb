"""Help: the answer for this step, and the questions that everybody asks, found by typing a word."""

from collections.abc import Iterable
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from kiosk.i18n import language_of, text
from screens.flow import Nav
from screens.step import Step
from screens.visit import Visit
from screens.widgets.choice import Choice
from screens.widgets.field import Field
from screens.widgets.frame import KeyHint
from screens.widgets.parts import FormRow

QUESTIONS = 8


class Help(Step):
    """Opened over a step with F1; Esc goes back to just where one was."""

    word = "help"
    FIRST = "Choice"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f1", "nothing", show=False)]
    types_text = True
    dense = True

    def __init__(self, visit: Visit, step: str) -> None:
        """`step` is the word of the step that help is about."""
        super().__init__(visit)
        self._step = step
        self._open = 0

    def middle(self) -> Iterable[Widget]:
        """Answer for the step, then the questions."""
        if self._open:
            yield Static(text(f"faq.{self._open}.q"), classes="strong", markup=False)
            yield Static(text(f"faq.{self._open}.a"), classes="gap", markup=False)
            return
        yield Static(text(f"step.{self._step}.help"), classes="panel", markup=False)
        yield FormRow(text("help.search"), Field("search", "text", limit=20, korean=language_of() == "ko"))
        for number in range(1, QUESTIONS + 1):
            yield Choice(number, str(number), text(f"faq.{number}.q"))

    def hints(self) -> Iterable[KeyHint]:
        """Enter opens what is marked, Esc leads back; an answer is left with both."""
        if not self._open:
            yield KeyHint("enter", "Enter", text("key.choose"))
        yield KeyHint("escape", "Esc", text("key.back"))
        if not self._open:
            yield KeyHint("f2", "F2", text("key.korean"))
        yield KeyHint("f9", "F9", text("key.staff"))

    def on_key(self, event: events.Key) -> None:
        """Let a number choose, and a letter begin the search."""
        typed = event.character or ""
        field = self.query(Field)
        if field and event.is_printable and not typed.isdigit() and not field.first().has_focus:
            event.stop()
            self._focus(field.first())
            field.first().on_key(event)

    def on_field_changed(self, message: Field.Changed) -> None:
        """Show the questions in which every word that was typed stands."""
        message.stop()
        words = message.field.content.casefold().split()
        for choice in self.query(Choice):
            about = (text(f"faq.{choice.value}.q") + " " + text(f"faq.{choice.value}.a")).casefold()
            choice.display = all(word in about for word in words)

    def chosen(self, value: str) -> None:
        """Open the answer."""
        self._show(int(value))

    def _show(self, number: int) -> None:
        self._open = number
        self.call_next(self.show_anew)

    def action_go_on(self) -> None:
        """Open what is marked; with one question left by the search, that one. Close an answer."""
        if self._open:
            self._show(0)
            return
        shown = [choice for choice in self.query(Choice) if choice.display]
        if isinstance(self.focused, Choice):
            super().action_go_on()
        elif len(shown) == 1:
            shown[0].choose()
        elif shown:
            self._focus(shown[0])

    def action_back(self) -> None:
        """Close the answer, then the help."""
        if self._open:
            self._show(0)
        else:
            self.dismiss(Nav.BACK)

    def action_nothing(self) -> None:
        """Stay: this is it."""
