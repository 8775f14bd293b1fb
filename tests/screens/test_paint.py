"""Only what differs is sent, and the terminal shows the same as if all had been."""

import io
from collections.abc import Sequence

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from screens.paint import Change, Painted

COLUMNS, LINES = 12, 3
STYLES = [Style.parse(style) for style in ("black on white", "bold red on white", "white on blue")]
CONSOLE = Console(file=io.StringIO(), color_system="256", force_terminal=True)

runs = st.lists(st.tuples(st.text("a한. ", max_size=6), st.sampled_from(STYLES)), max_size=4)
pages = st.lists(runs, min_size=LINES, max_size=LINES)


def strips(page: Sequence[Sequence[tuple[str, Style]]]) -> list[Strip]:
    """Lines that fill the width, as Textual makes them."""
    return [
        Strip([Segment(text, style) for text, style in line]).adjust_cell_length(COLUMNS, STYLES[0])
        for line in page
    ]


def plain(*lines: str) -> list[Strip]:
    return strips([[(line, STYLES[0])] for line in lines])


def shown(sent: Sequence[str]) -> list[list[pyte.screens.Char]]:
    screen = pyte.Screen(COLUMNS, LINES)
    stream = pyte.Stream(screen)
    for text in sent:
        stream.feed(text)
    return [[screen.buffer[y][x] for x in range(COLUMNS)] for y in range(LINES)]


@settings(deadline=None)
@given(st.lists(pages, min_size=2, max_size=5))
def test_it_shows_what_sending_everything_shows(several: list[list[list[tuple[str, Style]]]]) -> None:
    painted = Painted()
    sent = [painted.change(strips(page), CONSOLE) for page in several]
    assert shown(sent) == shown([Painted().change(strips(several[-1]), CONSOLE)])


def test_what_stands_there_is_not_sent_again() -> None:
    painted = Painted()
    assert painted.change(plain("one", "two", "three"), CONSOLE)
    assert painted.change(plain("one", "two", "three"), CONSOLE) == ""
    sent = painted.change(plain("one", "too", "three"), CONSOLE)
    assert sent.startswith("\x1b[2;2H")
    assert sent.count("o") == 1
    assert "t" not in sent


@pytest.mark.parametrize(
    ("before", "after"), [("a한b", "a한글"), ("한한", "가한"), ("한", "a b"), (" ab", "한b")]
)
def test_wide_letters_stay_whole(before: str, after: str) -> None:
    painted = Painted()
    sent = [painted.change(plain(text), CONSOLE) for text in (before, after)]
    assert shown(sent)[0] == shown([Painted().change(plain(after), CONSOLE)])[0]


def test_a_letter_and_its_accent_are_sent_together() -> None:
    painted = Painted()
    painted.change(plain("cafe"), CONSOLE)
    assert "e\u0301" in painted.change(plain("cafe\u0301"), CONSOLE)


def test_all_is_sent_to_a_terminal_of_another_size() -> None:
    painted = Painted()
    first = painted.change(plain("one", "two"), CONSOLE)
    painted.forget()
    assert Change(painted, lambda: plain("one", "two")).render_segments(CONSOLE) == first
    wider = [strip.adjust_cell_length(COLUMNS + 1, STYLES[0]) for strip in plain("one", "two")]
    assert painted.change(wider, CONSOLE).count("H") == 2
    assert painted.change(wider[:1], CONSOLE)
