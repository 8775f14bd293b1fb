"""The act: the certificate is made and written. It cannot be left, and it names what it does."""

import contextlib
import time
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from kiosk.errors import Exit, KioskError
from kiosk.i18n import language_of, text
from kiosk.lifecycle.issue import Issuing
from kiosk.lifecycle.outcome import Outcome
from kiosk.lifecycle.papers import leave_papers
from kiosk.lifecycle.reissue import Reissuing
from kiosk.lifecycle.renew import Renewing
from kiosk.media.token_uri import TokenUri
from kiosk.receipt import slip_of_number
from kiosk.reminders.consent import keep_answers
from screens.flow import Nav
from screens.step import Step
from screens.succession import chosen_serial, old_of, renewal, succession
from screens.walkup.slip import Slip
from screens.widgets.frame import KeyBar, KeyHint

STAGES = ("key_made", "staged", "issued", "written", "proved")
"""The states of a request that a person is told of."""
TYPED_WRONG = ("token.pin", "token.pin_last", "token.pin_locked", "token.pin_change")
"""Never tried again as it is: every try of a PIN counts."""


class Act(Step):
    """Five lines, one for each stage, with the seconds so far."""

    word = "act"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("2", "slip", show=False)]
    _failed: KioskError | None = None

    def middle(self) -> Iterable[Widget]:
        """Say the one thing that matters, and list the stages."""
        token = self.visit.token
        yield Static(
            text("act.stay.token" if token else "act.stay"), id="stay", classes="panel", markup=False
        )
        for stage in STAGES:
            classes = "gap" if stage == STAGES[0] else ""
            yield Static(f"[ ] {self._named(stage)}", id=f"stage-{stage}", classes=classes, markup=False)
        yield Static(text("act.old"), id="old", classes="gap strong", markup=False)
        yield Static("", id="seconds", classes="gap quiet", markup=False)

    def _named(self, stage: str) -> str:
        return text(f"act.token.{stage}" if self.visit.token else f"act.{stage}")

    def hints(self) -> Iterable[KeyHint]:
        """Nothing can be pressed while it works, but for help from staff."""
        if self._failed is not None:
            yield KeyHint("enter", "Enter", text("key.retry" if self._retry else "key.end"))
            yield KeyHint("escape", "Esc", text("key.back"))
            if self.visit.unfinished is not None:
                yield KeyHint("2", "2", text("key.slip"))
            yield KeyHint("f1", "F1", text("key.help"))
        yield KeyHint("f9", "F9", text("key.staff"))

    @property
    def _old_is_good(self) -> bool:
        """Whether there is an old certificate that still works: it does until the new one is proved."""
        known = self.visit.succession
        return self.visit.flow in {"renew", "reissue"} and not (known is not None and known.lost)

    @property
    def _retry(self) -> bool:
        """Whether doing it again may help: with the medium put right, or with what was not lost."""
        failed = self._failed
        if failed is None or failed.id in TYPED_WRONG:
            return False
        return failed.kind.retry or failed.kind.exit is Exit.MEDIUM or failed.request is not None

    def on_mount(self) -> None:
        """Begin."""
        self.set_interval(1, self._tick)
        self._begin()

    def _begin(self) -> None:
        self._failed, self.at_work = None, True
        self._began = time.monotonic()
        self._say_how_it_stands()
        self.query_one(KeyBar).hints = list(self.hints())
        self.run_worker(self._act(), exit_on_error=True)

    def question(self) -> str:
        """Say what is going on, or that it has stopped."""
        if self._failed is None:
            return super().question()
        flow = self.visit.flow
        return text(f"act.stopped.{flow}" if flow in {"renew", "reissue"} else "act.stopped")

    def _say_how_it_stands(self) -> None:
        """Once it has stopped, the stick may have to come out."""
        self.query_one(".question", Static).update(self.question())
        self.query_one("#stay").display = self._failed is None
        for line in self.query("#old"):
            line.display = self._failed is not None and self._old_is_good

    def _tick(self) -> None:
        if self._failed is None:
            seconds = round(time.monotonic() - self._began)
            self.query_one("#seconds", Static).update(text("act.seconds", seconds=seconds))

    def _reached(self, state: str) -> None:
        if state not in STAGES:
            return
        # A request that is resumed begins in the middle: what was done before is done.
        for stage in STAGES[: STAGES.index(state) + 1]:
            line = self.query_one(f"#stage-{stage}", Static)
            line.update(f"[v] {self._named(stage)}")
            line.add_class("good")

    async def _act(self) -> None:
        visit = self.visit
        try:
            target = await visit.target()
            async with visit.sticks.in_use(visit.token) if visit.token else contextlib.nullcontext():
                visit.outcome = await self._serve(target)
            visit.papers = await leave_papers(visit.services, visit.outcome)
        except KioskError as error:
            if error.id in TYPED_WRONG:
                visit.pin.wipe()
            self._failed, self.at_work = error, False
            self._say_how_it_stands()
            self.fault(error)
            await self._say_how_to_resume(error)
            self.query_one(KeyBar).hints = list(self.hints())
            return
        self.dismiss(Nav.NEXT)

    async def _serve(self, target: Path | TokenUri) -> Outcome:
        """Do what this flow is about."""
        visit = self.visit
        if visit.flow == "renew":
            renewing = Renewing(visit.services, progress=self._reached, mount_anew=visit.mount_anew)
            return await renewing.renew(renewal(visit), target, chosen_serial(visit))
        if visit.flow == "reissue":
            reissuing = Reissuing(visit.services, progress=self._reached, mount_anew=visit.mount_anew)
            serial, lost = old_of(visit).held.serial, succession(visit).lost
            return await reissuing.reissue(visit.application(), target, serial, lost=lost)
        issuing = Issuing(visit.services, progress=self._reached, mount_anew=visit.mount_anew)
        application = visit.application()
        outcome = await issuing.issue(application, target)
        await keep_answers(visit.services, application, outcome.request.subscriber_id, language_of())
        return outcome

    async def _say_how_to_resume(self, error: KioskError) -> None:
        """Name the request that is left, and have a slip of it ready to be taken along."""
        said, self.visit.unfinished = "", None
        if error.request:
            said = text("error.resumable", request=error.request)
            with contextlib.suppress(KioskError):
                self.visit.unfinished = await slip_of_number(self.visit.services, error.request)
        self.query_one("#seconds", Static).update(said)

    def action_slip(self) -> None:
        """Show the slip of the request that is left."""
        if self._failed is not None and self.visit.unfinished is not None:
            self.app.push_screen(Slip(self.visit))

    def action_go_on(self) -> None:
        """Try again what has failed, or end where that cannot help."""
        if self._retry:
            self.clear_fault()
            self._begin()
        elif self._failed is not None:
            self.dismiss(Nav.LEAVE)

    def action_back(self) -> None:
        """Go back to change something only when it has failed."""
        if self._failed is not None:
            self.dismiss(Nav.BACK)
