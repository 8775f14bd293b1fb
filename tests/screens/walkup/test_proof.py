"""Proof: what a person takes away. The calendar code is read by a program that is not ours."""

from datetime import date
from pathlib import Path

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.geometry import Size

from kiosk.i18n import LANGUAGES, text
from screens.theme import NAMES
from screens.walkup.proof import Proof
from screens.walkup.slip import CalendarCode, Slip, code_for
from screens.widgets.parts import BigDate
from tests.screens import glass
from tests.screens.stage import Stage, stage
from tests.screens.steps import fill, plain

PIXELS = 4


def read(rows: list[list[int]]) -> list[str]:
    """Read the codes in a picture of grey values, each half of a cell `PIXELS` wide."""
    lines = [bytes(value for value in row for _ in range(PIXELS)) for row in rows for _ in range(PIXELS)]
    picture = memoryview(b"".join(lines)).cast("B", (len(lines), len(lines[0])))
    return [found.text for found in zxingcpp.read_barcodes(picture)]


def picture(on: Stage) -> list[list[int]]:
    """What a camera sees: each cell of the screen is two halves, one above the other."""
    width, height = on.app.size
    rows = [[0] * width for _ in range(2 * height)]
    for run in glass.runs(on.app):
        ink, ground = (round(0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2]) for c in (run.ink, run.ground))
        for offset, char in enumerate(run.text if run.width == len(run.text) else " " * run.width):
            rows[2 * run.y][run.x + offset] = ink if char in "█▀" else ground
            rows[2 * run.y + 1][run.x + offset] = ink if char in "█▄" else ground
    return rows


def event(day: date, words: str = "cert") -> str:
    return f"BEGIN:VEVENT\nSUMMARY:{words}\nDTSTART:{day:%Y%m%d}\nEND:VEVENT"


@pytest.mark.parametrize("theme", NAMES)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("size", "fits"), [((72, 18), "cert"), ((60, 24), "cert"), ((80, 24), ""), ((120, 36), "")]
)
async def test_a_camera_reads_the_last_day_from_the_screen(
    state: Path, theme: str, language: str, size: tuple[int, int], fits: str
) -> None:
    """In the words of the person's calendar file, where the screen has room for them."""
    async with stage(state, size=size, theme=theme, language=language) as on:
        fill(on.visit, "Hong")
        step, _ = await on.show(CalendarCode(on.visit))
        assert read(picture(on)) == [event(step.end(), fits or text("calendar.practice"))]


@given(st.dates(date(2026, 1, 1), date(2099, 12, 31)))
@settings(max_examples=25, deadline=None)
def test_every_day_fits_a_screen_and_is_read(day: date) -> None:
    lines = code_for(day, Size(72, 18), practice=True).split("\n")
    assert len(lines) <= 17
    assert {len(line) for line in lines} == {37}
    rows = [[0 if char in f"█{half}" else 255 for char in line] for line in lines for half in "▀▄"]
    assert read(rows) == [event(day)]


async def test_where_the_code_does_not_fit_the_day_is_said(state: Path) -> None:
    async with stage(state) as on:
        fill(on.visit, "Hong")
        step, _ = await on.show(CalendarCode(on.visit))
        end = step.end()
        day = f"{end.year}년 {end.month}월 {end.day}일"
        assert not on.sees("code.small", day=day)
        await on.resize((36, 9))
        assert on.sees("code.small", day=day)
        await on.resize((72, 18))
        assert read(picture(on)) == [event(step.end())]


async def test_code_and_slip_lie_over_the_proof(state: Path) -> None:
    async with stage(state) as on:
        fill(on.visit, "Hong")
        proof, answers = await on.show(Proof(on.visit))
        for key, kind in (("1", CalendarCode), ("2", Slip)):
            for back in ("escape", "enter"):
                await on.press(key)
                await on.at(kind)
                await on.press(back)
                assert await on.at(Proof) is proof
        await on.press("escape")
        assert on.app.screen is proof
        await on.press("enter")
        assert [answer.value for answer in answers if answer] == ["next"]


async def test_the_slip_has_what_staff_need_and_no_secret(state: Path) -> None:
    async with stage(state) as on:
        fill(on.visit, "Hong")
        assert on.visit.outcome is not None
        step, _ = await on.show(Slip(on.visit))
        rows = {plain(row.query_one(".word")): plain(row.query_one(".value")) for row in step.query("Row")}
        assert set(rows) == {
            "일련번호", "신청번호", "유효기간", "종류", "기록번호", "갱신 시작", "이름", "만든 때",
        }  # fmt: skip
        assert on.visit.outcome.serial in rows.values()
        assert on.sees("issue.practice")
        assert text("notice.own") in {plain(line) for line in step.query("Static.warning")}
        for secret in (on.visit.id_number.text(), on.visit.password.text(), on.visit.phone):
            assert secret not in on.said


DIGITS = {
    "0": "####.##.##.####", "1": ".#.##..#..#.###", "2": "###..#####..###", "3": "###..####..####",
    "4": "#.##.####..#..#", "5": "####..###..####", "6": "####..####.####", "7": "###..#..#..#..#",
    "8": "####.#####.####", "9": "####.####..####", ".": "....#",
}  # fmt: skip


@given(st.dates(date(1999, 1, 1), date(2100, 12, 31)))
def test_big_digits_are_the_day(day: date) -> None:
    lines = str(BigDate(day).content).split("\n")
    assert len(lines) == 5
    at = 0
    for char in f"{day:%Y.%m.%d}":
        width = len(DIGITS[char]) // 5
        drawn = "".join(line[at : at + width].replace("█", "#").replace(" ", ".") for line in lines)
        assert drawn == DIGITS[char]
        at += width + 2
