"""The reissue service: a new key with the same end, for who is identified; what becomes of the old one."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from kiosk.clock import KST
from kiosk.errors import KioskError
from kiosk.pki.profiles import load_profiles
from kiosk.secret import Secret
from tests.lifecycle import sets as foreign
from tests.lifecycle.desk import NEW_PASSWORD, WHOLE, Desk, break_off, raised, sets
from tests.pki import independent

LATER = "2027-03-01 15:00:00"
END = datetime(2027, 11, 22, 23, 59, 59, tzinfo=KST)
MOVES = ["opened", "identified", "key_made", "staged", "submitted", "issued", "written", "proved", "done"]


def kill() -> None:
    raise SystemExit


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """Another stick."""
    path = tmp_path / "other"
    path.mkdir()
    return path


async def test_the_moves(desk: Desk, medium: Path, elsewhere: Path) -> None:
    """The stick is lost: onto another one. The end date stays."""
    first = await desk.issue(medium)
    desk.at(LATER)
    outcome = await desk.reissue(elsewhere)
    assert desk.reached == MOVES
    assert outcome.not_before == datetime(2027, 3, 1, tzinfo=KST)
    assert outcome.not_after == first.not_after == END
    assert outcome.old is not None
    assert outcome.old.held.serial == first.serial
    requests, [old, new] = desk.rows()
    assert (requests[1].act, requests[1].state, requests[1].replaces) == ("reissue", "done", old.id)
    assert (requests[1].identity_method, requests[1].identity_level) == ("phone", "verified")
    assert (old.status, old.reason, new.status) == ("revoked", "superseded", "valid")
    assert (sets(medium), sets(elsewhere)) == (WHOLE, WHOLE)
    sealed = (outcome.place / "signPri.key").read_bytes()  # type: ignore[operator]
    assert independent.open_key(sealed, NEW_PASSWORD.encode())


async def test_the_password_is_forgotten(desk: Desk, medium: Path) -> None:
    """Onto the same stick: the old set is replaced."""
    await desk.issue(medium)
    desk.at(LATER)
    outcome = await desk.reissue(medium)
    assert sets(medium) == WHOLE
    assert next(medium.rglob("signCert.der")).parent == outcome.place
    assert not list(medium.glob(".certkiosk*"))


async def test_to_the_last_second(desk: Desk, medium: Path) -> None:
    """With less than a day left too: who forgot the password can then renew, and that at once."""
    await desk.issue(medium)
    desk.at("2027-11-22 23:59:59.900")
    outcome = await desk.reissue(medium)
    assert (outcome.not_before, outcome.not_after) == (datetime(2027, 11, 22, tzinfo=KST), END)
    renewed = await desk.renew(medium, password=Secret(NEW_PASSWORD))
    assert renewed.not_after == datetime(2028, 11, 22, 23, 59, 59, tzinfo=KST)


async def test_not_after_the_last_second(desk: Desk, medium: Path) -> None:
    await desk.issue(medium)
    desk.at("2027-11-23 00:00:00")
    await raised("reissue.none", desk.reissue(medium))
    assert len(desk.rows()[0]) == 1


async def test_twice(desk: Desk, medium: Path, elsewhere: Path) -> None:
    """A second press makes nothing, on whatever stick; a day later it may be meant, and a lost one always is."""
    await desk.issue(medium)
    desk.at(LATER)
    first = await desk.reissue(medium)
    before = foreign.tree(medium)
    for stick in (medium, elsewhere):
        error = await raised("reissue.again", desk.reissue(stick))
        assert error.facts == {"serial": first.serial, "again": "2027-03-02 15:00"}
    assert (foreign.tree(medium), list(elsewhere.iterdir())) == (before, [])
    assert [len(rows) for rows in desk.rows()] == [2, 2]
    lost = await desk.reissue(elsewhere, lost=True)
    assert lost.not_after == END
    desk.at("2027-03-02 15:00:00")
    again = await desk.reissue(medium)
    assert again.not_after == END
    assert [(held.status, held.reason) for held in desk.rows()[1]] == [
        ("revoked", "superseded"), ("revoked", "keyCompromise"), ("revoked", "superseded"), ("valid", None),
    ]  # fmt: skip


async def test_lost_is_revoked_at_once(desk: Desk, medium: Path) -> None:
    """As soon as it is known who asks, before a new key is made; and it is not superseded later."""
    first = await desk.issue(medium)
    desk.at(LATER)
    seen: list[str] = []

    def look() -> None:
        seen.extend(f"{held.status} {held.reason}" for held in desk.rows()[1])

    outcome = await desk.reissue(medium, "identified", look, lost=True)
    assert seen == ["revoked keyCompromise"]
    assert outcome.not_after == END
    old, new = desk.rows()[1]
    assert (old.serial, old.reason, new.status) == (first.serial, "keyCompromise", "valid")
    assert desk.actions().count("certificate.revoked") == 1


@pytest.mark.parametrize("when", ["identified", "key_made", "written"])
async def test_lost_and_the_stick_failed(desk: Desk, elsewhere: Path, medium: Path, when: str) -> None:
    """The old one is revoked, the new one came to nothing: it is asked for again, with the end that it had."""
    first = await desk.issue(medium)
    desk.at(LATER)

    def fail() -> None:
        raise KioskError("medium.lies")

    await raised("medium.lies", desk.reissue(elsewhere, when, fail, lost=True))
    assert desk.rows()[1][0].reason == "keyCompromise"
    assert desk.rows()[0][-1].state in {"cancelled", "void"}
    third = medium.with_name("third")
    third.mkdir()
    outcome = await desk.reissue(third, serial=first.serial if when == "written" else None, lost=True)
    assert outcome.not_after == END
    assert outcome.old is not None
    assert outcome.old.held.serial == first.serial
    assert [held.status for held in desk.rows()[1]].count("valid") == 1
    await raised("reissue.again", desk.reissue(third))
    await raised("renew.replaced", desk.reissue(third, serial=first.serial))


async def test_lost_and_not_identified(desk: Desk, medium: Path) -> None:
    """Nobody revokes what is another's."""
    await desk.issue(medium)
    desk.at(LATER)
    await raised("identity.code", desk.reissue(medium, lost=True, code=Secret("1")))
    assert [held.status for held in desk.rows()[1]] == ["valid"]
    assert len(desk.rows()[0]) == 1


