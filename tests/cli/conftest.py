"""What the tests of the command line share: `kiosk issue` in one call, and what a refusal must be like."""

import itertools
import shutil
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from kiosk import setup
from kiosk.cli import issue as command
from kiosk.clock import Clock
from kiosk.errors import TABLE
from kiosk.lifecycle.issue import Issuing
from kiosk.lifecycle.keys import make_rsa_key
from kiosk.secret import Secret
from tests.conftest import TODAY, Ran

Issue = Callable[..., Ran]
Kiosk = Callable[..., Ran]
PASSPHRASE = "the key that lies elsewhere"


@pytest.fixture(scope="session")
def subscriber_keys() -> list[rsa.RSAPrivateKey]:
    """Keys made once: what these tests are about is not how they are made."""
    return [make_rsa_key() for _ in range(2)]


@pytest.fixture(autouse=True)
def _ready_made_keys(monkeypatch: pytest.MonkeyPatch, subscriber_keys: list[rsa.RSAPrivateKey]) -> None:
    """Commands in this process take them in turn; commands in processes of their own make new ones."""
    turn = itertools.cycle(subscriber_keys)
    monkeypatch.setattr(command, "Issuing", partial(Issuing, make_key=lambda: next(turn)))


@pytest.fixture
def issue(kiosk: Kiosk, state: Path, medium: Path, write_answers: Callable[..., Path]) -> Issue:
    """Issue with the usual answers, some of them changed, onto this test's medium."""

    def run(
        *words: object,
        medium: Path = medium,
        state: Path = state,
        at: datetime | None = TODAY,
        **answers: Any,
    ) -> Ran:
        path = write_answers(**answers)
        return kiosk("issue", "--state", state, "--answers", path, "--medium", medium, *words, at=at)

    return run


def refused(ran: Ran, status: int, id_: str, *said: object) -> dict[str, Any]:
    """Check that `ran` (with --json) ended as `id_` with `status`, and said all of `said`; give its error."""
    document = ran.json()
    assert document.keys() == {"error"}
    error: dict[str, Any] = document["error"]
    assert (error["id"], ran.status) == (id_, status)
    assert (error["code"], error["retry"]) == (TABLE[id_].code, TABLE[id_].retry)
    assert ran.err.startswith(f"Problem {error['code']}: {error['message']}\n{error['next']}\n")
    for words in said:
        assert str(words) in error["message"] + "\n" + error["next"]
    assert "Traceback" not in ran.err
    return error


def on(medium: Path) -> list[str]:
    """What is on a medium, as paths below it."""
    return sorted(str(path.relative_to(medium)) for path in medium.rglob("*"))


def healthy(kiosk: Kiosk, state: Path, at: datetime = TODAY, unfinished: int = 0) -> None:
    """Check that `doctor` finds nothing bad (but the space of a small disk), and no lock was left."""
    ran = kiosk("doctor", "--state", state, "--json", at=at)
    findings = {finding["check"]: finding for finding in ran.json()}
    assert [name for name, finding in findings.items() if finding["level"] == "bad" and name != "space"] == []
    assert ran.status == 0 or findings["space"]["level"] == "bad"
    assert findings["requests"]["count"] == unfinished
    assert list((state / "locks").iterdir()) == []


@pytest.fixture(scope="session")
def whole_real_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real state, made once; its passphrase is `PASSPHRASE`. Copied for each test, never changed."""
    path = tmp_path_factory.mktemp("real") / "state"
    setup.initialise(path, practice=False, center="서울센터", clock=Clock(), passphrase=Secret(PASSPHRASE))
    return path


@pytest.fixture
def real_state(whole_real_state: Path, tmp_path: Path) -> Path:
    """A real state of this test's own."""
    return Path(shutil.copytree(whole_real_state, tmp_path / "real"))
