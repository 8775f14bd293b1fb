"""The benchmarks run, in a small size: what they find is judged by `make bench`, on a quiet machine."""

import asyncio
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from data.registry import Registry
from kiosk.media.scan import scan as scanned
from tests.bench import (
    authority,
    batch,
    commands,
    look,
    measure,
    openssl,
    people,
    registry,
    reminders,
    rows,
    scan,
    screens,
    watch,
    wire,
)
from tests.bench.__main__ import BENCHMARKS, main
from tests.bench.measure import Fact, Finding, Ratio, Spent
from tests.screens.terminal import Person

SMALL: dict[str, Callable[[], Iterable[Finding]]] = {
    "batch": lambda: batch.run(issues=1, rounds=1),
    "scan": lambda: scan.run(certificates=2, rounds=1),
    "look": lambda: look.run(certificates=2, rounds=1),
    "authority": lambda: authority.run(certificates=2, rounds=1),
    "registry": lambda: registry.run(many=800, few=600, rounds=1),
    "reminders": lambda: reminders.run(many=2000, rounds=1),
    "commands": lambda: commands.run(rounds=1),
    "screens": lambda: screens.run(rounds=1, visits=1),
    "watch": lambda: watch.run(rounds=1, sticks=1, painted_rounds=1),
}


# pypinksign leaves the files open that it reads.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", BENCHMARKS)
def test_every_benchmark_runs(name: str) -> None:
    found = list(SMALL[name]())
    ratios = [finding for finding in found if isinstance(finding, Ratio)]
    assert ratios
    assert all(ratio.median > 0 for ratio in ratios)
    assert any(ratio.met is not None for ratio in ratios) == (name not in {"commands", "look", "watch"})


def test_met_and_missed() -> None:
    assert Ratio("a", [0.1, 0.2, 0.9], most=0.2).met
    assert not Ratio("a", [0.1, 0.21, 0.22], most=0.2).met
    assert Ratio("a", [3, 2, 1], least=2).met
    assert not Ratio("a", [1.9], least=2).met
    assert Ratio("a", [1]).met is None
    assert str(Ratio("a", [0.3, 0.2, 0.4], most=0.25)).endswith("0.300  (0.200..0.400)  at most 0.25: missed")
    assert str(Ratio("a", [0.3], least=0.25)).endswith("at least 0.25: met")


def test_sides_take_turns_and_none_is_always_first() -> None:
    calls = []

    def side(name: str) -> Callable[[], Spent]:
        return lambda: (calls.append(name), Spent(len(calls), 1))[1]

    one, other = measure.in_turn(2, side("a"), side("b"))
    assert calls == ["a", "b", "b", "a"]
    assert [spent.wall for spent in one] == [1, 4]
    assert measure.ratios(one, other) == [0.5, 4 / 3]
    assert measure.ratios(one, other, processor=True) == [1, 1]


def test_a_missed_target_is_said_and_no_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(BENCHMARKS, "scan", lambda: iter([Ratio("slow", [9], most=1), Fact("a", "1 ms")]))
    assert main(["scan"]) == 0
    out = capsys.readouterr().out
    assert "at most 1: missed" in out
    assert "missed: slow" in out
    assert main(["scam"]) == 2


def test_the_commands_make_sets_that_are_as_good(tmp_path: Path) -> None:
    state = people.practice_state(tmp_path / "state")
    commands = openssl.Commands(tmp_path / "openssl", state, list(people.keys(1)))
    commands.issue(1)
    [found] = scanned(tmp_path / "openssl").found
    assert found.problem is None
    assert found.certificate is not None
    assert found.key_format == "PBES2 SEED-CBC"
    [ours] = asyncio.run(scan.issued(state, tmp_path / "openssl", 1))
    mine = next(each for each in scanned(tmp_path / "openssl").found if each.path == ours).certificate
    assert mine is not None
    assert {(each.oid, each.critical) for each in found.certificate.extensions} == {
        (each.oid, each.critical) for each in mine.extensions
    }


def test_a_command_that_fails_is_no_quick_one(tmp_path: Path) -> None:
    state = people.practice_state(tmp_path / "state")
    commands = openssl.Commands(tmp_path / "openssl", state, list(people.keys(1)))
    (state.keys / "root.crt").write_bytes((state.keys / "issuing.crt").read_bytes())
    with pytest.raises(RuntimeError, match="openssl"):
        commands.issue(1)


def test_rows_are_as_the_registry_writes_them(tmp_path: Path) -> None:
    rows.fill(tmp_path / "registry.db", 300)
    registry = Registry.open(tmp_path / "registry.db")
    try:
        assert registry.check() == []  # checks of the tables included
        assert list(registry._connection.execute("PRAGMA journal_mode")) == [("wal",)]
        fresh = Registry.create(tmp_path / "fresh.db", {"practice": "yes"})
        assert _schema(registry) == _schema(fresh)
        fresh.close()
    finally:
        registry.close()


def test_a_screen_counts_as_painted_when_all_of_its_text_is_there() -> None:
    code = (
        "import sys, time; {}; print('one'); sys.stdout.flush(); time.sleep(0.3); print('two'); time.sleep(9)"
    )
    person = Person(sys.executable, "-c", code.format("print('none')"))
    try:
        person.sees("two")
        assert screens.painted(person) - person.pieces[0][0] > 0.2
    finally:
        person.leaves()


def test_bytes_are_counted_from_one_still_screen_to_the_next() -> None:
    person = Person("cat")
    try:
        meter = wire.Meter(person)
        typed = list(meter.types("ab"))
        person.presses("Enter")
        person.sees("abab")
        line = meter.step("line")
        assert [sent.count for sent in typed] == [1, 1]
        assert (line.count, line.text.split()) == (len("\r\nab\r\n"), ["ab", "ab"])
    finally:
        person.leaves()


def _schema(registry: Registry) -> set[tuple[str, str | None]]:
    return set(registry._connection.execute("SELECT name, sql FROM sqlite_master"))
