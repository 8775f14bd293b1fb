"""Another PIN, by the service that screens and commands call."""

import asyncio
import subprocess

import pytest

from kiosk.errors import KioskError
from kiosk.lifecycle.pin import change_pin
from kiosk.media.token_uri import TokenUri
from kiosk.secret import Secret
from tests.hardware.conftest import PIN, URI, Desk, Hsm
from tests.hardware.visitor import NEW, WRONG


async def _refused(desk: Desk, uri: TokenUri, old: str, new: str) -> str:
    with pytest.raises(KioskError) as caught:
        await change_pin(desk.services, uri, Secret(old), Secret(new))
    return caught.value.id


async def test_the_new_one_works_and_the_old_one_does_not(desk: Desk, hsm: Hsm) -> None:
    """Also for others' programs; what is on the token stays, and no process is left that knows either."""
    await desk.issue()
    before = hsm.objects()
    token = await change_pin(desk.services, URI, Secret(PIN), Secret(NEW))
    assert [module.pid for module in desk.services.tokens.modules] == [None]
    with pytest.raises(AssertionError, match="CKR_PIN_INCORRECT"):
        hsm.objects()
    listing = [
        "pkcs11-tool",
        "--module",
        hsm.real,
        "--token-label",
        token.label,
        "--login",
        "--pin",
        NEW,
        "-O",
    ]
    listed = subprocess.run(listing, capture_output=True, text=True, check=True).stdout
    assert listed.count("Private Key Object") == before["Private Key"] == 1
    await asyncio.to_thread(desk.services.tokens.login, token, Secret(NEW))


async def test_it_is_written_down_without_saying_whose(desk: Desk) -> None:
    await change_pin(desk.services, URI, Secret(PIN), Secret(NEW))
    last = await desk.services.in_registry(desk.services.registry.last_audit)
    assert last is not None
    assert last.action == "pin.changed"
    assert PIN not in repr(last)
    assert NEW not in repr(last)


async def test_refusals(desk: Desk, hsm: Hsm) -> None:
    hsm.plan("tries=3")
    assert await _refused(desk, URI, PIN, PIN) == "token.pin_weak"
    assert await _refused(desk, URI, PIN, "1") == "token.pin_weak"
    assert await _refused(desk, TokenUri(token="NONE"), PIN, NEW) == "token.none"
    assert await _refused(desk, URI, WRONG, NEW) == "token.pin"
    assert await _refused(desk, URI, WRONG, NEW) == "token.pin_last"
    assert await _refused(desk, URI, WRONG, NEW) == "token.pin_locked"
    tried = hsm.calls().count("C_SetPIN")
    assert await _refused(desk, URI, PIN, NEW) == "token.pin_locked"
    hsm.plan("flags=0x100")
    assert await _refused(desk, URI, PIN, NEW) == "token.pad"
    assert hsm.calls().count("C_SetPIN") == tried
    hsm.plan("C_SetPIN=0x32")
    (hsm.place / "wrong").unlink()
    assert await _refused(desk, URI, PIN, NEW) == "token.gone"
    hsm.plan("C_SetPIN=crash")
    assert await _refused(desk, URI, PIN, NEW) == "token.module"
    hsm.plan()
    assert desk.services.tokens.find(URI).problem is None
    await asyncio.to_thread(desk.services.tokens.login, desk.services.tokens.find(URI), Secret(PIN))
