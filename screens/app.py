"""The walk-up app: one visit, from the idle screen to the last key, in one process.

What Textual does by itself and a kiosk must not is switched off here: no way out by keys, no palette, no text
that can be marked, no traceback on the terminal (it shows local variables), no death by signal that leaves the
terminal broken.
"""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol

from rich.console import RenderableType
from textual import events, work
from textual.app import App
from textual.binding import Binding, BindingType

from kiosk import log
from kiosk.calls import call_staff
from kiosk.errors import Exit, KioskError
from kiosk.i18n import text
from screens.driver import TYPED, Gone, VisitDriver
from screens.flow import Nav, run_flow
from screens.settings import LEAVE_KIOSK
from screens.silence import Limits, Mood, Silence
from screens.step import Step
from screens.theme import THEMES
from screens.toosmall import FLOOR, TooSmall
from screens.visit import Visit
from screens.walkup.help import Help
from screens.walkup.idle import Idle
from screens.walkup.lost import Lost
from screens.walkup.menu import Menu
from screens.walkup.staff import Staff
from screens.walkup.still import Still

WATCH_SECONDS = 0.5


class Parent(Protocol):
    """What a visit tells and asks the process that keeps the terminal between two visits."""

    async def turn(self) -> None:
        """Wait until it is this process's turn to take the terminal."""

    def shown(self) -> None:
        """Say that the first screen is painted."""

    def begun(self) -> None:
        """Say that somebody began a visit."""

    def watch(self, gone: Callable[[], None]) -> None:
        """Call `gone` when there is no parent any more."""


