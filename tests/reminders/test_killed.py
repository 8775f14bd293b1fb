"""A job in a process of its own, killed at each of its steps: nothing is lost, and nothing is there twice."""

import shutil
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.reminders.office import START, Office

PEOPLE = 7
END = START + timedelta(days=7)


async def centre(state: Path, work: Path) -> Path:
    """A state whose seven people are due, and its modem's directories."""
    office = await Office.open(state)
    await office.add_all([(END, f"0102345678{n}", "") for n in range(PEOPLE)])
    await office.close()
    places = [work / name for name in ("outbox", "sent", "error")]
    for place in places:
        place.mkdir()
    (state / "reminders.toml").write_text(
        "[spool]\n" + "".join(f'{place.name} = "{place}"\n' for place in places), "utf-8"
    )
    return state


def job(state: Path, step: int) -> int:
    words = [sys.executable, "-m", "tests.reminders.worker", state, START.isoformat(), str(step)]
    return subprocess.run(words, timeout=120, check=False).returncode


def modem(work: Path) -> int:
    """Take all that is in the outbox, as the daemon does."""
    taken = [path for path in (work / "outbox").iterdir() if path.name.startswith("OUT")]
    for path in taken:
        path.rename(work / "sent" / path.name)
    return len(taken)


async def killed_at(state: Path, work: Path, step: int, *, quick: bool) -> bool:
    """Kill a job at a step, and have others finish; give whether it was killed at all."""
    await centre(state, work)
    status = job(state, step)
    assert status in {0, -signal.SIGKILL}
    sent = modem(work) if quick else 0
    assert job(state, 10_000) == 0
    sent += modem(work)
    assert sent == PEOPLE, f"step {step}"
    assert job(state, 10_000) == 0
    assert modem(work) == 0
    assert list((work / "sent").iterdir()) == [], "what is on record is deleted"
    office = await Office.open(state)
    found = await office.services.in_registry(
        lambda: office.services.registry.count_deliveries("2026", "2028")
    )
    await office.close()
    assert found == {("sms", "sent"): PEOPLE}
    return status != 0


@pytest.mark.parametrize("quick", [True, False], ids=["a modem that is quick", "one that is slow"])
@pytest.mark.parametrize("step", [12, 25, 33])
async def test_killed_at_some_steps(practice_state: Path, tmp_path: Path, step: int, quick: bool) -> None:
    state = Path(shutil.copytree(practice_state, tmp_path / "state"))
    assert await killed_at(state, tmp_path, step, quick=quick)


@pytest.mark.long
@pytest.mark.parametrize("quick", [True, False], ids=["a modem that is quick", "one that is slow"])
async def test_killed_at_every_step(practice_state: Path, tmp_path: Path, quick: bool) -> None:
    step, killed = 1, True
    while killed:
        work = tmp_path / str(step)
        work.mkdir()
        state = Path(shutil.copytree(practice_state, work / "state"))
        killed = await killed_at(state, work, step, quick=quick)
        shutil.rmtree(work)
        step += 1
    assert step > 40
