"""Prepare: what is needed, each item checked while the person reads."""

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from datetime import date

from textual.widget import Widget
from textual.widgets import Static

from kiosk.clock import in_korea
from kiosk.errors import KioskError
from kiosk.i18n import text
from kiosk.lifecycle.issue import SPACE_NEEDED
from kiosk.media.directory import DirectoryMedium
from kiosk.media.scan import scan
from screens.step import Step
from screens.walkup.medium import TOKENS_SECONDS


class Prepare(Step):
    """A checklist; nothing on it has to be done before going on, but what is missing is said now."""

    word = "prepare"
    _looked_at: Sequence[str] | None = None

    def middle(self) -> Iterable[Widget]:
        """List what is needed."""
        yield Static("", id="medium", markup=False)
        yield Static("", id="space", markup=False)
        yield Static("", id="old", markup=False)
        yield Static(text("prepare.phone"), classes="gap", markup=False)
        yield Static(text("prepare.number"), markup=False)
        yield Static(text("prepare.time"), classes="quiet gap", markup=False)

    def on_mount(self) -> None:
        """Check now, and every second while the person reads."""
        self.call_next(self._check)
        self.set_interval(1, self._check)
        self.visit.sticks.look_for_tokens()
        self.set_interval(TOKENS_SECONDS, self.visit.sticks.look_for_tokens)

    async def on_plugged(self) -> None:
        """Check at once."""
        await self._check()

    async def _check(self) -> None:
        there, roomy = await asyncio.to_thread(self._look)
        problems = [offer.problem for offer in self.visit.media if offer.problem]
        missing = f"error.{problems[0]}.screen" if problems else "prepare.medium.missing"
        token = not there and any(offer.usable for offer in self.visit.media if offer.token)
        here = "prepare.token" if token else "prepare.medium" if there else missing
        self._show("#medium", there or token, here)
        # How much room a token has, it says when something is put there, if at all.
        self.query_one("#space").display = not token
        space = "prepare.space" if roomy else "prepare.space.missing" if there else "prepare.space.later"
        self._show("#space", roomy, space)
        await self._say_what_is_on_it()

    async def _say_what_is_on_it(self) -> None:
        """Say until when the certificate is good that is there already; looked up once for each medium."""
        media = [offer.identity for offer in self.visit.media]
        if media == self._looked_at:
            return
        self._looked_at = media
        end = await asyncio.to_thread(self._last_day)
        line = self.query_one("#old", Static)
        line.display = end is not None
        if end is not None:
            over = end < self.visit.services.clock.today()
            said = text(
                "prepare.over" if over else "prepare.old", year=end.year, month=end.month, day=end.day
            )
            line.update(f"-   {said}")

    def _last_day(self) -> date | None:
        """Give the last day, in Korea, of the certificate on these media that is good for longest."""
        ends = []
        for path in (offer.path for offer in self.visit.media if offer.path is not None):
            with contextlib.suppress(KioskError):
                ends += [
                    each.certificate.not_valid_after_utc for each in scan(path).found if each.certificate
                ]
        return in_korea(max(ends)).date() if ends else None

    def _look(self) -> tuple[bool, bool]:
        there = roomy = False
        for path in (offer.path for offer in self.visit.media if offer.usable):
            if path is None:
                continue
            try:
                medium = DirectoryMedium.open(path)
                there = True
                medium.check_space(SPACE_NEEDED)
            except KioskError:
                continue
            roomy = True
        return there, roomy

    def _show(self, part: str, good: bool, id_: str) -> None:  # noqa: FBT001 - a check's result
        line = self.query_one(part, Static)
        line.update(f"{'[v]' if good else '[ ]'} {text(id_)}")
        line.set_class(good, "good")
