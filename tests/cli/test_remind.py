"""`kiosk remind` and `kiosk tick`, from agreeing to being reminded, called, and left alone."""

import csv
import json
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kiosk.clock import KST
from kiosk.errors import TABLE
from tests.cli.conftest import Issue, Kiosk, refused
from tests.conftest import TODAY
from tests.printing.paper import printed

END = datetime(2027, 11, 22, 9, tzinfo=KST)
ANSWERS: dict[str, Any] = {"reminders": True, "email": "hong@example.com"}


def before(days: int) -> datetime:
    return END - timedelta(days=days)


@pytest.fixture
def serial(issue: Issue) -> str:
    return str(issue("--json", **ANSWERS).json()["serial"])


def test_due_run_and_due_no_more(kiosk: Kiosk, state: Path, serial: str) -> None:
    assert kiosk("remind", "due", "--state", state, "--json", at=before(91)).json() == []
    due = kiosk("remind", "due", "--state", state, "--json", at=before(28)).json()
    assert due == [
        {"serial": serial, "not_after": "2027-11-22", "days_left": 28, "rung": 30, "channel": channel,
         "why": "rung", "tries": 0} for channel in ("sms", "email")
    ]  # fmt: skip
    shown = kiosk("remind", "due", "--state", state, at=before(28)).out.splitlines()
    assert shown[0] == f"2027-11-22  sms  {serial}  the message of 30 days before (28 left)"
    ran = kiosk("remind", "run", "--state", state, "--json", at=before(28))
    assert ran.json() == {"queued": 2, "sent": 2, "again": 0, "failed": 0, "dropped": 0, "down": {}}
    assert kiosk("remind", "run", "--state", state, "--json", at=before(28)).json()["queued"] == 0
    ran = kiosk("remind", "due", "--state", state, at=before(28))
    assert (ran.out, ran.err) == ("", "Nothing is to be sent now.\n")
    texts = [path.read_text("utf-8") for path in (state / "outbox").glob("*.txt")]
    assert len(texts) == len(list((state / "outbox").glob("*.eml"))) == 1
    assert texts[0].startswith("+821023456789\n\n[Practice] Certkiosk: the certificate")


def test_after_the_end_it_says_so(kiosk: Kiosk, state: Path, serial: str) -> None:
    due = kiosk("remind", "due", "--state", state, at=before(-3)).out.splitlines()
    assert due[0] == f"2027-11-22  sms  {serial}  the message of 1 days after (ended 3 days ago)"


def test_who_did_not_agree_is_not_written_to(issue: Issue, kiosk: Kiosk, state: Path) -> None:
    assert issue(email="hong@example.com").status == 0
    assert kiosk("remind", "run", "--state", state, "--json", at=before(28)).json()["queued"] == 0
    assert not (state / "contacts.keys").exists()
    refused(issue("--json", reminders="yes"), 2, "answers.wrong", "reminders")


def test_stopping(kiosk: Kiosk, state: Path, serial: str) -> None:
    """By the serial, or by the number in the message; the second time there is nothing to stop."""
    kiosk("remind", "run", "--state", state, at=before(30))
    [text] = [path.read_text("utf-8") for path in (state / "outbox").glob("*.txt")]
    code = text.rstrip().rpartition(" ")[2]
    ran = kiosk("remind", "stop", code.upper(), "--state", state, "--json", at=before(20))
    assert ran.json() == {"stopped": True}
    assert "No more messages" in ran.err
    assert kiosk("remind", "stop", serial, "--state", state, "--json", at=before(20)).json() == {
        "stopped": False
    }
    assert kiosk("remind", "run", "--state", state, "--json", at=before(14)).json()["queued"] == 0
    refused(kiosk("remind", "stop", "abcdef", "--state", state, "--json"), 1, "certificate.unknown")
    refused(kiosk("remind", "stop", "no serial", "--state", state, "--json"), 2, "usage.serial")


