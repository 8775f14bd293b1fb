"""The unit of the job by the clock, with systemd as the witness, and with its own walls around a real job."""

import configparser
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import TODAY
from tests.media.conftest import needs

UNITS = Path(__file__).parents[3] / "data" / "system"
SERVICE, TIMER = "certkiosk-tick.service", "certkiosk-tick.timer"
PLACES = {
    "/var/lib/kiosk": "state", "/var/spool/gammu": "spool", "/var/mail/kiosk": "mail", "/srv/crl": "crl",
}  # fmt: skip
"""Where the unit expects things, and where they are in this test."""


def service() -> configparser.SectionProxy:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(UNITS / SERVICE)
    return parser["Service"]


def test_systemd_has_nothing_to_say(tmp_path: Path) -> None:
    needs("systemd-analyze", present=shutil.which("systemd-analyze") is not None)
    program = service()["ExecStart"].split()[0]
    text = (UNITS / SERVICE).read_text("utf-8").replace(f"={program} ", f"={sys.executable} ")
    (tmp_path / SERVICE).write_text(text, "utf-8")
    shutil.copy(UNITS / TIMER, tmp_path)
    words = ["systemd-analyze", "verify", "--man=no", tmp_path / SERVICE, tmp_path / TIMER]
    ran = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stdout + ran.stderr) == (0, "")


@pytest.fixture
def walls(tmp_path: Path, state: Path) -> Path:
    """A directory with everything that the job writes to, and settings that name it."""
    shutil.move(state, tmp_path / "state")
    for name in ("outbox", "sent", "error"):
        (tmp_path / "spool" / name).mkdir(parents=True)
    for name in ("crl", "mail"):
        (tmp_path / name).mkdir()
    spool = "".join(f'{name} = "{tmp_path}/spool/{name}"\n' for name in ("outbox", "sent", "error"))
    (tmp_path / "state" / "reminders.toml").write_text(f"[spool]\n{spool}")
    (tmp_path / "state" / "publish.toml").write_text(f'crl_directory = "{tmp_path}/crl"\n')
    return tmp_path


def test_it_may_write_where_it_has_to(walls: Path) -> None:
    """All else is read-only, as `ProtectSystem=strict` has it, and the mask is the unit's."""
    unit = service()
    assert unit["ProtectSystem"] == "strict"
    writable = [walls / PLACES[path.removeprefix("-")] for path in unit["ReadWritePaths"].split()]
    assert writable == [walls / name for name in PLACES.values()]
    binds = "".join(f"mount --bind '{path}' '{path}' && " for path in writable)
    script = (
        # The test's directory too: /tmp may be a file system of its own.
        f"mount --make-rprivate / && mount --bind '{walls}' '{walls}' && {binds}"
        f"mount -o remount,ro,bind '{walls}' && mount -o remount,ro,bind / || exit 99\n"
        f"umask {unit['UMask']}\n"
        f"if touch '{walls}/elsewhere'; then exit 98; fi\n"
        'exec "$@"\n'
    )
    words = [
        sys.executable,
        "-m",
        "kiosk",
        *unit["ExecStart"].split()[1:],
        "--json",
        "--at",
        TODAY.isoformat(),
    ]
    words[words.index("/var/lib/kiosk")] = str(walls / "state")
    unshare = ["unshare", "--mount" if os.geteuid() == 0 else "-rm"]
    ran = subprocess.run(
        [*unshare, "sh", "-c", script, "sh", *words], capture_output=True, text=True, timeout=120, check=False
    )
    needs("mount namespaces", present=ran.returncode != 99 and "unshare" not in ran.stderr)
    assert ran.returncode == 0, ran.stderr
    found = {each["job"]: each for each in json.loads(ran.stdout)}
    assert [each["error"] for each in found.values()] == [None] * len(found)
    assert found["list"]["counts"] == {"published": 1}
    assert {path.stat().st_mode & 0o777 for path in (walls / "crl").iterdir()} == {0o644}, (
        "others publish what is there"
    )
