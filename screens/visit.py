"""What one person has answered so far. It is the only thing that steps share, and it ends with the process."""

import asyncio
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Sequence

    # What the idle screen does without, so that it is there soon.
    from data.records import Certificate
    from kiosk.config import State
    from kiosk.identity.phone import Evidence
    from kiosk.lifecycle.application import Application
    from kiosk.lifecycle.copying import Copied
    from kiosk.lifecycle.look import Seen
    from kiosk.lifecycle.outcome import Outcome
    from kiosk.lifecycle.papers import Papers
    from kiosk.media.offers import Offer, Sticks
    from kiosk.media.scan import Found
    from kiosk.media.token_records import Token
    from kiosk.media.token_uri import TokenUri
    from kiosk.pki.profiles import Profile
    from kiosk.receipt import Slip
    from kiosk.services import Services
    from screens.pfx import PfxWork
    from screens.step import Step
    from screens.succession import Succession


@dataclass(frozen=True)
class NotOpen:
    """Stands for the services until they are open: enough for the idle screen."""

    state: "State"


@dataclass
class Visit:
    """The answers of one visit; every step before the act only fills it."""

    services: "Services"
    sticks: "Sticks"
    flow: str = ""
    """Which flow is under way: a word, or nothing on the idle screen and the menu."""
    steps: "Sequence[type[Step]]" = ()
    profile: "Profile | None" = None
    name: str = ""
    id_number: Secret = field(default_factory=lambda: Secret(""))
    phone: str = ""
    reminders: bool | None = None
    """Whether the person agreed to be reminded, with the phone number kept for it; None: was not asked."""
    evidence: "Evidence | None" = None
    evidence_of: bytes = b""
    """Hash of the details that the identity check was about: changing them voids it."""
    medium: "Offer | None" = None
    medium_identity: str = ""
    """Which directory it was when it was chosen: another stick may come to the same place."""
    chosen: "Seen | None" = None
    """The certificate, on `medium`, that this flow is about."""
    came_chosen: bool = False
    """Whether it was chosen before the flow began, so that nobody asks again which."""
    pfx: "PfxWork | None" = None
    """The PFX file that a certificate goes into or comes from."""
    put_in: bool = False
    """Whether this visit began with putting something in, and nothing else was asked for yet."""
    password: Secret = field(default_factory=lambda: Secret(""))
    new_password: Secret = field(default_factory=lambda: Secret(""))
    """What comes in place of `password`."""
    copy_to: "Offer | None" = None
    """The medium that a copy goes to; `medium` is where it comes from."""
    copy_to_identity: str = ""
    copied: "Copied | None" = None
    pin: Secret = field(default_factory=lambda: Secret(""))
    """Of the token, once it was found right."""
    succession: "Succession | None" = None
    """What is renewed or reissued in this flow."""
    outcome: "Outcome | None" = None
    mine: "Certificate | None" = None
    """The certificate that is to be stopped or resumed: one of this person's."""
    act: str = ""
    """What is to be done with it: suspend, resume or revoke."""
    changed: "Certificate | None" = None
    """How it is since that was done."""
    papers: "Papers | None" = None
    """What was put beside the certificate for the person; None before there is one."""
    unfinished: "Slip | None" = None
    """The slip of the request that was cut short and can be resumed."""
    easy: bool = False
    """Easy mode: every time limit doubled."""
    called: set[tuple[str, str]] = field(default_factory=set)
    """Why and at which step staff have been called."""

    def application(self) -> "Application":
        """Give all answers as the issue service takes them. Only when every step before the act is done."""
        from kiosk.lifecycle.application import Application

        if self.profile is None:
            raise RuntimeError("no profile was chosen")
        return Application(
            profile=self.profile, name=self.name, id_number=self.id_number, phone=self.phone,
            password=self.password, method="phone", pin=self.pin if self.token else None,
            evidence=self.evidence if self.identified else None, reminders=self.reminders,
        )  # fmt: skip

    @property
    def media(self) -> "Sequence[Offer]":
        """What is here now to put a certificate on."""
        return self.sticks.here

    @property
    def token(self) -> "Token | None":
        """The token that was chosen, as it was last seen; None when the medium is none."""
        return self.medium.token if self.medium else None

    def find_tokens(self) -> None:
        """Let tokens be found too, now that there are services to ask. Raises `token.config`."""
        from kiosk.media.inserted import Inserted

        self.sticks.tokens = Inserted(self.services.tokens, self.sticks.refresh)

    async def target(self) -> "Path | TokenUri":
        """Give where to issue to, right before it is done. Raises `medium.*`.

        A token is named by all that stays the same for it: it is looked for anew by whoever opens it.
        """
        return await self._stick_at_hand() if self.token is None else self.token.target

    async def at_hand(self) -> None:
        """Make sure that the medium that was chosen is here. Raises `medium.*`, `token.*`."""
        from kiosk.media.offers import token_at_hand

        if self.medium is not None and self.token is not None:
            self.medium = token_at_hand(self.medium, self.media)
        else:
            await self._stick_at_hand()

    async def _stick_at_hand(self) -> "Path":
        from kiosk.media.offers import at_hand

        if self.medium is None:
            raise RuntimeError("no medium was chosen")
        found = await asyncio.to_thread(at_hand, self.medium, self.medium_identity, self.media)
        self.medium, self.medium_identity, place = found
        return place

    async def chosen_at_hand(self) -> "tuple[Path, Found]":
        """Give where the medium is now, and the certificate on it that was chosen. Raises `medium.*`.

        A stick that was pulled and put in again may be mounted at another place than before.
        """
        if self.chosen is None or self.medium is None:
            raise RuntimeError("no certificate was chosen")
        before, found = self.medium.path, self.chosen.found
        path = await self._stick_at_hand()
        if before is not None and before != path:
            found = replace(found, path=path / Path(found.path).relative_to(before))
            self.chosen = replace(self.chosen, found=found)
        return path, found

    async def copy_at_hand(self) -> "Path":
        """Give where the medium is that a copy goes to. Raises `medium.*`."""
        from kiosk.media.offers import at_hand

        if self.copy_to is None:
            raise RuntimeError("no target was chosen")
        found = await asyncio.to_thread(at_hand, self.copy_to, self.copy_to_identity, self.media)
        self.copy_to, self.copy_to_identity, place = found
        return place

    async def mount_copy_anew(self) -> None:
        """Have the stick with the copy mounted anew."""
        if self.copy_to is not None:
            await self.sticks.mount_anew(self.copy_to)

    async def mount_anew(self) -> None:
        """Have the chosen stick mounted anew, so that what is read next comes from the stick itself."""
        if self.medium is not None:
            await self.sticks.mount_anew(self.medium)

    @property
    def identified(self) -> bool:
        """Whether the identity check was about just these details."""
        return self.evidence is not None and self.evidence_of == self.details_hash()

    def details_hash(self) -> bytes:
        """Hash the details that an identity check is about."""
        from kiosk.lifecycle.application import details

        return self.services.keyed_hash(
            "details", details(self.profile, self.name, self.id_number, self.phone)
        )

    def place_of(self, step: "type[Step]") -> tuple[int, int] | None:
        """Give (number, of how many) of a step in the flow under way; None outside one.

        Steps that this visit skips count too: a number that changes under one's hands is confusing. Of two that
        are never both wanted, one stands at the other's place.
        """
        places = [each for each in self.steps if each.instead_of is None]
        step = step.instead_of or step
        # One step alone is no way of which anybody asks how far it is.
        if step not in places or len(places) == 1:
            return None
        return places.index(step) + 1, len(places)

    def go_to(self, flow: str) -> None:
        """Have `flow` begin with the chosen certificate, once the step that is shown has answered LEAVE."""
        self.flow, self.came_chosen = flow, True

    def wipe(self) -> None:
        """Forget the secrets."""
        self.id_number.wipe()
        self.password.wipe()
        self.new_password.wipe()
        self.pin.wipe()
        if self.pfx is not None:
            self.pfx.password.wipe()
        if self.succession is not None:
            self.succession.password.wipe()
