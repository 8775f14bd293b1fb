"""What is said of a token on every screen, without one: words, sizes, and what stands beside a stick."""

from pathlib import Path

import pytest

from kiosk.i18n import LANGUAGES, text_in
from screens.flow import Nav
from screens.step import Step
from screens.walkup.act import Act
from screens.walkup.confirm import Confirm
from screens.walkup.flows import FLOWS
from screens.walkup.medium import Medium
from screens.walkup.pin import Pin
from screens.walkup.prepare import Prepare
from screens.walkup.proof import Proof
from tests.screens.stage import stage
from tests.screens.steps import LONG, SIZES, Seen, fill, pages, token_offer

COUNT_LOW, LAST, LOCKED, FACTORY, READY = 0x10000, 0x20000, 0x40000, 0x80000, 0x408
PROBLEMS = {
    0x400: "token.blank",
    READY | LOCKED: "token.pin_locked",
    READY | 0x2: "token.readonly",
    READY | 0x100: "token.pad",
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [Prepare, Medium, Pin, Confirm, Act, Proof], ids=lambda kind: kind.__name__)
async def test_no_word_about_a_token_is_cut(kind: type[Step], language: str, state: Path) -> None:
    """With each state of the PIN, on the doubled screen and on the usual one."""
    async with stage(state, language=language) as on:
        for size in ("zoom", "base"):
            await on.resize(SIZES[size])
            for flags in (0, COUNT_LOW, LAST, LOCKED, FACTORY):
                offer = token_offer(LONG, READY | flags, pin_least=6, pin_most=16)
                on.plug(offer, token_offer("blank", 0x400))
                fill(on.visit, "Hong")
                on.visit.medium = offer
                step, _ = await on.show(kind(on.visit))
                await on.until(lambda step=step: not step.at_work)
                seen = Seen()
                async for _ in pages(on, seen):
                    pass
                assert seen.lost() == []
                await on.take_away(step)
                if kind not in {Pin, Medium}:
                    break


async def test_a_token_is_chosen_like_a_stick(state: Path, medium: Path) -> None:
    async with stage(state, [medium]) as on:
        _, answers = await on.show(Medium(on.visit))
        token, factory = token_offer("내 토큰"), token_offer("새 토큰", READY | FACTORY)
        locked = [token_offer(f"T{flags}", flags) for flags in PROBLEMS]
        on.plug(medium, token, factory, *locked)
        await on.until(lambda: on.choices() == ["1", "2", "3"])
        assert on.sees("medium.token", "medium.factory_pin")
        for flags, problem in PROBLEMS.items():
            assert f"T{flags}:" in on.page
            assert on.sees(f"error.{problem}.screen")
        await on.press("2")
        assert answers == [Nav.NEXT]
        assert on.visit.medium == token
        wanted = [step.word for step in FLOWS["issue"] if step.wanted(on.visit)]
        assert "pin" in wanted
        assert "password" not in wanted
        assert len(wanted) == 10


async def test_two_tokens_of_one_name(state: Path) -> None:
    async with stage(state) as on:
        await on.show(Medium(on.visit))
        on.plug(*(token_offer("KIOSK", READY) for _ in range(2)))
        await on.until(lambda: len(on.choices()) == 2)
        assert on.page.count("S1") == 2


@pytest.mark.parametrize("problem", [*PROBLEMS.values(), "token.module", "token.timeout", "token.failed"])
def test_every_reason_has_a_sentence(problem: str) -> None:
    for language in LANGUAGES:
        assert text_in(language, f"error.{problem}.screen")
