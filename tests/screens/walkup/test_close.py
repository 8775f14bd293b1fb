"""A real kiosk is closed with the code that staff set, and with nothing else."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.closing import check_code, has_code, set_code
from kiosk.errors import KioskError
from kiosk.secret import Secret
from screens.settings import LEAVE_KIOSK
from screens.walkup.close import Close
from screens.walkup.idle import Idle
from tests.screens.stage import Stage, stage

CODE = "20261122"


def real(on: Stage) -> None:
    """As if it were no practice: what the screens ask is the state."""
    on.services.state = replace(on.services.state, practice=False)


async def actions(on: Stage) -> list[str]:
    return await on.services.in_registry(
        lambda: [row.action for row in on.services.registry.audit_rows(1, 99)]
    )


async def test_staff_close_it(state: Path) -> None:
    async with stage(state) as on:
        real(on)
        await set_code(on.services, Secret(CODE))
        await on.press("f12")
        await on.at(Close)
        await on.type("123456")
        await on.press("enter")
        await on.until(lambda: on.sees("error.close.wrong"))
        assert (await actions(on))[-1] == "staff.code_tried"
        await on.press("escape")
        await on.at(Idle)
        await on.press("f12")
        await on.type(CODE)
        assert CODE not in on.page
        on.send("enter")
        async with asyncio.timeout(30):
            while on.app.return_value is None:
                await asyncio.sleep(0.01)
    assert on.app.return_value == LEAVE_KIOSK


async def test_without_a_code_no_key_closes_it(state: Path) -> None:
    async with stage(state) as on:
        real(on)
        await on.press("f12")
        await on.at(Idle)


@pytest.mark.parametrize("code", ["12345", "1234567890123", "12345x", "", "１２３４５６"])
async def test_codes_that_are_refused(state: Path, code: str) -> None:
    async with stage(state) as on:
        with pytest.raises(KioskError, match=r"close\.code"):
            await set_code(on.services, Secret(code))
        assert not has_code(on.services.state)


async def test_the_code_itself_is_kept_nowhere(state: Path) -> None:
    async with stage(state) as on:
        await set_code(on.services, Secret(CODE))
        assert not [
            path for path in state.rglob("*") if path.is_file() and CODE.encode() in path.read_bytes()
        ]
        assert on.services.state.close_code.stat().st_mode & 0o077 == 0
        check_code(on.services.state, Secret(CODE))
        for broken in (b"", b"$argon2id$", b"\xff"):
            on.services.state.close_code.write_bytes(broken)
            with pytest.raises(KioskError, match=r"close\.wrong"):
                check_code(on.services.state, Secret(CODE))
