"""Keep: whether the password stays as it is, and a new one where it does not."""

from collections.abc import Iterable

from textual.widget import Widget

from kiosk.i18n import text
from kiosk.pki.password import failures
from screens.flow import Nav
from screens.step import Step
from screens.succession import succession
from screens.visit import Visit
from screens.walkup.password import Password
from screens.widgets.choice import Choice
from screens.widgets.frame import KeyHint


class Keep(Step):
    """Two answers. Not asked where the old password does not meet the rule, nor of a token."""

    word = "keep"

    @classmethod
    def wanted(cls, visit: Visit) -> bool:
        """Only a password that is good enough can be kept."""
        return visit.token is None and not _weak(visit)

    def middle(self) -> Iterable[Widget]:
        """Offer both."""
        yield Choice(1, "same", text("keep.same"), more=text("keep.same.more"))
        yield Choice(2, "new", text("keep.new"), more=text("keep.new.more"))

    def hints(self) -> Iterable[KeyHint]:
        """Say that Enter chooses here."""
        for hint in super().hints():
            yield KeyHint(hint.key, hint.cap, text("key.choose")) if hint.key == "enter" else hint

    def chosen(self, value: str) -> None:
        """Remember which."""
        succession(self.visit).keeps = value == "same"
        self.visit.password.wipe()
        self.dismiss(Nav.NEXT)


class NewPassword(Password):
    """The password of the new key, chosen twice."""

    @classmethod
    def wanted(cls, visit: Visit) -> bool:
        """When the old one is not kept, or may not be."""
        return visit.token is None and (_weak(visit) or not succession(visit).keeps)

    def question(self) -> str:
        """Say that it is the new one."""
        return text("keep.question.weak" if _weak(self.visit) else "keep.question")


def _weak(visit: Visit) -> bool:
    return bool(failures(succession(visit).password, id_number=visit.id_number, phone=""))
