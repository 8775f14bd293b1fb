"""SMS through an HTTPS gateway that speaks our contract.

    POST <url>                          {"id": "<UUID>", "to": "+821023456789", "from": "021234567", "text": "…"}
    Authorization: Bearer <key>
    Idempotency-Key: <UUID>             the message's id: a second message with the same id is not sent again
    Content-Type: application/json

    200  {"id": "<UUID>", "result": "accepted"}
    200  {"id": "<UUID>", "result": "refused", "reason": "number"}    for good
    200  {"id": "<UUID>", "result": "later", "reason": "busy"}        to be tried again

Any other answer says that nothing gets through for now (401, 404, 429, 5xx, a redirect), or, if it is 400, 413, 422,
or a 200 that makes no sense, something about this message only.
"""

import http.client
import json
import re
import ssl
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import SplitResult

from kiosk.reminders.channel import SENT, Message, Outcome, Returned
from kiosk.reminders.deadline import WHOLE, deadline
from kiosk.secret import Secret

_LONGEST = 64 * 1024
_REASON = re.compile(r"[a-z0-9_.-]{1,40}")
_OF_THE_MESSAGE = frozenset({400, 413, 422})


@dataclass(frozen=True)
class Access:
    """Where a gateway is, and as whom we send."""

    url: SplitResult
    sender: str
    key: Secret
    context: ssl.SSLContext = field(repr=False)
    seconds: float = 20.0


class Gateway:
    """A gateway, over one connection that is kept open."""

    name = "sms"
    page = 20

    def __init__(self, access: Access) -> None:
        """Nothing is connected before the first message."""
        self._access = access
        self._connection: http.client.HTTPSConnection | None = None

    def send(self, messages: Sequence[Message]) -> list[Outcome]:
        """Hand over each. A connection that was open for long may have been closed: then once more."""
        outcomes = []
        for message in messages:
            fresh = self._connection is None
            outcome = self._try(message)
            if outcome.kind == "down" and self._connection is None and not fresh:
                outcome = self._try(message)
            outcomes.append(outcome)
            if outcome.kind == "down":
                break
        return outcomes

    def _try(self, message: Message) -> Outcome:
        access = self._access
        if self._connection is None:
            self._connection = http.client.HTTPSConnection(
                access.url.hostname or "", access.url.port, timeout=access.seconds, context=access.context
            )
        content = {"id": message.id, "to": message.to, "from": access.sender, "text": message.text}
        connection = self._connection
        try:
            with deadline(WHOLE * access.seconds, lambda: connection.sock):
                connection.request(
                    "POST", access.url._replace(scheme="", netloc="", fragment="").geturl() or "/",
                    json.dumps(content).encode(),
                    {
                        "Authorization": f"Bearer {access.key.text()}", "Idempotency-Key": message.id,
                        "Content-Type": "application/json",
                    },
                )  # fmt: skip
                answer = connection.getresponse()
                body = answer.read(_LONGEST + 1)
        except ssl.SSLError:
            outcome = Outcome("down", "gateway.tls")
        except (OSError, http.client.HTTPException, ValueError):
            outcome = Outcome("down", "gateway.connection")
        else:
            outcome = judged(message.id, answer.status, body)
            if len(body) <= _LONGEST:
                return outcome
        self.close()
        return outcome

    def returned(self) -> Iterable[Returned]:
        """Give nothing."""
        return ()

    def clear(self, ids: Iterable[str]) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Hang up."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def judged(id_: str, status: int, body: bytes) -> Outcome:
    """Say what an answer means for the message `id_`."""
    if status in _OF_THE_MESSAGE:
        return Outcome("never", f"gateway.{status}")
    if status != http.HTTPStatus.OK:
        return Outcome("down", f"gateway.{status}")
    nonsense = Outcome("again", "gateway.answer")
    if len(body) > _LONGEST:
        return nonsense
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return nonsense
    if not isinstance(answer, dict) or answer.get("id") != id_:
        return nonsense
    said = answer.get("reason")
    reason = f"gateway.{said}" if isinstance(said, str) and _REASON.fullmatch(said) else "gateway"
    match answer.get("result"):
        case "accepted":
            return SENT
        case "refused":
            return Outcome("never", reason)
        case "later":
            return Outcome("again", reason)
    return nonsense
