"""What every app on a kiosk's terminal is: one that cannot be left, and that shows nothing it should not.

What Textual does by itself and a kiosk must not is switched off here: no way out by keys, no palette, no text
that can be marked, no traceback on the terminal (it shows local variables), no death by signal that leaves the
terminal broken.
"""

import asyncio
import gc
import math
import signal
import time
from typing import Any, ClassVar

from rich.console import RenderableType
from textual import events
from textual._compositor import CompositorUpdate
from textual.app import App
from textual.binding import Binding, BindingType
from textual.screen import Screen

from kiosk import log
from kiosk.errors import Exit
from screens.driver import TYPED, Gone, VisitDriver
from screens.paint import Change, Painted
from screens.report import Parent
from screens.settings import ORPHANED
from screens.theme import THEMES
from screens.toosmall import FLOOR, TooSmall


class KioskApp(App[int]):
    """An app that ends with an exit status, for the parent where there is one."""

    CSS_PATH = "kiosk.tcss"
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q,ctrl+c,ctrl+p,ctrl+z,ctrl+d,ctrl+backslash", "nothing", show=False, priority=True),
    ]

    def __init__(self, parent: Parent | None) -> None:
        """Begin with the plain theme."""
        super().__init__(driver_class=VisitDriver, ansi_color=False)
        self.parent_process = parent
        self._painted = math.inf
        """When the first screen was painted."""
        self._styled: dict[str, str] = {}
        self._on_terminal = Painted()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = THEMES[0].name

    async def on_load(self) -> None:
        """Have everything ready, then wait for the terminal."""
        self._styled = self.get_css_variables()
        self.stylesheet.set_variables(self._styled)
        self.stylesheet.parse()
        if self.parent_process is not None:
            await self.parent_process.turn()

    def refresh_css(self, animate: bool = True) -> None:  # noqa: FBT001, FBT002 - as Textual has it
        """Read the styles again when the theme is another one. Textual does so at the start as well, for nothing."""
        variables = self.get_css_variables()
        if variables != self._styled:
            self._styled = variables
            super().refresh_css(animate)

    def on_mount(self) -> None:
        """Take the signals, and notice when there is nobody any more to end for."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            loop.add_signal_handler(number, self.exit, 128 + number, 128 + number)
        loop.set_exception_handler(self._stray)
        if self.parent_process is not None:
            self.parent_process.watch(lambda: self.exit(ORPHANED, ORPHANED))
        self.screen_change_signal.subscribe(self, lambda _: self.call_next(self._cover))

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Send what differs from what was sent before, and not what Textual thinks may differ."""
        if isinstance(renderable, CompositorUpdate):
            renderable = Change(self._on_terminal, screen._compositor.render_strips)
        super()._display(screen, renderable)

    def first_painted(self) -> None:
        """Do what the first screen did not need; to be overridden, and called with `super()`."""
        if isinstance(self._driver, VisitDriver):
            self._driver.gate.painted()
        if self.parent_process is not None:
            self.parent_process.shown()
            # From here on there is garbage to look for, but not in what was there before.
            gc.freeze()
            gc.enable()

    def post_display_hook(self) -> None:
        """Let keys in when the first screen is painted."""
        if self._painted == math.inf and self.screen.id != "_default":
            self._painted = time.monotonic()
            self.first_painted()

    async def on_event(self, event: events.Event) -> None:
        """Count what comes from the terminal; below the floor nothing is pressed but blindly."""
        if isinstance(event, events.Resize) and event.time > self._painted:
            # Terminals move and cut what stands on them; before, the driver only said what size there is.
            self._on_terminal.forget()
        if isinstance(event, TYPED) and not event.is_forwarded:
            if isinstance(self._driver, VisitDriver):
                self._driver.gate.taken()
            if self.too_small or self.typed(event):
                return
        await super().on_event(event)

    def typed(self, event: events.Event) -> bool:  # noqa: ARG002 - to be overridden
        """Look at a key, a paste or a touch before the screens do. Gives whether that was all it was for."""
        return False

    def action_nothing(self) -> None:
        """Do nothing: this key is no way out."""

    @property
    def too_small(self) -> bool:
        """Whether the terminal is too small for anything."""
        return self.size.width < FLOOR[0] or self.size.height < FLOOR[1]

    def on_resize(self) -> None:
        """Say so plainly when the screen is too small, over whatever is there; it is still there afterwards."""
        self.call_next(self._cover)

    def _cover(self) -> None:
        if self._exit:
            return  # the screens are going
        covered = isinstance(self.screen, TooSmall)
        if self.too_small and not covered:
            self.push_screen(TooSmall())
        elif not self.too_small and covered:
            self.pop_screen()
            # It has slept through every change of size.
            self.screen.post_message(events.Resize(self.size, self.size))

    def input_lost(self, error: BaseException) -> None:
        """End: there is no keyboard any more."""
        if isinstance(error, Gone | OSError):
            self.exit(ORPHANED, ORPHANED)
        elif isinstance(error, Exception):
            self._handle_exception(error)

    def _stray(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """End when a task failed that nobody waits for: its screen would stay for ever."""
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
        """End at once where the process ends with the app; there is nothing to tidy up in it."""
        if isinstance(self._driver, VisitDriver):
            self._driver.disable_input()
            self._driver.close()
        else:
            await super()._shutdown()
