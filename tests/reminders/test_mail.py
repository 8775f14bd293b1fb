"""E-mail to a real server (aiosmtpd) under TLS, which takes it, refuses it, or is not there."""

import email
import socket
import ssl
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from icalendar import Calendar

from kiosk.reminders.channel import SENT, Message, Outcome
from kiosk.reminders.mail import Mail, Server, written
from kiosk.secret import Secret
from tests.reminders.drip import dripping
from tests.reminders.office import START, Office
from tests.reminders.tls import Trust, trust

TEXT = "홍*동 님의 인증서는 2027년 11월 22일까지 쓸 수 있습니다.\n\n.\n점으로 시작하는 줄도 있습니다."


class Mailbox:
    """What the server took, and what it answers to whom."""

    def __init__(self) -> None:
        self.taken: list[tuple[list[str], EmailMessage]] = []
        self.recipients: dict[str, str] = {}
        self.data = "250 OK"
        self.logins: list[tuple[bytes, bytes]] = []
        self.encrypted: list[bool] = []
        self.hang_up_after = 1000

    async def handle_RCPT(  # noqa: N802 - as the library has it
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.recipients.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.encrypted.append(session.ssl is not None)
        if self.data.startswith("250"):
            message = email.message_from_bytes(envelope.content or b"", policy=policy.default)
            assert isinstance(message, EmailMessage)
            self.taken.append((list(envelope.rcpt_tos), message))
            if len(self.taken) % self.hang_up_after == 0:
                assert server.transport is not None
                server.transport.close()
        return self.data

    def login(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"right")


Start = Callable[..., Server]


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def keys(tmp_path: Path) -> Trust:
    return trust(tmp_path / "tls")


class _Starttls(Controller):
    def __init__(self, mailbox: Mailbox, context: ssl.SSLContext | None, *, login: bool, port: int) -> None:
        self._options: dict[str, Any] = {}
        if context is not None:
            self._options = {"tls_context": context, "require_starttls": True}
        if login:
            self._options |= {"authenticator": mailbox.login, "auth_required": True}
        super().__init__(mailbox, hostname="127.0.0.1", port=port)

    def factory(self) -> SMTP:
        return SMTP(self.handler, hostname="mail.test", **self._options)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def start(mailbox: Mailbox, keys: Trust) -> Iterator[Start]:
    """Start the server; give how to reach it."""
    running: list[Controller] = []

    def run(
        *, tls: bool = True, login: bool = False, user: str = "", password: str = "right", **other: Any
    ) -> Server:
        controller = _Starttls(mailbox, keys.context() if tls else None, login=login, port=free_port())
        controller.start()
        running.append(controller)
        context = other.get("context") or ssl.create_default_context(cafile=keys.authority)
        return Server(
            other.get("host", "127.0.0.1"), controller.port, "kiosk@example.kr", context, user, Secret(password),
            other.get("seconds", 10.0),
        )  # fmt: skip

    yield run
    for controller in running:
        controller.stop()


def message(to: str = "hong@example.com", **changes: Any) -> Message:
    return Message(
        **{"id": str(uuid.uuid4()), "queued_at": "2026-11-22T01:23:45.678Z", "to": to,
           "subject": "인증서 기간이 30일 남았습니다", "text": TEXT, **changes}
    )  # fmt: skip


def sent(server: Server, *messages: Message) -> list[Outcome]:
    mail = Mail(server)
    try:
        return mail.send(list(messages))
    finally:
        mail.close()


def test_korean_text_with_a_calendar(start: Start, mailbox: Mailbox) -> None:
    given = message(calendar="BEGIN:VCALENDAR\r\nSUMMARY:마지막 날\r\nEND:VCALENDAR\r\n".encode())
    assert sent(start(), given) == [SENT]
    [(recipients, taken)] = mailbox.taken
    assert recipients == ["hong@example.com"]
    assert mailbox.encrypted == [True]
    assert (taken["To"], taken["From"]) == ("hong@example.com", "kiosk@example.kr")
    assert taken["Subject"] == given.subject
    assert taken["Message-ID"] == f"<{given.id}@example.kr>"
    assert taken["Auto-Submitted"] == "auto-generated"
    assert taken["Date"].datetime.isoformat() == "2026-11-22T10:23:45+09:00"
    body = taken.get_body()
    assert body is not None
    assert body.get_content().replace("\r\n", "\n").rstrip("\n") == TEXT
    [attached] = taken.iter_attachments()
    assert (attached.get_content_type(), attached.get_filename()) == ("text/calendar", "certificate.ics")
    content = attached.get_content()
    assert given.calendar == (content if isinstance(content, bytes) else content.encode())


def test_a_login(start: Start, mailbox: Mailbox) -> None:
    assert sent(start(login=True, user="kiosk"), message()) == [SENT]
    assert mailbox.logins == [(b"kiosk", b"right")]
    [wrong] = sent(start(login=True, user="kiosk", password="wrong", seconds=2.0), message())
    assert wrong.kind == "down", "which of the server's complaints is the last one is its own matter"
    assert sent(start(login=True), message()) == [Outcome("down", "smtp.530")]
    assert len(mailbox.taken) == 1


def test_nothing_goes_out_in_the_clear(start: Start, mailbox: Mailbox) -> None:
    assert sent(start(tls=False), message()) == [Outcome("down", "smtp.starttls")]
    assert mailbox.taken == []


@pytest.mark.parametrize("answer", ["454 TLS not available", "501 no parameters", "554 not today"])
def test_a_server_that_will_not_encrypt_now(
    start: Start, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    """It offers STARTTLS and refuses it: whatever its answer is, it is about no message."""

    async def smtp_STARTTLS(server: SMTP, arg: str) -> None:  # noqa: N802 - as the library has it
        await server.push(answer)

    monkeypatch.setattr(SMTP, "smtp_STARTTLS", smtp_STARTTLS)
    assert sent(start(), message(), message()) == [Outcome("down", f"smtp.{answer[:3]}")]
    assert mailbox.taken == []


def test_a_server_that_is_somebody_else(start: Start, mailbox: Mailbox, tmp_path: Path, keys: Trust) -> None:
    """No authority that we trust vouches for it, or for another name."""
    assert sent(start(context=ssl.create_default_context()), message()) == [Outcome("down", "smtp.tls")]
    other = trust(tmp_path / "other", "mail.example.org")
    keys.server.write_bytes(other.server.read_bytes())
    wrong = ssl.create_default_context(cafile=other.authority)
    assert sent(start(context=wrong), message()) == [Outcome("down", "smtp.tls")]
    assert mailbox.taken == []


def test_nobody_answers() -> None:
    server = Server("127.0.0.1", free_port(), "kiosk@example.kr", ssl.create_default_context())
    assert sent(server, message(), message()) == [Outcome("down", "smtp.connection")]


def test_a_server_that_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = Server(
            "127.0.0.1",
            silent.getsockname()[1],
            "kiosk@example.kr",
            ssl.create_default_context(),
            seconds=0.2,
        )
        assert sent(server, message()) == [Outcome("down", "smtp.connection")]


@pytest.mark.parametrize("first", ["220-welcome", "220 welcome\r\n250-welcome"])
def test_a_server_that_never_comes_to_an_end(first: str) -> None:
    """Each byte comes in time; the whole does not."""
    with dripping(first.encode(), b"x") as talker:
        server = Server(
            "127.0.0.1", talker.port, "kiosk@example.kr", ssl.create_default_context(), seconds=0.2
        )
        assert sent(server, message()) == [Outcome("down", "smtp.connection")]
        assert not talker.outlasted


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("550 no such user", Outcome("never", "smtp.550")),
        ("553 name not allowed", Outcome("never", "smtp.553")),
        ("450 greylisted", Outcome("again", "smtp.450")),
        ("452 mailbox full", Outcome("again", "smtp.452")),
    ],
)
def test_a_recipient_that_is_refused(start: Start, mailbox: Mailbox, answer: str, outcome: Outcome) -> None:
    """And the next one is none the worse for it."""
    mailbox.recipients["gone@example.com"] = answer
    assert sent(start(), message("gone@example.com"), message()) == [outcome, SENT]
    assert [recipients for recipients, _ in mailbox.taken] == [["hong@example.com"]]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("554 spam", Outcome("never", "smtp.554")),
        ("451 later", Outcome("again", "smtp.451")),
        ("421 closing", Outcome("down", "smtp.421")),
    ],
)
def test_a_message_that_is_refused(start: Start, mailbox: Mailbox, answer: str, outcome: Outcome) -> None:
    mailbox.data = answer
    assert sent(start(), message()) == [outcome]


