"""How long whole commands take, from the shell's point of view: information, no target."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench import measure, people, places
from tests.bench.measure import Fact, Finding, Ratio, Spent


def run(rounds: int = 5) -> Iterator[Finding]:
    """Measure in memory; `kiosk issue` makes its key and is another person's each time."""
    with places.directory(in_memory=True) as work:
        people.practice_state(work / "state")
        (work / "stick").mkdir()
        (work / "password").write_text(people.PASSWORD)
        answers = iter([_answers(work, number) for number in range(rounds)])
        commands: dict[str, Callable[[], list[str]]] = {
            "python -c pass": lambda: ["-c", "pass"],
            "kiosk --help": lambda: ["-m", "kiosk", "--help"],
            "kiosk scan": lambda: ["-m", "kiosk", "scan", f"{work}/stick", "--state", f"{work}/state"],
            "kiosk issue": lambda: [
                "-m", "kiosk", "issue", "--answers", str(next(answers)), "--medium", f"{work}/stick",
                "--state", f"{work}/state",
            ],
        }  # fmt: skip
        bare, *others = measure.in_turn(
            rounds, *(lambda words=words: _run(words()) for words in commands.values())
        )
        yield Fact("python -c pass", measure.milliseconds(bare))
        for name, spent in zip(list(commands)[1:], others, strict=True):
            yield Ratio(f"{name} / python -c pass", measure.ratios(spent, bare))
            yield Fact(name, measure.milliseconds(spent))


def _answers(work: Path, number: int) -> Path:
    person = people.application(number)
    lines = {
        "profile": person.profile.id, "name": person.name, "id_number": person.id_number.text(),
        "phone": person.phone, "password_file": "password", "consent": True,
    }  # fmt: skip
    path = work / f"{number}.toml"
    path.write_text(
        "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in lines.items())
        + '[identity]\nmethod = "phone"\n',
        "utf-8",
    )
    return path


def _run(words: list[str]) -> Spent:
    environment = {**os.environ, "KIOSK_LANG": "en"}
    return measure.spent(
        lambda: subprocess.run([sys.executable, *words], env=environment, capture_output=True, check=True),
        children=True,
    )
