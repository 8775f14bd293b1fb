"""What stands on every screen at the same place: the top line, the progress line and the key bar."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Static

ZOOM_BELOW = Size(60, 16)
"""Columns and lines; with fewer of either, the layout of the doubled screen is used."""
ROOMY_FROM, TALL_FROM = Size(100, 22), 30
"""Columns not to draw lines out to, lines for more air, and lines for a page that does not hang at the top."""


def zoomed(size: Size) -> bool:
    """Whether a screen of `size` gets the doubled layout."""
    return size.width < ZOOM_BELOW.width or size.height < ZOOM_BELOW.height


class TopLine(Horizontal):
    """Where am I, and whether this is practice."""

    def __init__(self, where: str, practice: str | None) -> None:
        """Show `where`; `practice` is the word to mark practice with, or None in a real state."""
        super().__init__()
        self._where = where
        self._practice = practice

    def compose(self) -> ComposeResult:
        """Put both on one line."""
        yield Static(self._where, classes="where", markup=False)
        if self._practice:
            yield Static(self._practice, classes="practice", markup=False)

    def say(self, where: str) -> None:
        """Show another `where`."""
        self._where = where
        self.query_one(".where", Static).update(where)


class ProgressLine(Widget):
    """A line that fills up as the steps go by, with the step's name and number at its end."""

    def __init__(self, name: str, number: int, count: int) -> None:
        """Show step `number` of `count`."""
        super().__init__()
        self._text = f"{name}  {number} / {count}"
        self._done = number / count

    def render(self) -> Content:
        """Draw the line in cells: a double line for what is done, a thin one for what is to come."""
        label = Content(self._text)
        room = max(0, self.size.width - label.cell_length - 2)
        done = round(room * self._done)
        return Content("═" * done + "─" * (room - done) + "  ") + label


@dataclass(frozen=True)
class KeyHint:
    """One key of the bar: what is pressed, what the cap says, what it does."""

    key: str
    cap: str
    word: str


class Key(Static):
    """A key cap and its word; touching it is pressing it."""

    class Touched(Message):
        """The key `key` was touched."""

        def __init__(self, key: str) -> None:
            """Name the key as bindings do."""
            super().__init__()
            self.key = key

    def __init__(self, hint: KeyHint) -> None:
        """Show `hint`."""
        content = Content.assemble((f" {hint.cap} ", "$cap-ink on $cap bold"), " ", hint.word)
        super().__init__(content)
        self.hint = hint

    @property
    def cells(self) -> int:
        """How wide it is."""
        return Content.assemble(f" {self.hint.cap} ", " ", self.hint.word).cell_length

    def on_click(self, event: events.Click) -> None:
        """Press the key for the person."""
        event.stop()
        self.post_message(self.Touched(self.hint.key))


class KeyBar(Horizontal):
    """The keys of this screen, always on the last line; what does not fit is a page further."""

    hints: reactive[Sequence[KeyHint]] = reactive((), recompose=True)
    page: reactive[int] = reactive(0, recompose=True)
    pages_above: reactive[bool] = reactive(default=False, recompose=True)
    """Whether the middle of the screen has more than one page, so that the key to turn it is shown."""

    def __init__(self, hints: Sequence[KeyHint], more: KeyHint) -> None:
        """Show `hints`; `more` is the key that turns the page."""
        super().__init__()
        self.set_reactive(KeyBar.hints, hints)
        self._more = more

    def compose(self) -> ComposeResult:
        """Show one page of keys."""
        pages = self._pages()
        page = pages[self.page % len(pages)]
        for hint in page:
            yield Key(hint)

    def turn(self) -> None:
        """Show the next page, the first after the last."""
        self.page = (self.page + 1) % len(self._pages())

    def begin_with(self, hints: Sequence[KeyHint]) -> None:
        """Show other keys, from the first one on: it is news what that does."""
        self.hints, self.page = hints, 0

    def on_resize(self) -> None:
        """Begin anew with the first page."""
        self.page = 0
        self.refresh(recompose=True)

    def _pages(self) -> list[list[KeyHint]]:
        width = self.app.size.width
        gap = 1 if zoomed(self.app.size) else 2
        if not self.pages_above and sum(Key(hint).cells + gap for hint in self.hints) - gap <= width:
            return [list(self.hints)]
        room = width - Key(self._more).cells
        pages: list[list[KeyHint]] = [[]]
        used = 0
        for hint in self.hints:
            cells = Key(hint).cells + gap
            if pages[-1] and used + cells > room:
                pages.append([])
                used = 0
            pages[-1].append(hint)
            used += cells
        return [[*page, self._more] for page in pages]
