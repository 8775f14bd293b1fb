"""A real state: its keys are closed, its clock is the machine's, and nothing is stood in for."""

import contextlib
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from argon2.low_level import Type, hash_secret_raw

from tests.cli.conftest import PASSPHRASE, Kiosk, on, refused
from tests.cli.test_state import every_command

ROOT = Path(__file__).parents[2]
KEYS = ("root", "issuing", "audit", "subscriber")


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase"
    path.write_text(PASSPHRASE + "\n")
    return path


def test_init(kiosk_process: Kiosk, tmp_path: Path, key_file: Path) -> None:
    state = tmp_path / "state"
    ran = kiosk_process("init", "--center", "서울센터", "--state", state, "--key-file", key_file, "--json")
    assert ran.status == 0, ran.err
    assert ran.json()["practice"] is False
    assert ran.json()["center"] == "서울센터"
    assert "root.key" in ran.err
    for path in (state, *state.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0 or path.suffix in {".crt", ".pub"}, path
        assert path.is_dir() or PASSPHRASE.encode() not in path.read_bytes()
    ran = kiosk_process("doctor", "--state", state, "--json")
    assert ran.status == 0, ran.out
    levels = {finding["check"]: finding["level"] for finding in ran.json()}
    assert (levels["keys"], levels["root_key"]) == ("good", "note")
    (state / "authority" / "root.key").unlink()
    ran = kiosk_process("doctor", "--state", state, "--json")
    assert {finding["level"] for finding in ran.json()} == {"good"}


@pytest.mark.parametrize("words", [("--key-file", "empty"), ()], ids=["empty file", "none"])
def test_init_needs_a_passphrase(kiosk: Kiosk, tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "empty").write_text("\n")
    words = tuple(str(tmp_path / word) if word == "empty" else word for word in words)
    refused(
        kiosk("init", "--state", tmp_path / "state", *words, "--json", at=None), 4, "authority.key_needed"
    )
    assert not (tmp_path / "state").exists()


def test_init_with_a_passphrase_file_that_is_not_there(kiosk: Kiosk, tmp_path: Path) -> None:
    words = ("--state", tmp_path / "state", "--key-file", tmp_path / "none", "--json")
    refused(kiosk("init", *words, at=None), 2, "usage.file", tmp_path / "none")
    assert not (tmp_path / "state").exists()


def test_passphrase_as_a_systemd_credential(
    kiosk: Kiosk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key_file: Path
) -> None:
    (tmp_path / "certkiosk-key").write_bytes(key_file.read_bytes())
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    state = tmp_path / "state"
    assert kiosk("init", "--state", state, at=None).status == 0
    assert kiosk("crl", "--state", state, "--out", tmp_path / "crl", at=None).status == 0
    # A file that is named wins, and holds the same.
    (tmp_path / "certkiosk-key").write_text("another")
    crl = ("crl", "--state", state, "--out", tmp_path / "crl", "--json")
    assert kiosk(*crl, "--key-file", key_file, at=None).status == 0
    refused(kiosk(*crl, at=None), 4, "authority.locked")


@pytest.mark.parametrize("name", KEYS)
def test_keys_are_closed(real_state: Path, name: str) -> None:
    """openssl reads them with what Argon2id makes of the passphrase, not with that itself, nor with none."""
    path = real_state / "authority" / f"{name}.key"
    salt = (real_state / "authority" / "salt").read_bytes()
    raw = hash_secret_raw(
        PASSPHRASE.encode(), salt, time_cost=3, memory_cost=65536, parallelism=1, hash_len=32, type=Type.ID
    )
    for password, opens in (("", False), (PASSPHRASE, False), (raw.hex(), True)):
        done = subprocess.run(
            ["openssl", "pkey", "-in", path, "-noout", "-passin", f"pass:{password}"],
            capture_output=True, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        assert (done.returncode == 0) == opens
    assert b"ENCRYPTED PRIVATE KEY" in path.read_bytes()


def test_what_needs_no_key(
    kiosk: Kiosk, real_state: Path, medium: Path, write_answers: Callable[..., Path]
) -> None:
    for words in every_command(real_state, medium, write_answers()):
        ran = kiosk(*words, at=None)
        match words[0]:
            case "renew":
                refused(ran, 3, "medium.empty")
            case "issue" | "reissue":
                refused(ran, 5, "identity.method", "phone")
            case "status":
                refused(ran, 1, "certificate.unknown", "abcd")
            case "crl":
                refused(ran, 4, "authority.key_needed")
            case _:
                assert ran.status == 0, ran.err
    assert on(medium) == []


def test_wrong_passphrase(kiosk: Kiosk, real_state: Path, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text(PASSPHRASE + "!")
    before = hashlib.sha256((real_state / "registry.db").read_bytes()).digest()
    words = ("crl", "--state", real_state, "--out", tmp_path / "crl", "--json")
    refused(kiosk(*words, "--key-file", tmp_path / "wrong", at=None), 4, "authority.locked")
    assert not (tmp_path / "crl").exists()
    assert hashlib.sha256((real_state / "registry.db").read_bytes()).digest() == before


def test_the_clock_is_the_machines(
    kiosk: Kiosk, real_state: Path, key_file: Path, medium: Path, write_answers: Callable[..., Path]
) -> None:
    for words in every_command(real_state, medium, write_answers()):
        refused(kiosk(*words, "--key-file", key_file), 1, "state.at")
    assert on(medium) == []
    words = ("init", "--state", medium / "new", "--key-file", key_file, "--json")
    refused(kiosk(*words), 1, "state.at")
    assert on(medium) == []


@pytest.mark.parametrize("method", ["phone", "practice", "bank"])
def test_nothing_is_simulated(
    kiosk: Kiosk, real_state: Path, key_file: Path, medium: Path, write_answers: Callable[..., Path],
    method: str,
) -> None:  # fmt: skip
    """A real state has no carrier, so there is no identity check by phone, with whatever code."""
    answers = write_answers(**{"identity": None, "identity.method": method, "identity.code": "123456"})
    words = ("issue", "--state", real_state, "--key-file", key_file, "--answers", answers, "--medium", medium)
    refused(kiosk(*words, "--json", at=None), 5, "identity.method", method)
    assert on(medium) == []
    assert kiosk("certs", "--state", real_state, "--json", at=None).json() == []
    # The refusal is on record, signed with the key that the passphrase opened.
    export = kiosk("audit", "export", "--state", real_state, at=None).out.splitlines()
    assert '"action":"refused"' in export[-2]
    assert '"error":"I01"' in export[-2]


# What a shell does before it starts a command: makes this the terminal that passwords are typed at.
TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
    "os.execv(sys.executable, [sys.executable, '-m', 'kiosk', *sys.argv[1:]])"
)


@pytest.mark.parametrize(
    ("typed", "status"),
    [((PASSPHRASE, PASSPHRASE), 0), ((PASSPHRASE, "x", PASSPHRASE, PASSPHRASE), 0), (("\x03",), 130)],
    ids=["twice the same", "mistyped", "interrupted"],
)
def test_init_asks_at_a_terminal(kiosk: Kiosk, tmp_path: Path, typed: tuple[str, ...], status: int) -> None:
    """The passphrase is typed twice and never shown."""
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", TERMINAL, "init", "--state", tmp_path / "state"],
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, cwd=ROOT,
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    for answer in typed:
        while not shown.endswith(b": "):
            shown += os.read(ours, 1024)
        os.write(ours, answer.encode() + (b"\n" if answer != "\x03" else b""))
        shown += b"|"
    with contextlib.suppress(OSError):  # EIO: nobody has the terminal open any more
        while piece := os.read(ours, 1024):
            shown += piece
    os.close(ours)
    assert process.wait(timeout=60) == status, shown
    assert PASSPHRASE.encode() not in shown
    assert b"Traceback" not in shown
    assert (tmp_path / "state" / "state.toml").exists() == (status == 0)
    if status == 0:
        (tmp_path / "key").write_text(PASSPHRASE)
        crl = (
            "crl",
            "--state",
            tmp_path / "state",
            "--out",
            tmp_path / "crl",
            "--key-file",
            tmp_path / "key",
        )
        assert kiosk(*crl, at=None).status == 0