def test_a_server_that_hangs_up_now_and_then(start: Start, mailbox: Mailbox) -> None:
    """It takes three in one conversation; more conversations are held, and nothing is sent twice."""
    mailbox.hang_up_after = 3
    mail = Mail(start())
    given = [message() for _ in range(8)]
    outcomes = [mail.send([each])[0] for each in given]
    mail.close()
    ids = [taken["Message-ID"] for _, taken in mailbox.taken]
    # What it hung up upon, before it said yes, comes again with its Message-ID.
    assert outcomes == [SENT] * 8
    assert {f"<{each.id}@example.kr>" for each in given} == set(ids)


@pytest.mark.parametrize(
    "to",
    [
        "a@example.com\r\nBcc: all@example.com", "a@example.com, b@example.com", "a@", "@example.com",
        "a b@example.com", "<a@example.com>", "홍@example.com", "a@..", "a@example..com", "a@" + "x" * 70 + ".com",
        "a;b@example.com", "a@example.com\x00",
    ],
)  # fmt: skip
def test_addresses_that_are_none_or_more_than_one(to: str) -> None:
    server = Server("127.0.0.1", 1, "kiosk@example.kr", ssl.create_default_context())
    assert sent(server, message(to)) == [Outcome("never", "address")]


def test_a_domain_of_hangul() -> None:
    assert written(message("a@한국.kr"), "kiosk@example.kr")["To"] == "a@xn--3e0b707e.kr"


async def test_the_whole_way(office: Office, start: Start, mailbox: Mailbox) -> None:
    """A bounced address is called; the others got their mail, each once."""
    end = START + timedelta(days=30)
    good = [await office.add(end, phone="", email=f"person{n}@example.com") for n in range(3)]
    bad = await office.add(end, email="gone@example.com", phone="021234567")
    mailbox.recipients["gone@example.com"] = "550 no such user"
    mail = Mail(start())
    report = await office.run(mail)
    assert report.counts == {"sent": 4, "failed": 1}
    assert await office.rows(bad) == [(30, "call", "sent", None), (30, "email", "failed", "smtp.550")]
    for _, taken in mailbox.taken:
        [attached] = taken.iter_attachments()
        [event] = Calendar.from_ical(attached.get_content()).walk("VEVENT")
        assert event.decoded("DTSTART") == end
        assert "연습" in str(event["SUMMARY"])
    assert sorted(recipients[0] for recipients, _ in mailbox.taken) == [
        f"person{n}@example.com" for n in range(3)
    ]
    for held in good:
        assert await office.rows(held) == [(30, "email", "sent", None)]
