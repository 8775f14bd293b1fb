"""E-mail over SMTP, always under TLS that is verified: by STARTTLS (RFC 3207), or from the first byte on port 465."""

import re
import smtplib
import socket
import ssl
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from kiosk.clock import KST, unstamp
from kiosk.reminders.bounces import Bounces
from kiosk.reminders.channel import SENT, Message, Outcome, Returned
from kiosk.reminders.deadline import WHOLE, deadline
from kiosk.secret import Secret

_IMPLICIT_TLS = 465
_READY = 220
_GONE = 421
# Addresses that mail servers agree on: no quotes, comments or lists, and letters of the mailbox in ASCII (RFC 5321).
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")
_HOST = re.compile(
    r"(?=.{1,190}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*"
)


@dataclass(frozen=True)
class Server:
    """A mail server, and as whom we send."""

    host: str
    port: int
    sender: str
    context: ssl.SSLContext = field(repr=False)
    user: str = ""
    password: Secret = field(default_factory=lambda: Secret(""))
    seconds: float = 30.0


class Mail:
    """A mail server to which messages are handed one by one, each on record before the next."""

    name = "email"
    page = 1

    def __init__(self, server: Server, bounces: Bounces | None = None) -> None:
        """Nothing is connected before the first message. `bounces` is the mailbox of its sender, where we have it."""
        self._server = server
        self._bounces = bounces
        self._connection: smtplib.SMTP | None = None

    def send(self, messages: Sequence[Message]) -> list[Outcome]:
        """Hand each to the server. One that hangs up after a number of messages is called once more."""
        outcomes = []
        for message in messages:
            fresh = self._connection is None
            outcome = self._try(message)
            if outcome.kind == "down" and not fresh:
                outcome = self._try(message)
            outcomes.append(outcome)
            if outcome.kind == "down":
                break
        return outcomes

    def _try(self, message: Message) -> Outcome:
        try:
            mail = written(message, self._server.sender)
        except ValueError:
            return Outcome("never", "address")
        told = False
        try:
            with deadline(WHOLE * self._server.seconds, self._socket):
                connection = self._connection or self._connect()
                told = True
                connection.send_message(mail)
        except smtplib.SMTPException as error:
            outcome = _judged(error)
            if not told:  # whatever it says is not about the message
                outcome = Outcome("down", outcome.reason)
        except (OSError, ValueError) as error:  # of TLS too; a server may also answer with nonsense
            outcome = Outcome("down", "smtp.tls" if isinstance(error, ssl.SSLError) else "smtp.connection")
        else:
            return SENT
        if outcome.kind == "down" and self._connection is not None:
            self._connection.close()
            self._connection = None
        return outcome

    def _socket(self) -> socket.socket | None:
        return self._connection.sock if self._connection is not None else None

    def _connect(self) -> smtplib.SMTP:
        """Reach the server, under TLS. The connection is known from the start, so that it can be hung up."""
        server, always = self._server, self._server.port == _IMPLICIT_TLS
        if always:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(timeout=server.seconds, context=server.context)
        else:
            connection = smtplib.SMTP(timeout=server.seconds)
        self._connection = connection
        # The name that TLS verifies. Given to the constructor, it would connect there and then.
        connection._host = server.host  # type: ignore[attr-defined]
        code, said = connection.connect(server.host, server.port)
        if code != _READY:
            raise smtplib.SMTPConnectError(code, said)
        if not always:
            connection.starttls(context=server.context)
        if server.user:
            connection.login(server.user, server.password.text())
        return connection

    def returned(self) -> Iterable[Returned]:
        """Give what came back to the sender's mailbox."""
        return self._bounces.read() if self._bounces else ()

    def clear(self, ids: Iterable[str]) -> None:
        """Delete the reports about these messages."""
        if self._bounces:
            self._bounces.clear(ids)

    def close(self) -> None:
        """Say goodbye to the server."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                with deadline(self._server.seconds, lambda: connection.sock):
                    connection.quit()
            except (smtplib.SMTPException, OSError, ValueError):
                connection.close()


def written(message: Message, sender: str) -> EmailMessage:
    """Write a message as mail; its Message-ID is the same at each try.

    Raises `ValueError` for an address that is none, or that could be more than one.
    """
    mail = EmailMessage(policy=SMTP)
    mail["From"] = address(sender)
    mail["To"] = address(message.to)
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(unstamp(message.queued_at).astimezone(KST))
    mail["Message-ID"] = f"<{message.id}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text, cte="base64")
    if message.calendar is not None:
        mail.add_attachment(
            message.calendar, maintype="text", subtype="calendar", filename="certificate.ics",
            params={"charset": "utf-8", "method": "PUBLISH"},
        )  # fmt: skip
    return mail


def address(text: str) -> Address:
    """Read one address and nothing beside it. Raises `ValueError`."""
    local, _, domain = text.rpartition("@")
    try:
        host = domain.encode("idna").decode()
    except UnicodeError as error:
        raise ValueError("address") from error
    if not _LOCAL.fullmatch(local) or not _HOST.fullmatch(host):
        raise ValueError("address")
    return Address(username=local, domain=host)


def _judged(error: smtplib.SMTPException) -> Outcome:
    """Say what an answer of the server means: 4xx is for now, 5xx for good; about us, nothing gets through."""
    match error:
        case smtplib.SMTPRecipientsRefused(recipients=recipients):
            code = next(iter(recipients.values()))[0]
        case smtplib.SMTPSenderRefused() | smtplib.SMTPAuthenticationError():
            return Outcome("down", f"smtp.{error.smtp_code}")
        case smtplib.SMTPResponseException(smtp_code=code):
            if isinstance(error, smtplib.SMTPConnectError | smtplib.SMTPHeloError):
                return Outcome("down", f"smtp.{code}")
        case smtplib.SMTPNotSupportedError():
            return Outcome("down", "smtp.starttls")
        case _:
            return Outcome("down", "smtp.connection")
    if code == _GONE:
        return Outcome("down", f"smtp.{code}")
    return Outcome("never" if code >= 500 else "again", f"smtp.{code}")
