"""What practice stands in for: the carrier that would send a code to a phone, and a teller at a desk.

Only what cannot exist in a shop window is here; everything else is the same code as in a real state.
"""

import secrets

from kiosk.secret import Secret


class PracticeCarrier:
    """Takes messages as a carrier would, and shows the last one to each number instead of sending it."""

    def __init__(self) -> None:
        self._inbox: dict[str, Secret] = {}

    def send(self, phone: str, code: Secret) -> None:
        """Take the code for `phone` (digits)."""
        self._inbox[phone] = Secret(code.reveal())

    def read(self, phone: str) -> Secret:
        """Give the code last sent to `phone`; empty when there was none."""
        return self._inbox.get(phone, Secret(""))


class PracticeTeller:
    """Looks at every document and lends the code of staff; it is another one in each process."""

    def __init__(self) -> None:
        self.code = Secret("".join(secrets.choice("0123456789") for _ in range(6)))
