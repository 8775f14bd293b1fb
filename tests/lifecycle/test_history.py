"""The life of a certificate as it is told: whole chains, in words, and nothing twice."""

from datetime import datetime
from pathlib import Path

from kiosk.clock import KST
from kiosk.lifecycle import status
from kiosk.lifecycle.explain import explain, sentences
from kiosk.lifecycle.history import history, page
from kiosk.lifecycle.standing import korean
from tests.lifecycle.desk import Desk

RENEWED = "2027-11-01 09:00:00"


def at(desk: Desk, moment: str) -> None:
    """Set the clock, that of the audit log too."""
    desk.at(moment)
    desk.services.audit._clock = desk.services.clock


def whats(chapters: object) -> list[list[str]]:
    return [[event.what for event in each.events] for each in chapters]  # type: ignore[attr-defined]


async def test_renewed_and_reissued(desk: Desk, medium: Path, tmp_path: Path) -> None:
    """Whichever of them one asks about, the page is the same; each event stands at its own certificate."""
    first = await desk.issue(medium)
    at(desk, RENEWED)
    second = await desk.renew(medium)
    at(desk, "2027-12-01 09:00:00")
    other = tmp_path / "other"
    other.mkdir()
    third = await desk.reissue(other, serial=second.serial, lost=True)
    serials = [first.serial, second.serial, third.serial]
    chapters = await history(desk.services, first.serial)
    assert [each.held.serial for each in chapters] == serials
    made = ["applied", "identified", "issued", "proved"]
    assert whats(chapters) == [[*made, "revoked"], [*made, "revoked"], made]
    for serial in serials[1:]:
        assert await history(desk.services, serial) == chapters
    lines = page(chapters, desk.services)
    assert f"  2027-11-01 09:00  Revoked, because it was replaced by {second.serial}" in lines
    assert "  2027-11-01 09:00  The person was identified. (known by the old certificate)" in lines
    assert "  2027-12-01 09:00  A reissue was applied for." in lines
    assert "  2027-12-01 09:00  Revoked for good. Why: the key may be in other hands." in lines
    said = sentences(await explain(desk.services, second.serial))
    assert f"Reissued; in its place came {third.serial}" in said
    assert f"It is the renewal of {first.serial}" in said


async def test_nothing_is_in_two_places_or_out_of_order(desk: Desk, medium: Path) -> None:
    first = await desk.issue(medium)
    at(desk, RENEWED)
    second = await desk.renew(medium)
    at(desk, "2027-11-02 09:00:00")
    await status.suspend(desk.services, second.serial, status.staff_evidence(desk.services))
    told = [
        (event.at, event.sentence)
        for each in await history(desk.services, first.serial)
        for event in each.events
    ]
    assert len(set(told)) == len(told)
    for chapter in await history(desk.services, first.serial):
        moments = [event.at for event in chapter.events]
        assert moments == sorted(moments)


async def test_an_end_is_told_too(desk: Desk, medium: Path) -> None:
    outcome = await desk.issue(medium)
    at(desk, "2027-11-23 00:00:00")
    [chapter] = await history(desk.services, outcome.serial)
    assert chapter.events[-1].what == "expired"
    assert korean(chapter.events[-1].at) == "2027-11-22T23:59:59+09:00"
    assert chapter.events[-1].at == datetime(2027, 11, 22, 23, 59, 59, tzinfo=KST)
