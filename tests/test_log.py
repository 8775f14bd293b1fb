"""The log file: harmless by construction, and never in the way."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk import log
from kiosk.clock import Clock
from kiosk.secret import Secret
from tests.conftest import TODAY


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "kiosk.log"
    log.to_file(path, Clock(TODAY))
    yield path
    for handler in log._LOGGER.handlers:
        handler.close()
    log._LOGGER.handlers[:] = [logging.NullHandler()]


def records(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_an_event(file: Path) -> None:
    log.event("command.ended", exit=0, error=None, state="done", milliseconds=1.5)
    assert records(file) == [{
        "at": "2026-11-22T00:00:00.000Z", "level": "INFO", "event": "command.ended", "exit": 0, "error": None,
        "state": "done", "milliseconds": 1.5,
    }]  # fmt: skip
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "value",
    ["홍길동", "a b", "x" * 65, "<script>", "line\nfeed", "", Secret("9001011234568"), [1], {"a": 1}, b"x"],
)
def test_values_that_could_be_a_person(file: Path, value: object) -> None:
    log.event("x", state=value)
    [record] = records(file)
    assert record["state"] == "?"


def test_names_that_nobody_agreed_on_are_dropped(file: Path) -> None:
    log.event("x", name="hong", id_number="9001011234568", phone=1023456789, request=5)
    [record] = records(file)
    assert record.keys() == {"at", "level", "event", "request"}
    assert "9001011234568" not in file.read_text()


def test_of_a_bug_the_place_is_kept_and_nothing_else(file: Path) -> None:
    def break_down(number: str) -> None:
        local = number * 2
        raise LookupError(f"no {local}")

    try:
        break_down("9001011234568")
    except LookupError as error:
        log.failure(error)
    [record] = records(file)
    assert (record["level"], record["event"], record["type"]) == ("ERROR", "bug", "LookupError")
    places = record["places"]
    assert isinstance(places, list)
    assert places[-1].startswith("test_log.py:")
    assert places[-1].endswith(":break_down")
    assert "900101" not in file.read_text()


def test_a_second_file_takes_over(file: Path, tmp_path: Path) -> None:
    log.event("first")
    other = tmp_path / "other.log"
    log.to_file(other, Clock(TODAY))
    log.event("second")
    assert [record["event"] for record in records(file)] == ["first"]
    assert [record["event"] for record in records(other)] == ["second"]


@pytest.mark.parametrize("target", ["/dev/full", "."])
def test_it_never_stops_the_kiosk(file: Path, target: str, capfd: pytest.CaptureFixture[str]) -> None:
    log.to_file(Path(target), Clock(TODAY))
    log.event("x")
    log.failure(ValueError("y"))
    log.to_file(file, Clock(TODAY))
    assert capfd.readouterr() == ("", "")


def test_nothing_of_it_reaches_other_logs(file: Path) -> None:
    """A library that logs to the terminal would show it there."""
    seen: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = seen.append  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    try:
        log.event("x")
        logging.getLogger().warning("y")
    finally:
        logging.getLogger().removeHandler(handler)
    assert [record.msg for record in seen] == ["y"]
