import itertools
import subprocess
import sys
from pathlib import Path

from data.registry import Registry
from kiosk.audit import lines, read_head, verify
from tests.audit.conftest import KEY

EACH = 500


def test_a_thousand_by_two_processes(registry: Registry, tmp_path: Path, head: Path) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.audit.worker", str(tmp_path), str(first), str(EACH)],
            stderr=subprocess.PIPE, text=True,
        )
        for first in (0, EACH)
    ]  # fmt: skip
    for process in started:
        _, words = process.communicate()
        assert process.returncode == 0, words
    held = list(lines(registry))
    assert len(held) == 2 * EACH
    assert {line.facts["n"] for line in held} == set(range(2 * EACH))
    serials = registry._connection.execute("SELECT count(DISTINCT serial) FROM certificates").fetchone()
    assert serials == (2 * EACH,)
    report = verify(held, KEY.public_key(), head=read_head(head), anchor=(2 * EACH, held[-1].hash.hex()))
    assert (report.count, report.first_bad, report.vouched_to) == (2 * EACH, None, 2 * EACH)
    # Whoever writes the head last has seen the last commit: both note it after theirs.
    assert report.head_seq == 2 * EACH
    assert registry.check() == []
    mixed = sum(a.facts["n"] >= EACH != b.facts["n"] >= EACH for a, b in itertools.pairwise(held))
    assert mixed > 0, "the two did not work at the same time"
