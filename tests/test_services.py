"""One set of services over one state: its one thread, its steps, its errors."""

import asyncio
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from data.registry import RegistryError
from kiosk import services as module
from kiosk.audit import read_head
from kiosk.clock import Clock
from kiosk.config import State, load_state
from kiosk.errors import TABLE, KioskError
from kiosk.secret import Secret
from kiosk.services import Services, registry_errors
from tests.conftest import TODAY


async def opened(state: Path, **options: object) -> Services:
    return await Services.open(state, **{"clock": Clock(TODAY), **options})  # type: ignore[arg-type]


@pytest.mark.parametrize("reason", ["missing", "damaged", "newer", "busy", "full", "unwritable"])
def test_every_reason_of_the_registry_is_an_error(tmp_path: Path, reason: str) -> None:
    with pytest.raises(KioskError) as caught, registry_errors(tmp_path):
        raise RegistryError(reason)
    assert (caught.value.id, caught.value.facts) == (f"registry.{reason}", {"path": str(tmp_path)})
    assert caught.value.id in TABLE


async def test_the_registry_has_one_thread(state: Path) -> None:
    async with await opened(state) as services:
        threads = await asyncio.gather(*(services.in_registry(threading.get_ident) for _ in range(20)))
        assert len(set(threads)) == 1
        assert threads[0] != threading.get_ident()


async def test_the_event_loop_goes_on_while_the_registry_is_slow(state: Path) -> None:
    async with await opened(state) as services:
        let_go = threading.Event()
        slow = asyncio.ensure_future(services.in_registry(let_go.wait))
        turns = 0
        while turns < 100:
            await asyncio.sleep(0)
            turns += 1
        assert not slow.done()
        let_go.set()
        assert await slow


async def test_a_step_is_one_transaction_with_its_line(state: Path) -> None:
    async with await opened(state) as services:

        def step() -> None:
            with services.step() as registry:
                registry.add_subscriber(bytes(32), services.now())
                services.audit.append("something.done", number=5)

        def step_that_fails() -> None:
            with services.step() as registry:
                registry.add_subscriber(bytes([1] * 32), services.now())
                services.audit.append("something.else")
                raise KioskError("request.busy")

        await services.in_registry(step)
        with pytest.raises(KioskError, match=r"request\.busy"):
            await services.in_registry(step_that_fails)
        assert await services.in_registry(lambda: services.registry.subscriber(bytes(32)))
        assert await services.in_registry(lambda: services.registry.subscriber(bytes([1] * 32))) is None
        lines = await services.in_registry(lambda: list(services.registry.audit_rows()))
        assert [line.action for line in lines] == ["state.made", "something.done"]
        head = read_head(state / "audit.head")
        assert head
        assert (head.seq, head.hash) == (2, lines[-1].hash)


async def test_keyed_hashes(state: Path) -> None:
    """The same after a restart, of text and of secrets; another for another kind, or another state."""
    async with await opened(state) as services:
        first = services.keyed_hash("subscriber", Secret("9001011234568"))
        assert len(first) == 32
        assert services.keyed_hash("subscriber", "9001011234568") == first
        assert services.keyed_hash("phone", "9001011234568") != first
        assert services.keyed_hash("subscriber9", "001011234568") != first
    async with await opened(state) as again:
        assert again.keyed_hash("subscriber", "9001011234568") == first
    audit = (state / "authority" / "audit.key").read_bytes()
    (state / "authority" / "subscriber.key").write_bytes(audit)
    async with await opened(state) as other:
        assert other.keyed_hash("subscriber", "9001011234568") != first


async def test_the_days_are_koreas(state: Path) -> None:
    async with await opened(state, clock=Clock(TODAY.replace(hour=0))) as services:
        assert (services.today(), services.now()) == ("2026-11-22", "2026-11-21T15:00:00.000Z")


async def test_what_could_not_be_opened_is_closed(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = threading.active_count()
    (state / "registry.db").write_bytes(b"")
    for _ in range(3):
        with pytest.raises(KioskError, match=r"registry\.damaged"):
            await opened(state)
    assert threading.active_count() == before


async def test_closing_twice_is_harmless(state: Path) -> None:
    services = await opened(state)
    await services.close()
    await services.close()
    with pytest.raises(RuntimeError):
        _ = services.registry


async def test_practice_has_a_carrier_and_real_none(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with await opened(state) as services:
        assert services.carrier is not None
    monkeypatch.setattr(module, "load_state", lambda path, practice: _as_real(path))
    with pytest.raises(KioskError, match=r"state\.at"):
        await opened(state)
    with pytest.raises(KioskError, match=r"state\.practice"):
        await opened(state, clock=Clock())


def _as_real(path: Path) -> State:
    return replace(load_state(path), practice=False)
