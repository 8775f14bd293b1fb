"""An error, a crash and a pulled token at every call of an issue: one good certificate afterwards, never two.

The usual run takes a share of the calls that is spread over all of them; the long one takes every call.
"""

import pytest

from kiosk.errors import KioskError
from tests.hardware.conftest import Desk, Hsm

CALLS = 180
"""No fewer than an issue makes; what lies beyond is reached by none and must change nothing."""
FAULTS = {
    "0x30": {"token.failed", "token.module", "token.none"},
    "crash": {"token.module"},
    "out": {"token.gone", "token.none"},
}
SHARE = 24


def cases() -> list[object]:
    return [
        pytest.param(call, fault, marks=() if call % SHARE == 7 * place + 1 else pytest.mark.long)
        for place, fault in enumerate(FAULTS)
        for call in range(1, CALLS + 1)
    ]


@pytest.mark.parametrize(("call", "fault"), cases())
async def test_a_fault_at_each_call(desk: Desk, hsm: Hsm, call: int, fault: str) -> None:
    hsm.plan(f"{call}={fault}")
    ended: KioskError | None = None
    try:
        await desk.issue()
    except KioskError as error:
        ended = error
    hsm.plan()
    if ended is None:
        desk.one_good_certificate()
        await desk.refused("request.holds")
        return
    assert len(hsm.calls()) >= call
    assert ended.id in FAULTS[fault]
    requests, held = desk.rows()
    assert not [each for each in held if each.status == "valid"]
    resumable = bool(requests) and requests[-1].state in {"issued", "written"}
    assert (ended.request is not None) == resumable
    outcome = await desk.issue()
    assert outcome.resumed == resumable
    desk.one_good_certificate()


async def test_every_call_is_a_case(desk: Desk, hsm: Hsm) -> None:
    await desk.issue()
    assert CALLS - 60 < len(hsm.calls()) <= CALLS
    assert {"C_Initialize", "C_Login", "C_GenerateKeyPair", "C_CreateObject", "C_Sign"} <= set(hsm.calls())
