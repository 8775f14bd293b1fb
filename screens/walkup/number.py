"""Number: the identity number of the certificate's holder, compared with what the certificate says of it."""

import contextlib
from collections.abc import Iterable

from textual.widget import Widget
from textual.widgets import Static

from kiosk.i18n import text
from kiosk.lifecycle.renew import Renewing
from kiosk.pki.id_number import clean_id_number
from kiosk.pki.profiles import Profile, load_profiles
from screens.step import Step
from screens.succession import chosen_serial, renewal, succession
from screens.walkup.details import TYPED_DIGITS
from screens.widgets.field import Field
from screens.widgets.parts import FormRow


class Number(Step):
    """One field. Key and password are known by now: what is wrong here is the number."""

    word = "number"

    def middle(self) -> Iterable[Widget]:
        """Ask for the number that this kind of certificate has."""
        profile = self._profile
        kind = profile.kind if profile else "personal"
        yield FormRow(
            text(f"details.number.{kind}"),
            Field("number", "digits", limit=TYPED_DIGITS, value=self.visit.id_number.text()),
        )
        yield Static(text("number.why"), classes="quiet gap", markup=False)

    @property
    def _profile(self) -> Profile | None:
        held = self.visit.chosen.held if self.visit.chosen else None
        return load_profiles().get(held.profile) if held else None

    async def answer(self) -> None:
        """Check its form, then compare it, with the old key open."""
        visit, field, profile = self.visit, self.query_one(Field), self._profile
        if profile is not None:
            with self.at(field):
                today = visit.services.clock.today()
                cleaned, _ = clean_id_number(field.secret(), identifiers=profile.identifiers, today=today)
                visit.id_number.wipe()
                visit.id_number = cleaned
        target = await visit.target()
        visit.password.wipe()
        with self.at(field):
            async with visit.sticks.in_use(visit.token) if visit.token else contextlib.nullcontext():
                old = await Renewing(visit.services).check(renewal(visit), target, chosen_serial(visit))
        succession(visit).old = old
        await super().answer()
