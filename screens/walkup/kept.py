"""Kept: it is done with a certificate that was there already; what was proved, and what comes next."""

import asyncio
from collections.abc import Iterable

from textual.widget import Widget
from textual.widgets import Static

from kiosk.errors import KioskError
from kiosk.i18n import text
from kiosk.media.offers import Offer
from screens.flow import Nav
from screens.step import Step
from screens.visit import Visit
from screens.walkup.shown import title
from screens.widgets.choice import Choice
from screens.widgets.frame import KeyBar, KeyHint
from screens.widgets.parts import Marks

FLOWS = ("password", "copy", "delete")
PROVED = {"password": ("opens", "fails"), "pin": ("taken",), "copy": ("whole", "equal"), "delete": ("gone",)}
KEEP, WIPE = "keep", "wipe"
OVER = frozenset({"expired", "revoked", "replaced"})
"""How a certificate stands that nobody can use any more: there is nothing to revoke."""
AGAIN_SECONDS = 2.0
"""After which a stick that something else is using is tried again."""


def flow_of(visit: Visit) -> str:
    """Give which of these flows it is; `pin` where the password is a token's."""
    flow = visit.flow if visit.flow in FLOWS else FLOWS[0]
    return "pin" if flow == "password" and visit.token is not None else flow


def said_of(visit: Visit, id_: str) -> str:
    """Give the message that says `id_` of a token's certificate, when that is what is deleted."""
    return f"{id_}.token" if visit.token is not None and flow_of(visit) == "delete" else id_


def about(visit: Visit) -> str:
    """Name the certificate that was chosen."""
    return title(visit.chosen) if visit.chosen else ""


class Kept(Step):
    """The last screen of these flows. After a copy it asks what is to become of the other one."""

    word = "kept"
    stays = True
    _asks = False
    _sure = False
    _ends = False

    def __init__(self, visit: Visit) -> None:
        """After a copy the source is needed until the person has answered."""
        super().__init__(visit)
        self._asks = flow_of(visit) == "copy" and visit.copied is not None

    def question(self) -> str:
        """Say that it is done."""
        return text(f"kept.{flow_of(self.visit)}.question")

    def middle(self) -> Iterable[Widget]:
        """Say what was proved and what comes next."""
        flow = flow_of(self.visit)
        already = flow == "copy" and self.visit.copied is not None and self.visit.copied.already
        said = said_of(self.visit, f"kept.{flow}")
        yield Marks([text(f"{said}.{id_}") for id_ in PROVED[flow]])
        if already:
            yield Static(text("copy.already.screen"), classes="gap", markup=False)
        yield Static("", id="remove", classes="banner gap", markup=False)
        next_ = f"{said}.next" if flow != "delete" or self._revocable() else f"kept.delete.{self._left()}"
        yield Static(text(next_), id="next", classes="gap", markup=False)
        if self._asks:
            yield Static(text("kept.ask"), id="ask", classes="strong gap", markup=False)
            yield Choice(1, KEEP, text("kept.keep"))
            yield Choice(2, WIPE, text("kept.wipe"), more=text("kept.wipe.more"))

    def _revocable(self) -> bool:
        """Whether what was deleted is a good certificate of ours: F10 revokes those, without a medium."""
        chosen = self.visit.chosen
        return chosen is not None and chosen.held is not None and self._left() != "over"

    def _left(self) -> str:
        """Say what is left to be done about what was deleted: nothing (`over`), or only its issuer can (`foreign`)."""
        chosen = self.visit.chosen
        return "over" if chosen is not None and chosen.standing.word in OVER else "foreign"

    def hints(self) -> Iterable[KeyHint]:
        """End, or answer."""
        if self._asks:
            yield KeyHint("enter", "Enter", text("key.choose"))
        elif self._ends:
            yield KeyHint("enter", "Enter", text("key.end"))
        yield KeyHint("f1", "F1", text("key.help"))
        yield KeyHint("f9", "F9", text("key.staff"))
        if flow_of(self.visit) == "delete" and self._revocable():
            yield KeyHint("f10", "F10", text("key.lost"))

    def on_mount(self) -> None:
        """Let the sticks go, so that they can be pulled, unless one is still needed."""
        super().on_mount()
        self.query_one("#remove").display = False
        if not self._asks:
            self._let_go()

    def chosen(self, value: str) -> None:
        """Keep the other one, or delete it: that is pressed twice."""
        if self.at_work or not self._asks:
            return
        if value == WIPE and not self._sure:
            self._sure = True
            self.notice(text("kept.sure"))
            return
        self._asks = False
        for part in self.query("Choice, #ask"):
            part.display = False
        self.clear_fault()
        if value == WIPE:
            self.at_work = True
            self.run_worker(self._wipe(), exit_on_error=True)
        else:
            self._let_go()

    async def _wipe(self) -> None:
        from kiosk.lifecycle.copying import wipe_source

        try:
            if self.visit.copied is not None:
                await self.visit.at_hand()
                await wipe_source(self.visit.services, self.visit.copied)
        except KioskError as error:
            self.fault(error)
        else:
            self.query_one("#next", Static).update(text("kept.wiped"))
        self.at_work = False
        self._let_go()

    def _let_go(self) -> None:
        line = self.query_one("#remove", Static)
        line.display = True
        line.update(text("proof.wait"))
        self.run_worker(self._release(), exit_on_error=True)

    async def _release(self) -> None:
        for offer in (self.visit.medium, self.visit.copy_to):
            if offer is not None and offer.stick is not None:
                await self._release_one(offer)
        removed = "proof.remove.token" if self.visit.token else "proof.remove"
        self.query_one("#remove", Static).update(text(removed))
        self._ends = True
        self.query_one(KeyBar).hints = list(self.hints())

    async def _release_one(self, offer: Offer) -> None:
        while True:
            try:
                await self.visit.sticks.let_go(offer)
            except KioskError as error:
                if error.id == "medium.gone":
                    return
                self.fault(error)
                if error.kind.retry:
                    await asyncio.sleep(AGAIN_SECONDS)
                    continue
            return

    async def answer(self) -> None:
        """End, but not before the sticks can be pulled."""
        if self._ends and not self.at_work:
            self.dismiss(Nav.NEXT)

    def action_back(self) -> None:
        """There is nothing to go back to: it is done."""
