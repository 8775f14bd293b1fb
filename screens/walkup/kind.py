"""Kind: which certificate, what it is good for and what not, with three questions for who does not know."""

from collections.abc import Iterable

from textual.events import DescendantFocus
from textual.widget import Widget
from textual.widgets import Static

from kiosk.errors import KioskError
from kiosk.i18n import language_of, text
from kiosk.identity.check import require_method
from kiosk.pki.profiles import Profile, load_profiles
from screens.flow import Nav
from screens.step import Step
from screens.widgets.choice import Choice
from screens.widgets.frame import KeyHint


class Kind(Step):
    """Choose a profile."""

    word = "kind"
    dense = True
    _asking = ""

    def question(self) -> str:
        """Ask which, or what helps to choose."""
        return text(f"kind.{self._asking}" if self._asking else "step.kind.question")

    def middle(self) -> Iterable[Widget]:
        """List the profiles, or the answers to one question that helps."""
        if self._asking:
            yield Choice(1, "yes", text("answer.yes"))
            yield Choice(2, "no", text("answer.no"))
            return
        profiles = load_profiles()
        for number, profile in enumerate(profiles.values(), 1):
            yield Choice(number, profile.id, _name(profile), side=_price(profile), more=_summary(profile))
        yield Choice(len(profiles) + 1, "help", text("kind.help"), more=text("kind.help.more"))
        yield Static("", id="accepted", classes="gap", markup=False)
        yield Static(text("notice.own"), id="not-accepted", classes="warning", markup=False)

    def hints(self) -> Iterable[KeyHint]:
        """Say that Enter chooses here."""
        for hint in super().hints():
            yield KeyHint(hint.key, hint.cap, text("key.choose")) if hint.key == "enter" else hint

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Say of the marked kind where it is taken and where not."""
        profile = load_profiles().get(event.widget.value) if isinstance(event.widget, Choice) else None
        for part in self.query("#accepted, #not-accepted").results(Static):
            accepted = part.id == "accepted"
            part.display = not accepted or profile is not None
            if profile is None:
                part.update(text("notice.own"))
            else:
                places = _places(profile, accepted=accepted)
                part.update(
                    text("kind.accepted" if accepted else "kind.not_accepted", places=", ".join(places))
                )

    def chosen(self, value: str) -> None:
        """Take the profile, or go through the questions: business, tax invoices, bank."""
        match self._asking, value:
            case "", "help":
                self._ask("business")
            case "", _:
                self._take(value)
            case "business", "yes":
                self._ask("tax")
            case "business", "no":
                self._ask("bank")
            case "tax", _:
                self._take("business-etax" if value == "yes" else "business-general")
            case _:
                self._take("personal-bank" if value == "yes" else "personal-general")

    def _ask(self, asking: str) -> None:
        self._asking = asking
        self.set_class(bool(asking), "asking")
        self.call_next(self.show_anew)

    def _take(self, id_: str) -> None:
        """Take a profile for which a person can be identified here.

        What was typed for a person is not a business's, and the other way round.
        """
        visit, before = self.visit, self.visit.profile
        visit.profile = load_profiles()[id_]
        try:
            require_method(visit.services, visit.application())
        except KioskError as error:
            visit.profile = before
            self.fault(error)
            return
        if before is not None and before.kind != visit.profile.kind:
            visit.name = ""
            visit.id_number.wipe()
        self.dismiss(Nav.NEXT)

    def action_back(self) -> None:
        """Leave the questions first."""
        if self._asking:
            self._ask("")
        else:
            super().action_back()


def _name(profile: Profile) -> str:
    return profile.name_ko if language_of() == "ko" else profile.name_en


def _summary(profile: Profile) -> str:
    return profile.summary_ko if language_of() == "ko" else profile.summary_en


def _places(profile: Profile, *, accepted: bool) -> tuple[str, ...]:
    if language_of() == "ko":
        return profile.accepted_at_ko if accepted else profile.not_accepted_at_ko
    return profile.accepted_at_en if accepted else profile.not_accepted_at_en


def _price(profile: Profile) -> str:
    price = text("kind.won", won=f"{profile.fee_won:,}") if profile.fee_won else text("kind.free")
    return f"{price}, {text('kind.months', years=profile.months // 12)}"
