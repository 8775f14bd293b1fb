"""The walk-up app without a terminal: a stage on which a test shows a step and does what a person does."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from textual.drivers.headless_driver import HeadlessDriver
from textual.events import Key, Resize
from textual.geometry import Size
from textual.keys import _character_to_key
from textual.pilot import Pilot

from kiosk import i18n
from kiosk.clock import Clock
from kiosk.media.directory import DirectoryMedium
from kiosk.media.given import OnlyGiven
from kiosk.media.offers import Offer, Sticks
from kiosk.services import Services
from screens.app import WalkupApp
from screens.flow import Nav
from screens.glyphs import BLOCKS, LINES
from screens.step import Step
from screens.toosmall import TooSmall
from screens.visit import Visit
from screens.walkup.idle import Idle
from screens.widgets.body import Body
from screens.widgets.choice import Choice
from screens.widgets.field import Field
from screens.widgets.frame import KeyBar
from tests.conftest import TODAY
from tests.screens import glass

DEADLINE = 20.0
S = TypeVar("S", bound=Step)


class Here(OnlyGiven):
    """What a test says is plugged in."""

    came = False

    @property
    def arrived(self) -> bool:
        """Whether a person put in what is here."""
        return self.came and bool(self.here)

    def plug(self, *offers: Offer | Path) -> None:
        """Have just these here from now on."""
        self.here = tuple(Offer(each, each.name) if isinstance(each, Path) else each for each in offers)
        self.changed()


@dataclass
class Stage:
    """An app that runs, and what a person and a test do with it."""

    app: WalkupApp
    pilot: Pilot[int]
    visit: Visit
    services: Services

    @property
    def step(self) -> Step:
        """The step on top."""
        assert isinstance(self.app.screen, Step)
        return self.app.screen

    @property
    def page(self) -> str:
        """The text that is on the screen."""
        return glass.page(self.app)

    @property
    def said(self) -> str:
        """The text on the screen without blanks and bars, so that it is found wherever its lines break."""
        return "".join(char for char in self.page if not char.isspace() and char not in LINES + BLOCKS)

    def sees(self, *ids: str, **facts: str | int) -> bool:
        """Whether these sentences are on the screen."""
        return all("".join(i18n.text(id_, **facts).split()) in self.said for id_ in ids)

    async def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Wait until `condition` holds, and what it brought is painted."""
        end = time.monotonic() + DEADLINE
        while not condition():
            assert time.monotonic() < end, f"{what}\n{self.app.screen}\n{self.page}"
            await self._pause()
        await self.settle()

    async def settle(self) -> None:
        """Wait until every message has been handled and every page is painted: nothing is left to do."""
        quiet = 0
        while quiet < 2:
            await self._turn()
            screen = self.app.screen
            busy = (
                screen._layout_required or screen._repaint_required or screen._recompose_required
                or screen._dirty_widgets or screen._callbacks or self.app._batch_count
            )  # fmt: skip
            quiet = 0 if busy else quiet + 1

    async def _turn(self) -> None:
        """Let app and screen handle what waits for them, and every widget what that brought it."""
        screen = self.app.screen
        for pump in (self.app, screen):
            handled = asyncio.Event()
            pump.call_later(handled.set)
            while not handled.is_set() and screen is self.app.screen:
                await self._pause()
        while any(widget.message_queue_size for widget in screen.walk_children(with_self=True)):
            await self._pause()
        await self._pause()

    async def _pause(self) -> None:
        """Give way for a moment; what went wrong in the app meanwhile is raised."""
        await asyncio.sleep(0.001)
        if self.app._exception is not None:
            raise self.app._exception

    async def at(self, kind: type[S]) -> S:
        """Wait for a step of this kind, and for its first page."""
        await self.until(
            lambda: isinstance(self.app.screen, kind) and self.app.screen.query(Body), kind.__name__
        )
        assert isinstance(self.app.screen, kind)
        return self.app.screen

    def send(self, *keys: str) -> None:
        """Press keys faster than anything is done about them."""
        for key in keys:
            name = _character_to_key(key) if len(key) == 1 else key
            self.app.post_message(Key(name, key if len(key) == 1 else None))

    async def press(self, *keys: str) -> None:
        """Press keys one after another, and wait each time until all is done."""
        for key in keys:
            self.send(key)
            await self.settle()

    async def type(self, text: str) -> None:
        """Type text, a key for each character."""
        self.send(*text)
        await self.settle()

    async def show(self, step: S) -> tuple[S, list[Nav | None]]:
        """Show a step over what is there; the list gets its answer."""
        answers: list[Nav | None] = []
        self.app.push_screen(step, answers.append)
        await self.until(lambda: self.app.screen is step and step.query(Body))
        return step, answers

    def plug(self, *offers: Offer | Path) -> None:
        """Have just these media here from now on."""
        assert isinstance(self.visit.sticks, Here)
        self.visit.sticks.plug(*offers)

    def put_in(self, *offers: Offer | Path) -> None:
        """Put in just these, as a person does; nothing was here before."""
        assert isinstance(self.visit.sticks, Here)
        self.visit.sticks.came = True
        self.plug(*offers)

    def choose(self, place: Path) -> None:
        """Have a directory here, and chosen as the step does it."""
        self.plug(place)
        self.visit.medium, self.visit.medium_identity = (
            self.visit.media[0],
            DirectoryMedium.open(place).identity,
        )

    async def take_away(self, step: Step) -> None:
        """Take a step away again."""
        assert self.app.screen is step
        await self.app.pop_screen()

    async def resize(self, size: tuple[int, int]) -> None:
        """Give the terminal another size."""
        driver = self.app._driver
        assert isinstance(driver, HeadlessDriver)
        driver._size = Size(*size)
        self.app.post_message(Resize(Size(*size), Size(*size)))
        # The layout comes after the size: then the keys are on the last line, or a sentence covers everything.
        await self.until(lambda: tuple(self.app.size) == size)
        await self.until(lambda: self._covered if self.app.too_small else self._laid_out(size))

    @property
    def _covered(self) -> bool:
        return isinstance(self.app.screen, TooSmall)

    def _laid_out(self, size: tuple[int, int]) -> bool:
        if self._covered:
            return False
        region = self.step.query_one(KeyBar).region
        return (region.right, region.bottom) == size and tuple(self.app.screen.size) == size

    def field(self, name: str) -> Field:
        """The field of this name on the step on top."""
        return next(field for field in self.step.query(Field) if field.name == name)

    def choices(self) -> list[str]:
        """The values that the step on top offers."""
        return [choice.value for choice in self.step.query(Choice) if choice.display]


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak `language` inside."""
    before = list(i18n._chosen)
    i18n.choose_language(language)
    try:
        yield
    finally:
        i18n._chosen[:] = before


@asynccontextmanager
async def stage(
    state: Path, media: Sequence[Path] = (), *, size: tuple[int, int] = (72, 18), language: str = "ko",
    theme: str = "paper", sticks: Sticks | None = None, **options: Any,
) -> AsyncIterator[Stage]:  # fmt: skip
    """Run the app over `state` until its idle screen is there. The clock stands at `TODAY`; `options` are the app's.

    What is plugged in are the `media`, unless `sticks` knows better.
    """
    with speaking(language):
        async with await Services.open(state, clock=Clock(TODAY)) as services:
            visit = Visit(services, sticks or Here(media))
            app = WalkupApp(visit, **options)
            async with app.run_test(size=size) as pilot:
                app.theme = theme
                acted = Stage(app, pilot, visit, services)
                await acted.at(Idle)
                yield acted
