"""What is done in a freshly booted guest, once: it is kept in the snapshot that later runs resume from."""

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.hardware.lab.machine import Machine
from tests.hardware.lab.places import BASE_OF, HERE
from tests.source import ROOT

PYTHON = "/opt/certkiosk/bin/python"
THERE = HERE / "there.py"


def wheel(directory: Path) -> Path:
    """Build this project's wheel, with what is installed here."""
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", directory],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    [made] = directory.glob("*.whl")
    return made


def digest(made: Path) -> str:
    """Say what a guest with this wheel in it is made of."""
    parts = [path.read_bytes() for path in (BASE_OF, Path(__file__), THERE)]
    with zipfile.ZipFile(made) as archive:
        # Compiled catalogues hold the time at which they were, RECORD their hashes; the .po are in it too.
        names = [name for name in archive.namelist() if not name.endswith((".mo", "/RECORD"))]
        parts += [part for name in sorted(names) for part in (name.encode(), archive.read(name))]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def prepare(machine: Machine, made: Path) -> None:
    """Install the kiosk, and make the practice state that each test copies."""
    there = f"/tmp/{made.name}"
    machine.writes(there, made.read_bytes(), user="root")
    pip = f"{PYTHON} -m pip install --quiet --no-index --no-deps --no-cache-dir --root-user-action=ignore"
    machine.does(f"{pip} {there}", user="root")
    machine.does("ln -sf /opt/certkiosk/bin/kiosk /usr/local/bin/kiosk", user="root")
    machine.writes(THERE.name, THERE.read_bytes())
    machine.does("kiosk init --practice --state ~/state")
