"""History: what happened to a certificate, read at the screen by whoever brings the stick."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.i18n import text
from screens.walkup.history import History
from screens.walkup.look import Look
from screens.widgets.parts import Row
from tests.conftest import TODAY
from tests.printing.machine import Machine
from tests.printing.paper import printed
from tests.screens.stage import Stage, stage
from tests.screens.steps import plain
from tests.screens.walkup.test_renewal import LATER, holder
from tests.screens.walkup.test_slip import keys
from tests.screens.walkup.test_slip import machine as machine


@pytest.mark.parametrize("size", [(72, 18), (36, 9)])
async def test_from_a_stick_to_what_happened_and_back(
    state: Path, medium: Path, size: tuple[int, int]
) -> None:
    async with holder(state, medium, size=size) as on:
        on.put_in(medium)
        look = await on.at(Look)
        await on.until(lambda: not look.at_work)
        on.app.screen.chosen("go:history")  # type: ignore[attr-defined]
        history = await on.at(History)
        await on.until(lambda: history._lines)
        await on.settle()
        whole = "\n".join(history._lines)
        assert "홍*동" in whole
        assert text("history.title") not in whole, "the question says it"
        assert "홍길동" not in whole, "nobody has logged in"
        held = (await on.services.in_registry(lambda: on.services.registry.find_certificates()))[0]
        assert held.serial in whole
        assert f"{LATER:%Y}" in whole
        assert any(line.strip() and line.split()[-1] in on.page for line in history._lines)
        happened = [(row.query_one(".word"), row.query_one(".value")) for row in history.query(Row)]
        assert [plain(when) for when, _ in happened[:1]] == [f"{TODAY:%Y-%m-%d %H:%M}"]
        for when, what in happened:  # what takes two lines stands aligned, beside when or below it
            assert what.region.x == (23 if size == (72, 18) else 3)
            assert (what.region.y > when.region.y) == (size == (36, 9))
        await on.press("escape")
        await on.at(Look)


async def opened(on: Stage, medium: Path) -> History:
    """Put the medium in, and go from its certificate to its history."""
    on.put_in(medium)
    look = await on.at(Look)
    await on.until(lambda: not look.at_work)
    look.chosen("go:history")
    return await on.at(History)


async def test_it_is_printed_where_there_is_a_printer(
    state: Path, medium: Path, machine: Callable[..., Machine]
) -> None:
    at = machine()
    async with holder(state, medium) as on:
        history = await opened(on, medium)
        await on.until(lambda: "3" in keys(on))
        await on.press("3")
        await on.until(lambda: on.sees("print.printed"))
        assert printed(at.whole(), 384).cuts == 1
        assert on.step is history
        await on.press("enter")
        await on.at(Look)


async def test_no_key_prints_where_there_is_none(state: Path, medium: Path) -> None:
    async with holder(state, medium) as on:
        history = await opened(on, medium)
        await on.until(lambda: history._lines)
        assert "3" not in keys(on)
        await on.press("3")
        assert not history.at_work


async def test_a_certificate_of_another_authority_has_none_here(state: Path, medium: Path) -> None:
    async with stage(state, [medium]) as on:
        step, _ = await on.show(History(on.visit))
        await on.until(lambda: on.sees("unfit.foreign"))
        assert not step._lines