@pytest.mark.parametrize(
    ("status", "refusal"), [("suspended", "reissue.suspended"), ("revoked", "reissue.none")]
)
async def test_only_a_good_one(desk: Desk, medium: Path, elsewhere: Path, status: str, refusal: str) -> None:
    first = await desk.issue(medium)
    desk.at(LATER)
    await desk.change(first.serial, status, "keyCompromise" if status == "revoked" else None)
    await raised(refusal, desk.reissue(elsewhere))
    assert list(elsewhere.iterdir()) == []
    assert len(desk.rows()[0]) == 1


async def test_somebody_who_has_none(desk: Desk, medium: Path) -> None:
    await desk.issue(medium)
    desk.at(LATER)
    other = {"id_number": Secret("9203042234567"), "phone": "01080246135"}
    await raised("reissue.none", desk.reissue(medium, **other))
    await raised("reissue.none", desk.reissue(medium, profile=load_profiles()["personal-bank"]))


async def test_what_somebody_has_is_told_after_the_check(desk: Desk, medium: Path) -> None:
    other = {"id_number": Secret("9203042234567"), "phone": "01080246135"}
    await raised("identity.code", desk.reissue(medium, **other, code=Secret("1")))


async def test_several(desk: Desk, medium: Path, elsewhere: Path, tmp_path: Path) -> None:
    """One of a kind on each of two sticks: which one was lost must be said."""
    first = await desk.issue(medium)
    second = await desk.issue(elsewhere)
    desk.at(LATER)
    third = tmp_path / "third"
    third.mkdir()
    error = await raised("reissue.several", desk.reissue(third))
    assert set(str(error.facts["serials"]).split(", ")) == {first.serial, second.serial}
    await raised("reissue.none", desk.reissue(third, serial="abcdef"))
    other = {"id_number": Secret("9203042234567"), "phone": "01080246135"}
    await raised("reissue.none", desk.reissue(third, serial=first.serial, **other))
    outcome = await desk.reissue(third, serial=second.serial)
    assert {held.serial: held.status for held in desk.rows()[1]} == {
        first.serial: "valid", second.serial: "revoked", outcome.serial: "valid",
    }  # fmt: skip
    error = await raised("renew.replaced", desk.reissue(third, serial=second.serial))
    assert error.facts["serial"] == outcome.serial
    await raised("reissue.none", desk.reissue(third, serial=second.serial, **other))


@pytest.mark.parametrize("same", [True, False])
@pytest.mark.parametrize("stopped", MOVES[:-1])
async def test_killed_and_called_again(
    desk: Desk, medium: Path, elsewhere: Path, stopped: str, same: bool
) -> None:
    first = await desk.issue(medium)
    desk.at(LATER)
    stick = medium if same else elsewhere
    with pytest.raises(SystemExit):
        await desk.reissue(stick, stopped, kill)
    good = [held for held in desk.rows()[1] if held.status == "valid"]
    assert [held.serial == first.serial for held in good] == [stopped != "proved"]
    outcome = await desk.reissue(stick)
    lost = stopped in {"opened", "identified", "key_made"}
    assert outcome.resumed is not lost
    assert [(each.status, each.reason) for each in desk.rows()[1]] == [
        ("revoked", "superseded"), ("valid", None),
    ]  # fmt: skip
    assert sets(stick) == WHOLE
    assert not list(stick.glob(".certkiosk*"))


async def test_resumed_by_the_serial(desk: Desk, medium: Path) -> None:
    first = await desk.issue(medium)
    desk.at(LATER)
    with pytest.raises(SystemExit):
        await desk.reissue(medium, "proved", kill)
    outcome = await desk.reissue(medium, serial=first.serial)
    assert (outcome.resumed, outcome.request.state) == (True, "done")


async def test_given_up_for_a_day(desk: Desk, medium: Path, elsewhere: Path) -> None:
    first = await desk.issue(medium)
    desk.at(LATER)
    await raised("medium.gone", desk.reissue(elsewhere, "written", break_off))
    desk.at(datetime.fromisoformat(LATER).replace(tzinfo=KST) + timedelta(hours=25))
    outcome = await desk.reissue(medium)
    assert outcome.old is not None
    assert outcome.old.held.serial == first.serial
    assert [held.reason for held in desk.rows()[1]] == ["superseded", "cessationOfOperation", None]


async def test_a_medium_that_does_not_take_it(
    desk: Desk, medium: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old one stays as it was."""
    await desk.issue(medium)
    desk.at(LATER)
    shutil.rmtree(elsewhere)
    await raised("medium.missing", desk.reissue(elsewhere))

    def lie(*_: object) -> None:
        raise KioskError("medium.lies")

    with monkeypatch.context() as patch:
        patch.setattr("kiosk.media.directory.DirectoryMedium.install", lie)
        await raised("medium.lies", desk.reissue(medium))
    assert [held.status for held in desk.rows()[1]] == ["valid", "revoked"]
    assert sets(medium) == WHOLE
