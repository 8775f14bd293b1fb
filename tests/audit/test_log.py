from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data.registry import Registry, RegistryError
from kiosk.audit import AuditLog, Head, clock_is_behind, lines, read_head, verify
from kiosk.clock import Clock
from kiosk.log import to_file
from tests.audit.conftest import KEY, write
from tests.data.samples import add_subscriber, digest

NOON = datetime(2026, 11, 22, 3, 0, 0, 500_000, tzinfo=UTC)


def test_lines_are_numbered_chained_and_signed(log: AuditLog, registry: Registry) -> None:
    first, second = write(log, registry, 2)
    assert (first.seq, second.seq) == (1, 2)
    assert first.prev == bytes(32)
    assert second.prev == first.hash == first.digest()
    assert second.is_signed_by(KEY.public_key())
    assert log.public_key == KEY.public_key()
    assert (second.action, second.request, second.certificate) == ("test.line", 1, None)
    assert second.facts == {"reason": "superseded", "tries": 1}


def test_the_time_is_the_clocks(registry: Registry, head: Path) -> None:
    log = AuditLog(registry, KEY, head, Clock(NOON))
    with log.step(registry):
        line = log.append("test", request=None, certificate=None)
    assert line.at == "2026-11-22T03:00:00.500Z"


def test_only_inside_a_transaction(log: AuditLog, registry: Registry) -> None:
    with pytest.raises(RuntimeError):
        log.append("test")
    assert registry.audit_count() == 0


def test_a_step_of_another_registry(log: AuditLog, tmp_path: Path) -> None:
    other = Registry.create(tmp_path / "other.db", {})
    with pytest.raises(RuntimeError), log.step(other):
        pytest.fail("entered")
    other.close()


@pytest.mark.parametrize(
    "facts",
    [
        {"name": "홍길동"}, {"name": "Hong Gildong"}, {"x": "a/b"}, {"x": "a@b.kr"}, {"x": "a" * 129},
        {"x": 1.0},
        {"x": True}, {"x": None}, {"x": b"raw"}, {"x": 2**53}, {"x": -(2**53)}, {"Name": "x"}, {"이름": "x"},
        {"x": "a\n"}, {"x": "\u202e"}, {"x" * 33: 1},
    ],
)  # fmt: skip
def test_names_cannot_get_in(log: AuditLog, registry: Registry, facts: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="fact"), log.step(registry):
        log.append("test", **facts)
    with pytest.raises(ValueError, match="action"), log.step(registry):
        log.append("홍길동")
    assert registry.audit_count() == 0


def test_what_is_refused_is_not_in_the_error(log: AuditLog, registry: Registry) -> None:
    with pytest.raises(ValueError, match="fact") as caught, log.step(registry):
        log.append("test", phone="010 1234 5678")
    assert "1234" not in str(caught.value)


def test_codes_and_numbers_get_in(log: AuditLog, registry: Registry) -> None:
    with log.step(registry):
        line = log.append("a.b_c", request=1, certificate=2, x="A.b_c:d-9", empty="", n=-5, big=2**53 - 1)
    assert line.facts == {"x": "A.b_c:d-9", "empty": "", "n": -5, "big": 2**53 - 1}
    assert list(lines(registry)) == [line]


def test_an_act_and_its_line_stay_or_go_together(log: AuditLog, registry: Registry, head: Path) -> None:
    with pytest.raises(KeyError), log.step(registry):
        add_subscriber(registry)
        log.append("test")
        raise KeyError
    assert registry.audit_count() == 0
    assert registry.subscriber(digest(1)) is None
    assert read_head(head) is None
    with log.step(registry):
        add_subscriber(registry)
        log.append("test")
        assert read_head(head) is None
    noted = read_head(head)
    assert noted is not None
    assert noted.seq == 1


def test_several_lines_in_one_step(log: AuditLog, registry: Registry, head: Path) -> None:
    with log.step(registry):
        written = [log.append("test", n=n) for n in range(3)]
    assert read_head(head) == Head(3, written[2].hash, written[2].signature)
    assert verify(lines(registry), KEY.public_key(), head=read_head(head), anchor=None).first_bad is None


def test_no_head_without_a_line(log: AuditLog, registry: Registry, head: Path) -> None:
    with log.step(registry):
        pass
    assert not head.exists()


def test_a_line_that_was_rolled_back_is_never_noted(log: AuditLog, registry: Registry, head: Path) -> None:
    with pytest.raises(LookupError), log.step(registry):
        log.append("test")
        raise LookupError
    with log.step(registry):
        pass
    assert registry.audit_count() == 0
    assert not head.exists()


def test_a_head_that_cannot_be_written_does_not_undo_the_step(
    log: AuditLog, registry: Registry, head: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    head.mkdir()
    to_file(tmp_path / "kiosk.log", Clock(NOON))
    with log.step(registry):
        log.append("test")
    assert registry.audit_count() == 1
    assert '"event": "audit.head", "error": "EISDIR"' in (tmp_path / "kiosk.log").read_text()
    assert capfd.readouterr() == ("", "")


def test_a_registry_that_fails_after_the_commit_does_not_undo_the_step(
    log: AuditLog, registry: Registry, head: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(first: int, last: int) -> None:
        raise RegistryError("damaged")

    with log.step(registry):
        log.append("test")
    noted = read_head(head)
    monkeypatch.setattr(registry, "audit_rows", fail)
    with log.step(registry):
        log.append("test")
        log.append("test")  # so that the noted line is not the one before the newest, and is looked for
    assert registry.audit_count() == 3
    assert read_head(head) == noted


def test_the_clock_and_the_latest_line(registry: Registry, head: Path) -> None:
    assert clock_is_behind(registry, NOON) is None
    for moment in (
        NOON,
        NOON - timedelta(hours=1),
    ):  # the second is a refusal, noted by a clock that is wrong
        log = AuditLog(registry, KEY, head, Clock(moment))
        with log.step(registry):
            log.append("test")
    for early, expected in (
        (timedelta(0), None), (timedelta(seconds=0.5), None), (timedelta(seconds=0.501), NOON),
        (timedelta(minutes=30), NOON), (timedelta(days=-1), None),
    ):  # fmt: skip
        assert clock_is_behind(registry, NOON - early) == expected
    assert clock_is_behind(registry, NOON - timedelta(seconds=50), 60) is None
    assert clock_is_behind(registry, NOON - timedelta(seconds=61), 60) == NOON
