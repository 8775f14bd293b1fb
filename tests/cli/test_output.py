"""Where the output goes: to a program that stops reading, a full disk, nowhere, or a terminal that obeys."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Issue, Kiosk, on, refused
from tests.cli.test_medium import WHOLE, sets
from tests.conftest import TODAY

ROOT = Path(__file__).parents[2]
AT = ("--at", TODAY.isoformat())


def shell(script: str, *words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a line of shell in which `$@` is the command."""
    return subprocess.run(
        ["sh", "-c", script, "sh", sys.executable, "-m", "kiosk", *map(str, words), *AT],
        cwd=ROOT, capture_output=True, text=True, errors="surrogateescape", check=False,
        env={**os.environ, **environment},
    )  # fmt: skip


def test_nobody_reads_on(state: Path) -> None:
    """`kiosk … | head -1`: no traceback, no message of the interpreter."""
    done = shell('"$@" | true', "certs", "--state", state, "--json")
    assert done.stderr == ""
    done = shell('{ "$@"; echo "<$?>" >&2; } | true', "audit", "export", "--state", state)
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


@pytest.mark.parametrize("command", [("certs", "--json"), ("doctor",), ("audit", "export")])
def test_output_onto_a_full_disk(state: Path, command: tuple[str, ...]) -> None:
    done = shell('"$@" > /dev/full', *command, "--state", state)
    assert done.returncode == 2
    assert done.stderr.startswith("Problem U05: ")
    assert len(done.stderr.splitlines()) == 2


def test_issue_whose_output_is_lost(state: Path, medium: Path, write_answers: object, kiosk: Kiosk) -> None:
    """The certificate is on the medium and proved, and the registry knows; the status says what was lost."""
    answers = write_answers()  # type: ignore[operator]
    done = shell(
        '"$@" > /dev/full', "issue", "--state", state, "--answers", answers, "--medium", medium, "--json"
    )
    assert done.returncode == 2
    assert "Issued and proved" in done.stderr
    assert sets(medium) == WHOLE
    assert [row["status"] for row in kiosk("certs", "--state", state, "--json").json()] == ["valid"]


@pytest.mark.parametrize("where", [">&-", "2>&-", ">&- 2>&-", "2>/dev/full"])
def test_output_that_is_closed(state: Path, where: str) -> None:
    done = shell(f'"$@" {where}', "certs", "--state", state, "--json")
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout == ("" if where.startswith(">") else "[]\n")


def test_names_that_act_on_a_terminal(kiosk: Kiosk, state: Path, medium: Path) -> None:
    """A hostile stick: what it is called reaches neither the terminal nor a reader of JSON as it is."""
    name = "cn=한글\u202e\x9b31m\x1b]0;".encode() + b"\xff"
    place = os.path.join(os.fsencode(medium), b"NPKI", b"\x1b[2J", b"USER", name)
    os.makedirs(place)
    Path(os.fsdecode(place), "signCert.der").write_bytes(b"x")
    ran = kiosk("scan", medium, "--state", state)
    assert ran.status == 0
    assert ran.out.replace("\n", "").isprintable()
    assert "cn=한글<U+202E><U+009B>31m<U+001B>]0;<U+DCFF>" in ran.out
    ran = kiosk("scan", medium, "--state", state, "--json")
    assert all(line.isprintable() for line in ran.out.splitlines())
    assert "한글" in ran.out
    [found] = ran.json()
    assert os.fsencode(found["path"]) == place
    assert found["status"] == "unreadable"


@pytest.mark.parametrize(
    "environment",
    [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "euc-kr"}],
    ids=str,
)
def test_terminals_without_these_letters(issue: Issue, state: Path, environment: dict[str, str]) -> None:
    """뷁 is not in EUC-KR, nor is any Hangul in ASCII: escaped, and JSON stays JSON."""
    assert issue(name="뷁동").status == 0
    done = shell('"$@"', "certs", "--state", state, "--json", KIOSK_LANG="ko", **environment)
    assert done.returncode == 0
    encoding = environment.get("PYTHONIOENCODING", "utf-8")
    [held] = json.loads(done.stdout.encode(errors="surrogateescape").decode(encoding))
    assert held["name"] == "뷁동"
    done = shell('"$@"', "certs", "--state", state, KIOSK_LANG="ko", **environment)
    assert (done.returncode, done.stderr) == (0, "")


def test_bytes_that_are_no_text(kiosk: Kiosk, state: Path, tmp_path: Path) -> None:
    """As a terminal of another encoding gives them."""
    strange = "\udcff\udcfe"
    assert kiosk("certs", "--state", state, "--find", strange, "--json").json() == []
    refused(kiosk("status", strange, "--state", state, "--json"), 2, "usage.serial", "<U+DCFF>")
    refused(kiosk("certs", "--state", tmp_path / strange, "--json"), 2, "state.missing", "<U+DCFF>")
    refused(kiosk("scan", tmp_path / strange, "--state", state, "--json"), 3, "medium.missing", "<U+DCFF>")
    refused(kiosk("certs", "--state", state, "--json", "--at", strange, at=None), 2, "usage.time", "<U+DCFF>")
    refused(kiosk("audit", "verify", "--state", state, "--json", "--anchor", strange), 2, "usage.anchor")
    ran = kiosk("init", "--practice", "--state", tmp_path / f"new{strange}", "--json")
    assert (ran.status, ran.json()["state"]) == (0, str(tmp_path / f"new{strange}"))


@pytest.mark.parametrize("serial", ["", "xyz", "0x", "g" * 16, "a" * 65, "-1", "1,2", "\x1b[31m", "٣٤"])
def test_serials_that_are_none(kiosk: Kiosk, state: Path, serial: str) -> None:
    ran = kiosk("status", "--state", state, "--json", "--", serial, at=None)
    refused(ran, 2, "usage.serial")
    assert ran.err.replace("\n", "").isprintable()


def test_serials_in_other_forms(issue: Issue, kiosk: Kiosk, state: Path) -> None:
    serial = issue("--json").json()["serial"]
    forms = [
        serial,
        serial.upper(),
        f"0x{serial}",
        ":".join(serial[at : at + 2] for at in range(0, 32, 2)),
        f" {serial} ",
    ]
    for form in forms:
        found = kiosk("status", form, "--state", state, "--json").json()
        assert (found["serial"], found["status"], found["days_left"]) == (serial, "valid", 365)
    ran = kiosk("status", serial, "--state", state)
    assert ran.out.splitlines()[0].split()[:2] == ["2027-11-22", "valid"]
    refused(kiosk("status", serial[:-1], "--state", state, "--json"), 1, "certificate.unknown", serial[:-1])


def test_interrupted_by_the_keyboard(state: Path, medium: Path, write_answers: object, kiosk: Kiosk) -> None:
    """Ctrl-C in the middle: 130, no traceback, and the same command completes it."""
    answers = write_answers()  # type: ignore[operator]
    words = ["issue", "--state", str(state), "--answers", str(answers), "--medium", str(medium), *AT]
    code = (
        "import os, signal; from functools import partial\n"
        "from kiosk import cli; from kiosk.cli import issue\n"
        "def press(state):\n"
        "    if state == 'issued': os.kill(os.getpid(), signal.SIGINT)\n"
        "issue.Issuing = partial(issue.Issuing, progress=press)\n"
        "cli.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 130
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    ran = kiosk(*words[:-2], "--json")
    assert ran.status == 0
    assert sets(medium) == WHOLE
    assert not [name for name in on(medium) if name.startswith(".certkiosk")]
    assert [row["status"] for row in kiosk("certs", "--state", state, "--json").json()] == ["valid"]
