"""`kiosk issue`, `scan` and `doctor` with a token."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kiosk.i18n import text_in
from tests.conftest import TODAY, Ran
from tests.hardware.conftest import LABEL, PIN, WHOLE, Hsm
from tests.source import ROOT

Kiosk = Callable[..., Ran]
Answers = Callable[..., Path]


@pytest.fixture
def configured(state: Path, hsm: Hsm) -> Path:
    """A state that knows the module."""
    (state / "tokens.toml").write_text(f'modules = ["{hsm.faulty}"]\n')
    return state


@pytest.fixture
def answers(write_answers: Answers, tmp_path: Path) -> Answers:
    """Answers with a PIN file and no password."""
    (tmp_path / "pin").write_text(PIN + "\n")
    return lambda **changes: write_answers(**{"password_file": None, "pin_file": "pin", **changes})


def error(ran: Ran) -> tuple[int, Any]:
    found = ran.json()["error"]
    assert found["code"] in ran.err
    return ran.status, found


def test_issue_and_scan(kiosk: Kiosk, configured: Path, answers: Answers, hsm: Hsm) -> None:
    medium = f"pkcs11:token={LABEL}?module-name=faults"
    ran = kiosk("issue", "--state", configured, "--answers", answers(), "--medium", medium, "--json")
    assert ran.status == 0
    issued = ran.json()
    assert issued["path"].startswith(f"pkcs11:token={LABEL};manufacturer=")
    [found] = kiosk("scan", f"PKCS11:token={LABEL}", "--state", configured, "--json").json()
    assert list(found) == [
        "path", "subject", "kind", "issuer", "serial", "not_before", "not_after", "days_left", "status",
        "next_action", "key_format", "problem",
    ]  # fmt: skip
    assert (found["path"], found["serial"], found["status"]) == (issued["path"], issued["serial"], "valid")
    assert (found["kind"], found["key_format"], found["problem"]) == ("personal-general", "pkcs11", None)
    line = kiosk("scan", f"pkcs11:token={LABEL}", "--state", configured).out
    assert line.startswith("2027-11-22  valid  홍길동  General, personal")
    assert hsm.objects() == WHOLE


def test_what_is_on_a_token_of_others(kiosk: Kiosk, configured: Path, hsm: Hsm, tmp_path: Path) -> None:
    """A certificate of others' and rubbish in a certificate's place: both are listed, as on a stick."""
    assert kiosk("scan", "pkcs11:", "--state", configured).err == "There is no certificate on this medium.\n"
    root = tmp_path / "root.der"
    subprocess.run(
        ["openssl", "x509", "-in", configured / "authority" / "root.crt", "-outform", "DER", "-out", root],
        check=True,
    )
    for number in ("01", "02"):
        hsm.tool("--write-object", root, "--type", "cert", "--id", number, "--label", "x")
    der = root.read_bytes()
    # One is spoilt where SoftHSM keeps it: OpenSC would not write it so.
    spoilt = next(path for path in (hsm.place / "tokens").rglob("*.object") if der in path.read_bytes())
    spoilt.write_bytes(spoilt.read_bytes().replace(der, b"\xff" * len(der)))
    found = kiosk("scan", "pkcs11:", "--state", configured, "--json").json()
    assert sorted(each["status"] for each in found) == ["unknown", "unreadable"]
    assert {each["problem"] for each in found} == {None, "certificate_unreadable"}


def test_refusals(kiosk: Kiosk, configured: Path, answers: Answers, medium: Path, hsm: Hsm) -> None:
    def issue(target: object, **changes: Any) -> tuple[int, Any]:
        path = answers(**changes)
        return error(kiosk("issue", "--state", configured, "--answers", path, "--medium", target, "--json"))

    status, found = issue("pkcs11:token=NONE")
    assert (status, found["id"], found["retry"]) == (3, "token.none", True)
    status, found = issue(f"pkcs11:token={LABEL}?pin-value={PIN}")
    assert (status, found["id"], found["part"]) == (2, "usage.uri", "pin-value")
    status, found = issue(medium)
    assert (status, found["id"], found["key"]) == (2, "answers.missing", "password_file")
    status, found = issue("pkcs11:", password_file="answers.toml.password", pin_file=None)
    assert (status, found["id"], found["key"]) == (2, "answers.missing", "pin_file")
    status, found = issue("pkcs11:", pin_file="nowhere")
    assert (status, found["id"], found["key"]) == (2, "answers.pin_file", "pin_file")
    status, found = issue("pkcs11:", pin_file=5)
    assert (status, found["id"], found["key"]) == (2, "answers.wrong", "pin_file")
    status, found = issue("pkcs11:", pin_file=None)
    assert (status, found["id"], found["key"]) == (2, "answers.missing", "password_file")
    hsm.plan("flags=0x100")
    status, found = issue("pkcs11:")
    assert (status, found["id"], found["retry"]) == (3, "token.pad", False)
    assert "C_Login" not in hsm.calls()
    hsm.plan("C_Login=0xa0", "flags=0x20000")
    status, found = issue("pkcs11:")
    assert (status, found["id"]) == (3, "token.pin_last")
    assert hsm.objects() == {}


def test_no_module_is_loaded_that_is_not_configured(
    kiosk: Kiosk, state: Path, answers: Answers, hsm: Hsm
) -> None:
    """A URI chooses among the modules of this machine; it brings none."""
    for uri in ("pkcs11:", f"pkcs11:?module-path={hsm.faulty}"):
        ran = kiosk("issue", "--state", state, "--answers", answers(), "--medium", uri, "--json")
        assert error(ran)[1]["id"] == "token.none"
    assert hsm.calls() == []


def test_doctor_names_what_is_missing(kiosk: Kiosk, configured: Path, hsm: Hsm, tmp_path: Path) -> None:
    def says(line: str) -> None:
        ran = kiosk("doctor", "--state", configured)
        assert ran.status == 0
        assert line in ran.out.splitlines()

    says("good  Token modules that work: 1. Tokens plugged in: 1.")
    (configured / "tokens.toml").write_text(f'modules = ["{tmp_path}/no.so", "{hsm.faulty}"]\n')
    says("note  These token modules cannot be used: no.so")
    (configured / "tokens.toml").write_text("modules = 5\n")
    says("note  These token modules cannot be used: tokens.toml")


def test_a_killed_command_is_resumed(configured: Path, answers: Answers, hsm: Hsm, kiosk: Kiosk) -> None:
    """SIGKILL to the whole process, with nobody left to clean up; the next command goes on."""
    kill = (
        "import os, sys; from functools import partial; from kiosk import cli; from kiosk.cli import issue\n"
        "def die(state):\n"
        "    if state == 'written': os.kill(os.getpid(), 9)\n"
        "issue.Issuing = partial(issue.Issuing, progress=die)\n"
        "cli.main()\n"
    )
    words = ["issue", "--state", configured, "--answers", answers(), "--medium", "pkcs11:", "--json"]
    done = subprocess.run(
        [sys.executable, "-c", kill, *words, "--at", TODAY.isoformat()], check=False, capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == -9
    ran = kiosk(*words)
    assert (ran.status, ran.json()["resumed"]) == (0, True)
    assert hsm.objects() == WHOLE


def test_media_lists_tokens(kiosk: Kiosk, configured: Path, hsm: Hsm, tmp_path: Path) -> None:
    hsm.plan("tries=3")
    listed = kiosk("media", "--state", configured, "--json").json()["tokens"]
    [found] = [token for token in listed if token["pin"] != "unset"]
    assert list(found) == ["label", "serial", "manufacturer", "model", "uri", "module", "pin", "problem"]
    assert (found["label"], found["model"], found["pin"], found["problem"]) == (
        LABEL,
        "SoftHSM v2",
        "all",
        None,
    )
    assert found["uri"].startswith(f"pkcs11:token={LABEL};")
    for wrong, state, problem in (
        ("x", "fewer", None),
        ("xx", "last", None),
        ("xxx", "none", "token.pin_locked"),
    ):
        (hsm.place / "wrong").write_text(wrong)
        listed = kiosk("media", "--state", configured, "--json").json()["tokens"]
        assert (state, problem) in [(token["pin"], token["problem"]) for token in listed]
    hsm.plan("flags=0x80000")
    ran = kiosk("media", "--state", configured)
    assert f"token  {LABEL}  SoftHSM v2  {found['serial']}  PIN must be changed first" in ran.out.splitlines()
    hsm.plan("flags=0x100")
    ran = kiosk("media", "--state", configured, at=None)
    assert text_in("en", "error.token.pad") in ran.out
    (configured / "tokens.toml").write_text(f'modules = ["{tmp_path}/no.so"]\n')
    ran = kiosk("media", "--state", configured, "--json")
    assert (ran.status, ran.json()["tokens"]) == (0, [])
    assert "no.so" in ran.err


def test_a_pin_is_changed(kiosk: Kiosk, configured: Path, answers: Answers, tmp_path: Path) -> None:
    """The old one opens the token no more, for `kiosk issue` as for everybody; wrong ones the token counts."""
    (tmp_path / "new").write_text("90817263\n")
    (tmp_path / "wrong").write_text("11112222\n")
    medium = f"pkcs11:token={LABEL}"
    words = ("password", "--state", configured, "--medium", medium, "--new-file", tmp_path / "new", "--json")
    assert error(kiosk(*words, "--old-file", tmp_path / "wrong"))[1]["id"] == "token.pin"
    assert error(kiosk(*words, "--old-file", tmp_path / "new"))[1]["id"] == "token.pin_weak"
    ran = kiosk(*words, "--old-file", tmp_path / "pin")
    assert ran.status == 0, ran.err
    assert ran.json().pop("path").startswith(medium)
    issue = ("issue", "--state", configured, "--medium", medium, "--json", "--answers")
    assert error(kiosk(*issue, answers()))[1]["id"] == "token.pin"
    assert kiosk(*issue, answers(pin_file="new")).status == 0


def test_a_makers_pin_is_changed_before_anything_is_issued(
    kiosk: Kiosk, configured: Path, answers: Answers, hsm: Hsm, tmp_path: Path
) -> None:
    with (configured / "tokens.toml").open("a") as settings:
        settings.write(f'factory_pins = ["{PIN}"]\n')
    (tmp_path / "new").write_text("90817263\n")
    medium = ("--state", configured, "--medium", f"pkcs11:token={LABEL}", "--json")
    assert error(kiosk("issue", *medium, "--answers", answers()))[1]["id"] == "token.pin_change"
    assert hsm.objects() == {}
    files = ("--old-file", tmp_path / "pin", "--new-file", tmp_path / "new")
    assert kiosk("password", *medium, *files).status == 0
    assert kiosk("issue", *medium, "--answers", answers(pin_file="new")).status == 0
    back = ("--old-file", tmp_path / "new", "--new-file", tmp_path / "pin")
    assert error(kiosk("password", *medium, *back))[1]["id"] == "token.pin_weak"


def test_a_token_is_not_copied(kiosk: Kiosk, configured: Path, tmp_path: Path) -> None:
    words = ("--state", configured, "--json")
    ran = kiosk("copy", "--from", f"pkcs11:token={LABEL}", "--to", tmp_path, *words)
    assert error(ran)[1]["id"] == "token.keeps"


def test_deleted_from_a_token(
    kiosk: Kiosk, configured: Path, answers: Answers, hsm: Hsm, tmp_path: Path
) -> None:
    """Certificate, keys and R go, of this certificate and no other; it is not revoked."""
    medium = ("--medium", f"pkcs11:token={LABEL}")
    serials = []
    for profile in ("personal-general", "personal-bank"):
        end = ("--answers", answers(profile=profile), *medium, "--json")
        serials.append(kiosk("issue", "--state", configured, *end).json()["serial"])
    (tmp_path / "wrong").write_text("11112222\n")

    def delete(serial: str, pin: str = "pin") -> Ran:
        words = ("--state", configured, *medium, "--serial", serial, "--pin-file", tmp_path / pin, "--json")
        return kiosk("delete", *words, "--yes")

    assert error(delete(serials[0], "wrong"))[1]["id"] == "token.pin"
    assert error(delete("01"))[1]["id"] == "medium.not_there"
    assert hsm.objects() == dict.fromkeys(WHOLE, 2)
    ran = delete(serials[0])
    assert (ran.status, ran.json()["revoked"]) == (0, False), ran.err
    told = f"kiosk revoke {serials[0]} --reason REASON"
    assert text_in("en", "delete.no_revocation.token", command=told) in ran.err
    assert hsm.objects() == WHOLE
    [left] = kiosk("scan", medium[1], "--state", configured, "--json").json()
    assert left["serial"] == serials[1]
    assert kiosk("status", serials[0], "--state", configured, "--json").json()["status"] == "valid"
    assert error(delete(serials[0]))[1]["id"] == "medium.not_there"
    assert kiosk("audit", "verify", "--state", configured).status == 0


def test_others_certificates_are_not_deleted(
    kiosk: Kiosk, configured: Path, answers: Answers, hsm: Hsm, tmp_path: Path
) -> None:
    """Neither foreign ones, nor one of ours that somebody put beside another key."""
    medium = ("--state", configured, "--medium", f"pkcs11:token={LABEL}")
    issued = kiosk("issue", "--answers", answers(), *medium, "--json").json()
    ours, root = tmp_path / "ours.der", tmp_path / "root.der"
    number = issued["path"].rpartition(";id=")[2].replace("%", "")
    hsm.tool("--read-object", "--type", "cert", "--id", number, "-o", ours)
    pem = configured / "authority" / "root.crt"
    subprocess.run(["openssl", "x509", "-in", pem, "-outform", "DER", "-out", root], check=True)
    for place, file in (("01", ours), ("02", root)):
        hsm.tool("--write-object", file, "--type", "cert", "--id", place, "--label", "x")
    there = hsm.objects()
    serials = {each["serial"] for each in kiosk("scan", *medium[-1:], *medium[:2], "--json").json()}
    assert len(serials) == 2
    for serial in serials:
        ran = kiosk("delete", *medium, "--serial", serial, "--pin-file", tmp_path / "pin", "--yes", "--json")
        assert error(ran)[1]["id"] == "token.foreign"
    assert hsm.objects() == there
