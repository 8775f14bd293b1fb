"""Colours: both themes can be read, and with sixteen colours or none at all the meaning is still there.

What is really painted is measured on every step in `test_every_step`: each run of text must have a contrast of at
least 4.5 and be one of the pairs that are computed here.
"""

from pathlib import Path

import pytest
from rich.color import Color, ColorSystem
from textual.theme import Theme

from screens.step import Step
from screens.theme import NAMES, PAIRS, THEMES
from screens.walkup.details import Details
from screens.walkup.kind import Kind
from screens.walkup.password import Password
from screens.widgets.choice import Choice
from screens.widgets.field import Field
from tests.screens import glass
from tests.screens.stage import stage
from tests.screens.steps import fill, make

LEAST = 4.5


def colours(theme: Theme) -> dict[str, glass.RGB]:
    return {
        name.replace("-", "_"): tuple(Color.parse(value).get_truecolor())  # type: ignore[misc]
        for name, value in theme.variables.items()
    }


def test_contrast_as_it_is_defined() -> None:
    """The figures of WCAG 2.2 and of its well-known examples."""
    assert glass.contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert glass.contrast((255, 255, 255), (255, 255, 255)) == pytest.approx(1)
    assert glass.contrast((0x77, 0x77, 0x77), (255, 255, 255)) == pytest.approx(4.48, abs=0.005)
    assert glass.contrast((255, 0, 0), (255, 255, 255)) == pytest.approx(4.0, abs=0.005)


@pytest.mark.parametrize("theme", THEMES, ids=NAMES)
@pytest.mark.parametrize("pair", PAIRS, ids="-on-".join)
def test_every_pair_can_be_read(theme: Theme, pair: tuple[str, str]) -> None:
    ink, ground = (colours(theme)[name] for name in pair)
    assert glass.contrast(ink, ground) >= LEAST


def test_the_other_theme_has_the_higher_contrast() -> None:
    """What is read most: seven to one is WCAG's enhanced contrast, and the theme for weak eyes goes beyond it."""
    paper, contrast = (colours(theme) for theme in THEMES)
    for ink, ground in PAIRS:
        if ink in {"ink", "quiet", "accent"}:
            assert glass.contrast(contrast[ink], contrast[ground]) >= 7
    assert glass.contrast(contrast["quiet"], contrast["ground"]) > glass.contrast(
        paper["quiet"], paper["ground"]
    )


@pytest.mark.parametrize("theme", THEMES, ids=NAMES)
@pytest.mark.parametrize("system", [ColorSystem.STANDARD, ColorSystem.EIGHT_BIT], ids=["16", "256"])
def test_fewer_colours_keep_every_pair_apart(theme: Theme, system: ColorSystem) -> None:
    for ink, ground in PAIRS:
        near = [
            Color.parse(theme.variables[name.replace("_", "-")]).downgrade(system) for name in (ink, ground)
        ]
        assert near[0] != near[1], (ink, ground)


@pytest.mark.parametrize("theme", NAMES)
@pytest.mark.parametrize("kind", [Kind, Details, Password], ids=lambda kind: kind.__name__)
async def test_what_is_marked_differs_in_shape(kind: type[Step], theme: str, state: Path) -> None:
    """Without any colour: the marked answer has a thick bar, the field with the cursor a block that is inverted."""
    async with stage(state, theme=theme, language="en") as on:
        fill(on.visit, "Hong")
        step, _ = await on.show(make(kind, on.visit))
        await on.press("down")
        drawn = glass.page(on.app).split("\n")
        choices, fields = list(step.query(Choice)), list(step.query(Field))
        for choice in choices:
            bar = {line[choice.region.x] for line in drawn[choice.region.y : choice.region.bottom]}
            assert bar == ({"█"} if choice.has_focus else {"│"})
        assert [part.has_focus for part in [*choices, *fields]].count(True) == 1
        for field in fields:
            inverted = [
                run for run in glass.runs(on.app)
                if field.region.contains(run.x, run.y) and glass.contrast(run.ground, _field(theme)) > LEAST
            ]  # fmt: skip
            assert bool(inverted) == field.has_focus


def _field(theme: str) -> glass.RGB:
    return colours(next(each for each in THEMES if each.name == theme))["field"]
