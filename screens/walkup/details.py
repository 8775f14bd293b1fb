"""Details: name, identity number and phone, as the profile asks for them."""

from collections.abc import Iterable

from textual.widget import Widget
from textual.widgets import Static

from kiosk.i18n import language_of, text
from kiosk.lifecycle.answers import clean_phone
from kiosk.pki.id_number import clean_id_number
from kiosk.pki.names import clean_name
from kiosk.pki.profiles import Profile
from screens.step import Step
from screens.widgets.field import Field
from screens.widgets.parts import FormRow

TYPED_DIGITS = 24
"""More than any number has, with what people put between the digits: one too many must be refused, not cut off."""


class Details(Step):
    """Three fields, one after another."""

    word = "details"
    types_text = True

    def middle(self) -> Iterable[Widget]:
        """Ask for what the profile needs."""
        kind = self._profile.kind
        visit = self.visit
        name = Field("name", "text", limit=60, korean=language_of() == "ko", value=visit.name)
        yield FormRow(text(f"details.name.{kind}"), name)
        yield FormRow(
            text(f"details.number.{kind}"),
            Field("number", "digits", limit=TYPED_DIGITS, value=visit.id_number.text()),
        )
        yield FormRow(text("details.phone"), Field("phone", "digits", limit=TYPED_DIGITS, value=visit.phone))
        yield Static(text("details.hint"), classes="quiet gap", markup=False)

    @property
    def _profile(self) -> Profile:
        if self.visit.profile is None:
            raise RuntimeError("no profile was chosen")
        return self.visit.profile

    async def answer(self) -> None:
        """Check all three; the cursor goes to the first that is wrong."""
        name, number, phone = self.query(Field)
        with self.at(name):
            self.visit.name = clean_name(name.content, kind=self._profile.kind)
            self.visit.services.authority.require_name(self._profile, self.visit.name)
        with self.at(number):
            today = self.visit.services.clock.today()
            cleaned, _ = clean_id_number(number.secret(), identifiers=self._profile.identifiers, today=today)
            self.visit.id_number = cleaned
        with self.at(phone):
            self.visit.phone = clean_phone(phone.content)
        await super().answer()
