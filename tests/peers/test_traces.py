"""Afterwards identity number, password and phone number are in no file and in nothing that was said."""

import base64
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from kiosk import services
from kiosk.config import load_policy
from tests.conftest import TODAY, Ran

ROOT = Path(__file__).parents[2]
# Digits that nothing else here has.
ID_NUMBER = "8407192718281"
PHONE = "01069314718"
PASSWORD = "Quartz!84pelican"
CODE = "577215x"
SHORTEST = 8
"""Fewer characters of base64 turn up by chance."""


def forms() -> Iterator[tuple[str, bytes]]:
    """Every secret in the ways that a program may write it down."""
    texts = {
        "number": (ID_NUMBER, f"{ID_NUMBER[:6]}-{ID_NUMBER[6:]}", ID_NUMBER[6:]),
        "password": (PASSWORD, PASSWORD.lower(), PASSWORD[::-1]),
        "phone": (PHONE, f"{PHONE[:3]}-{PHONE[3:7]}-{PHONE[7:]}", PHONE[3:], f"+82{PHONE[1:]}"),
    }
    for name, written in texts.items():
        for text in written:
            for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
                raw = text.encode(encoding)
                yield f"{name} in {encoding}", raw
                yield f"{name} in {encoding}, hexadecimal", raw.hex().encode()
                yield f"{name} in {encoding}, hexadecimal", raw.hex().upper().encode()
                for shift in range(3):
                    # What stands around it decides on the characters at the edges.
                    whole = base64.b64encode(bytes(shift) + raw)[4 if shift else 0 : -4]
                    if len(whole) >= SHORTEST:
                        yield f"{name} in {encoding}, base64", whole


FORMS = list(forms())


def traces(*places: Path) -> list[str]:
    """Name each secret that is in a file, or in a file's name, below `places`."""
    found = []
    for path in (path for place in places for path in (place, *place.rglob("*"))):
        content = path.read_bytes() if path.is_file() else b""
        found += [
            f"{name}: {path}" for name, form in FORMS if form in content or form in os.fsencode(path.name)
        ]
    return found


def said(ran: Ran) -> list[str]:
    return [name for name, form in FORMS if form in (ran.out + ran.err).encode()]


def test_the_search_would_find_them(tmp_path: Path) -> None:
    for number, text in enumerate((ID_NUMBER, PASSWORD, PHONE)):
        for place, content in enumerate((
            text.encode(), text.encode("utf-16"), b"x" * number + base64.b64encode(b"ab" + text.encode()),
            base64.b64encode(text.encode()), text.encode().hex().encode(),
        )):  # fmt: skip
            path = tmp_path / f"{number}{place}"
            path.write_bytes(b"\0" * 5 + content + b"\0")
            assert traces(path), (text, content)
            path.unlink()
    (tmp_path / f"{PHONE}.lock").touch()
    assert traces(tmp_path)


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: Path, medium: Path) -> tuple[Path, ...]:
    """All that a command can write to: state, medium, and the directories that the environment names."""
    made = []
    for variable in ("TMPDIR", "HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"):
        path = tmp_path / variable.lower()
        path.mkdir()
        monkeypatch.setenv(variable, str(path))
        made.append(path)
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.chdir(made[0])
    return (state, medium, *made)


Answers = Callable[..., Path]


@pytest.fixture
def answers(write_answers: Answers, tmp_path: Path) -> Answers:
    """Answers with the seeded secrets, in a directory that is not searched."""

    def write(**changes: object) -> Path:
        secrets = {"id_number": ID_NUMBER, "phone": PHONE, "password": PASSWORD}
        return write_answers(**{**secrets, **changes})

    return write


def test_after_success(
    kiosk_process: Callable[..., Ran], state: Path, medium: Path, answers: Answers, places: tuple[Path, ...]
) -> None:
    words = ("--state", state, "--at", TODAY.isoformat(), "--json")
    at_home = partial(kiosk_process, PYTHONPATH=str(ROOT))
    ran = at_home("issue", "--answers", answers(), "--medium", medium, *words)
    assert ran.status == 0, ran.err
    assert said(ran) == []
    assert traces(*places) == []
    for command in (("scan", medium), ("certs",), ("doctor",), ("audit", "verify")):
        assert said(at_home(*command, *words)) == []
    assert said(at_home("audit", "export", *words[:4])) == []
    assert traces(*places) == []
    # The answers and the password file are the person's own, and are left as they are.
    assert traces(state.parent)