class WalkupApp(App[int]):
    """One visit."""

    CSS_PATH = "kiosk.tcss"
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q,ctrl+c,ctrl+p,ctrl+z,ctrl+d,ctrl+backslash", "nothing", show=False, priority=True),
        Binding("f12", "close_kiosk", show=False, priority=True),
    ]

    def __init__(
        self, visit: Visit, parent: Parent | None = None, *, prepare: Callable[[], Awaitable[None]] | None = None,
        media: Callable[[], Sequence[Path]] | None = None, limits: Limits | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        """Serve `visit`, for `parent` when there is one.

        `prepare` makes ready, behind the first screen, what that does without; `media` says which media are here
        now; `now` gives seconds that only go forward.
        """
        super().__init__(driver_class=VisitDriver, ansi_color=False)
        self.visit = visit
        self._parent_process = parent
        self._prepare = prepare
        self._complete = asyncio.Event()
        self._media = media
        self.refused: KioskError | None = None
        """Why this kiosk cannot be opened."""
        self._limits = limits or Limits()
        self._now = now
        self._silence = Silence(now())
        self._painted = False
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = "paper"

    async def on_load(self) -> None:
        """Have everything ready, then wait for the terminal."""
        if self._parent_process is not None:
            await self._parent_process.turn()

    def on_mount(self) -> None:
        """Take the signals, and show the idle screen."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            loop.add_signal_handler(number, self.exit, 128 + number, 128 + number)
        loop.set_exception_handler(self._stray)
        if self._parent_process is not None:
            self._parent_process.watch(lambda: self.exit(128 + signal.SIGHUP, 128 + signal.SIGHUP))
        self.set_interval(WATCH_SECONDS, self._watch)
        self.screen_change_signal.subscribe(self, lambda _: self.call_next(self._cover))
        self._serve()

    @work(exit_on_error=False)
    async def _serve(self) -> None:
        """Go through the visit: idle, menu, the chosen flow."""
        try:
            await self._ask(Idle)
            await self._complete.wait()
            from screens.walkup.flows import FLOWS

            if self._parent_process is not None:
                self._parent_process.begun()
            while await self._ask(Menu) is Nav.NEXT:
                self.visit.steps = FLOWS[self.visit.flow]
                nav = await run_flow(self._ask, self.visit.steps, self.visit)
                self.visit.steps, self.visit.flow = (), ""
                if nav is not Nav.BACK:
                    break
            self.exit(0)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next person must not meet it
            self._handle_exception(error)

    @work(exit_on_error=False)
    async def _make_ready(self) -> None:
        """Make ready what the first screen did not need."""
        try:
            if self._prepare is not None:
                await self._prepare()
        except KioskError as error:
            self.refused = error
            self.exit(error.kind.exit, error.kind.exit)
        except Exception as error:  # noqa: BLE001 - as above
            self._handle_exception(error)
        else:
            self._complete.set()

    async def _ask(self, step: type[Step]) -> Nav:
        return await self.push_screen_wait(step(self.visit)) or Nav.LEAVE

    def post_display_hook(self) -> None:
        """Let keys in when the first screen is painted."""
        if not self._painted and isinstance(self.screen, Idle):
            self._painted = True
            self._make_ready()
            if isinstance(self._driver, VisitDriver):
                self._driver.gate.painted()
            if self._parent_process is not None:
                self._parent_process.shown()

    async def on_event(self, event: events.Event) -> None:
        """Take every sign of life; while the person is asked for one, a key is the answer and nothing else."""
        if isinstance(event, TYPED) and not event.is_forwarded:
            if isinstance(self._driver, VisitDriver):
                self._driver.gate.taken()
            if self.too_small:
                return
            if not isinstance(event, events.Paste | events.MouseUp):
                self._silence.heard(self._now())
            if isinstance(self.screen, Still) and isinstance(event, events.Key) and event.key != "f12":
                self.screen.action_go_on()
                return
        await super().on_event(event)

    def _watch(self) -> None:
        if self._media is not None:
            self.visit.media = self._media()
        self.watch_silence()

    def watch_silence(self) -> None:
        """Ask a silent person whether they are still there, and end the visit when nobody answers."""
        now, limits = self._now(), self._limits.eased() if self.visit.easy else self._limits
        step = self._step()
        if step is None or isinstance(step, Idle) or step.at_work:
            self._silence.pause(now)
            return
        patience = self.visit.services.policy.code_seconds if step.word == "identity" else 0
        mood = self._silence.mood(now, limits, patience=patience)
        if mood is Mood.END:
            self.exit(0)
        elif mood is Mood.ASK:
            still = next((each for each in self.screen_stack if isinstance(each, Still)), None)
            if still is None:
                still = Still(self.visit)
                self.push_screen(still, self._still_there)
            still.show_left(self._silence.left(now, limits))

    def _still_there(self, _: Nav | None) -> None:
        if self._silence.asking:
            self._silence.heard(self._now())

    def _step(self) -> Step | None:
        """Give the step that the person is at, under whatever was opened over it."""
        over = (Still, Help, Staff)
        steps = [each for each in self.screen_stack if isinstance(each, Step) and not isinstance(each, over)]
        return steps[-1] if steps else None

    def action_nothing(self) -> None:
        """Do nothing: this key is no way out."""

    def action_help(self) -> None:
        """Open the help for the step that is shown."""
        if isinstance(self.screen, Step):
            self.push_screen(Help(self.visit, self.screen.word))

    def action_staff(self) -> None:
        """Call staff."""
        self._call(Staff)

    def action_lost(self) -> None:
        """Lead to staff with a lost or stolen certificate."""
        self._call(Lost)

    def _call(self, screen: type[Staff]) -> None:
        step = self._step()
        if step is None or not self._complete.is_set():
            return
        if step.at_work:
            # Nothing may lie over a screen that ends by itself.
            self.run_worker(self._note(step), exit_on_error=True)
        else:
            if isinstance(self.screen, Staff):
                self.screen.dismiss(Nav.BACK)
            self.push_screen(screen(self.visit, step.word))

    async def _note(self, step: Step) -> None:
        try:
            await call_staff(self.visit.services, step.word)
        except KioskError as error:
            step.fault(error)
        else:
            step.notice(text("staff.noted"))

    def action_close_kiosk(self) -> None:
        """Close the kiosk; in practice only."""
        if self.visit.services.state.practice:
            self.exit(LEAVE_KIOSK)

    @property
    def too_small(self) -> bool:
        """Whether the terminal is too small for anything."""
        return self.size.width < FLOOR[0] or self.size.height < FLOOR[1]

    def on_resize(self) -> None:
        """Say so plainly when the screen is too small, over whatever is there; it is still there afterwards."""
        self.call_next(self._cover)

    def _cover(self) -> None:
        covered = isinstance(self.screen, TooSmall)
        if self.too_small and not covered:
            self.push_screen(TooSmall())
        elif not self.too_small and covered:
            self.pop_screen()
            # It has slept through every change of size.
            self.screen.post_message(events.Resize(self.size, self.size))

    def input_lost(self, error: BaseException) -> None:
        """End the visit: there is no keyboard any more."""
        if isinstance(error, Gone | OSError):
            self.exit(128 + signal.SIGHUP, 128 + signal.SIGHUP)
        elif isinstance(error, Exception):
            self._handle_exception(error)

    def _stray(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """End the visit when a task failed that nobody waits for: its screen would stay for ever."""
        error = context.get("exception")
        if isinstance(error, Exception):
            self._handle_exception(error)

    def panic(self, *renderables: RenderableType) -> None:  # noqa: ARG002 - they hold values
        """End without a word: what Textual would print shows local variables, a password too."""
        self._fatal_error()

    def _fatal_error(self) -> None:
        if self._exception is not None:
            log.failure(getattr(self._exception, "error", self._exception))
        self._return_code = Exit.BUG
        self._exit_renderables.clear()
        self._close_messages_no_wait()

    async def _shutdown(self) -> None:
        """End at once where the process ends with the visit; there is nothing to tidy up in it."""
        if isinstance(self._driver, VisitDriver):
            self._driver.disable_input()
            self._driver.close()
        else:
            await super()._shutdown()
