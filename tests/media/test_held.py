"""What the kiosk has mounted: tried again, let go in the end, and found again after a visit that was killed."""

from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.media import held
from kiosk.media.present import Stick
from tests.media.plugged import Following, Machine
from tests.media.sticks import OTHER, STICK

HERE = {STICK.node: Path("/media/sdb1"), OTHER.node: Path("/media/sdc1")}


@pytest.mark.parametrize("busy", [STICK, OTHER])
async def test_one_in_use_does_not_keep_the_others(monkeypatch: pytest.MonkeyPatch, busy: Stick) -> None:
    machine = Machine(monkeypatch)
    visit = Following(machine)
    await visit.plug(STICK, OTHER)
    await visit.until(lambda: visit.paths() == list(HERE.values()))
    machine.busy.add(busy.node)
    await visit.sticks.close()
    assert list(machine.places.values()) == [HERE[busy.node]]
    visit.kill()


async def test_one_that_goes_while_others_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch)
    visit = Following(machine)
    await visit.plug(STICK, OTHER)
    await visit.until(lambda: visit.paths() == list(HERE.values()))
    del machine.places["8:17"]
    await visit.plug(OTHER)
    await visit.until(lambda: visit.paths() == [HERE[OTHER.node]])
    await visit.sticks.close()
    assert not machine.places
    visit.kill()


@pytest.mark.parametrize("error", ["medium.gone", "mount.service"])
async def test_udisks_learns_of_a_stick_later_than_udev(monkeypatch: pytest.MonkeyPatch, error: str) -> None:
    monkeypatch.setattr(held, "AGAIN_SECONDS", 0.0)
    machine = Machine(monkeypatch)
    machine.refuses[STICK.node] = error
    visit = Following(machine)
    tried = machine.does

    async def at_last(verb: str, node: Path) -> tuple[Path, bool] | None:
        if len(machine.done) == 5:
            machine.refuses.pop(STICK.node, None)
        return await tried(verb, node)

    monkeypatch.setattr(machine, "does", at_last)
    await visit.plug(STICK)
    await visit.until(lambda: visit.paths() == [HERE[STICK.node]])
    assert machine.done == [("mount", STICK.node)] * 6
    assert visit.sticks.here[0].problem is None
    # What never comes is not asked for ever.
    machine.refuses[OTHER.node] = error
    machine.done.clear()
    await visit.plug(STICK, OTHER)
    # It is there, udev says so: what is wrong is that it cannot be read.
    said = "mount.failed" if error == "medium.gone" else error
    await visit.until(lambda: visit.sticks.here[-1].problem == said)
    assert machine.done == [("mount", OTHER.node)] * (held.AGAIN[error] + 1)
    visit.kill()


async def test_what_a_killed_visit_mounted_is_let_go_by_the_next(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    machine, marks = Machine(monkeypatch), tmp_path / "mounted"
    machine.desktop.add(OTHER.node)
    first = Following(machine, marks)
    await first.plug(STICK, OTHER)
    await first.until(lambda: first.paths() == list(HERE.values()))
    first.kill()
    # One file, and nothing of anybody in it or in its name.
    [mark] = marks.iterdir()
    assert (mark.read_bytes(), len(mark.name), mark.stat().st_mode & 0o777) == (b"", 64, 0o600)
    assert STICK.serial not in mark.name
    second = Following(machine, marks)
    await second.plug(STICK, OTHER)
    await second.until(lambda: second.paths() == list(HERE.values()))
    machine.done.clear()
    await second.sticks.close()
    assert machine.done == [("unmount", STICK.node)], "not what the desktop mounted"
    assert list(marks.iterdir()) == []
    second.kill()


@pytest.mark.parametrize("change", ["put in again", "another start of the machine"])
async def test_a_mark_is_of_one_insertion(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, change: str
) -> None:
    machine, marks = Machine(monkeypatch), tmp_path / "mounted"
    first = Following(machine, marks)
    await first.plug(STICK)
    await first.until(lambda: first.paths() == [HERE[STICK.node]])
    first.kill()
    stick = STICK
    if change == "put in again":
        stick = replace(STICK, insertion="99")
    else:
        (tmp_path / "boot").write_text("another")
        monkeypatch.setattr(held, "BOOT", tmp_path / "boot")
    # The desktop has mounted it since.
    second = Following(machine, marks)
    await second.plug(stick)
    await second.until(lambda: second.paths() == [HERE[STICK.node]])
    machine.done.clear()
    await second.sticks.close()
    assert machine.done == []
    assert list(marks.iterdir()) == []
    second.kill()
