"""What all tests share: a practice state, answers, a medium, and the command line."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from kiosk import cli, setup
from kiosk.clock import KST, Clock
from tests.summary import pytest_terminal_summary  # noqa: F401 - a hook: pytest asks this file for it

TODAY = datetime(2026, 11, 22, 9, 0, tzinfo=KST)
PASSWORD = "Sun7!flower-hill"
ID_NUMBER = "9001011234568"
PHONE = "010-2345-6789"


def pytest_configure() -> None:
    """What a shell started in the background ignores Ctrl+C and Ctrl+\\, and so would all that tests start."""
    for number in (signal.SIGINT, signal.SIGQUIT):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL if number == signal.SIGQUIT else signal.default_int_handler)


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> pytest.TestReport:
    """With KIOSK_REQUIRE_ALL=1 a test that skips, for whatever reason, is a failure."""
    report = pytest.TestReport.from_item_and_call(item, call)
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("KIOSK_REQUIRE_ALL") == "1":
        report.outcome = "failed"
        report.longrepr = f"skipped, but KIOSK_REQUIRE_ALL=1: {report.longrepr}"
    return report


@pytest.fixture(autouse=True)
def _own_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """English, and no state or home of whoever runs the tests."""
    monkeypatch.setenv("KIOSK_LANG", "en")
    monkeypatch.setenv("HOME", str(tmp_path_factory.getbasetemp() / "home"))
    for variable in ("KIOSK_STATE", "XDG_STATE_HOME", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture(scope="session")
def practice_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A practice state made at `TODAY`, to be copied (making keys takes time), never changed."""
    path = tmp_path_factory.mktemp("practice") / "state"
    setup.initialise(path, practice=True, center="Certkiosk", clock=Clock(TODAY), passphrase=None)
    return path


@pytest.fixture
def state(practice_state: Path, tmp_path: Path) -> Path:
    """A practice state of this test's own."""
    return Path(shutil.copytree(practice_state, tmp_path / "state"))


@pytest.fixture
def medium(tmp_path: Path) -> Path:
    """An empty directory that acts as a stick."""
    path = tmp_path / "stick"
    path.mkdir()
    return path


@pytest.fixture
def write_answers(tmp_path: Path) -> Callable[..., Path]:
    """Make answers files: the usual ones, with keys changed, or left out when None."""

    def write(password: str = PASSWORD, file: str = "answers.toml", **changes: Any) -> Path:
        (tmp_path / f"{file}.password").write_text(password + "\n")
        code = changes.pop("code", None)
        answers = {
            "profile": "personal-general", "name": "홍길동", "id_number": ID_NUMBER, "phone": PHONE,
            "password_file": f"{file}.password", "consent": True,
        } | changes  # fmt: skip
        lines = [f"{key} = {json.dumps(value)}" for key, value in answers.items() if value is not None]
        if "identity" not in changes:
            lines += ["[identity]", 'method = "phone"'] + ([f'code = "{code}"'] if code is not None else [])
        path = tmp_path / file
        path.write_text("\n".join(lines) + "\n", "utf-8")
        return path

    return write


@dataclass(frozen=True)
class Ran:
    """A command that ended."""

    status: int
    out: str
    err: str

    def json(self) -> Any:
        """Read the one JSON document on standard output."""
        return json.loads(self.out)


@pytest.fixture
def kiosk(capfd: pytest.CaptureFixture[str]) -> Iterator[Callable[..., Ran]]:
    """Run a command in this process: quick. `at` defaults to `TODAY`."""

    def run(*arguments: object, at: datetime | None = TODAY) -> Ran:
        words = [str(argument) for argument in arguments]
        if at is not None:
            words += ["--at", at.isoformat()]
        capfd.readouterr()
        status = cli.run(words)
        captured = capfd.readouterr()
        assert "Traceback" not in captured.err
        return Ran(int(status), captured.out, captured.err)

    return run


@pytest.fixture
def kiosk_process() -> Callable[..., Ran]:
    """Run a command as a process of its own, with the machine's clock unless `--at` is said."""

    def run(*arguments: object, **environment: str) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "kiosk", *map(str, arguments)],
            capture_output=True, text=True, timeout=120, check=False, env={**os.environ, **environment},
        )  # fmt: skip
        return Ran(done.returncode, done.stdout, done.stderr)

    return run
