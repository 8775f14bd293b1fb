"""How the watch takes events, whatever comes out of its socket: on this machine, with its devices as they are."""

import asyncio
import errno
import json
import os
import socket
import threading
from contextlib import aclosing
from pathlib import Path

import pytest
import pyudev

from kiosk import log
from kiosk.clock import Clock
from kiosk.media import watch as module
from kiosk.media.present import Reader, Snapshot
from kiosk.media.watch import Watch
from tests.media.conftest import needs

SECONDS = 10
"""After which a snapshot that did not come is missed."""
READER = Reader("/sys/x", "096e", "0807", "", "", "1-5")


class Told(Watch):
    """What it finds is told by the test."""

    found = Snapshot()
    looked = 0

    def now(self) -> Snapshot:
        self.looked += 1
        return self.found


async def test_events_that_the_kernel_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real socket overflows: it is said once, and costs one look; then the loop is quiet, and listens."""
    log.to_file(tmp_path / "log", Clock())
    with Told(rescan=3600) as watch, socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15) as sender:
        assert watch._events is not None
        watch._events.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        async with aclosing(watch.snapshots()) as snapshots:
            assert await anext(snapshots) == Snapshot()
            sender.setblocking(False)
            try:
                for _ in range(200):
                    sender.sendto(
                        bytes(1000), (0, 2)
                    )  # to all who listen to udev; nobody else takes it for an event
            except PermissionError:
                needs("the right to send events", present=False)
            watch.found = Snapshot(readers=(READER,))
            assert await asyncio.wait_for(anext(snapshots), SECONDS) == watch.found
            looked = watch.looked
            following = asyncio.ensure_future(anext(snapshots))
            await asyncio.wait([following], timeout=0.2)
            assert not following.done()
            assert watch.looked - looked <= 1
            # And it still listens.
            watch.found = Snapshot()
            sender.sendto(bytes(1000), (0, 2))
            assert await asyncio.wait_for(following, SECONDS) == watch.found
    lost = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [(line["event"], line["error"]) for line in lost if line["event"] == "watch.lost"] == [
        ("watch.lost", "ENOBUFS")
    ]


async def test_an_endless_stream_of_events_starves_nobody() -> None:
    """Events without a pause, and snapshots come all the same."""
    with Told(rescan=3600) as watch:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        assert watch._events is not None
        watch._events.close()
        watch._events = ours
        ours.setblocking(False)
        theirs.setblocking(False)
        ended = threading.Event()

        def stream() -> None:
            while not ended.is_set():
                try:
                    theirs.send(b"x")
                except BlockingIOError:
                    continue
                except OSError:
                    return

        sender = threading.Thread(target=stream)
        sender.start()
        try:
            async with aclosing(watch.snapshots()) as snapshots:
                await anext(snapshots)
                for number in range(5):
                    watch.found = Snapshot(readers=(READER,) * (number + 1))
                    assert await asyncio.wait_for(anext(snapshots), SECONDS) == watch.found
        finally:
            ended.set()
            sender.join()
            theirs.close()


class Broken(socket.socket):
    """Has always something to say, and never says it."""

    def recv(self, *_: int) -> bytes:
        raise OSError(errno.EIO, "broken")


async def test_a_socket_that_fails_leaves_the_periodic_look(tmp_path: Path) -> None:
    log.to_file(tmp_path / "log", Clock())
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with Told(rescan=0.01) as watch, theirs:
        assert watch._events is not None
        watch._events.close()
        watch._events = Broken(fileno=ours.detach())
        theirs.send(b"x")
        async with aclosing(watch.snapshots()) as snapshots:
            await anext(snapshots)
            for number in range(10):
                watch.found = Snapshot(readers=(READER,) * (number + 1))
                assert await asyncio.wait_for(anext(snapshots), SECONDS) == watch.found
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [line["error"] for line in lines if line["event"] == "watch.lost"] == ["EIO"]


async def test_descriptors_are_closed() -> None:
    before = sorted(os.listdir("/proc/self/fd"))
    for _ in range(3):
        with Watch() as watch:
            async with aclosing(watch.snapshots()) as snapshots:
                await anext(snapshots)
            assert len(os.listdir("/proc/self/fd")) > len(before)
        watch.close()
    assert sorted(os.listdir("/proc/self/fd")) == before


async def test_closing_ends_the_iteration() -> None:
    watch = Told(rescan=3600)
    async for snapshot in watch.snapshots():
        assert snapshot == Snapshot()
        asyncio.get_running_loop().call_soon(watch.close)
    assert [snapshot async for snapshot in watch.snapshots()] == []


async def test_one_iteration_at_a_time() -> None:
    with Told(rescan=3600) as watch:
        async with aclosing(watch.snapshots()) as snapshots:
            await anext(snapshots)
            with pytest.raises(RuntimeError):
                await anext(watch.snapshots())
        async with aclosing(watch.snapshots()) as again:
            assert await anext(again) == Snapshot()


@pytest.mark.parametrize(
    ("place", "name", "error"),
    [
        (pyudev, "Context", ImportError("No library named udev")),
        (pyudev.Monitor, "from_netlink", OSError("Could not create udev monitor")),
    ],
)
async def test_without_udev_nothing_is_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, place: object, name: str, error: Exception
) -> None:
    def missing(*_: object) -> None:
        raise error

    monkeypatch.setattr(place, name, missing)
    # This machine's own sticks, if it has some, are not what this is about.
    monkeypatch.setattr(Watch, "_devices", lambda _: iter(()))
    log.to_file(tmp_path / "log", Clock())
    with Watch(rescan=0.01) as watch:
        assert watch.now() == Snapshot()
        async with aclosing(watch.snapshots()) as snapshots:
            assert await anext(snapshots) == Snapshot()
            following = asyncio.ensure_future(anext(snapshots))
            await asyncio.wait([following], timeout=0.1)
            assert not following.done()
            following.cancel()
            await asyncio.wait([following])
    [line] = (tmp_path / "log").read_text().splitlines()
    assert json.loads(line)["event"] == "watch.without_udev"


def test_what_this_machine_runs_from() -> None:
    device = os.stat("/").st_dev
    assert f"{os.major(device)}:{os.minor(device)}" in module._system()
