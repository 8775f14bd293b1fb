"""Files for a GSM modem, with the real daemon as the witness: it parses, sends (to a telephone of air) and moves."""

import os
import re
import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.reminders.channel import SENT, Message, Outcome
from kiosk.reminders.spool import ALONE, LONGEST, MOST, PART, Spool, body, file_name
from tests.reminders.office import START, Carrier, Office

LONG = (
    "[연습] 서울센터입니다. 홍*동 님의 범용 개인 인증서는 2027년 11월 22일까지 쓸 수 있습니다. 30일 남았습니다. "
    "지금 오시면 갱신할 수 있습니다. 인증서가 든 USB를 가지고 오세요. 문의, 그만 받기: 02-123-4567 (번호 abcdefgh)"
)


def message(text: str = LONG, to: str = "+821023456789", n: int = 1) -> Message:
    return Message(str(uuid.UUID(int=n << 100)), "2026-11-22T01:23:45.678Z", to, "", text)


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path, Path]:
    found = tuple(tmp_path / name for name in ("outbox", "sent", "error"))
    for place in found:
        place.mkdir()
    return found  # type: ignore[return-value]


@pytest.fixture
def spool(places: tuple[Path, Path, Path]) -> Spool:
    return Spool(*places)


class Daemon:
    """gammu-smsd with a dummy telephone, and its own words of what it does."""

    def __init__(self, work: Path) -> None:
        if shutil.which("gammu-smsd") is None:
            pytest.skip("gammu-smsd is not installed (apt-get install gammu-smsd)")
        for name in ("phone", "inbox"):
            (work / name).mkdir()
        self.log = work / "smsd.log"
        (work / "rc").write_text(
            f"[gammu]\nmodel = dummy\nconnection = none\nport = {work}/phone\n"
            f"[smsd]\nservice = files\ndebuglevel = 255\nlogfile = {self.log}\nchecksecurity = 0\n"
            f"commtimeout = 1\nloopsleep = 1\nsendtimeout = 5\ninboxpath = {work}/inbox/\n"
            f"outboxpath = {work}/outbox/\nsentsmspath = {work}/sent/\nerrorsmspath = {work}/error/\n"
        )
        self.process = subprocess.Popen(
            ["gammu-smsd", "-c", work / "rc"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def empties(self, outbox: Path) -> str:
        """Wait until nothing waits any more; give the log."""
        until = time.monotonic() + 60
        while list(outbox.iterdir()):
            assert self.process.poll() is None, self.log.read_text("utf-8", "replace")
            assert time.monotonic() < until, self.log.read_text("utf-8", "replace")
            time.sleep(0.05)
        return self.log.read_text("utf-8", "replace")

    def ends(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)


@pytest.fixture
def daemon(places: tuple[Path, Path, Path], tmp_path: Path) -> Iterator[Daemon]:
    running = Daemon(tmp_path)
    yield running
    running.ends()


def test_the_daemon_sends_what_was_meant(
    spool: Spool, places: tuple[Path, Path, Path], daemon: Daemon
) -> None:
    """Korean of several parts and of one, in UCS-2: it reads our numbers, our texts and where they were cut."""
    assert spool.send([message(), message("짧은 글", "+12025550123", 2)]) == [SENT, SENT]
    log = daemon.empties(places[0])
    assert sorted(path.name for path in places[1].iterdir()) == sorted(
        file_name(each) for each in (message(), message(n=2))
    )
    assert list(places[2].iterdir()) == []
    assert re.findall(r"Unicode SMS, length (\d+)", log) == [
        str(PART),
        str(PART),
        str(len(LONG) - 2 * PART),
        "4",
    ]
    assert "7 bit SMS" not in log
    assert re.findall(r'Recipient number "(\S+)"', log) == ["+821023456789"] * 3 + ["+12025550123"]
    for part in (LONG[:PART], LONG[PART : 2 * PART], LONG[2 * PART :], "짧은 글"):
        assert part in log


def test_nothing_is_put_there_twice(spool: Spool, places: tuple[Path, Path, Path]) -> None:
    """Wherever the daemon has moved it meanwhile."""
    outbox, sent, error = places
    name = file_name(message())
    for place in (outbox, sent, error):
        assert spool.send([message()]) == [SENT]
        found = [path for each in places for path in each.iterdir()]
        assert [path.name for path in found] == [name]
        found[0].rename(place / name)
    assert [path.parent for each in places for path in each.iterdir()] == [error]


def test_a_part_that_was_left_is_written_over(spool: Spool, places: tuple[Path, Path, Path]) -> None:
    (places[0] / f".{file_name(message())}.part").write_bytes(b"half")
    assert spool.send([message()]) == [SENT]
    assert [path.read_bytes() for path in places[0].iterdir()] == [body(message())]


@pytest.mark.parametrize("mask", [0o077, 0o022])
def test_the_daemon_s_group_may_read_it_and_nobody_else(
    spool: Spool, places: tuple[Path, Path, Path], mask: int
) -> None:
    before = os.umask(mask)
    try:
        assert spool.send([message()]) == [SENT]
    finally:
        os.umask(before)
    assert [path.stat().st_mode & 0o777 for path in places[0].iterdir()] == [0o660]


def test_what_became_of_them(spool: Spool, places: tuple[Path, Path, Path]) -> None:
    outbox, sent, error = places
    ids = [message(n=n).id for n in (1, 2, 3)]
    spool.send([message(n=n) for n in (1, 2, 3)])
    for path, place in zip(sorted(outbox.iterdir())[:2], (sent, error), strict=True):
        path.rename(place / path.name)
    strange = sent / "OUT+821000000000.txt"
    strange.write_text("another program's")
    assert {(each.id, each.reason) for each in spool.returned()} == {(ids[0], None), (ids[1], "modem")}
    spool.clear([ids[0], ids[1], ids[2]])
    assert list(sent.iterdir()) == [strange]
    assert list(error.iterdir()) == []
    assert len(list(outbox.iterdir())) == 1, "what still waits stays"


def test_a_spool_that_is_not_there(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "none", tmp_path / "none", tmp_path / "none")
    assert spool.send([message()]) == [Outcome("down", "spool.errno.2")]
    assert list(spool.returned()) == []
    spool.clear(["x"])


@given(st.text(max_size=700))
def test_any_text_is_cut_into_parts_that_fit(text: str) -> None:
    content = body(message(text)).decode("ascii")
    lengths = [int(length) for length in re.findall(r"^Length = (\d+)$", content, re.M)]
    assert len(lengths) <= MOST
    assert max(lengths) <= (ALONE if len(lengths) == 1 else PART)
    written = b"".join(map(bytes.fromhex, re.findall(r"^Text\d\d = ([0-9A-F]*)$", content, re.M)))
    shown = written.decode("utf-16-be")
    assert len(shown) == sum(lengths) == (len(text) if len(text) <= ALONE else min(len(text), PART * MOST))
    for had, has in zip(text, shown, strict=False):
        assert had == has or (has == "?" and (had > "\uffff" or "\ud800" <= had <= "\udfff"))


async def test_a_modem_that_stands_still(
    office: Office, spool: Spool, places: tuple[Path, Path, Path]
) -> None:
    """What it did not take for an hour is enough: the next messages wait where renewing and stopping still count."""
    outbox, sent, _ = places
    helds = [await office.add(START + timedelta(days=30 + day)) for day in (0, 1, 2, 2)]
    await office.run(spool)
    [path] = outbox.iterdir()
    foreign = outbox / "OUT+821000000000.txt"
    foreign.write_text("another program's")
    os.utime(foreign, (0, 0))
    os.utime(path, (time.time() - LONGEST + 60,) * 2)
    assert (await office.run(spool, day=START + timedelta(days=1))).counts == {"sent": 1}
    os.utime(path, (time.time() - LONGEST - 1,) * 2)
    report = await office.run(spool, day=START + timedelta(days=2))
    assert report.down == {"sms": "spool.waiting"}
    assert len(list(outbox.iterdir())) == 3
    await office.change(helds[3], "revoked")
    path.rename(sent / path.name)
    report = await office.run(spool, day=START + timedelta(days=2))
    assert (report.counts, report.down) == ({"sent": 1, "dropped": 1}, {})
    rows = [await office.rows(held) for held in helds]
    assert rows == [[(30, "sms", "sent", None)]] * 3 + [[(30, "sms", "dropped", "revoked")]]


async def test_the_whole_way(
    office: Office, spool: Spool, places: tuple[Path, Path, Path], daemon: Daemon
) -> None:
    """Queued, sent by the daemon, on record, and the file with the number is gone; one that failed is called."""
    end = START + timedelta(days=30)
    held, other = await office.add(end), await office.add(end, phone="01087654321")
    assert (await office.run(spool)).counts["sent"] == 2
    daemon.empties(places[0])
    failed = next(path for path in places[1].iterdir() if "+821087654321" in path.read_text())
    failed.rename(places[2] / failed.name)
    report = await office.run(spool, Carrier("email"))
    assert (report.queued, report.counts) == (0, {"failed": 1, "sent": 1})
    assert await office.rows(held) == [(30, "sms", "sent", None)]
    assert await office.rows(other) == [(30, "call", "sent", None), (30, "sms", "failed", "modem")]
    assert [path for place in places for path in place.iterdir()] == []
