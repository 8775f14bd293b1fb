"""One certificate issued by the real command, and all that an outside program is given to judge it."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pyasn1.error import PyAsn1Error

from tests.conftest import ID_NUMBER, PASSWORD, PHONE, TODAY

ROOT = Path(__file__).parents[2]
REFUSED = (ValueError, PyAsn1Error)
"""What pypinksign raises for a wrong password: the other one when by chance (1 in 256) the padding looks right."""
ANSWERS = f"""
profile = "personal-general"
name = "홍길동"
id_number = "{ID_NUMBER[:6]}-{ID_NUMBER[6:]}"
phone = "{PHONE}"
password_file = "password"
consent = true
[identity]
method = "phone"
"""


@dataclass(frozen=True)
class Scene:
    """What the commands left: a stick with a set, the chain and the revocation list."""

    path: Path
    made: dict[str, Any]
    """What `init --json` said."""
    issued: dict[str, Any]
    """What `issue --json` said."""

    @property
    def stick(self) -> Path:
        return self.path / "stick"

    @property
    def certificate(self) -> bytes:
        return (Path(self.issued["path"]) / "signCert.der").read_bytes()

    @property
    def key(self) -> bytes:
        return (Path(self.issued["path"]) / "signPri.key").read_bytes()

    def kiosk(self, *words: object) -> str:
        """Run a command in a process of its own; give its standard output."""
        done = subprocess.run(
            [sys.executable, "-m", "kiosk", *map(str, words), "--state", self.path / "state", "--at",
             TODAY.isoformat()],
            cwd=self.path, capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT), "KIOSK_LANG": "en"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """End to end through the real command, as the README says."""
    path = tmp_path_factory.mktemp("peers")
    (path / "answers.toml").write_text(ANSWERS)
    (path / "password").write_text(PASSWORD)
    (path / "stick").mkdir()
    empty = Scene(path, {}, {})
    made = json.loads(empty.kiosk("init", "--practice", "--json"))
    issued = json.loads(empty.kiosk("issue", "--answers", "answers.toml", "--medium", "stick", "--json"))
    empty.kiosk("ca", "--out", "chain.pem")
    empty.kiosk("crl", "--out", "crl.der")
    return Scene(path, made, issued)
