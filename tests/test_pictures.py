"""The pictures of the README: they are there, fetch nothing, and show the screens as they are."""

import re
import subprocess
import sys
from pathlib import Path

from tests.source import ROOT

NAMED = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", (ROOT / "README.md").read_text("utf-8"))


def test_the_pictures_of_the_readme_are_there_and_fetch_nothing() -> None:
    assert sorted(NAMED) == sorted(f"pictures/{path.name}" for path in (ROOT / "pictures").iterdir())
    assert NAMED
    for name in NAMED:
        drawn = (ROOT / name).read_text("utf-8")
        assert set(re.findall(r"\w+://[^\"\s]+", drawn)) == {"http://www.w3.org/2000/svg"}
        assert "url(" not in drawn
        assert "href" not in drawn


def test_they_show_the_screens_as_they_are(tmp_path: Path) -> None:
    """Drawn again they are the same, byte for byte; where not, `make pictures` has been forgotten."""
    subprocess.run([sys.executable, "tools/pictures.py", tmp_path], cwd=ROOT, check=True, timeout=120)
    for name in NAMED:
        path = ROOT / name
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), f"{name}: make pictures"
