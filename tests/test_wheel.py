"""The wheel: what is in it, and that the kiosk works from it, without the source."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from kiosk import __version__
from tests.conftest import ID_NUMBER, PASSWORD, PHONE, TODAY
from tests.source import ROOT


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build it as `pip wheel` would, with what is installed here: no network."""
    source = tmp_path_factory.mktemp("source")
    # A copy of what is in version control: leftovers of the build directory must not help, nor .mo files.
    for name in ("pyproject.toml", "README.md", "hatch_build.py", "kiosk", "screens", "data"):
        subprocess.run(["cp", "-r", ROOT / name, source / name], check=True)
    for compiled in (*source.rglob("*.mo"), *source.rglob("*.pyc")):
        compiled.unlink()
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", source / "dist"],
        cwd=source, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    [path] = (source / "dist").glob("*.whl")
    return path


def test_what_is_in_it(wheel: Path) -> None:
    assert wheel.name == f"certkiosk-{__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"kiosk", "screens", "data", f"certkiosk-{__version__}.dist-info"}
    expected = {
        str(path.relative_to(ROOT))
        for package in ("kiosk", "screens", "data")
        for path in (ROOT / package).rglob("*")
        if path.is_file()
        and path.suffix in {".py", ".toml", ".txt", ".po", ".tcss", ".rules", ".service", ".timer"}
        and "__pycache__" not in path.parts
    }
    expected |= {name.removesuffix("po") + "mo" for name in expected if name.endswith(".po")}
    assert expected <= names
    assert {name for name in names if "dist-info" not in name} == expected
    assert not [name for name in names if "test" in name.lower()]


def test_it_works_installed(wheel: Path, tmp_path: Path) -> None:
    """In a fresh environment that lends only the libraries; away from the source, in Korean."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    libraries = sysconfig.get_paths()["purelib"]
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "--python",
            python,
            "install",
            "--quiet",
            "--no-index",
            "--no-deps",
            wheel,
        ],
        check=True,
    )
    kiosk = tmp_path / "venv" / "bin" / "kiosk"
    (tmp_path / "stick").mkdir()
    (tmp_path / "password").write_text(PASSWORD)
    (tmp_path / "answers.toml").write_text(
        f'profile = "personal-general"\nname = "홍길동"\nid_number = "{ID_NUMBER}"\nphone = "{PHONE}"\n'
        'password_file = "password"\nconsent = true\n[identity]\nmethod = "phone"\n'
    )

    def run(*words: str) -> str:
        done = subprocess.run(
            [kiosk, *words, "--state", "state", "--at", TODAY.isoformat()], cwd=tmp_path, capture_output=True,
            text=True, check=False, env={**os.environ, "PYTHONPATH": libraries, "KIOSK_LANG": "ko"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    where = subprocess.run(
        [python, "-c", "import kiosk, screens, data; print(kiosk.__file__, screens.__file__, data.__file__)"],
        cwd=tmp_path, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": libraries},
    )  # fmt: skip
    assert all(str(tmp_path) in path for path in where.stdout.split())
    assert "연습용입니다" in run("init", "--practice")
    assert "발급하고 확인했습니다" in run("issue", "--answers", "answers.toml", "--medium", "stick")
    assert "유효" in run("scan", "stick")
    assert "좋음" in run("doctor")
