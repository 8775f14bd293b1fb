"""Mail that came back: reports as Postfix, Exim and Exchange write them, and everything else that lies in a mailbox."""

import uuid
from datetime import timedelta
from email.message import EmailMessage
from email.mime.base import MIMEBase
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import SMTP
from pathlib import Path

import pytest

from kiosk.reminders.bounces import LIMIT, Bounces, failed
from kiosk.reminders.channel import Returned
from kiosk.reminders.mail import Mail, written
from tests.reminders.office import START, Office
from tests.reminders.test_mail import Mailbox, Start, keys, mailbox, message, start

__all__ = ["keys", "mailbox", "start"]
FORMS = ("whole", "headers", "inner headers")


def report(
    sent: EmailMessage,
    *,
    form: str = "whole",
    action: str = "failed",
    status: str = "5.1.1",
    kind: str = "report",
) -> bytes:
    """Write what a server sends back about a mail: words for people, fields for programs, and what it was about."""
    mail = MIMEMultipart(kind, **{"report-type": "delivery-status"})
    mail["From"] = "Mail Delivery System <MAILER-DAEMON@mail.test>"
    mail["To"] = "kiosk@example.kr"
    mail["Subject"] = "Undelivered Mail Returned to Sender"
    mail.attach(MIMEText("I'm sorry to have to inform you ...\n<gone@example.com>: unknown user\n"))
    fields = MIMEBase("message", "delivery-status")
    about_server = EmailMessage()
    about_server["Reporting-MTA"] = "dns; mail.test"
    about_person = EmailMessage()
    about_person["Final-Recipient"] = "rfc822; gone@example.com"
    about_person["Action"] = action
    about_person["Status"] = status
    fields.set_payload([about_server, about_person])
    mail.attach(fields)
    if form == "whole":
        mail.attach(MIMEMessage(sent))
    else:
        headers = sent.as_bytes(policy=SMTP).partition(b"\r\n\r\n")[0].decode("ascii") + "\r\n"
        part = (
            MIMEText(headers, "rfc822-headers")
            if form == "headers"
            else MIMEBase("message", "rfc822-headers")
        )
        if form != "headers":
            part.set_payload(headers)
        mail.attach(part)
    return mail.as_bytes(policy=SMTP)


def ours(id_: str) -> EmailMessage:
    return written(message("gone@example.com", id=id_), "kiosk@example.kr")


@pytest.mark.parametrize("form", FORMS)
def test_what_came_back_is_known_by_its_id(form: str) -> None:
    id_ = str(uuid.uuid4())
    assert failed(report(ours(id_), form=form)) == Returned(id_, "bounced.5.1.1")
    assert failed(report(ours(id_), form=form, status="5.2.2 (mailbox full)")) == Returned(
        id_, "bounced.5.2.2"
    )
    assert failed(report(ours(id_), form=form, status="none")) == Returned(id_, "bounced.5.0.0")


def test_what_says_nothing_of_the_kind() -> None:
    """A delay is no end, a success no failure; and only reports count, whatever else quotes one of our mails."""
    sent = ours(str(uuid.uuid4()))
    for action in ("delayed", "delivered", "relayed", "expanded", ""):
        assert failed(report(sent, action=action)) is None
    assert failed(report(sent, kind="mixed")) is None
    answer = EmailMessage()
    answer["In-Reply-To"] = str(sent["Message-ID"])
    answer.set_content("I am away until Monday.")
    theirs = EmailMessage()
    theirs["Message-ID"] = "<20261122.1234@example.com>"
    for other in (
        answer.as_bytes(),
        report(theirs),
        b"",
        b"\0" * 1000,
        b"Content-Type: multipart/report\n\nx",
    ):
        assert failed(other) is None


def maildir(tmp_path: Path) -> Path:
    for name in ("new", "cur", "tmp"):
        (tmp_path / "mail" / name).mkdir(parents=True)
    return tmp_path / "mail"


def test_only_read_reports_are_deleted(tmp_path: Path) -> None:
    place, ids = maildir(tmp_path), [str(uuid.uuid4()) for _ in range(3)]
    (place / "new" / "1.host").write_bytes(report(ours(ids[0])))
    (place / "cur" / "2.host:2,S").write_bytes(report(ours(ids[1])))
    (place / "cur" / "3.host:2,S").write_bytes(report(ours(ids[0])))
    (place / "new" / "4.host").write_bytes(report(ours(ids[2]), action="delayed"))
    (place / "new" / "5.host").write_bytes(report(ours(ids[2])) + b"\n" * LIMIT)
    (place / "tmp" / "6.host").write_bytes(report(ours(ids[2])))
    (place / "new" / "7.host").symlink_to(place / "tmp" / "6.host")
    bounces = Bounces(place)
    assert sorted(each.id for each in bounces.read()) == sorted([ids[0], ids[0], ids[1]])
    bounces.clear([ids[0], ids[2]])
    left = sorted(path.name for path in place.rglob("*.host*"))
    assert left == ["2.host:2,S", "4.host", "5.host", "6.host", "7.host"]


def test_a_mailbox_that_is_not_there(tmp_path: Path) -> None:
    bounces = Bounces(tmp_path / "none")
    assert list(bounces.read()) == []
    bounces.clear(["x"])


async def test_who_did_not_get_it_is_called(
    office: Office, start: Start, mailbox: Mailbox, tmp_path: Path
) -> None:
    """Taken one day, back the next: the message failed, staff call, and the report is gone once that is on record."""
    place = maildir(tmp_path)
    held = await office.add(START + timedelta(days=30), email="gone@example.com", phone="021234567")
    other = await office.add(START + timedelta(days=30), email="here@example.com", phone="")
    mail = Mail(start(), Bounces(place))
    assert (await office.run(mail)).counts == {"sent": 2}
    [taken] = [taken for to, taken in mailbox.taken if to == ["gone@example.com"]]
    path = place / "new" / "1.host"
    path.write_bytes(report(taken))
    office.clock.forward(days=1)
    assert (await office.run(mail)).counts == {"failed": 1, "sent": 1}
    assert await office.rows(held) == [(30, "call", "sent", None), (30, "email", "failed", "bounced.5.1.1")]
    assert await office.rows(other) == [(30, "email", "sent", None)]
    assert not path.exists()
    # The same once more, from a server that says it twice, changes nothing.
    path.write_bytes(report(taken))
    assert (await office.run(mail)).counts == {}
    assert await office.rows(held) == [(30, "call", "sent", None), (30, "email", "failed", "bounced.5.1.1")]
    assert not path.exists()
