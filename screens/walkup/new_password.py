"""New password: chosen twice, in place of the one that was just typed."""

import hmac

from kiosk.errors import KioskError
from kiosk.secret import Secret
from screens.visit import Visit
from screens.walkup.password import Password


class NewPassword(Password):
    """As for a new certificate; it must be another one than before."""

    word = "new_password"

    @classmethod
    def wanted(cls, visit: Visit) -> bool:  # noqa: ARG003
        """Always."""
        return True

    def take(self, password: Secret) -> None:
        """Keep it beside the old one. Raises `password.same`."""
        if hmac.compare_digest(password.reveal(), self.visit.password.reveal()):
            raise KioskError("password.same")
        self.visit.new_password.wipe()
        self.visit.new_password = password
