"""An error, a crash and a pulled token at every call: one good certificate afterwards, never two, never half a one.

The usual run takes a share of the calls that is spread over all of them; the long one takes every call, of the
renewal, which begins with the same ones as the issue, every fourth. What was tried and what became of it stands in
the table at the end of the run (`tests.crash.table`).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from kiosk.clock import Clock
from kiosk.errors import KioskError
from kiosk.lifecycle.delete import delete_on_token
from kiosk.lifecycle.pin import change_pin
from kiosk.media.scan import scan_token
from kiosk.secret import Secret
from tests.crash.table import BAD, PROPERTY, TOKEN, Tally
from tests.hardware.conftest import PIN, URI, WHOLE, Desk, Hsm
from tests.hardware.test_renew_on_token import IN_TIME, renew
from tests.hardware.visitor import NEW

ISSUE, RENEW, CHANGE, DELETE = 180, 400, 18, 90
"""No fewer calls than each act makes; what lies beyond is reached by none and must change nothing."""
FAULTS = {
    "0x30": {"token.failed", "token.module", "token.none"},
    "crash": {"token.module"},
    "out": {"token.gone", "token.none"},
}
NAMES = {"0x30": "CKR_DEVICE_ERROR", "crash": "crash", "out": "pulled"}

Play = Callable[..., Awaitable[None]]


def cases(calls: int, share: int, step: int = 1) -> list[object]:
    """Every fault at so many calls, or every `step`th of them; one in `share` is for the usual run."""
    return [
        pytest.param(call, fault, marks=() if call % share == (9 * place + 1) % share else pytest.mark.long)
        for place, fault in enumerate(FAULTS)
        for call in range(1 + place % step, calls + 1, step)
    ]


@pytest.fixture
async def play(hsm: Hsm, record_property: Callable[[str, object], None]) -> AsyncIterator[Play]:
    """Play one case: disturb `act`, let `after` judge and name what became of it, and write it down."""
    tally = Tally()

    async def one(
        scene: str, call: int, fault: str, act: Callable[[], Awaitable[object]],
        after: Callable[[KioskError | None], Awaitable[str]],
    ) -> None:  # fmt: skip
        hsm.restart()
        hsm.plan(f"{call}={fault}")
        ended: KioskError | None = None
        outcome = BAD
        try:
            try:
                await act()
            except KioskError as error:
                ended = error
            hsm.plan()
            calls = hsm.calls()
            assert ended is None or len(calls) >= call
            assert ended is None or ended.id in FAULTS[fault]
            outcome = await after(ended)
        finally:
            if len(calls) >= call:
                tally.add(scene, TOKEN, calls[call - 1], NAMES[fault], outcome)

    yield one
    record_property(PROPERTY, tally.rows())


@pytest.mark.parametrize(("call", "fault"), cases(ISSUE, 24))
async def test_issued(desk: Desk, play: Play, call: int, fault: str) -> None:
    async def after(ended: KioskError | None) -> str:
        if ended is None:
            desk.one_good_certificate()
            await desk.refused("request.holds")
            return "done"
        requests, held = desk.rows()
        assert not [each for each in held if each.status == "valid"]
        resumable = bool(requests) and requests[-1].state in {"issued", "written"}
        assert (ended.request is not None) == resumable
        outcome = await desk.issue()
        assert outcome.resumed == resumable
        desk.one_good_certificate()
        return "resumed" if resumable else "begun anew"

    await play("issue onto a token", call, fault, desk.issue, after)


@pytest.mark.parametrize(("call", "fault"), cases(RENEW, 64, 4))
async def test_renewed(desk: Desk, play: Play, call: int, fault: str) -> None:
    """Until the new one is proved the old one is good and whole; afterwards it is gone."""
    first = await desk.issue()
    desk.services.clock = Clock(IN_TIME)

    async def after(ended: KioskError | None) -> str:
        requests, held = desk.rows()
        good = [each.serial for each in held if each.status == "valid"]
        if ended is None and requests[-1].state == "done":
            desk.one_good_certificate()
            assert good != [first.serial]
            return "done"
        assert len(good) == 1, "never worse off than before, and never two"
        proved = good != [first.serial]
        assert proved == (requests[-1].state == "proved")
        found = desk.hsm.objects()
        assert all(found.get(kind, 0) >= count for kind, count in WHOLE.items()) or proved
        outcome = await renew(desk, serial=first.serial)
        assert outcome.not_after > first.not_after
        desk.one_good_certificate()
        return "tidied" if proved else "resumed" if outcome.resumed else "begun anew"

    await play("renew on a token", call, fault, lambda: renew(desk), after)


@pytest.mark.parametrize(("call", "fault"), cases(CHANGE, 6))
async def test_pin_changed(desk: Desk, play: Play, call: int, fault: str) -> None:
    """What is said is so: one of the two PINs opens the token, and it is the one that it must be."""

    async def after(ended: KioskError | None) -> str:
        right, wrong = (NEW, PIN) if ended is None else (PIN, NEW)
        token = desk.services.tokens.find(URI)
        await asyncio.to_thread(desk.services.tokens.login, token, Secret(right))
        with pytest.raises(KioskError) as caught:
            await asyncio.to_thread(desk.services.tokens.login, token, Secret(wrong))
        assert caught.value.id == "token.pin"
        return "done" if ended is None else "as before"

    act = lambda: change_pin(desk.services, URI, Secret(PIN), Secret(NEW))  # noqa: E731
    await play("change a token's PIN", call, fault, act, after)


@pytest.mark.parametrize(("call", "fault"), cases(DELETE, 16))
async def test_deleted(desk: Desk, play: Play, call: int, fault: str) -> None:
    """What was cut short is still listed, so that it can be deleted once more, and then is gone."""
    await desk.issue()
    found = await asyncio.to_thread(scan_token, desk.services.tokens, URI)
    desk.services.tokens.close()

    async def delete() -> None:
        await delete_on_token(desk.services, URI, found.found[0], Secret(PIN))

    async def after(ended: KioskError | None) -> str:
        left = desk.hsm.objects()
        if ended is not None:
            if left:
                assert left["Certificate"] == 1
                await delete()
                left = desk.hsm.objects()
            else:
                with pytest.raises(KioskError) as caught:
                    await delete()
                assert caught.value.id == "medium.not_there"
        assert left == {}
        assert [held.status for held in desk.rows()[1]] == ["valid"], "deleting is not revoking"
        return "done" if ended is None else "begun anew"

    await play("delete from a token", call, fault, delete, after)


async def test_every_call_is_a_case(desk: Desk, hsm: Hsm) -> None:
    async def change() -> None:
        await change_pin(desk.services, URI, Secret(PIN), Secret(NEW))
        assert hsm.calls()[-1] == "C_SetPIN", "nothing comes after it that could fail"

    def count(most: int) -> set[str]:
        calls = hsm.calls()
        hsm.restart()
        assert most * 2 / 3 < len(calls) <= most
        return set(calls)

    await desk.issue()
    assert {"C_Initialize", "C_Login", "C_GenerateKeyPair", "C_CreateObject", "C_Sign"} <= count(ISSUE)
    desk.services.clock = Clock(IN_TIME)
    await renew(desk)
    assert "C_DestroyObject" in count(RENEW)
    found = await asyncio.to_thread(scan_token, desk.services.tokens, URI)
    desk.services.tokens.close()
    hsm.restart()
    await delete_on_token(desk.services, URI, found.found[0], Secret(PIN))
    count(DELETE)
    await change()
    count(CHANGE)
