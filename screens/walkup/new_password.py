"""The password that a certificate has, and the other one that it gets; or the PINs of the token that it is on."""

import hmac
from typing import ClassVar

from kiosk.errors import KioskError
from kiosk.secret import Secret
from screens.step import Step
from screens.visit import Visit
from screens.walkup.password import Password
from screens.walkup.pin import Pin
from screens.walkup.unlock import Unlock


class OldPassword(Unlock):
    """The one that it has, tried before anything is agreed to."""

    @classmethod
    def wanted(cls, visit: Visit) -> bool:
        """A token has a PIN in place of it."""
        return visit.token is None

    def take(self, password: Secret) -> None:
        """Keep it."""
        self.visit.password.wipe()
        self.visit.password = password


class OtherPassword(Password):
    """The new one, chosen twice as for a new certificate; it must be another one than before."""

    word = "new_password"

    @classmethod
    def wanted(cls, visit: Visit) -> bool:
        """A token has a PIN in place of it."""
        return visit.token is None

    def take(self, password: Secret) -> None:
        """Keep it beside the old one. Raises `password.same`."""
        if hmac.compare_digest(password.reveal(), self.visit.password.reveal()):
            raise KioskError("password.same")
        self.visit.new_password.wipe()
        self.visit.new_password = password


class OtherPin(Pin):
    """A token's PIN is changed as it is typed: the token asks for both at once, and says what it does not take."""

    word = "new_pin"
    instead_of: ClassVar[type[Step] | None] = OtherPassword
    always_changing = True
