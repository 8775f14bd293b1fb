import dataclasses
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from data.registry import Registry
from kiosk.audit import AuditLog, BadLine, Head, Line, Report, lines, read_head, verify
from kiosk.audit.line import CONTEXT
from kiosk.clock import Clock
from tests.audit.conftest import KEY, write

COUNT = 12
PUBLIC = KEY.public_key()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list[Line]:
    return make(tmp_path_factory.mktemp("log"), COUNT)


def make(directory: Path, count: int, key: Ed25519PrivateKey = KEY) -> list[Line]:
    registry = Registry.create(directory / "registry.db", {})
    written = write(AuditLog(registry, key, directory / "head", Clock()), registry, count)
    registry.close()
    return written


def check(log: list[Line], head: Head | None = None, anchor: tuple[int, str] | None = None) -> Report:
    return verify(log, PUBLIC, head=head, anchor=anchor)


def head_of(line: Line) -> Head:
    return Head(line.seq, line.hash, line.signature)


def anchor_of(line: Line) -> tuple[int, str]:
    return line.seq, line.hash.hex()


def resigned(line: Line, **changes: object) -> Line:
    """What one who has the key could write."""
    line = dataclasses.replace(line, **changes)  # type: ignore[arg-type]
    line = dataclasses.replace(line, hash=line.digest())
    return dataclasses.replace(line, signature=KEY.sign(CONTEXT + line.hash))


def test_a_whole_log(whole: list[Line]) -> None:
    assert check(whole, head_of(whole[-1]), anchor_of(whole[-1])) == Report(COUNT, None, COUNT, COUNT, ())
    assert check(whole) == Report(COUNT, None, 0, 0, ("no_anchor", "no_head"))
    assert check([]) == Report(0, None, 0, 0, ("no_anchor", "no_head"))
    five = whole[4]
    assert check(whole, head_of(five), anchor_of(five)) == Report(COUNT, None, 5, 5, ("head_behind",))


@pytest.mark.parametrize("place", range(COUNT))
@pytest.mark.parametrize(
    "change",
    [
        {"at": "2026-11-22T01:23:45.678Z"}, {"action": "other"}, {"request": 99},
        {"certificate": 1}, {"facts": {}}, {"facts": {"reason": "superseded", "tries": 99}},
        {"prev": b"\1" * 32}, {"hash": bytes(32)},
    ],
)  # fmt: skip
def test_each_line_altered(whole: list[Line], place: int, change: dict[str, object]) -> None:
    log = [*whole]
    log[place] = dataclasses.replace(log[place], **change)  # type: ignore[arg-type]
    report = check(log, head_of(whole[-1]), anchor_of(whole[-1]))
    assert report.first_bad == (place + 1, "altered")
    assert (report.count, report.vouched_to, report.head_seq) == (COUNT, 0, 0)


@pytest.mark.parametrize("place", range(COUNT))
def test_each_line_altered_and_hashed_anew(whole: list[Line], place: int) -> None:
    log = [*whole]
    altered = dataclasses.replace(log[place], action="other")
    log[place] = dataclasses.replace(altered, hash=altered.digest())
    assert check(log).first_bad == (place + 1, "signature")
    log[place] = dataclasses.replace(whole[place], signature=bytes(64))
    assert check(log).first_bad == (place + 1, "signature")
    log[place] = resigned(whole[place], prev=b"\1" * 32)
    assert check(log).first_bad == (place + 1, "chain")
    log[place] = resigned(whole[place], action="other")
    if place + 1 < COUNT:
        assert check(log).first_bad == (place + 2, "chain")
    else:
        assert check(log, head_of(whole[-1])).first_bad == (COUNT, "older_copy")


@pytest.mark.parametrize("place", range(COUNT))
def test_each_line_removed(whole: list[Line], place: int) -> None:
    log = whole[:place] + whole[place + 1 :]
    report = check(log, head_of(whole[-1]), anchor_of(whole[0]))
    assert report.first_bad == (place + 1, "missing" if place + 1 < COUNT else "cut_off")
    assert report.count == COUNT - 1
    assert report.vouched_to == (1 if place > 0 else 0)


@pytest.mark.parametrize("place", range(COUNT - 1))
def test_each_line_swapped_with_the_next(whole: list[Line], place: int) -> None:
    log = [*whole]
    log[place : place + 2] = log[place + 1], log[place]
    assert check(log).first_bad == (place + 1, "order")
    exchanged = [*whole]
    exchanged[place] = dataclasses.replace(whole[place + 1], seq=place + 1)
    exchanged[place + 1] = dataclasses.replace(whole[place], seq=place + 2)
    assert check(exchanged).first_bad == (place + 1, "altered")


@pytest.mark.parametrize("place", range(COUNT))
def test_each_line_twice(whole: list[Line], place: int) -> None:
    assert check(whole[: place + 1] + whole[place:]).first_bad == (place + 2, "order")


@pytest.mark.parametrize("left", range(COUNT))
def test_cut_off_at_each_line(whole: list[Line], left: int) -> None:
    cut = whole[:left]
    for head, anchor in ((whole[-1], None), (None, whole[-1]), (whole[-1], whole[-1])):
        report = check(cut, head and head_of(head), anchor and anchor_of(anchor))
        assert report.first_bad == (left + 1, "cut_off")
        assert (report.vouched_to, report.head_seq) == (0, 0)
    alone = check(cut)
    assert alone.first_bad is None
    assert (alone.vouched_to, alone.notes) == (0, ("no_anchor", "no_head"))
    if left > 2:
        both = check(cut, head_of(whole[-1]), anchor_of(whole[1]))
        assert (both.first_bad, both.vouched_to) == ((left + 1, "cut_off"), 2)


