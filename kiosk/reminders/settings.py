"""Which ways out this machine has: `reminders.toml` in the state directory.

    [spool]                         # a GSM modem: gammu-smsd with its FILES service
    outbox = "/var/spool/gammu/outbox"
    sent = "/var/spool/gammu/sent"
    error = "/var/spool/gammu/error"

    [gateway]                       # or, in its place, a gateway that speaks the contract in `gateway`
    url = "https://sms.example.kr/v1/messages"
    sender = "021234567"
    key_file = "/etc/certkiosk/sms.key"

    [mail]
    host = "mail.example.kr"
    port = 587                      # STARTTLS; 465: TLS from the first byte
    sender = "kiosk@example.kr"
    user = "kiosk"                  # may be left out, with the password
    password_file = "/etc/certkiosk/mail.password"
    bounces = "/var/mail/kiosk"     # may be left out: the sender's mailbox (Maildir), to which mail comes back

`abroad = true` in `[spool]` or `[gateway]` sends to numbers of other countries too. `ca_file` in `[gateway]` or
`[mail]` names the authority to trust in place of the system's. Without `key_file` or `password_file` the systemd
credentials `certkiosk-sms` and `certkiosk-mail` are read. What is not configured is not there; in practice, messages
that would go that way are put into `outbox/` in the state.
"""

import os
import ssl
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kiosk.config import State, load_help_number
from kiosk.errors import KioskError
from kiosk.reminders.bounces import Bounces
from kiosk.reminders.channel import CallList, Channel
from kiosk.reminders.gateway import Access, Gateway
from kiosk.reminders.mail import Mail, Server, address
from kiosk.reminders.outbox import PracticeOutbox
from kiosk.reminders.spool import Spool
from kiosk.secret import Secret

_KEYS: Mapping[str, Mapping[str, type]] = {
    "spool": {"outbox": str, "sent": str, "error": str, "abroad": bool},
    "gateway": {"url": str, "sender": str, "key_file": str, "ca_file": str, "abroad": bool},
    "mail": {
        "host": str, "port": int, "sender": str, "user": str, "password_file": str, "ca_file": str, "bounces": str,
    },
}  # fmt: skip
_NEEDED = {"spool": {"outbox", "sent", "error"}, "gateway": {"url", "sender"}, "mail": {"host", "sender"}}
_SUBMISSION = 587


@dataclass(frozen=True)
class Settings:
    """The channels of this machine, in the order in which they are served."""

    channels: tuple[Channel, ...]
    ways: frozenset[str]
    """What `ladder.plan` asks for: `sms`, `abroad`, `email`."""
    help: str
    """The number where people ask (`center.toml`); may be empty."""


def load_settings(state: State) -> Settings:
    """Read `reminders.toml`. Raises `remind.config`, naming the first key that is wrong, `center.config`."""
    try:
        values = tomllib.loads(state.reminders.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        values = {}
    except (OSError, ValueError, RecursionError):
        raise _wrong(state, "-") from None
    return _Reader(state).settings(values)


def _wrong(state: State, key: str) -> KioskError:
    return KioskError("remind.config", path=str(state.reminders), key=key[:80])


class _Reader:
    """Reads the tables of one file."""

    def __init__(self, state: State) -> None:
        self._state = state

    def settings(self, values: dict[str, Any]) -> Settings:
        for key in values:
            if key not in _KEYS:
                raise _wrong(self._state, key)
        if "spool" in values and "gateway" in values:
            raise _wrong(self._state, "gateway")
        tables = {name: self._checked(name, table) for name, table in values.items()}
        channels: list[Channel] = []
        if "spool" in tables:
            places = (Path(tables["spool"][key]) for key in ("outbox", "sent", "error"))
            channels.append(Spool(*(self._absolute("spool", place) for place in places)))
        if "gateway" in tables:
            channels.append(self._gateway(tables["gateway"]))
        if "mail" in tables:
            channels.append(self._mail(tables["mail"]))
        if self._state.practice:
            there = {channel.name for channel in channels}
            channels += [
                PracticeOutbox(name, self._state.outbox) for name in ("sms", "email") if name not in there
            ]
        ways = {channel.name for channel in channels}
        if any(table.get("abroad") for table in tables.values()):
            ways.add("abroad")
        return Settings((*channels, CallList()), frozenset(ways), load_help_number(self._state))

    def _checked(self, name: str, table: Any) -> dict[str, Any]:
        if not isinstance(table, dict):
            raise _wrong(self._state, name)
        for key, value in table.items():
            # bool is an int, and no port
            if key not in _KEYS[name] or type(value) is not _KEYS[name][key]:
                raise _wrong(self._state, f"{name}.{key}")
        for key in sorted(_NEEDED[name] - table.keys()):
            raise _wrong(self._state, f"{name}.{key}")
        return table

    def _absolute(self, name: str, path: Path) -> Path:
        if not path.is_absolute():
            raise _wrong(self._state, f"{name}.{path}")
        return path

    def _gateway(self, table: dict[str, Any]) -> Gateway:
        try:
            url = urlsplit(table["url"])
            fine = url.scheme == "https" and bool(url.hostname) and (url.port is None or url.port > 0)
        except ValueError:
            fine = False
        if not fine or url.username is not None:
            raise _wrong(self._state, "gateway.url")
        key = self._secret("gateway.key_file", table.get("key_file"), "certkiosk-sms")
        return Gateway(
            Access(url, table["sender"], key, self._context("gateway.ca_file", table.get("ca_file")))
        )

    def _mail(self, table: dict[str, Any]) -> Mail:
        port = table.get("port", _SUBMISSION)
        if not 0 < port < 1 << 16:
            raise _wrong(self._state, "mail.port")
        try:
            address(table["sender"])
        except ValueError:
            raise _wrong(self._state, "mail.sender") from None
        user = table.get("user", "")
        password = Secret("")
        if user:
            password = self._secret("mail.password_file", table.get("password_file"), "certkiosk-mail")
        context = self._context("mail.ca_file", table.get("ca_file"))
        mailbox = table.get("bounces")
        bounces = Bounces(self._absolute("mail", Path(mailbox))) if mailbox is not None else None
        return Mail(Server(table["host"], port, table["sender"], context, user, password), bounces)

    def _context(self, key: str, ca_file: str | None) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=ca_file)
        except (OSError, ValueError):  # ssl.SSLError is an OSError
            raise _wrong(self._state, key) from None
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    def _secret(self, key: str, named: str | None, credential: str) -> Secret:
        directory = os.environ.get("CREDENTIALS_DIRECTORY", "")
        path = Path(named) if named is not None else Path(directory or "/") / credential
        try:
            content = path.read_bytes().strip()
        except (OSError, ValueError):
            raise _wrong(self._state, key) from None
        # It goes into a header, and must not end it.
        if not content or len(content) > 4096 or not content.decode("latin-1").isprintable():
            raise _wrong(self._state, key)
        return Secret(content)