FAILURES: dict[str, tuple[int, dict[str, object]]] = {
    "weak password": (1, {"password": PASSWORD + "aaa"}),
    "number as the password": (1, {"password": f"Ab!{ID_NUMBER}"}),
    "phone as the password": (1, {"password": f"Ab!x{PHONE}"}),
    "wrong number": (2, {"id_number": ID_NUMBER + "0"}),
    "wrong phone": (2, {"phone": PHONE + "00000"}),
    "number for a name": (2, {"name": f"홍길동 {ID_NUMBER}"}),
    "number for a key": (2, {"phone": [PHONE, ID_NUMBER]}),
    "wrong mail address": (2, {"email": f"{ID_NUMBER} at home"}),
    "wrong code": (5, {"code": CODE}),
    "no such method": (5, {"identity": None, "identity.method": "bank", "identity.code": CODE}),
    "business": (5, {"profile": "business-general", "id_number": "1208147521"}),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_after_each_refusal(
    kiosk: Callable[..., Ran],
    state: Path,
    medium: Path,
    answers: Answers,
    places: tuple[Path, ...],
    failure: str,
) -> None:
    status, changes = FAILURES[failure]
    ran = kiosk("issue", "--state", state, "--answers", answers(**changes), "--medium", medium, "--json")
    assert ran.status == status, ran.err
    assert said(ran) == []
    assert traces(*places) == []


def test_after_a_broken_answers_file(
    kiosk: Callable[..., Ran], state: Path, medium: Path, answers: Answers, places: tuple[Path, ...]
) -> None:
    """A parser would quote the line that it cannot read."""
    path = answers()
    for broken in (
        f'id_number = "{ID_NUMBER}\n',
        f"id_number = {ID_NUMBER}-\n",
        f'phone = "{PHONE}" "{PASSWORD}"\n',
    ):
        path.write_text(broken)
        ran = kiosk("issue", "--state", state, "--answers", path, "--medium", medium, "--json")
        assert (ran.status, said(ran)) == (2, [])
    assert traces(*places) == []


def test_after_trouble_with_the_medium(
    kiosk: Callable[..., Ran], state: Path, medium: Path, answers: Answers, places: tuple[Path, ...]
) -> None:
    issue = ("issue", "--state", state, "--answers", answers(), "--medium")
    for where in (medium / "none", state / "state.toml"):
        ran = kiosk(*issue, where, "--json")
        assert (ran.status, said(ran)) == (3, [])
    (medium / "NPKI").write_text("in the way")
    ran = kiosk(*issue, medium, "--json")
    assert (ran.status, said(ran)) == (3, [])
    assert traces(*places) == []


def test_after_trouble_with_the_registry(
    kiosk: Callable[..., Ran], state: Path, medium: Path, answers: Answers, places: tuple[Path, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(services, "load_policy", lambda: replace(load_policy(), registry_wait_seconds=0.05))
    issue = ("issue", "--state", state, "--answers", answers(), "--medium", medium, "--json")
    with closing(sqlite3.connect(state / "registry.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        ran = kiosk(*issue)
        assert (ran.status, said(ran)) == (6, [])
        other.execute("ROLLBACK")
    (state / "registry.db").write_bytes(b"")
    ran = kiosk(*issue)
    assert (ran.status, said(ran)) == (6, [])
    assert traces(*places) == []


BUG = """
import sys
from kiosk import cli
from kiosk.pki import vid
def break_down(id_number, random):
    local = id_number.text()
    raise RuntimeError(f"no VID for {local}")
vid.vid = break_down
sys.exit(cli.run(sys.argv[1:]))
"""


def test_after_a_bug(state: Path, medium: Path, answers: Answers, places: tuple[Path, ...]) -> None:
    """An exception that has the number in its message and its local variables: a code, and no traceback."""
    done = subprocess.run(
        [sys.executable, "-c", BUG, "issue", "--state", state, "--answers", answers(), "--medium", medium,
         "--json", "--at", TODAY.isoformat()],
        cwd=places[2], env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    ran = Ran(done.returncode, done.stdout, done.stderr)
    assert ran.status == 70
    assert ran.json()["error"]["id"] == "bug"
    assert "Traceback" not in ran.err
    assert said(ran) == []
    assert traces(*places) == []
    assert "RuntimeError" in (state / "kiosk.log").read_text()


def test_after_a_kill(state: Path, medium: Path, answers: Answers, places: tuple[Path, ...]) -> None:
    """SIGKILL when the key has been staged: nothing of ours gets to clean up."""
    kill = (
        "import os, sys; from functools import partial; from kiosk import cli; from kiosk.cli import issue\n"
        "def die(state):\n"
        "    if state == 'issued': os.kill(os.getpid(), 9)\n"
        "issue.Issuing = partial(issue.Issuing, progress=die)\n"
        "cli.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", kill, "issue", "--state", state, "--answers", answers(), "--medium", medium,
         "--at", TODAY.isoformat()],
        cwd=places[2], env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == -9
    assert list(medium.rglob("signPri.key"))
    assert said(Ran(9, done.stdout, done.stderr)) == []
    assert traces(*places) == []
