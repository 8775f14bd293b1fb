"""What is put beside a certificate: there for people, out of the way of programs, and never a reason to fail."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from icalendar import Calendar

from kiosk.clock import Clock
from kiosk.errors import KioskError
from kiosk.lifecycle.application import Application
from kiosk.lifecycle.issue import Issuing
from kiosk.lifecycle.outcome import Outcome
from kiosk.lifecycle.papers import FOLDER, Papers, leave_papers
from kiosk.media.scan import scan
from kiosk.pki.profiles import load_profiles
from kiosk.secret import Secret
from kiosk.services import Services
from tests.conftest import ID_NUMBER, PASSWORD, TODAY
from tests.media.conftest import MountSpace, mounts

__all__ = ["mounts"]

FAT_REFUSES = set('\\/:*?"<>|')


@pytest.fixture
async def services(state: Path) -> AsyncIterator[Services]:
    async with await Services.open(state, clock=Clock(TODAY)) as services:
        yield services


async def issue(services: Services, medium: Path, profile: str = "personal-general") -> Outcome:
    application = Application(
        profile=load_profiles()[profile], name="홍길동", id_number=Secret(ID_NUMBER), phone="01023456789",
        password=Secret(PASSWORD), method="phone",
    )  # fmt: skip
    return await Issuing(services).issue(application, medium)


def sets(medium: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in medium.glob("NPKI/*/USER/*/*")}


async def test_slip_and_calendar(services: Services, medium: Path) -> None:
    outcome = await issue(services, medium)
    before, found = sets(medium), scan(medium).found
    papers = await leave_papers(services, outcome)
    assert papers == Papers(medium / FOLDER)
    files = {path.suffix: path for path in (medium / FOLDER).iterdir()}
    assert files.keys() == {".ics", ".txt"}
    assert not set(FOLDER) & FAT_REFUSES
    for path in files.values():
        assert "2027-11-22" in path.name
        assert not set(path.name) & FAT_REFUSES
        assert not path.name.endswith((" ", "."))
    [event] = Calendar.from_ical(files[".ics"].read_bytes()).walk("VEVENT")
    assert event["DTSTART"].to_ical() == b"20271122"
    text = files[".txt"].read_text("utf-8-sig")
    assert outcome.serial in text
    assert outcome.anchor in text
    for data in (files[".ics"].read_text("utf-8"), text):
        assert not {"홍길동", ID_NUMBER, PASSWORD, "01023456789"} & set(data.split())
        assert "홍길동" not in data
    # Where programs look for certificates nothing has changed.
    assert sets(medium) == before
    assert sorted(path.name for path in medium.iterdir()) == ["NPKI", FOLDER]
    assert scan(medium).found == found


async def test_another_certificate_has_papers_of_its_own(services: Services, medium: Path) -> None:
    await leave_papers(services, await issue(services, medium))
    before = {path: path.read_bytes() for path in (medium / FOLDER).iterdir()}
    await leave_papers(services, await issue(services, medium, "personal-bank"))
    assert len(list((medium / FOLDER).iterdir())) == 4
    assert {path: path.read_bytes() for path in before} == before


async def test_not_in_a_disks_npki_and_not_on_a_token(services: Services, tmp_path: Path) -> None:
    npki = tmp_path / "NPKI"
    npki.mkdir()
    outcome = await issue(services, npki)
    assert await leave_papers(services, outcome) == Papers()
    assert [path.name for path in npki.iterdir()] == ["Certkiosk"]
    on_token = Outcome(
        request=outcome.request, certificate=outcome.certificate, serial=outcome.serial,
        place="pkcs11:token=KIOSK", resumed=False, anchor=outcome.anchor,
    )  # fmt: skip
    assert await leave_papers(services, on_token) == Papers()


async def failed(services: Services, outcome: Outcome, medium: Path, id_: str) -> None:
    """The papers fail, and nothing else does."""
    before = sets(medium)
    papers = await leave_papers(services, outcome)
    assert isinstance(papers.problem, KioskError)
    assert (papers.folder, papers.problem.id) == (None, id_)
    assert sets(medium) == before
    held = await services.in_registry(lambda: services.registry.certificate(serial=outcome.serial))
    assert held is not None
    assert held.status == "valid"


async def test_full(services: Services, mounts: MountSpace, tmp_path: Path) -> None:
    """A real file system that has filled up since the certificate was written."""
    stick = mounts.tmpfs(tmp_path / "mount", "size=400k")
    outcome = await issue(services, stick)
    with (stick / "photo").open("wb", buffering=0) as photo, pytest.raises(OSError, match="No space"):
        while True:
            photo.write(bytes(4096))
    photo_bytes = (stick / "photo").stat().st_size
    await failed(services, outcome, stick, "medium.full")
    assert (stick / "photo").stat().st_size == photo_bytes
    assert not list(stick.glob(f"{FOLDER}/.certkiosk*"))


async def test_locked(services: Services, mounts: MountSpace, tmp_path: Path) -> None:
    stick = mounts.tmpfs(tmp_path / "mount", "size=4m")
    outcome = await issue(services, stick)
    mounts.run("mount", "-o", "remount,ro", tmp_path / "mount")
    await failed(services, outcome, stick, "medium.readonly")


async def test_pulled(services: Services, medium: Path, tmp_path: Path) -> None:
    outcome = await issue(services, medium)
    shutil.move(medium, tmp_path / "away")
    papers = await leave_papers(services, outcome)
    assert papers.problem is not None
    assert papers.problem.id == "medium.missing"
    # An empty mount point, on the kiosk's own disk, gets nothing.
    medium.mkdir()
    assert (await leave_papers(services, outcome)).problem is not None
    assert list(medium.iterdir()) == []


@pytest.mark.parametrize("stands", ["nothing", "another certificate"])
async def test_another_stick_at_the_same_place(services: Services, medium: Path, stands: str) -> None:
    outcome = await issue(services, medium)
    assert isinstance(outcome.place, Path)
    if stands == "nothing":
        (outcome.place / "signCert.der").unlink()
    else:
        (outcome.place / "signCert.der").write_bytes(b"0\x03\x02\x01\x05")
    await failed(services, outcome, medium, "medium.other")
    assert not (medium / FOLDER).exists()


async def test_something_of_theirs_has_the_folders_name(services: Services, medium: Path) -> None:
    (medium / FOLDER).write_bytes(b"notes")
    await failed(services, await issue(services, medium), medium, "medium.in_the_way")
    assert (medium / FOLDER).read_bytes() == b"notes"
