"""`suspend`, `resume`, `revoke`, `status`, `history`: each act, and each refusal in a sentence."""

import json
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from kiosk.clock import KST
from kiosk.lifecycle.status import WORDS
from tests.cli.conftest import Issue, Kiosk, healthy, refused
from tests.conftest import TODAY, Ran
from tests.printing.paper import printed

DAY = timedelta(days=1)
Act = Callable[..., Ran]


@pytest.fixture
def serial(issue: Issue) -> str:
    return str(issue("--json").json()["serial"])


@pytest.fixture
def act(kiosk: Kiosk, state: Path, serial: str) -> Act:
    """Run a command on the certificate."""

    def run(command: str, *words: object, at: datetime = TODAY + DAY) -> Ran:
        return kiosk(command, serial, *words, "--state", state, at=at)

    return run


def test_suspend_and_resume(act: Act, kiosk: Kiosk, state: Path, serial: str) -> None:
    document = act("suspend", "--json").json()
    assert (document["status"], document["reason"], document["next_action"]) == (
        "suspended", "certificateHold", "resume",
    )  # fmt: skip
    assert document["suspension_ends"] == "2027-05-23T23:59:59+09:00"
    ran = act("status")
    assert "Staff can resume it through 2027-05-23. After that it is revoked for good." in ran.out
    ran = act("resume", "--document", "passport", at=TODAY + 2 * DAY)
    assert ran.status == 0
    assert ran.err == f"The certificate is good again: {serial}. Its last day is still 2027-11-22.\n"
    assert ran.out.startswith("2027-11-22  valid  홍길동")
    assert act("status", "--json").json()["suspension_ends"] is None
    healthy(kiosk, state, at=TODAY + 3 * DAY)


def test_serials_as_people_copy_them(kiosk: Kiosk, state: Path, serial: str) -> None:
    pairs = [serial[at : at + 2] for at in range(0, len(serial), 2)]
    assert kiosk("suspend", ":".join(pairs).upper(), "--state", state).status == 0
    assert kiosk("resume", f"0x{serial}", "--state", state).status == 0
    for copied in (" ".join(pairs), f"serial={serial.upper()}", f"00:{':'.join(pairs)}", f" {serial}\n"):
        assert kiosk("status", copied, "--state", state, "--json").json()["serial"] == serial


@pytest.mark.parametrize(
    "copied", ["0", "", "serial=", "0x", "-1", "１２", "12 xyz", "a" * 65, "1.5", "\x1b[2J"]
)
def test_what_is_no_serial(kiosk: Kiosk, state: Path, copied: str) -> None:
    refused(kiosk("status", "--state", state, "--json", "--", copied), 2, "usage.serial")


@pytest.mark.parametrize("reason", WORDS["revoke"])
def test_each_reason(act: Act, reason: str) -> None:
    document = act("revoke", "--reason", reason, "--json").json()
    assert (document["status"], document["reason"]) == ("revoked", reason)
    assert "It is revoked for good. Why: " in act("status").out
    assert act("status", "--json").json()["since"] == "2026-11-23T09:00:00+09:00"


@pytest.mark.parametrize(
    ("command", "reason"),
    [("revoke", word) for word in ("removeFromCRL", "certificateHold", "KEYCOMPROMISE", "nonsense")]
    + [("suspend", "keyCompromise"), ("resume", "certificateHold")],
)
def test_words_that_are_no_reason_here(act: Act, command: str, reason: str) -> None:
    error = refused(act(command, "--reason", reason, "--json"), 2, "usage.reason", reason)
    words = WORDS[command]  # type: ignore[index]
    assert error["known"].split(", ") == list(words)
    assert act("status", "--json").json()["status"] == "valid"


def test_revoking_needs_a_reason(act: Act) -> None:
    refused(act("revoke", "--json"), 2, "usage.reason")
    assert act("suspend", "--reason", "certificateHold").status == 0
    assert act("resume", "--reason", "removeFromCRL").status == 0


def test_documents_are_words_too(act: Act) -> None:
    act("suspend")
    ran = act("resume", "--document", "9001011234568")
    assert ran.status == 2
    assert "residentCard" in ran.err
    assert act("status", "--json").json()["status"] == "suspended"


