"""Another kernel for tests: Linux compiled as a program (user-mode Linux), with this machine's files as its own.

It has filesystems that the kernel of this machine may lack, and needs no rights: in it, everybody is root.
"""

import ast
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from tests.crash.table import PROPERTY

TREE = Path(__file__).parents[2]
KERNEL = "linux.uml"
MEMORY = "700M"
SECONDS = 3600
"""After so long it hangs; its tests have deadlines of their own."""


@dataclass(frozen=True)
class Ran:
    """What tests said that were run in the guest: how many passed, and the rows of the table of faults."""

    passed: int
    rows: list[Any]
    said: str


def there() -> bool:
    """Say whether there is such a kernel."""
    return shutil.which(KERNEL) is not None and shutil.which("insmod", path="/sbin:/usr/sbin") is not None


def run(file: Path, marks: str, names: Sequence[str], path: Path) -> Ran:
    """Run the tests of `file` that have `marks` and one of `names`; `path` is an empty directory for the two."""
    (path / "marks").write_text(marks)
    (path / "names").write_text(" or ".join(names))
    (path / "said").touch()
    words = {"TREE": TREE, "PYTHON": sys.executable, "PATH": path, "FILE": file}
    process = subprocess.Popen(
        [
            KERNEL, f"mem={MEMORY}", "umid=tests", f"uml_dir={path}/", "root=none",
            "rootfstype=hostfs", "rootflags=/", "rw", "quiet", "con=null", "con0=null,fd:1",
            f"init={Path(__file__).with_suffix('.sh')}", *(f"CERTKIOSK_{key}={word}" for key, word in words.items()),
        ],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    try:
        console, _ = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGTERM)
        console, _ = process.communicate(timeout=60)
    said = console.decode(errors="replace") + (path / "said").read_text("utf-8", "replace")
    return _report(path / "report.xml", said)


def _report(report: Path, said: str) -> Ran:
    assert report.exists(), said
    cases = list(ET.parse(report).iter("testcase"))
    bad = ("failure", "error", "skipped")
    passed = [case for case in cases if not any(case.find(word) is not None for word in bad)]
    rows = [
        row
        for each in ET.parse(report).iter("property")
        if each.get("name") == PROPERTY
        for row in ast.literal_eval(each.get("value") or "[]")
    ]
    return Ran(len(passed), rows, said)
