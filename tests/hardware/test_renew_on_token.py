"""Renewing and reissuing on a token: the old key signs once more, then its objects go."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from kiosk.clock import KST, Clock
from kiosk.errors import KioskError
from kiosk.lifecycle.application import Application, Renewal
from kiosk.lifecycle.outcome import Outcome
from kiosk.lifecycle.reissue import Reissuing
from kiosk.lifecycle.renew import Renewing
from kiosk.media.token_records import object_id
from kiosk.pki.profiles import load_profiles
from kiosk.secret import Secret
from tests.conftest import ID_NUMBER, PASSWORD
from tests.hardware.conftest import PIN, URI, WHOLE, Desk

IN_TIME = datetime(2027, 11, 1, 9, tzinfo=KST)
MOVES = ["opened", "identified", "key_made", "staged", "submitted", "issued", "written", "proved"]


async def renew(
    desk: Desk, when: str = "", act: Callable[[], object] = lambda: None, serial: str | None = None,
    **changes: object,
) -> Outcome:  # fmt: skip
    """Renew what is on the token, and do `act` when the request reaches the state `when`."""

    def progress(state: str) -> None:
        if state == when:
            act()

    usual = Renewal(id_number=Secret(ID_NUMBER), pin=Secret(PIN))
    renewing = Renewing(desk.services, progress=progress)
    return await renewing.renew(replace(usual, **changes), URI, serial)  # type: ignore[arg-type]


def kill() -> None:
    raise SystemExit


async def refused(desk: Desk, id_: str, **changes: object) -> None:
    with pytest.raises(KioskError) as caught:
        await renew(desk, **changes)  # type: ignore[arg-type]
    assert caught.value.id == id_


async def test_renewed(desk: Desk) -> None:
    first = await desk.issue()
    desk.services.clock = Clock(IN_TIME)
    outcome = await renew(desk)
    assert outcome.not_after == datetime(2028, 11, 22, 23, 59, 59, tzinfo=KST)
    assert outcome.old is not None
    assert outcome.old.held.serial == first.serial
    requests, [old, new] = desk.rows()
    assert (old.status, old.reason, new.status) == ("revoked", "superseded", "valid")
    assert [request.identity_method for request in requests] == ["phone", "certificate"]
    desk.one_good_certificate()
    assert f"certkiosk-{requests[0].code}" not in desk.hsm.tool("-O")


@pytest.mark.parametrize("stopped", MOVES)
async def test_killed_and_called_again(desk: Desk, stopped: str) -> None:
    first = await desk.issue()
    desk.services.clock = Clock(IN_TIME)
    with pytest.raises(SystemExit):
        await renew(desk, stopped, kill)
    good = [held.serial for held in desk.rows()[1] if held.status == "valid"]
    assert (good == [first.serial]) == (stopped != "proved")
    outcome = await renew(desk)
    assert outcome.resumed is (stopped not in {"opened", "identified"})
    desk.one_good_certificate()


async def test_the_old_objects_gone_and_not_said_so(desk: Desk) -> None:
    """Killed between the removal and its line: named by its serial, it is finished."""
    first = await desk.issue()
    desk.services.clock = Clock(IN_TIME)
    with pytest.raises(SystemExit):
        await renew(desk, "proved", kill)
    token = desk.services.tokens.find(URI)
    desk.services.tokens.remove(token, Secret(PIN), desk.rows()[0][0].code)
    outcome = await renew(desk, serial=first.serial)
    assert (outcome.resumed, outcome.request.state) == (True, "done")
    desk.one_good_certificate()


async def test_refusals(desk: Desk) -> None:
    await desk.issue()
    await refused(desk, "renew.early")
    desk.services.clock = Clock(IN_TIME)
    await refused(desk, "identity.number", id_number=Secret("9203042234567"))
    await refused(desk, "token.pin", pin=Secret("00000000"))
    await refused(desk, "answers.missing", pin=None)
    desk.one_good_certificate()
    assert len(desk.rows()[0]) == 1


@pytest.mark.parametrize("lost", ["privkey", "data"])
async def test_what_the_token_lost(desk: Desk, lost: str) -> None:
    await desk.issue()
    [request], _ = desk.rows()
    named = ("--id", object_id(request.code).hex())
    if lost == "data":
        named = ("--label", f"certkiosk-{request.code}")
    desk.hsm.tool("--delete-object", "--type", lost, *named)
    desk.services.clock = Clock(IN_TIME)
    await refused(desk, "medium.other_key" if lost == "privkey" else "renew.no_random")
    assert len(desk.rows()[0]) == 1


async def test_never_tidied(desk: Desk) -> None:
    """Proved, and nobody came back for a day: the old objects go with the next visit of the token."""
    await desk.issue()
    desk.services.clock = Clock(IN_TIME)
    with pytest.raises(SystemExit):
        await renew(desk, "proved", kill)
    desk.services.clock = Clock(IN_TIME + timedelta(hours=25))
    other = {"id_number": Secret("9203042234567"), "phone": "01080246135"}
    await desk.issue(**other)
    await desk.issue(**other, profile=load_profiles()["personal-bank"])
    assert desk.hsm.objects() == dict.fromkeys(WHOLE, 3)
    assert desk.rows()[0][0].code not in desk.services.tokens.codes(
        desk.services.tokens.find(URI), Secret(PIN)
    )


@pytest.mark.parametrize("onto", ["the token", "a stick"])
async def test_reissued(desk: Desk, medium: Path, onto: str) -> None:
    """The PIN may be forgotten for good: onto a stick then."""
    first = await desk.issue()
    desk.services.clock = Clock(IN_TIME)
    application = Application(
        profile=load_profiles()["personal-general"], name="홍길동", id_number=Secret(ID_NUMBER),
        phone="01023456789", password=Secret(PASSWORD if onto == "a stick" else ""), method="phone",
        pin=Secret(PIN) if onto == "the token" else None,
    )  # fmt: skip
    target = URI if onto == "the token" else medium
    outcome = await Reissuing(desk.services).reissue(application, target)
    assert outcome.not_after == first.not_after
    assert [held.status for held in desk.rows()[1]] == ["revoked", "valid"]
    if onto == "the token":
        desk.one_good_certificate()
    else:
        assert [path.parent for path in medium.rglob("signPri.key")] == [outcome.place]