def test_what_cannot_be_done(act: Act, kiosk: Kiosk, state: Path, serial: str) -> None:
    """Each has its sentence, and leaves everything as it was."""

    def stays(ran: Ran, id_: str, *said: object, at: datetime = TODAY + DAY) -> None:
        refused(ran, 1, id_, serial, *said)
        assert act("history", "--json", at=at).json() == known

    known = act("history", "--json").json()
    stays(act("resume", "--json"), "certificate.not_suspended")
    assert act("suspend").status == 0
    known = act("history", "--json").json()
    stays(act("suspend", "--json"), "certificate.suspended", "2026-11-23")
    late = TODAY + 200 * DAY
    known = act("history", "--json", at=late).json()
    for command in (("suspend",), ("resume",), ("revoke", "--reason", "superseded")):
        stays(act(*command, "--json", at=late), "certificate.forgotten", "2026-11-23", at=late)
    assert act("revoke", "--reason", "superseded").status == 0
    known = act("history", "--json").json()
    for command in (("suspend",), ("resume",), ("revoke", "--reason", "superseded")):
        stays(act(*command, "--json"), "certificate.revoked", "2026-11-23")
    refused(
        kiosk("suspend", "1234", "--state", state, "--json", at=TODAY + DAY), 1, "certificate.unknown", "1234"
    )
    refused(kiosk("suspend", "xyz", "--state", state, "--json"), 2, "usage.serial", "xyz")


def test_after_the_last_second(act: Act) -> None:
    last = datetime(2027, 11, 22, 23, 59, 59, tzinfo=KST)
    over = last + timedelta(seconds=1)
    for command in (("suspend",), ("resume",), ("revoke", "--reason", "superseded")):
        refused(act(*command, "--json", at=over), 1, "certificate.expired", "2027-11-22")
    assert act("suspend", at=last).status == 0
    refused(act("resume", "--json", at=over), 1, "certificate.expired")
    said = act("status", at=over).out
    assert (
        "Its time is over. Get a new one.\nIt cannot be resumed: its validity ended on 2027-11-22.\n" in said
    )
    assert "can be resumed" not in said


