"""The self-check finds what is wrong, says it in a sentence, and changes nothing."""

import os
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from kiosk import selfcheck
from kiosk.clock import Clock
from kiosk.errors import TABLE, Exit
from kiosk.i18n import text_in
from kiosk.lifecycle.publishing import publish
from kiosk.selfcheck import Finding, examine
from kiosk.services import Services
from tests.conftest import TODAY


async def findings(state: Path, clock: Clock | None = None) -> dict[str, Finding]:
    async with await Services.open(state, clock=clock or Clock(TODAY)) as services:
        found = await examine(services)
    for finding in found:
        for language in ("ko", "en"):
            assert text_in(language, f"doctor.{finding.check}.{finding.level}", **finding.facts)
        assert (finding.exit == Exit.DONE) == (finding.level != "bad")
    return {str(finding.facts.get("check", finding.check)): finding for finding in found}


async def test_all_is_well(state: Path) -> None:
    before = {path: path.read_bytes() for path in state.rglob("*") if path.is_file()}
    found = await findings(state)
    assert {name: finding.level for name, finding in found.items()} == {
        "registry": "good", "audit": "good", "clock": "good", "requests": "good", "permissions": "good",
        "keys": "note", "root_key": "good", "authority": "good", "space": "good", "sync": "good",
        "languages": "good", "tokens": "good", "unpublished": "good", "no_printer": "good",
    }  # fmt: skip
    assert {path: path.read_bytes() for path in state.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("name", ["registry.db", "authority/issuing.key", "authority/root.key"])
async def test_files_that_others_can_read(state: Path, name: str) -> None:
    (state / name).chmod(0o640)
    found = await findings(state)
    assert (found["permissions"].level, found["permissions"].exit) == ("bad", Exit.REFUSED)
    assert found["permissions"].facts == {"files": Path(name).name}


async def test_a_page_of_the_registry_is_damaged(state: Path) -> None:
    path = state / "registry.db"
    with closing(sqlite3.connect(path)) as connection:
        # one that opening the registry does not read
        [page] = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'certificates_name'"
        ).fetchone()
        [size] = connection.execute("PRAGMA page_size").fetchone()
    content = bytearray(path.read_bytes())
    content[(page - 1) * size : page * size] = bytes(size)
    path.write_bytes(content)
    found = await findings(state)
    assert (found["registry"].level, found["registry"].exit) == ("bad", Exit.REGISTRY)
    assert found["registry"].facts["problem"]
    assert len(found) == 14, "every other check was made"


@pytest.mark.parametrize("what", ["missing", "torn", "forged"])
async def test_the_head_of_the_log(state: Path, what: str) -> None:
    head = state / "audit.head"
    match what:
        case "missing":
            head.unlink()
        case "torn":
            head.write_bytes(head.read_bytes()[:100])
        case _:
            head.write_bytes(head.read_bytes().replace(b" 0", b" 1", 1))
    found = await findings(state)
    assert (found["audit"].level, found["audit"].facts) == ("note", {"count": 1})


async def test_the_clock_went_back(state: Path) -> None:
    found = await findings(state, Clock(TODAY - timedelta(seconds=1)))
    assert found["clock"].level == "bad"
    assert found["clock"].facts == {"now": "2026-11-22 08:59:59", "latest": "2026-11-22 09:00:00"}


@pytest.mark.parametrize(("years", "level"), [(0, "good"), (8, "good"), (9, "bad"), (11, "bad")])
async def test_the_authority_ends(state: Path, years: int, level: str) -> None:
    found = await findings(state, Clock(TODAY.replace(year=2026 + years)))
    assert (found["authority"].level, found["authority"].facts["day"]) == (level, "2036-11-22")


async def test_the_disk_is_nearly_full(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for free, level in ((99, "bad"), (100, "good")):
        space = SimpleNamespace(f_bavail=free * 256, f_frsize=4096)
        monkeypatch.setattr(os, "statvfs", lambda path, space=space: space)
        found = await findings(state)
        assert (found["space"].level, found["space"].facts) == (level, {"megabytes": free})


@pytest.mark.parametrize("check", ["space", "sync", "permissions"])
async def test_a_check_that_cannot_be_made(state: Path, monkeypatch: pytest.MonkeyPatch, check: str) -> None:
    """It is bad by itself, and stops none of the others."""

    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    async with await Services.open(state, clock=Clock(TODAY)) as services:
        with monkeypatch.context() as patch:
            where: dict[str, tuple[object, str]] = {
                "space": (os, "statvfs"), "sync": (selfcheck, "syncfs"), "permissions": (Path, "glob"),
            }  # fmt: skip
            patch.setattr(*where[check], fail)  # type: ignore[call-overload]
            found = await examine(services)
    bad = [finding for finding in found if finding.level == "bad"]
    assert [(finding.check, finding.facts) for finding in bad] == [
        ("unreadable", {"check": check, "problem": "EIO"})
    ]
    assert len(found) == 14


async def test_a_key_that_lies_open_for_real(state: Path) -> None:
    marker = state / "state.toml"
    async with await Services.open(state, clock=Clock(TODAY)) as services:
        object.__setattr__(services.state, "practice", False)
        found = {finding.check: finding for finding in await examine(services)}
    assert marker.exists()
    assert (found["keys"].level, found["keys"].exit) == ("bad", Exit.AUTHORITY)
    assert found["root_key"].level == "note"


async def test_the_published_list(state: Path, tmp_path: Path) -> None:
    """Nobody can fetch it, an older one is there, it is the newest, it has run out."""
    file = state / "publish.toml"
    file.write_text("crl_directory = 5")
    found = await findings(state)
    assert (found["published"].level, found["published"].facts["problem"]) == (
        "bad",
        TABLE["publish.config"].code,
    )
    file.write_text(f'crl_directory = "{tmp_path}"')
    assert (await findings(state))["published"].level == "note"
    async with await Services.open(state, clock=Clock(TODAY)) as services:
        await publish(services)
    found = await findings(state)
    assert (found["published"].level, found["published"].facts) == ("good", {"number": 1})
    (tmp_path / "ca.crl").write_bytes(b"x")
    assert (await findings(state))["published"].level == "note"
    assert (await findings(state, Clock(TODAY + timedelta(days=7, seconds=1))))["published"].level == "bad"
