"""Person: whose certificates these are. Name and number, and the phone where a code goes."""

from collections.abc import Iterable

from textual.widget import Widget
from textual.widgets import Static

from kiosk.errors import KioskError
from kiosk.i18n import language_of, text
from kiosk.lifecycle.answers import clean_phone
from kiosk.pki.id_number import clean_id_number
from kiosk.pki.names import clean_name
from screens.step import Step
from screens.walkup.details import TYPED_DIGITS
from screens.widgets.field import Field
from screens.widgets.parts import FormRow

IDENTIFIERS = ("resident", "foreigner", "business")


class Person(Step):
    """Asked before anything is shown of anybody; no profile is chosen, since certificates of any kind are meant."""

    word = "person"
    types_text = True

    def middle(self) -> Iterable[Widget]:
        """Ask for what tells one person from another; with staff on the spot no phone is needed."""
        visit = self.visit
        name = Field("name", "text", limit=60, korean=language_of() == "ko", value=visit.name)
        yield FormRow(text("details.name.personal"), name)
        yield FormRow(
            text("person.number"),
            Field("number", "digits", limit=TYPED_DIGITS, value=visit.id_number.text()),
        )
        if self._by_phone:
            yield FormRow(
                text("details.phone"), Field("phone", "digits", limit=TYPED_DIGITS, value=visit.phone)
            )
        hint = "person.hint" if self._by_phone else "person.staff"
        yield Static(text(hint), classes="quiet gap", markup=False)

    @property
    def _by_phone(self) -> bool:
        return self.visit.flow != "resume"

    async def answer(self) -> None:
        """Check each; the cursor goes to the first that is wrong."""
        visit, (name, number, *phone) = self.visit, self.query(Field)
        with self.at(name):
            # Signs that only a business's name has are no reason to stop here: the identity check decides.
            visit.name = clean_name(name.content, kind="business")
        with self.at(number):
            today = visit.services.clock.today()
            cleaned, kind = clean_id_number(number.secret(), identifiers=IDENTIFIERS, today=today)
            if kind == "business" and phone:
                raise KioskError("identity.business")
            visit.id_number = cleaned
        for field in phone:
            with self.at(field):
                visit.phone = clean_phone(field.content)
        visit.profile = None
        visit.act = "" if phone else "resume"
        visit.mine = visit.changed = None
        await super().answer()
