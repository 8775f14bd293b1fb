"""Media with names and files that nobody should meet: shown as they are, and good for a certificate all the same."""

import os
import re
import unicodedata
from pathlib import Path

import pytest

from kiosk.errors import TABLE
from kiosk.i18n import visible
from screens.walkup.confirm import Confirm
from screens.walkup.medium import Medium
from screens.walkup.password import Password
from screens.walkup.proof import Proof
from tests.screens.stage import Stage, stage
from tests.screens.walk import choose_password, walk

NAMES = {
    "escape": b"\x1b[31mRED\x1b]0;title\x07",
    "order": "\u202egnol\u2066USB".encode(),
    "not UTF-8": b"USB\xff\xfe\x80",
    "CP949": "이동식 디스크".encode("cp949"),
    "markup": b"[@click=app.exit]USB[|] [foo] {path} %s",
    "line": b"USB\n\r\tUSB",
    "long": "가".encode() * 85,
    "option": b"-rf --help ~ $HOME `id` 'x' \"y\"",
}


@pytest.fixture(params=NAMES.values(), ids=list(NAMES))
def hostile(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), request.param)))
    path.mkdir()
    return path


def shown(on: Stage, name: str) -> bool:
    # How much room there is stands at the end of the first line, also where the name goes on below.
    return "".join(visible(name).split()) in re.sub(r"[\d.,]+[MG]B남음", "", on.said)


def nothing_acts(on: Stage) -> bool:
    """Whether all that is on the screen are letters, marks and signs."""
    return not [char for char in on.page if char != "\n" and unicodedata.category(char)[0] == "C"]


async def issued(on: Stage) -> None:
    await on.at(Confirm)
    for _ in range(5):
        if isinstance(on.app.screen, Confirm):
            await on.press("enter")
    await on.at(Proof)


async def test_a_name_is_shown_as_it_is_and_chosen(state: Path, hostile: Path) -> None:
    async with stage(state, [hostile]) as on:
        await walk(on, Medium)
        assert shown(on, hostile.name), on.page
        assert nothing_acts(on), on.page
        await on.press("1")
        await on.at(Password)
        await choose_password(on)
        await on.at(Confirm)
        assert shown(on, hostile.name), on.page
        await issued(on)
        assert len(list(hostile.rglob("signCert.der"))) == 1


async def test_a_name_is_named_in_a_fault(state: Path, hostile: Path) -> None:
    """Gone when it is chosen: what is said of it acts on nothing."""
    async with stage(state, [hostile]) as on:
        await walk(on, Medium)
        hostile.rmdir()
        await on.press("1")
        assert on.sees("error.medium.missing.screen")
        assert nothing_acts(on), on.page


async def test_files_on_it_are_left_alone(state: Path, medium: Path) -> None:
    """Whatever lies about on a stick, its names and what it pretends to be."""
    root = os.fsencode(medium)
    for name in NAMES.values():
        Path(os.fsdecode(root + b"/" + name[:250])).write_bytes(name)
        Path(os.fsdecode(root + b"/." + name[:250])).mkdir()
    (medium / "autorun.inf").write_text("[autorun]\nopen=x.exe")
    (medium / "loop").symlink_to(medium)
    (medium / "npki").symlink_to("/proc/self")
    os.mkfifo(medium / "pipe.pfx")
    before = {path: path.lstat().st_mtime_ns for path in medium.iterdir()}
    async with stage(state, [medium]) as on:
        await walk(on, Medium)
        await on.press("1")
        # A link that stands where certificates go is followed by nobody.
        assert f"({TABLE['medium.in_the_way'].code})" in on.page
        (medium / "npki").unlink()
        await on.press("1")
        await on.at(Password)
        await choose_password(on)
        await issued(on)
    del before[medium / "npki"]
    assert {path: path.lstat().st_mtime_ns for path in before} == before


@pytest.mark.parametrize(("free", "said"), [(2**64 - 1, ""), (10**6, "4.0GB남음")])
async def test_room_is_said_where_it_can_be_true(
    state: Path, medium: Path, monkeypatch: pytest.MonkeyPatch, free: int, said: str
) -> None:
    lie = os.statvfs_result((4096, 4096, free, free, free, 0, 0, 0, 0, 255))
    async with stage(state, [medium]) as on:
        monkeypatch.setattr(os, "statvfs", lambda _: lie)
        await walk(on, Medium)
        assert medium.name in on.said
        assert said in on.said
        assert ("남음" in on.said) == bool(said)
