"""Look: every certificate on what was put in, and of each the whole story and the one sensible next act."""

from collections.abc import Iterable, Iterator

from textual.widget import Widget
from textual.widgets import Static

from kiosk.errors import KioskError
from kiosk.i18n import text
from kiosk.lifecycle.fit import CHANGES, unfit
from kiosk.lifecycle.look import Looked
from kiosk.lifecycle.standing import advised
from screens.flow import Nav
from screens.visit import Visit
from screens.walkup import shown
from screens.walkup.listing import Listing
from screens.walkup.shown import Carried
from screens.widgets.choice import Choice
from screens.widgets.frame import KeyHint, zoomed
from screens.widgets.parts import Row

GO = "go:"
BAR = 16
"""Cells of the bar that shows how much time is left."""
OTHERS = ("password", "copy", "export", "status", "history", "delete")
"""What can be done besides the sensible next act, in the order in which people want it."""


class Look(Listing):
    """Lists what is on all media; a single certificate is told of at once. Nobody has to log in for it."""

    word = "look"

    def __init__(self, visit: Visit) -> None:
        """Begin with the list."""
        super().__init__(visit)
        self._about: Carried | None = None

    def question(self) -> str:
        """Say how it stands: in one sentence, or how many there are."""
        each = self._told_of()
        if each is not None:
            return shown.verdict(each.seen, self.visit.services.clock)
        count = len(self.listed())
        return text("look.count", count=count) if count else super().question()

    def middle(self) -> Iterable[Widget]:
        """List the certificates, or tell of one."""
        each = self._told_of()
        if each is None:
            yield from super().middle()
            if spare := sum(self._spare(other) is not None for other in self.listed()):
                yield Static(text("look.spare", count=spare), classes="quiet gap", markup=False)
        else:
            yield from self._telling(each)
        yield from self._about_pfx()
        if self.visit.put_in and (self.listed() or self._pfx()):
            yield Static(text("look.done"), classes="quiet gap", markup=False)

    def _about_media(self, *, empty: bool) -> Iterable[Widget]:
        return super()._about_media(empty=empty and not self._pfx())

    def _pfx(self) -> int:
        """Count the PFX files: a certificate that can be brought in, on what may look empty."""
        return sum(len(looked.pfx) for looked in self._read.values() if isinstance(looked, Looked))

    def _only_pfx(self) -> bool:
        return bool(self._pfx()) and not self.listed() and not self.at_work

    def _about_pfx(self) -> Iterable[Widget]:
        if self._only_pfx():
            yield Static(text("look.pfx.only"), classes="panel", markup=False)
            yield self._choice(1, "import", None)
        elif count := self._pfx():
            said = text("look.pfx", count=count, flow=text("flow.import"))
            yield Static(said, classes="quiet gap", markup=False)

    def hints(self) -> Iterable[KeyHint]:
        """Say where Esc leads who has only put something in."""
        for hint in super().hints():
            menu = hint.key == "escape" and self.visit.put_in and not self._chosen_of_several()
            yield KeyHint(hint.key, hint.cap, text("key.menu")) if menu else hint

    def _telling(self, each: Carried) -> Iterable[Widget]:
        """Tell of one certificate: what to do first, then what is known, then what else can be done."""
        first = self._next(each)
        if first:
            yield self._choice(1, first, each)
        yield Static(shown.title(each.seen), classes="strong gap" if first else "strong", markup=False)
        if spare := self._spare(each):
            yield Static(text(f"look.spare.{spare}"), classes="panel", markup=False)
        if each.offer.only_read:
            about = (text(f"error.{each.offer.problem}.screen"), text("look.only_read"))
            yield Static(" ".join(about), classes="panel", markup=False)
        looked = self._read.get(each.offer)
        if isinstance(looked, Looked) and looked.partly:
            yield Static(text("look.partly"), classes="panel", markup=False)
        for word, value in self._facts(each):
            yield Row(text(f"look.{word}"), value)
        for number, flow in enumerate(self._others(each, first), 2 if first else 1):
            yield self._choice(number, flow, each)

    def _told_of(self) -> Carried | None:
        """Give the certificate that the person chose, or the only one; None for a list."""
        listed = self.listed()
        if self._about in listed:
            return self._about
        return listed[0] if len(listed) == 1 and not self.at_work else None

    def _choice(self, number: int, flow: str, each: Carried | None) -> Choice:
        token = each is not None and each.offer.token is not None
        title = "flow.password.token" if token and flow == "password" else f"flow.{flow}"
        more = f"flow.{flow}.token.more" if token and flow in {"password", "delete"} else f"flow.{flow}.more"
        return Choice(number, GO + flow, text(title), more=text(more))

    def _next(self, each: Carried) -> str | None:
        """Give the flow that is the sensible next one, if there is one here."""
        from screens.walkup.flows import FLOWS

        seen = each.seen
        if self._spare(each) == "same" or (seen.held is None and self._spare(each)):
            return "delete" if "delete" in FLOWS and self._allowed("delete", each) else None
        if seen.held is None:
            return None
        flow = advised(seen.standing, seen.found.problem)
        flow = "issue" if flow in {"finish", "reissue"} and flow not in FLOWS else flow
        if flow not in FLOWS or (each.offer.only_read and flow in CHANGES):
            return None
        return flow if flow != "delete" or self._allowed(flow, each) else None

    def _others(self, each: Carried, first: str | None) -> Iterator[str]:
        from screens.walkup.flows import FLOWS

        for flow in OTHERS:
            if flow in FLOWS and flow != first and self._allowed(flow, each):
                yield flow

    def _allowed(self, flow: str, each: Carried) -> bool:
        services = self.visit.services
        only_read = each.offer.only_read
        return unfit(flow, each.seen, services.clock, services.policy, only_read=only_read) is None

    def _spare(self, each: Carried) -> str | None:
        """Say why nobody needs it any more: the same one is on this medium once more, or its time is over.

        On another medium the same one is a copy, and meant to be.
        """
        der = each.seen.found.certificate_der
        for other in self.listed():
            if other is each or other.seen is each.seen:
                break
            if other.offer == each.offer and der is not None and other.seen.found.certificate_der == der:
                return "same"
        return "over" if each.seen.standing.word in {"expired", "revoked", "replaced"} else None

    def _facts(self, each: Carried) -> Iterator[tuple[str, str]]:
        """Give what is known, each with the word that stands before it."""
        seen, services = each.seen, self.visit.services
        looked = self._read.get(each.offer)
        if seen.found.certificate is not None:
            drawn = "" if zoomed(self.app.size) else shown.bar(seen, BAR)
            yield "time", f"{drawn}  {shown.left(seen)}, {shown.until(seen)}".strip()
            published = looked.published if isinstance(looked, Looked) else None
            yield "status", shown.as_of(seen, published, services.clock)
            yield "issuer", shown.authority(seen, services.state.center)
            if seen.held is not None:
                yield "password", shown.password(seen, services.clock)
        yield "key", shown.key(seen)
        if len(self._read) > 1:
            yield "where", each.offer.name

    def _can_choose(self) -> bool:
        each = self._told_of()
        if each is None:
            return super()._can_choose() or self._only_pfx()
        first = self._next(each)
        return first is not None or any(self._others(each, first))

    def chosen(self, value: str) -> None:
        """Tell of a certificate, or begin what is to be done with it."""
        if value.startswith(GO):
            self._begin_flow(value.removeprefix(GO))
        elif value.isdigit():
            self._about = self._shown[int(value)]
            self.call_next(self.show_anew)
        else:
            super().chosen(value)

    def _begin_flow(self, flow: str) -> None:
        each = self._told_of()
        try:
            if each is not None:
                self._take(each)
            elif not self._only_pfx():
                raise KioskError("medium.gone")
        except KioskError as error:
            self.fault(error)
            return
        self.visit.put_in = False
        self.visit.go_to(flow)
        self.dismiss(Nav.LEAVE)

    def _chosen_of_several(self) -> bool:
        return self._about is not None and len(self.listed()) > 1

    def on_plugged(self) -> None:
        """Read what came. Who only looked and takes the stick out again has finished."""
        if self.visit.put_in and not self.visit.sticks.arrived and self.app.screen is self:
            self.dismiss(Nav.LEAVE)
        else:
            super().on_plugged()

    def action_back(self) -> None:
        """Go back to the list first."""
        if self._chosen_of_several():
            self._about = None
            self.call_next(self.show_anew)
        else:
            self.visit.put_in = False
            super().action_back()
