"""Password: chosen twice, with every rule answered while it is typed."""

from collections.abc import Iterable

from textual.containers import Grid
from textual.widget import Widget
from textual.widgets import Static

from kiosk.errors import KioskError
from kiosk.i18n import text
from kiosk.pki.password import check_password, failures
from kiosk.secret import Secret
from screens.step import Step
from screens.visit import Visit
from screens.widgets.field import Field
from screens.widgets.parts import FormRow

RULES = (
    "short",
    "letters",
    "digits",
    "special",
    "run",
    "repeat",
    "personal",
    "common",
    "forbidden",
    "ascii",
    "long",
)
SHOWN = 8
"""The rest is said only when it is broken."""
TYPED = 80
"""More than a password may have: what a field cuts off, twice the same, nobody would hear of."""


class Password(Step):
    """Two secret fields and the rules."""

    word = "password"

    @classmethod
    def wanted(cls, visit: Visit) -> bool:
        """A token has a PIN and needs no password."""
        return visit.token is None

    def middle(self) -> Iterable[Widget]:
        """Ask, show the rules, ask again."""
        yield Field("password", "secret", limit=TYPED)
        with Grid(classes="rules"):
            for rule in RULES[:SHOWN]:
                yield Static("", id=f"rule-{rule}", markup=False)
        yield Static("", id="rest", classes="strong", markup=False)
        yield Static("", id="missing", classes="hint", markup=False)
        yield FormRow(text("password.again"), Field("again", "secret", limit=TYPED))
        yield Static(text("password.lost"), classes="quiet", markup=False)

    def on_mount(self) -> None:
        """Show every rule as not kept yet."""
        self._judge()

    def on_field_changed(self, message: Field.Changed) -> None:
        """Judge while it is typed."""
        message.stop()
        if message.typed and message.field.name == "password":
            # The rules below are judged with every key; what was said of the last try is not true any more.
            self.clear_fault()
        self._judge()

    def _judge(self) -> None:
        field = self.query(Field).first()
        with field.secret() as typed:
            broken = failures(typed, id_number=self.visit.id_number, phone=self.visit.phone)
        nothing = not field.content
        for rule in RULES[:SHOWN]:
            kept = not nothing and f"password.{rule}" not in broken
            line = self.query_one(f"#rule-{rule}", Static)
            line.update(f"{'[v]' if kept else '[ ]'} {text(f'rule.{rule}')}")
            line.set_class(kept, "good")
        missing = [text(f"rule.{rule}") for rule in RULES if f"password.{rule}" in broken]
        sentence = text("password.missing", rules=", ".join(missing)) if missing else text("password.good")
        self.query_one("#missing", Static).update(sentence)
        self.query_one("#missing").set_class(not missing, "good")
        rest = [text(f"rule.{rule}") for rule in RULES[SHOWN:] if f"password.{rule}" in broken]
        line = self.query_one("#rest", Static)
        line.update(f"[!] {', '.join(rest)}")
        line.set_class(bool(rest), "needed")

    async def answer(self) -> None:
        """Take it when all rules are kept and both are the same."""
        first, again = self.query(Field)
        with self.at(first):
            check_password(first.secret(), id_number=self.visit.id_number, phone=self.visit.phone)
        if first.content != again.content:
            again.wipe()
            with self.at(again):
                raise KioskError("password.differs")
        with self.at(first):
            self.take(first.secret())
        first.wipe()
        again.wipe()
        await super().answer()

    def take(self, password: Secret) -> None:
        """Keep it."""
        self.visit.password = password
