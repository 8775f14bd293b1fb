"""A stick that is pulled, or changed for another, on each screen: it is said in plain words, and there is a way on."""

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.errors import KioskError
from kiosk.media.offers import Offer
from screens.walkup import act, letting_go
from screens.walkup.act import Act
from screens.walkup.confirm import Confirm
from screens.walkup.medium import Medium
from screens.walkup.menu import Menu
from screens.walkup.password import Password
from screens.walkup.prepare import Prepare
from screens.walkup.proof import Proof
from screens.walkup.reminding import Reminding
from screens.walkup.slip import Slip
from tests.media.sticks import OTHER, STICK
from tests.screens.stage import Stage, stage
from tests.screens.walk import PASSWORD, choose_password, decline, walk

Pull = Callable[[Path], None]


def vanish(medium: Path) -> None:
    """What a desktop does: the mount point goes with the stick."""
    medium.rename(medium.with_name("away"))


def other(medium: Path) -> None:
    """Another stick comes to the same place."""
    vanish(medium)
    medium.mkdir()


def file(medium: Path) -> None:
    vanish(medium)
    medium.write_text("not a stick")


def link(medium: Path) -> None:
    """To somewhere that is no stick at all."""
    vanish(medium)
    medium.symlink_to("/proc")


WAYS: dict[Pull, str] = {
    vanish: "error.medium.missing.screen", other: "error.medium.other",
    file: "error.medium.not_directory.screen", link: "error.medium.other",
}  # fmt: skip
each_way = pytest.mark.parametrize("pull", WAYS, ids=lambda pull: pull.__name__)


def put_back(medium: Path) -> None:
    if medium.is_symlink() or medium.is_file():
        medium.unlink()
    elif medium.exists():
        shutil.rmtree(medium)
    medium.with_name("away").rename(medium)


def sets(place: Path) -> list[Path]:
    return list(place.rglob("signCert.der"))


async def issued(on: Stage, medium: Path) -> None:
    """Agree, page by page; there is one certificate, on this medium."""
    await on.at(Confirm)
    for _ in range(5):
        if isinstance(on.app.screen, Confirm):
            await on.press("enter")
    await on.at(Proof)
    assert len(sets(medium)) == len(sets(medium.parent)) == 1


@each_way
async def test_while_one_reads_what_is_needed(state: Path, medium: Path, pull: Pull) -> None:
    async with stage(state, [medium], language="en") as on:
        await walk(on, Prepare)
        await on.until(lambda: on.sees("prepare.space"))
        pull(medium)
        await on.until(lambda: on.sees("prepare.medium.missing") or medium.is_dir())
        await on.press("enter")
        assert on.app.is_running
        put_back(medium)


@each_way
async def test_while_one_chooses(state: Path, medium: Path, pull: Pull) -> None:
    """What is there is what is taken: nothing had been chosen before."""
    async with stage(state, [medium], language="en") as on:
        step = await _to_medium(on)
        pull(medium)
        await on.press("1")
        if pull is other:
            assert on.visit.medium_identity
            await on.at(Password)
            return
        assert on.app.screen is step
        assert not on.visit.medium
        assert on.sees(WAYS[pull]) or "(M0" in on.page
        put_back(medium)
        await on.press("1")
        await on.at(Password)


async def _to_medium(on: Stage) -> Medium:
    await walk(on, Medium)
    return await on.at(Medium)


@each_way
async def test_while_one_types_the_password(state: Path, medium: Path, pull: Pull) -> None:
    """It is missed on the next screen, before anybody agrees to anything."""
    async with stage(state, [medium], language="en") as on:
        await walk(on, Password)
        await on.type(PASSWORD)
        pull(medium)
        await on.press("enter")
        await on.type(PASSWORD)
        await on.press("enter")
        await decline(on)
        await on.at(Confirm)
        await on.until(lambda: on.sees(WAYS[pull]))
        put_back(medium)
        await issued(on, medium)


@each_way
async def test_while_one_reads_what_one_agrees_to(state: Path, medium: Path, pull: Pull) -> None:
    async with stage(state, [medium], language="en") as on:
        await walk(on, Confirm)
        step = await on.at(Confirm)
        pull(medium)
        for _ in range(3):
            await on.press("enter")
            await on.until(lambda: on.sees(WAYS[pull]))
            assert on.app.screen is step
        assert not await on.services.in_registry(on.services.registry.active_requests)
        put_back(medium)
        await issued(on, medium)


async def test_whoever_brings_another_stick_chooses_it(state: Path, medium: Path) -> None:
    async with stage(state, [medium], language="en") as on:
        await walk(on, Confirm)
        other(medium)
        await on.press("enter")
        assert on.sees("error.medium.other", "error.medium.other.next")
        await on.press("escape")
        await on.at(Reminding)
        await on.press("escape")
        await on.at(Password)
        await on.press("escape")
        await on.at(Medium)
        await on.press("1")
        await on.at(Password)
        await choose_password(on)
        await issued(on, medium)