@pytest.mark.parametrize("kept", range(COUNT))
def test_an_older_copy_that_went_on(whole: list[Line], tmp_path: Path, kept: int) -> None:
    """Lines up to `kept` are the same; after it others were written, more than there had been."""
    log, prev = whole[:kept], whole[kept - 1].hash if kept else bytes(32)
    for seq in range(kept + 1, COUNT + 4):
        log.append(resigned(whole[0], seq=seq, prev=prev, facts={"other": seq}))
        prev = log[-1].hash
    assert check(log).first_bad is None
    for head, anchor in ((whole[-1], None), (None, whole[-1])):
        report = check(log, head and head_of(head), anchor and anchor_of(anchor))
        assert report.first_bad == (COUNT, "older_copy")
        assert (report.vouched_to, report.head_seq) == (0, 0)
    early = check(log, head_of(whole[-1]), anchor_of(whole[kept - 1])) if kept else None
    assert early is None or early.vouched_to == kept


def test_another_key(whole: list[Line], tmp_path: Path) -> None:
    other = make(tmp_path, 3, Ed25519PrivateKey.from_private_bytes(b"o" * 32))
    assert check(other).first_bad == (1, "signature")
    report = check(whole, head_of(other[-1]))
    assert report.first_bad is None
    assert "head_signature" in report.notes
    assert report.head_seq == 0


@pytest.mark.parametrize("seq", [0, 5, 10**19])
def test_a_head_with_a_wrong_number(whole: list[Line], seq: int) -> None:
    report = check(whole, dataclasses.replace(head_of(whole[7]), seq=seq))
    assert report.first_bad == {0: None, 5: (5, "older_copy"), 10**19: (COUNT + 1, "cut_off")}[seq]
    assert report.head_seq == 0


def test_an_anchor_as_printed(whole: list[Line]) -> None:
    seq, hash_ = anchor_of(whole[6])
    assert check(whole, anchor=(seq, hash_[:16].upper())).vouched_to == 7
    wrong = ("0" if hash_[0] != "0" else "1") + hash_[1:16]
    assert check(whole, anchor=(seq, wrong)).first_bad == (7, "older_copy")
    for bad in ((seq, hash_[:15]), (0, hash_), (-1, hash_), (seq, "g" * 16), (seq, ""), (seq, "٣" * 16)):
        with pytest.raises(ValueError, match="anchor"):
            check(whole, anchor=bad)
    with pytest.raises(ValueError, match="anchor"):
        check(whole, anchor=(seq, hash_ + "0"))


def test_a_line_that_cannot_be_read(whole: list[Line]) -> None:
    def stream(number: int, why: str) -> Iterator[Line]:
        yield from whole[:4]
        raise BadLine(number, why)

    assert verify(stream(5, "unreadable"), PUBLIC, head=None, anchor=None).first_bad == (5, "altered")
    assert verify(stream(7, "unreadable"), PUBLIC, head=None, anchor=None).first_bad == (5, "missing")
    assert verify(stream(5, "cut_off"), PUBLIC, head=None, anchor=None).first_bad == (5, "cut_off")
    altered = dataclasses.replace(whole[0], request=9)
    report = verify(itertools.chain([altered], stream(5, "unreadable")), PUBLIC, head=None, anchor=None)
    assert (report.count, report.first_bad) == (5, (1, "altered"))


def test_a_registry_that_was_tampered_with(log: AuditLog, registry: Registry, head: Path) -> None:
    write(log, registry, 8)
    registry._connection.execute("DROP TRIGGER audit_no_update")
    registry._connection.execute("DROP TRIGGER audit_no_delete")

    def found(statement: str) -> tuple[int, str] | None:
        registry._connection.execute("BEGIN")
        registry._connection.execute(statement)
        report = verify(lines(registry), PUBLIC, head=read_head(head), anchor=None)
        registry._connection.execute("ROLLBACK")
        return report.first_bad

    assert found("UPDATE audit SET request = 5 WHERE seq = 3") == (3, "altered")
    assert found("UPDATE audit SET facts = '{ }' WHERE seq = 3") == (3, "altered")
    assert found("UPDATE audit SET facts = replace(facts, '2', '4') WHERE seq = 3") == (3, "altered")
    assert found("DELETE FROM audit WHERE seq = 4") == (4, "missing")
    assert found("DELETE FROM audit WHERE seq > 4") == (5, "cut_off")
    assert found("DELETE FROM audit") == (1, "cut_off")
    assert found("UPDATE audit SET seq = 99 WHERE seq = 8") == (8, "missing")
    assert found("UPDATE audit SET at = at WHERE seq = 8") is None


@settings(deadline=None)
@given(st.data())
def test_any_change_to_the_order_is_found(whole: list[Line], data: st.DataObject) -> None:
    """Take lines away, double and reorder them: what is not the log is named where it differs."""
    picked = data.draw(st.lists(st.integers(0, COUNT - 1), max_size=COUNT + 3))
    report = check([whole[place] for place in picked], head_of(whole[-1]))
    right = next((n for n, place in enumerate(picked) if place != n), len(picked))
    assert report.count == len(picked)
    if picked == list(range(COUNT)):
        assert report.first_bad is None
    else:
        assert report.first_bad is not None
        assert report.first_bad[0] == right + 1
