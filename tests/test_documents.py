"""What stands beside the code and must agree with it: versions, the lock, the build."""

import re
import sys
import tomllib

from kiosk import __version__
from tests.source import ROOT
from tests.test_arrows import IMPORTS

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCK = (ROOT / "requirements.lock").read_text("utf-8")


def plain(requirement: str) -> str:
    return re.split(r"[<>=!~ ;\[]", requirement)[0].lower().replace("_", "-")


def locked() -> dict[str, str]:
    return {plain(name): version for name, version in re.findall(r"^([\w.-]+)==([\w.]+)", LOCK, re.M)}


def test_one_version() -> None:
    assert PROJECT["project"]["version"] == __version__
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.search(rf"^## \[(Unreleased|{re.escape(__version__)})\]", changes, re.M)


def test_the_lock_has_exact_versions_with_hashes_and_no_address() -> None:
    assert "://" not in LOCK
    assert not re.search(r"^--?(i|index|extra|find|trusted)", LOCK, re.M)
    entries = re.split(r"\n(?=[\w.-]+==)", LOCK)
    assert len(entries) == len(locked()) > 20
    assert all("--hash=sha256:" in entry for entry in entries)


def test_the_lock_has_all_that_is_needed() -> None:
    project = PROJECT["project"]
    needed = {
        plain(requirement)
        for requirement in (
            *project["dependencies"], *project["optional-dependencies"]["dev"],
            *PROJECT["build-system"]["requires"],
        )
    }  # fmt: skip
    assert needed <= locked().keys()
    [textual] = [requirement for requirement in project["dependencies"] if plain(requirement) == "textual"]
    assert textual == f"textual=={locked()['textual']}"


def test_what_is_imported_is_declared() -> None:
    """And nothing is declared that nobody imports, but for tools."""
    names = {
        "argon2": "argon2-cffi", "dbus_fast": "dbus-fast", "PIL": "pillow", "pkcs11": "python-pkcs11",
        "sqlite_utils": "sqlite-utils", "usb": "pyusb",
    }  # fmt: skip
    imported = {names.get(name.partition(".")[0], name.partition(".")[0]) for _, name, _ in IMPORTS}
    declared = {plain(requirement) for requirement in PROJECT["project"]["dependencies"]}
    # Ordered for the parts to come: slips.
    assert declared - imported <= {"segno", "textual"}
    third_party = {name for name in imported if name not in sys.stdlib_module_names} - {
        "kiosk",
        "data",
        "screens",
    }
    assert third_party <= declared | {"rich"}


def test_continuous_integration_runs_what_the_readme_names() -> None:
    run = ROOT / ".ci" / "run"
    assert run.stat().st_mode & 0o111
    text = run.read_text("utf-8")
    assert "KIOSK_REQUIRE_ALL=1" in text
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = re.findall(r"^make (\S+)$", text, re.M)
    assert {"lint", "test"} <= set(targets)
    for target in ("kiosk", "test", "test-long", "lint", "bench", *targets):
        assert re.search(rf"^{target}:", makefile, re.M), target