@pytest.mark.parametrize("pull", [vanish, file], ids=["vanish", "file"])
async def test_right_before_the_act(
    state: Path, medium: Path, pull: Pull, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the last look: the act misses it; put back in, Enter goes on, with one certificate."""
    async with stage(state, [medium], language="en") as on:
        step = await failed(on, medium, pull, monkeypatch)
        assert on.sees(WAYS[pull], "key.retry")
        put_back(medium)
        on.send("enter", "enter")
        await on.at(Proof)
        assert step not in on.app.screen_stack
        assert len(sets(medium)) == 1


async def failed(on: Stage, medium: Path, pull: Pull, monkeypatch: pytest.MonkeyPatch) -> Act:
    """Go on to an act that fails, since the stick is pulled as it begins."""

    class Pulling(act.Issuing):
        def __init__(self, services, **others) -> None:  # type: ignore[no-untyped-def]
            super().__init__(services, **others)
            if not medium.with_name("away").exists():
                pull(medium)

    await walk(on, Confirm)
    with monkeypatch.context() as patch:
        patch.setattr(act, "Issuing", Pulling)
        await on.press("enter")
        step = await on.at(Act)
        await on.until(lambda: not step.at_work)
    return step


async def test_whoever_goes_back_from_a_failure_reaches_the_menu(
    state: Path, medium: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage(state, [medium], language="en") as on:
        await failed(on, medium, vanish, monkeypatch)
        for _ in range(10):
            if not isinstance(on.app.screen, Menu):
                await on.press("escape")
        await on.at(Menu)


@each_way
async def test_whoever_has_the_proof_may_go(state: Path, medium: Path, pull: Pull) -> None:
    """It says that the stick may be taken out, so nothing is missed: slip, help and end are there."""
    async with stage(state, [medium], language="en") as on:
        await walk(on, Confirm)
        await issued(on, medium)
        pull(medium)
        page = on.page
        for key in ("2", "1", "f1"):
            await on.press(key)
            await on.until(lambda: not isinstance(on.app.screen, Proof))
            assert key != "2" or isinstance(on.app.screen, Slip)
            await on.press("escape")
            await on.at(Proof)
        assert on.page == page
        assert on.sees("key.end")


async def test_the_same_stick_back_at_another_place(state: Path, medium: Path, tmp_path: Path) -> None:
    """Pulled after it was chosen, put in again: the system mounts it elsewhere, and the visit goes on with it."""
    async with stage(state, language="en") as on:
        on.plug(Offer(medium, "stick", STICK))
        await walk(on, Confirm)
        on.plug()
        await on.until(lambda: on.sees("error.medium.gone.screen"))
        for _ in range(5):
            await on.press("enter")
        assert isinstance(on.app.screen, Confirm)
        # Another one is not it, even at the same place.
        on.plug(Offer(medium, "stick", OTHER))
        await on.press("enter")
        assert isinstance(on.app.screen, Confirm)
        assert on.sees("error.medium.gone.screen")
        elsewhere = medium.rename(tmp_path / "elsewhere")
        on.plug(Offer(elsewhere, "stick", replace(STICK, insertion="9")))
        await on.until(lambda: not on.sees("error.medium.gone.screen"))
        await issued(on, elsewhere)


async def test_a_stick_is_let_go_before_anybody_is_told_to_pull_it(
    state: Path, medium: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letting_go, "AGAIN_SECONDS", 0.01)
    outcomes = [KioskError("mount.busy"), KioskError("mount.busy"), None]
    may = asyncio.Event()

    async with stage(state, language="en") as on:

        async def let_go(offer: Offer) -> None:
            await may.wait()
            assert offer.stick == STICK
            outcome = outcomes.pop(0)
            if outcome is not None:
                raise outcome

        monkeypatch.setattr(on.visit.sticks, "let_go", let_go)
        on.plug(Offer(medium, "stick", STICK))
        await walk(on, Confirm)
        await issued(on, medium)
        assert on.sees("proof.wait")
        await on.press("enter")
        assert isinstance(on.app.screen, Proof), "it does not end before the stick can be pulled"
        may.set()
        await on.until(lambda: on.sees("proof.remove"))
        assert outcomes == []
        assert not on.sees("error.mount.busy.screen")


@pytest.mark.parametrize("id_", ["mount.denied", "mount.service", "medium.gone"])
async def test_a_stick_that_cannot_be_let_go(
    state: Path, medium: Path, monkeypatch: pytest.MonkeyPatch, id_: str
) -> None:
    async with stage(state, language="en") as on:

        async def let_go(_: Offer) -> None:
            raise KioskError(id_)

        monkeypatch.setattr(on.visit.sticks, "let_go", let_go)
        on.plug(Offer(medium, "stick", STICK))
        await walk(on, Confirm)
        await issued(on, medium)
        pulled = id_ == "medium.gone"
        await on.until(lambda: on.sees("proof.remove") if pulled else on.sees(f"error.{id_}.screen"))
        assert on.sees("proof.wait") != pulled
