"""The way of a person through the kiosk: read what it asks, press what it says, type what it wants."""

import re

from kiosk.i18n import text_in
from tests.screens.terminal import Person

NAMES = {"ko": ("ghdrlfehd", "홍길동"), "en": ("Hong Gildong", "Hong Gildong")}
"""What is typed on a keyboard, and the name that comes of it: with Korean on, letters become syllables."""
ID_NUMBER = "9001011234568"
PHONE = "01023456789"
PASSWORD = "Sun7!flower-hill"
PROFILES = {"ko": "범용 개인", "en": "General, personal"}
CODE = re.compile(r"(?<![\d-])\d{6}(?![\d-])")


class Journey:
    """One visit of `person`, who reads `language`."""

    def __init__(self, person: Person, language: str = "ko") -> None:
        self.person = person
        self.language = language

    def says(self, id_: str, **facts: str | int) -> str:
        return text_in(self.language, id_, **facts)

    @property
    def bar(self) -> str:
        """The keys that the last line offers."""
        return self.person.lines[-1]

    def at(self, step: str) -> None:
        """Wait for the question of `step`, and for the keys that it offers."""
        self.person.sees(self.says(f"step.{step}.question"))
        self.person.until(lambda: self.person.lines[-1].strip(), f"the keys of {step}")
        if step == "idle":
            # Nobody reads a screen and presses a key in a tenth of a second.
            self.person.rests()

    def begins(self) -> None:
        """From the idle screen to the menu."""
        self.at("idle")
        self.person.does(self.says("key.start"))
        self.at("menu")

    def to_details(self, *, begin: bool = True) -> None:
        """Choose to have a certificate issued, and which."""
        if begin:
            self.begins()
        self.person.chooses(self.says("flow.issue"))
        self.at("prepare")
        self.person.does(self.says("key.next"))
        self.at("kind")
        self.person.chooses(PROFILES[self.language])
        self.at("details")

    def to_identity(
        self, number: str = ID_NUMBER, phone: str = PHONE, typed: str | None = None, name: str | None = None
    ) -> None:
        """Fill in the details, with nothing but the keyboard."""
        self.to_details()
        usual, shown = NAMES[self.language]
        for label, answer, seen in (
            ("details.name.personal", typed or usual, name or shown), ("details.number.personal", number, number),
            ("details.phone", phone, phone),
        ):  # fmt: skip
            self.person.sees(self.says(label))
            self.person.types(answer)
            self.person.sees(seen)
            self.person.presses("Enter")
        self.at("identity")

    def to_medium(self, **details: str) -> None:
        """Type the code that stands on the screen."""
        self.to_identity(**details)
        self.person.until(lambda: CODE.search(self.person.text), "the code")
        found = CODE.search(self.person.text)
        assert found is not None
        self.person.types(found[0])
        self.person.presses("Enter")
        self.at("medium")

    def to_password(self, medium: str, **details: str) -> None:
        """Choose the medium by its name."""
        self.to_medium(**details)
        self.brings(medium)
        self.person.chooses(medium)
        self.at("password")

    def brings(self, medium: str) -> None:
        """Put the medium in, where it is not there already."""

    def to_confirm(self, medium: str, password: str = PASSWORD, **details: str) -> None:
        """Choose a password, twice."""
        self.to_password(medium, **details)
        for label in ("step.password.question", "password.again"):
            self.person.sees(self.says(label))
            self.person.types(password)
            self.person.sees("*" * len(password))
            self.person.presses("Enter")
        self.answers_reminding()
        self.person.sees(self.says("step.confirm.question"))

    def answers_reminding(self) -> None:
        """Do without reminders."""
        self.person.sees(self.says("step.remind.question"))
        self.person.presses("2")

    def to_proof(self, medium: str, password: str = PASSWORD, **details: str) -> None:
        """Have the certificate made."""
        self.to_confirm(medium, password, **details)
        issue, more = self.says("key.issue"), self.says("key.more")
        self.person.until(lambda: issue in self.bar or more in self.bar, "a key")
        while issue not in self.bar:
            # The key that issues is offered on the last page: nobody agrees to what they have not seen.
            before = self.person.text
            self.person.presses("PgDn")
            self.person.until(lambda before=before: self.person.text != before, "the next page")
        self.person.does(issue)
        self.person.sees(self.says("step.proof.question"))

    def ends(self) -> None:
        """End the visit; the idle screen is there again."""
        self.person.does(self.says("key.end"))
        self.at("idle")