def test_what_openssl_says_of_it(act: Act, kiosk: Kiosk, state: Path, medium: Path, tmp_path: Path) -> None:
    """On the list while suspended, off it when resumed, on it for good when revoked."""
    [certificate] = medium.rglob("signCert.der")
    assert kiosk("ca", "--state", state, "--out", tmp_path / "chain.pem").status == 0

    def verified(at: datetime) -> str:
        assert kiosk("crl", "--state", state, "--out", tmp_path / "crl", at=at).status == 0
        subprocess.run(
            ["openssl", "crl", "-inform", "DER", "-in", tmp_path / "crl", "-out", tmp_path / "crl.pem"],
            check=True,
        )
        done = subprocess.run(
            ["openssl", "verify", "-CAfile", tmp_path / "chain.pem", "-crl_check", "-CRLfile",
             tmp_path / "crl.pem", "-attime", str(int(at.timestamp()) + 60), certificate],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.stdout + done.stderr

    assert act("suspend", at=TODAY + DAY).status == 0
    assert "certificate revoked" in verified(TODAY + DAY)
    assert act("resume", at=TODAY + 2 * DAY).status == 0
    assert verified(TODAY + 2 * DAY).endswith("signCert.der: OK\n")
    assert act("revoke", "--reason", "keyCompromise", at=TODAY + 3 * DAY).status == 0
    assert "certificate revoked" in verified(TODAY + 3 * DAY)


def test_whether_the_list_says_so(act: Act, kiosk: Kiosk, state: Path, tmp_path: Path) -> None:
    def told(at: datetime) -> tuple[str, object]:
        lines, document = act("status", at=at).out.splitlines(), act("status", "--json", at=at).json()
        return lines[-1], document["as_of_crl"] and document["as_of_crl"]["says_so"]

    assert told(TODAY) == ("No revocation list has been made yet.", None)
    assert kiosk("crl", "--state", state, "--out", tmp_path / "crl").status == 0
    assert told(TODAY + timedelta(hours=3)) == ("It is not on revocation list no. 1, 3 hours old.", True)
    assert act("suspend").status == 0
    behind = "The last revocation list, no. 1, {}, was made before this."
    assert told(TODAY + DAY) == (behind.format("24 hours old"), False)
    assert told(TODAY + 3 * DAY) == (behind.format("3 days old"), False)
    (tmp_path / "out").mkdir()
    (state / "publish.toml").write_text(f'crl_directory = "{tmp_path}/out"')
    assert act("revoke", "--reason", "keyCompromise", at=TODAY + 3 * DAY).status == 0
    assert told(TODAY + 3 * DAY + timedelta(minutes=59)) == (
        "It is on revocation list no. 2, 59 minutes old.",
        True,
    )


def test_history_is_printed(act: Act, state: Path, tmp_path: Path) -> None:
    refused(act("history", "--print", "--json"), 3, "printer.none")
    device = tmp_path / "lp0"
    device.touch()
    (state / "printer.toml").write_text(f"device = {json.dumps(str(device))}\nwidth = 384\n")
    ran = act("history", "--print")
    assert (ran.out, ran.err) == ("", "Printed what happened to the certificate.\n")
    assert printed(device.read_bytes(), 384).cuts == 1


def test_history_is_a_page_that_can_be_read(act: Act, kiosk: Kiosk, state: Path, serial: str) -> None:
    assert act("suspend").status == 0
    assert act("resume", "--document", "driverLicence", at=TODAY + 2 * DAY).status == 0
    assert act("revoke", "--reason", "cessationOfOperation", at=TODAY + 3 * DAY).status == 0
    ran = act("history", at=TODAY + 4 * DAY)
    assert (
        ran.out
        == f"""\
What happened to this certificate
Issued by: Certkiosk

Serial number: {serial}
Name: 홍길동
How it stands: revoked
Issued at this kiosk.
  2026-11-22 09:00  A new certificate was applied for.
  2026-11-22 09:00  The person was identified. (known by phone)
  2026-11-22 09:00  Issued, good from 2026-11-22 through 2027-11-22.
  2026-11-22 09:00  Written onto the medium, and seen to work from there.
  2026-11-23 09:00  Suspended. (done by staff)
  2026-11-24 09:00  Made good again. (staff saw the driving licence)
  2026-11-25 09:00  Revoked for good. Why: no longer used. (done by staff)

As of 2026-11-26 09:00.
"""
    )
    [certificate] = act("history", "--json").json()["certificates"]
    assert [event["what"] for event in certificate["events"]] == [
        "applied", "identified", "issued", "proved", "suspended", "resumed", "revoked",
    ]  # fmt: skip
    refused(kiosk("history", "1234", "--state", state, "--json"), 1, "certificate.unknown")


def test_a_forgotten_one_says_so(act: Act) -> None:
    assert act("suspend").status == 0
    at = TODAY + 200 * DAY
    said = "  2027-05-24 00:00  Revoked for good: it had been suspended for too long.\n"
    assert said in act("history", at=at).out
    document = act("status", "--json", at=at).json()
    assert (document["status"], document["reason"], document["since"]) == (
        "revoked", "unspecified", "2027-05-24T00:00:00+09:00",
    )  # fmt: skip


def test_nothing_inside_shows_outside(act: Act) -> None:
    """No request's state, row or code, which is nobody's business."""
    assert act("suspend").status == 0
    ran = act("history")
    for word in ("key_made", "staged", "request", "certificate.", "in_person", "verified", "None"):
        assert word not in ran.out


def test_the_clock_ends_a_suspension_and_publishes_it(
    act: Act, kiosk: Kiosk, state: Path, tmp_path: Path
) -> None:
    """`kiosk tick` writes down what counts already."""
    (state / "publish.toml").write_text(f'crl_directory = "{tmp_path}"')
    assert act("suspend").status == 0
    late = TODAY + 200 * DAY
    assert act("history", "--json", at=late).json()["certificates"][0]["events"][-1]["what"] == "revoked"
    ran = kiosk("tick", "--state", state, "--json", at=late)
    jobs = {each["job"]: each for each in ran.json()}
    assert jobs["suspensions"] == {"job": "suspensions", "counts": {"revoked": 1}, "error": None}
    assert jobs["list"]["error"] is None
    [entry] = x509.load_der_x509_crl((tmp_path / "ca.crl").read_bytes())
    assert entry.revocation_date_utc == datetime(2027, 5, 24, tzinfo=KST)
    events = act("history", "--json", at=late).json()["certificates"][0]["events"]
    assert [event["what"] for event in events[-2:]] == ["suspended", "revoked"]
