"""`kiosk slip`, and the papers of `kiosk issue`."""

import json
import re
import shutil
from pathlib import Path

import pytest

from kiosk.errors import KioskError
from kiosk.lifecycle.stick import StickMedium
from tests.cli.conftest import Issue, Kiosk, healthy, refused
from tests.conftest import TODAY
from tests.printing.paper import printed

PAPERS = "인증서 안내"


def test_issuing_leaves_papers(issue: Issue, kiosk: Kiosk, state: Path, medium: Path) -> None:
    ran = issue("--json")
    said = ran.json()
    assert (said["papers"], said["papers_problem"]) == (str(medium / PAPERS), None)
    assert f"The slip and a file for the calendar are in {medium / PAPERS}" in ran.err
    [text] = (medium / PAPERS).glob("*.txt")
    # The same facts stand on the slip that staff print again.
    again = kiosk("slip", said["serial"], "--state", state)
    assert (again.status, again.err) == (0, "")
    assert again.out.splitlines() == text.read_text("utf-8-sig").splitlines()
    healthy(kiosk, state)


def test_the_mark_on_a_slip_vouches_for_the_log(
    issue: Issue, kiosk: Kiosk, state: Path, medium: Path, tmp_path: Path
) -> None:
    """Copied from the stick as it stands, or from paper, where it takes two lines; an older log does not pass."""
    older = Path(shutil.copytree(state, tmp_path / "older"))
    assert issue().status == 0
    [slip] = (medium / PAPERS).glob("*.txt")
    [mark] = re.findall(r"^Log mark +(\S+)$", slip.read_text("utf-8-sig"), re.MULTILINE)
    for typed in (mark, f"{mark[:40]} {mark[40:]}", mark[:20].upper()):
        ran = kiosk("audit", "verify", "--state", state, "--anchor", typed, "--json")
        assert (ran.status, ran.json()["vouched_to"]) == (0, int(mark.partition(":")[0]))
        ran = kiosk("audit", "verify", "--state", older, "--anchor", typed, "--json")
        assert (ran.status, ran.json()["first_bad"]["why"]) == (6, "cut_off")


def test_issuing_without_room_for_papers(issue: Issue, kiosk: Kiosk, state: Path, medium: Path) -> None:
    (medium / PAPERS).write_bytes(b"theirs")
    ran = issue("--json")
    said = ran.json()
    assert (ran.status, said["state"]) == (0, "done")
    assert (said["papers"], said["papers_problem"]) == (None, "M08")
    assert "The certificate is fine; only the slip" in ran.err
    assert (medium / PAPERS).read_bytes() == b"theirs"
    healthy(kiosk, state)


def test_as_json_and_as_a_file(issue: Issue, kiosk: Kiosk, state: Path, tmp_path: Path) -> None:
    (state / "center.toml").write_text('help_number = "02-123-4567"')
    issued = issue("--json").json()
    out = tmp_path / "slip.txt"
    serial = ":".join(issued["serial"][at : at + 2] for at in range(0, 16, 2)).upper() + issued["serial"][16:]
    said = kiosk("slip", serial, "--out", out, "--state", state, "--json").json()
    assert said == {
        "request": issued["request"], "serial": issued["serial"], "profile": "personal-general",
        "name": "홍*동", "status": "valid", "first_day": "2026-11-22", "last_day": "2027-11-22",
        "renewal_opens": "2027-10-23", "resumable_until": None, "help_number": "02-123-4567",
        "audit_anchor": issued["audit_anchor"], "practice": True,
    }  # fmt: skip
    assert "02-123-4567" in out.read_text("utf-8-sig")
    assert out.stat().st_mode & 0o077 == 0
    by_code = kiosk("slip", issued["request"].upper(), "--state", state, "--json")
    assert by_code.json() == said


def test_on_paper(issue: Issue, kiosk: Kiosk, state: Path, tmp_path: Path) -> None:
    serial = issue("--json").json()["serial"]
    words = ("slip", serial, "--print", "--state", state)
    refused(kiosk(*words, "--json"), 3, "printer.none")
    device = tmp_path / "lp0"
    (state / "printer.toml").write_text(f"device = {json.dumps(str(device))}\nwidth = 384\n")
    refused(kiosk(*words, "--json"), 3, "printer.gone")
    device.touch()
    ran = kiosk(*words)
    assert (ran.status, ran.out) == (0, "")
    assert ran.err == "Printed the slip.\n"
    assert printed(device.read_bytes(), 384).cuts == 1
    (state / "printer.toml").write_text("device = 5")
    refused(kiosk(*words, "--json"), 3, "printer.config", state / "printer.toml")


def test_of_what_was_cut_short(
    issue: Issue, kiosk: Kiosk, state: Path, medium: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KioskError("medium.gone")

    with monkeypatch.context() as patch:
        patch.setattr(StickMedium, "prove", fail)
        code = issue("--json").json()["error"]["request"]
    said = kiosk("slip", code, "--state", state, "--json").json()
    assert (said["serial"], said["request"]) == (None, code)
    assert said["resumable_until"] == TODAY.replace(day=23).isoformat()
    assert "Not finished yet" in kiosk("slip", code, "--state", state).out
    assert not (medium / PAPERS).exists()
    assert issue("--json").json()["papers"] == str(medium / PAPERS)


def test_numbers_that_are_none(kiosk: Kiosk, state: Path) -> None:
    refused(kiosk("slip", "abcd2345", "--state", state, "--json"), 1, "certificate.unknown")
    refused(kiosk("slip", "not a number", "--state", state, "--json"), 2, "usage.serial")
    refused(kiosk("slip", "\x1b[31m", "--state", state, "--json"), 2, "usage.serial")


def test_a_full_disk(issue: Issue, kiosk: Kiosk, state: Path) -> None:
    serial = issue("--json").json()["serial"]
    refused(kiosk("slip", serial, "--out", "/dev/full", "--state", state, "--json"), 2, "usage.file")


def test_doctor_names_a_printer_that_does_not_work(kiosk: Kiosk, state: Path, tmp_path: Path) -> None:
    def found() -> dict[str, dict[str, object]]:
        ran = kiosk("doctor", "--state", state, "--json")
        return {finding["check"]: finding for finding in ran.json()}

    assert found()["no_printer"]["level"] == "good"
    (state / "printer.toml").write_text(f'device = "{tmp_path / "lp0"}"')
    assert found()["printer"]["level"] == "note"
    (tmp_path / "lp0").touch()
    assert found()["printer"]["level"] == "good"
    assert (tmp_path / "lp0").read_bytes() == b""
    (state / "center.toml").write_text("help = 1")
    assert found()["printer"]["level"] == "note"