def test_the_list_of_calls(issue: Issue, kiosk: Kiosk, state: Path, tmp_path: Path) -> None:
    serial = issue("--json", reminders=True, phone="02-123-4567").json()["serial"]
    ran = kiosk("remind", "calls", "--state", state, at=before(30))
    assert (ran.out, ran.err) == ("", "Nobody is to be called.\n")
    kiosk("remind", "run", "--state", state, at=before(30))
    assert (
        kiosk("remind", "calls", "--state", state, at=before(29)).out
        == f"[ ]  2027-11-22  홍길동  02-123-4567  {serial}\n"
    )
    file = tmp_path / "calls.csv"
    assert kiosk("remind", "calls", "--csv", file, "--state", state, at=before(29)).status == 0
    with file.open(encoding="utf-8-sig", newline="") as table:
        assert list(csv.reader(table)) == [
            ["Last day", "Name", "Phone", "Serial"], ["2027-11-22", "홍길동", "02-123-4567", serial]
        ]  # fmt: skip
    assert file.stat().st_mode & 0o077 == 0
    device = tmp_path / "lp0"
    words = ("remind", "calls", "--print", "--state", state)
    refused(kiosk(*words, "--json", at=before(29)), 3, "printer.none")
    (state / "printer.toml").write_text(f"device = {json.dumps(str(device))}\nwidth = 384\n")
    refused(kiosk(*words, "--json", at=before(29)), 3, "printer.gone")
    device.touch()
    ran = kiosk(*words, at=before(29))
    assert (ran.out, ran.err) == ("", "Printed the list of calls.\n")
    assert printed(device.read_bytes(), 384).cuts == 1
    assert kiosk("remind", "calls", "--done", serial, "--state", state, "--json", at=before(28)).json() == []
    ran = kiosk(*words, at=before(28))
    assert (ran.out, ran.err) == ("", "Nobody is to be called.\n")
    assert printed(device.read_bytes(), 384).cuts == 1, "nothing is printed where there is nothing"
    refused(
        kiosk("remind", "calls", "--done", serial, "--state", state, "--json", at=before(28)),
        1,
        "remind.none",
        serial,
    )
    kiosk("remind", "run", "--state", state, at=before(14))
    assert len(kiosk("remind", "calls", "--state", state, "--json", at=before(14)).json()) == 1, (
        "the next rung"
    )


def test_the_outlook(kiosk: Kiosk, state: Path, serial: str) -> None:
    kiosk("remind", "run", "--state", state, at=before(60))
    found = kiosk("remind", "outlook", "--state", state, "--json", at=before(50)).json()
    assert [week["count"] for week in found["weeks"]] == [0] * 7 + [1] + [0] * 4
    assert found["weeks"][7]["from"] == "2027-11-21"
    assert found["days"] == {"2027-11-22": 1}
    assert found["messages"] == [
        {"channel": "email", "state": "sent", "count": 1}, {"channel": "sms", "state": "sent", "count": 1}
    ]  # fmt: skip
    shown = kiosk("remind", "outlook", "--state", state, "--weeks", 10, at=before(50)).out.splitlines()
    assert shown[7] == f"2027-11-21  {'#' * 40}  1"
    assert len([line for line in shown if line.endswith("  0")]) == 9
    other = kiosk(
        "remind", "outlook", "--state", state, "--profile", "business-general", "--json", at=before(50)
    )
    assert other.json()["days"] == {}
    words = ("remind", "outlook", "--state", state, "--profile", "nonsense", "--json")
    refused(kiosk(*words, at=before(50)), 2, "answers.profile", "nonsense", "business-general")
    assert (
        kiosk("certs", "--expiring", 30, "--state", state, "--json", at=before(30)).json()[0]["serial"]
        == serial
    )


def test_a_file_that_is_wrong(kiosk: Kiosk, state: Path) -> None:
    (state / "reminders.toml").write_text("[spool]\n")
    for words in (("remind", "due"), ("remind", "run")):
        refused(
            kiosk(*words, "--state", state, "--json"),
            2,
            "remind.config",
            state / "reminders.toml",
            "spool.error",
        )


def test_tick_says_what_each_job_did(kiosk: Kiosk, state: Path, serial: str) -> None:
    ran = kiosk("tick", "--state", state, "--json", at=before(30))
    found = {each["job"]: each for each in ran.json()}
    assert found["reminders"]["counts"]["sent"] == 2
    assert ran.status == 0
    (state / "reminders.toml").write_text("[spool]\n")
    ran = kiosk("tick", "--state", state, "--json", at=before(14))
    found = {each["job"]: each for each in ran.json()}
    assert found["reminders"]["error"] == TABLE["remind.config"].code
    assert [each["error"] for name, each in found.items() if name != "reminders"] == [None] * (len(found) - 1)
    assert ran.status == 2
    assert "spool.error" in ran.err


def test_two_jobs_at_once_send_once(issue: Issue, state: Path, tmp_path: Path) -> None:
    for number in range(6):
        stick = tmp_path / f"stick{number}"
        stick.mkdir()
        ran = issue(medium=stick, id_number=f"900101123456{number}", phone=f"0102345678{number}", **ANSWERS)
        assert ran.status == 0, ran.err
    words = [
        sys.executable,
        "-m",
        "kiosk",
        "remind",
        "run",
        "--state",
        state,
        "--json",
        "--at",
        before(30).isoformat(),
    ]
    jobs = [
        subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for _ in range(4)
    ]
    said = [json.loads(job.communicate()[0]) for job in jobs]
    assert sum(each.get("sent", 0) for each in said) == 12
    assert {each["error"]["id"] for each in said if "error" in each} <= {"remind.busy"}
    assert len(list((state / "outbox").iterdir())) == 12
    assert before(30) > TODAY
