"""Opening a key with its password: right ones, wrong ones, and how many."""

from datetime import timedelta
from pathlib import Path

import pytest

from kiosk.clock import Clock
from kiosk.errors import KioskError
from kiosk.lifecycle.unlock import METHOD, PasswordTries, likely, unlock
from kiosk.secret import Secret
from kiosk.services import Services
from tests.conftest import TODAY
from tests.lifecycle import sets

RIGHT = sets.OLD_PASSWORD


async def opened(services: Services, password: str = RIGHT, certificate: int = 0, key: int = 0) -> bytes:
    pkcs8 = await unlock(services, sets.certificate(certificate), sets.sealed(key), Secret(password))
    return pkcs8.reveal()


async def refused(services: Services, password: str = RIGHT, **numbers: int) -> KioskError:
    with pytest.raises(KioskError) as caught:
        await opened(services, password, **numbers)
    return caught.value


async def left(services: Services, certificate: int = 0) -> int:
    tries = PasswordTries(services, sets.certificate(certificate))
    return await services.in_registry(tries.left)


async def lines(services: Services) -> list[str]:
    rows = await services.in_registry(lambda: list(services.registry.audit_rows(2)))
    return [row.action for row in rows]


async def test_the_right_password_gives_the_key_as_it_is(services: Services) -> None:
    assert await opened(services) == sets.pkcs8(0)
    assert await lines(services) == ["password.tried", "password.right"]
    assert await left(services) == 5


async def test_tries_are_counted_for_a_certificate_and_a_day(services: Services, state: Path) -> None:
    for number in (4, 3, 2):
        error = await refused(services, "wrong")
        assert (error.id, error.facts) == ("medium.wrong_password", {"left": number})
    async with await Services.open(state, clock=Clock(TODAY)) as another:
        assert (await refused(another, "wrong")).facts == {"left": 1}
        assert await left(another, certificate=1) == 5
        assert (await refused(another, "wrong")).id == "password.locked"
    assert (await refused(services)).id == "password.locked", "the right one comes too late"
    assert (await lines(services))[-3:] == ["password.tried", "password.locked", "password.locked"]
    assert await opened(services, certificate=1, key=1) == sets.pkcs8(1), "another certificate is not locked"
    async with await Services.open(state, clock=Clock(TODAY + timedelta(days=1))) as tomorrow:
        assert await opened(tomorrow) == sets.pkcs8(0)


async def test_the_right_password_starts_the_count_anew(services: Services) -> None:
    for _ in range(3):
        await refused(services, "wrong")
    await opened(services)
    assert await left(services) == 5


async def test_a_try_is_counted_before_it_is_made(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever pulls the plug while the key is derived has no try for free."""

    def pulled(*_: object) -> None:
        raise OSError("the plug")

    monkeypatch.setattr("kiosk.lifecycle.unlock.open_key", pulled)
    with pytest.raises(OSError, match="the plug"):
        await opened(services)
    assert await left(services) == 4


async def test_another_certificates_key(services: Services) -> None:
    error = await refused(services, certificate=0, key=1)
    assert error.id == "medium.other_key"
    assert await left(services) == 5
    assert await lines(services) == ["password.tried", "password.no_try"]


async def test_a_swapped_key_file_does_not_start_the_count_anew(services: Services) -> None:
    """A thief who puts a key file of his own beside the certificate learns nothing by it."""
    for _ in range(4):
        await refused(services, "wrong")
    assert (await refused(services, key=1)).id == "medium.other_key"
    assert await left(services) == 1


async def test_rubbish_is_no_try(services: Services) -> None:
    for certificate, sealed, id_ in (
        (sets.certificate(), b"rubbish", "medium.format"),
        (b"rubbish", sets.sealed(), "medium.damaged"),
        (b"", b"", "medium.damaged"),
    ):
        with pytest.raises(KioskError) as caught:
            await unlock(services, certificate, sealed, Secret(RIGHT))
        assert caught.value.id == id_
    assert await left(services) == 5


async def test_nothing_of_certificate_or_password_is_kept(services: Services, state: Path) -> None:
    await refused(services, "wrong-and-long")
    assert await services.in_registry(
        lambda: services.registry.tries(METHOD, sets.certificate()[:32], services.today())
    ) == (0, 0)
    kept = b"".join(path.read_bytes() for path in state.rglob("*") if path.is_file())
    assert b"wrong-and-long" not in kept
    assert sets.certificate()[40:80] not in kept


@pytest.mark.parametrize(
    ("typed", "id_"),
    [
        ("둥ㅜ7!flower", "medium.wrong_hangul"),
        ("ㅁㅁㅁ", "medium.wrong_hangul"),
        ("SUN7!FLOWER", "medium.wrong_caps"),
        ("sUN7!FLOWER-HILL", "medium.wrong_caps"),
        ("Sun7!flower", "medium.wrong_password"),
        ("A1!", "medium.wrong_password"),
        ("1234", "medium.wrong_password"),
        ("", "medium.wrong_password"),
        (b"\xff\xfe", "medium.wrong_password"),
    ],
)  # fmt: skip
def test_what_the_likely_cause_is(typed: str | bytes, id_: str) -> None:
    assert likely(Secret(typed)) == id_
