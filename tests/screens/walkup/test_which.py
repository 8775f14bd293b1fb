"""Which: chosen from what is on the media that are here, as they come and go."""

from pathlib import Path

import pytest

from kiosk.media import scan
from kiosk.media.directory import DirectoryMedium
from kiosk.media.offers import Offer
from screens.flow import Nav
from screens.walkup.flows import FLOWS
from screens.walkup.menu import ENTRIES, Menu
from screens.walkup.which import Which
from tests.media.sticks import STICK
from tests.screens.sets import OVER, SOON, foreign, put_set
from tests.screens.stage import Stage, stage


@pytest.fixture
def sticks(tmp_path: Path) -> list[Path]:
    made = [tmp_path / "KINGSTON", tmp_path / "SANDISK"]
    for stick in made:
        stick.mkdir()
    return made


async def shown(on: Stage, flow: str = "issue") -> tuple[Which, list[Nav | None]]:
    on.visit.flow = flow
    step, answers = await on.show(Which(on.visit))
    await on.until(lambda: not step.at_work)
    return step, answers


async def test_the_only_one_is_shown_and_chosen_by_the_person(state: Path, sticks: list[Path]) -> None:
    der = foreign("홍길동()0004041", ends=SOON)
    place = put_set(sticks[0], der)
    async with stage(state, sticks[:1]) as on:
        _, answers = await shown(on)
        assert on.sees("list.until", year=2026, month=12, day=4)
        assert on.sees("list.days", days=12)
        assert "홍*동" in on.said
        assert "길동" not in on.said
        assert answers == []
        await on.press("1")
        assert answers == [Nav.NEXT]
        assert on.visit.chosen is not None
        assert on.visit.chosen.found.path == place
        assert on.visit.medium == Offer(sticks[0], sticks[0].name)
        assert on.visit.medium_identity == DirectoryMedium.open(sticks[0]).identity


async def test_sticks_come_and_go(state: Path, sticks: list[Path]) -> None:
    put_set(sticks[0], foreign("홍길동()1"))
    put_set(sticks[1], foreign("김복순()1", ends=OVER))
    async with stage(state) as on:
        step, answers = await shown(on)
        assert on.sees("list.insert")
        await on.press("enter", "1")
        assert answers == []
        on.plug(Offer(None, "느린 것", STICK))
        await on.until(lambda: on.sees("medium.connecting"))
        on.plug(sticks[0])
        await on.until(lambda: "홍*동" in on.said)
        assert not on.sees("list.insert")
        on.plug(*sticks)
        await on.until(lambda: len(on.choices()) == 2)
        assert "김*순" in on.said
        assert sticks[0].name in on.said, "two media are told apart"
        on.plug(sticks[1])
        await on.until(lambda: len(on.choices()) == 1)
        assert step.focused is not None
        await on.press("enter")
        assert answers == [Nav.NEXT]
        assert on.visit.medium == Offer(sticks[1], sticks[1].name)


async def test_what_the_flow_cannot_take_is_shown_with_the_reason(state: Path, sticks: list[Path]) -> None:
    put_set(sticks[0], foreign("홍길동()1"), key=None)
    async with stage(state, sticks[:1]) as on:
        _, answers = await shown(on)
        assert on.choices() == ["0"]
    async with stage(state, sticks[:1]) as on:
        on.visit.came_chosen = False
        step = Which(on.visit)
        on.visit.flow = "password"
        step._where = lambda: ""  # type: ignore[method-assign]  # that flow has no name yet
        _, answers = await on.show(step)
        await on.until(lambda: not step.at_work)
        assert on.sees("unfit.key_missing", "list.unfit")
        assert on.choices() == []
        await on.press("1", "enter")
        assert answers == []


async def test_on_a_stick_that_can_only_be_read(state: Path, sticks: list[Path]) -> None:
    """What changes it cannot be chosen, with the reason; what takes a copy of it can."""
    put_set(sticks[0], foreign("홍길동()1"))
    offer = Offer(sticks[0], "윈도", STICK, "medium.readable")
    for flow, chosen in (("password", []), ("copy", [Nav.NEXT])):
        async with stage(state) as on:
            on.plug(offer)
            _, answers = await shown(on, flow)
            assert on.sees("error.medium.readable.screen")
            assert on.sees("unfit.only_read", "list.unfit") == (not chosen)
            await on.press("1")
            assert answers == chosen
            assert on.visit.medium == (offer if chosen else None)


async def test_a_medium_without_any(state: Path, sticks: list[Path]) -> None:
    async with stage(state, sticks[:1]) as on:
        await shown(on)
        assert on.sees("list.empty")
        on.plug(*sticks)
        await on.until(lambda: on.sees("list.none"))
        on.plug(Offer(None, "잠긴 것", STICK, "medium.encrypted"))
        await on.until(lambda: on.sees("error.medium.encrypted.screen"))


async def test_a_medium_with_more_on_it_than_is_looked_at(state: Path, sticks: list[Path]) -> None:
    """Nobody is told that there is nothing on it."""
    for number in range(scan.ENTRIES + 1):
        (sticks[0] / "NPKI" / f"{number:04}").mkdir(parents=True)
    async with stage(state, sticks[:1]) as on:
        await shown(on)
        assert on.sees("list.partly")
        assert not on.sees("list.empty")


async def test_more_than_there_are_keys_for(state: Path, sticks: list[Path]) -> None:
    """Fifty, nine at a time; each can be reached and chosen."""
    serials = {put_set(sticks[0], foreign(f"사람{number:02}()1")).name for number in range(50)}
    async with stage(state, sticks[:1]) as on:
        step, _ = await shown(on)
        met: set[int] = set()
        for page in range(7):
            assert on.sees("list.shown", first=page * 8 + 1, last=min(page * 8 + 8, 50), all=50)
            values = [int(value) for value in on.choices() if value != "more"]
            assert len(values) == (2 if page == 6 else 8)
            met |= set(values)
            if page < 6:
                await on.press("9")
        assert met == set(range(50))
        await on.press("9")
        assert on.sees("list.shown", first=1, last=8, all=50), "the first page after the last"
        await on.press("9", "2")
        assert on.visit.chosen == step._shown[9].seen
        assert Path(on.visit.chosen.found.path).name in serials


async def test_a_stick_that_is_gone_when_it_is_chosen(state: Path, sticks: list[Path]) -> None:
    put_set(sticks[0], foreign("홍길동()1"))
    async with stage(state, sticks[:1]) as on:
        _, answers = await shown(on)
        sticks[0].rename(sticks[0].with_name("gone"))
        await on.press("1")
        assert on.sees("error.medium.missing.screen")
        assert answers == []
        assert on.visit.chosen is None


async def test_the_menu_offers_what_there_is(state: Path) -> None:
    async with stage(state) as on:
        await on.press("enter")
        await on.at(Menu)
        assert on.choices() == [flow for flow in ENTRIES if flow in FLOWS]
        assert len(ENTRIES) <= 10
        assert on.choices()[0] == "issue"


async def test_nobody_is_asked_twice(state: Path) -> None:
    async with stage(state) as on:
        assert Which.wanted(on.visit)
        on.visit.go_to("issue")
        assert not Which.wanted(on.visit)
