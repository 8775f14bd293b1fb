"""The walk-up app: one visit, from the idle screen to the last key, in one process."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual import events, work
from textual.binding import Binding, BindingType

from kiosk import log
from kiosk.calls import call_staff
from kiosk.closing import has_code
from kiosk.errors import KioskError
from kiosk.i18n import text
from screens.base import KioskApp
from screens.flow import Nav, run_flow
from screens.plugged import Plugged
from screens.report import Parent
from screens.settings import LEAVE_KIOSK
from screens.silence import Limits, Mood, Silence
from screens.step import Step
from screens.visit import Visit
from screens.walkup.close import Close
from screens.walkup.help import Help
from screens.walkup.idle import Idle
from screens.walkup.lost import FLOW as LOST
from screens.walkup.lost import Lost
from screens.walkup.menu import Menu
from screens.walkup.staff import Staff
from screens.walkup.still import Still

WATCH_SECONDS = 0.5
LOOK = "look"
"""The flow that shows what is on a medium."""
OVER = (Help, Staff, Still, Close)
"""What is opened over a step."""


class WalkupApp(KioskApp):
    """One visit."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f12", "close_kiosk", show=False, priority=True)]

    def __init__(
        self, visit: Visit, parent: Parent | None = None, *, prepare: Callable[[], Awaitable[None]] | None = None,
        limits: Limits | None = None, now: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        """Serve `visit`, for `parent` when there is one.

        `prepare` makes ready, behind the first screen, what that does without; `now` gives seconds that only go
        forward.
        """
        super().__init__(parent)
        self.visit = visit
        self.refused: KioskError | None = None
        """Why this kiosk cannot be opened."""
        self._prepare = prepare
        self._complete = asyncio.Event()
        self._called: type[Staff] | None = None
        """What was called before everything was ready: it comes then."""
        visit.sticks.changed = self._tell_of_sticks
        self._limits = limits or Limits()
        self._now = now
        self._silence = Silence(now())

    def on_mount(self) -> None:
        """Show the idle screen."""
        self.set_interval(WATCH_SECONDS, self._watch)
        self._serve()

    def first_painted(self) -> None:
        """Make ready what the idle screen did not need."""
        super().first_painted()
        self._make_ready()

    @work(exit_on_error=False)
    async def _make_ready(self) -> None:
        try:
            if self._prepare is not None:
                await self._prepare()
        except KioskError as error:
            self.refused = error
            self.exit(error.kind.exit, error.kind.exit)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next person must not meet it
            self._handle_exception(error)
        else:
            self._complete.set()
            self._find_tokens()
            self._follow_sticks()
            if self._called is not None:
                self._call(self._called)

    def _tell_of_sticks(self) -> None:
        for screen in self.screen_stack:
            screen.post_message(Plugged())

    @work(exit_on_error=False)
    async def _follow_sticks(self) -> None:
        try:
            await self.visit.sticks.follow()
        except Exception as error:  # noqa: BLE001 - as below
            self._handle_exception(error)

    @work(exit_on_error=False)
    async def _serve(self) -> None:
        """Go through the visit: idle, menu, the chosen flow."""
        try:
            await self._ask(Idle)
            await self._complete.wait()
            from screens.walkup.flows import FLOWS

            if self.parent_process is not None:
                self.parent_process.begun()
            visit = self.visit
            visit.sticks.begin()
            while visit.flow or await self._ask(Menu) is Nav.NEXT:
                flow = visit.flow
                visit.steps = FLOWS[flow]
                nav = await run_flow(self._ask, visit.steps, visit)
                visit.steps = ()
                if visit.flow != flow:  # a step leads to another flow
                    continue
                # Who came to a flow from what is on a stick goes back there.
                visit.flow = LOOK if nav is Nav.BACK and visit.came_chosen else ""
                visit.came_chosen = False
                if nav is not Nav.BACK:
                    break
            self.exit(0)
        except Exception as error:  # noqa: BLE001 - as above
            self._handle_exception(error)

    def _find_tokens(self) -> None:
        try:
            self.visit.find_tokens()
        except KioskError as error:
            # Who brings a stick can be served all the same; the self-check tells staff.
            log.event("token.failed", error=error.code)

    async def _ask(self, step: type[Step]) -> Nav:
        return await self.push_screen_wait(step(self.visit)) or Nav.LEAVE

    def _step(self) -> Step | None:
        """Give the step that the person is at, under whatever was opened over it."""
        steps = [each for each in self.screen_stack if isinstance(each, Step) and not isinstance(each, OVER)]
        return steps[-1] if steps else None

    def _watch(self) -> None:
        self.visit.sticks.refresh()
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

    def typed(self, event: events.Event) -> bool:
        """Take every sign of life; while the person is asked for one, a key is the answer and nothing else."""
        if not isinstance(event, events.Paste | events.MouseUp):
            self._silence.heard(self._now())
        asked = isinstance(self.screen, Still) and isinstance(event, events.Key) and event.key != "f12"
        if asked and isinstance(self.screen, Still):
            self.screen.action_go_on()
        return asked

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

    def _begin_lost(self, nav: Nav | None) -> None:
        """Begin to stop a certificate, in place of whatever is under way; what was typed stays."""
        if nav is not Nav.NEXT:
            return
        under = next(each for each in self.screen_stack if isinstance(each, Step))
        self.visit.flow, self.visit.came_chosen, self.visit.chosen = LOST, False, None
        under.dismiss(Nav.NEXT if isinstance(under, Idle | Menu) else Nav.LEAVE)

    def _call(self, screen: type[Staff]) -> None:
        step = self._step()
        if step is None:
            return
        if not self._complete.is_set():
            self._called = screen
            return
        if step.at_work:
            # Nothing may lie over a screen that ends by itself.
            self.run_worker(self._note(step), exit_on_error=True)
            return
        if isinstance(self.screen, Staff):
            self.screen.dismiss(Nav.BACK)
        self.push_screen(screen(self.visit, step.word), self._begin_lost)

    async def _note(self, step: Step) -> None:
        try:
            await call_staff(self.visit.services, step.word)
        except KioskError as error:
            step.fault(error)
        else:
            step.notice(text("staff.noted"))

    def action_close_kiosk(self) -> None:
        """Close the kiosk: in practice at once, else with the code that staff set."""
        state, step = self.visit.services.state, self._step()
        if state.practice:
            self.exit(LEAVE_KIOSK)
            return
        askable = self._complete.is_set() and has_code(state) and not isinstance(self.screen, Close)
        if askable and step is not None and not step.at_work:
            self.push_screen(Close(self.visit))
