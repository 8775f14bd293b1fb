"""`python -m tests.crash.driver`: runs `kiosk` commands in forked children, a system call of them disturbed.

Everything is imported, the subscribers' keys are made and the authority's is loaded once, so that a command
costs little more than a fork. Each line of standard input is a JSON object (see `tests.crash.process`), each
line of standard output its answer.

A child first starts the two threads that a command uses beside its own (one for the medium, one for the
registry), then waits until strace is attached to the one that is to be disturbed. strace counts the calls of
each thread by itself: with one thread for all work on the medium "the third openat" is always the same.
"""

import asyncio
import ctypes
import encodings.utf_8_sig
import encodings.utf_16_be  # noqa: F401 - else they are read from the disk in the middle of a command
import functools
import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization

import kiosk.cli.authority
import kiosk.cli.issue
import kiosk.cli.options
import kiosk.cli.pfx
import kiosk.cli.sets
import kiosk.services
from kiosk import cli
from kiosk.authority.keystore import Keystore
from kiosk.lifecycle.issue import Issuing
from kiosk.lifecycle.keys import make_rsa_key
from kiosk.lifecycle.reissue import Reissuing
from kiosk.lifecycle.renew import Renewing

SECONDS = 60
"""After so long a command hangs, which is a finding."""
HUNG = 124
PR_SET_PTRACER = 0x59616D61
"""prctl(2): lets strace attach though it is no parent, where the kernel is strict about that."""
KEYS = 3


def main() -> None:
    serialization.load_pem_private_key = functools.cache(serialization.load_pem_private_key)
    keys = [make_rsa_key() for _ in range(KEYS)]
    for number, line in enumerate(sys.stdin):
        asked = json.loads(line)
        answer = run(asked, lambda number=number: keys[number % KEYS])
        print(json.dumps(answer), flush=True)


def run(asked: dict[str, Any], make_key: Callable[[], Any]) -> dict[str, Any]:
    """Run one command; give its status (a signal is negative), what it said, and strace's lines."""
    directory = Path(asked["directory"])
    words = asked["words"]
    # Loaded here, it is in the children's memory too: checking an RSA key takes longer than all the rest.
    Keystore(Path(words[words.index("--state") + 1]) / "authority", None).rsa("issuing")
    told, tell = os.pipe()
    held, release = os.pipe()
    child = os.fork()
    if not child:
        _command(asked, make_key, tell, held, directory)
    os.close(tell)
    os.close(held)
    threads = json.loads(_line(told))
    strace = None
    if asked["strace"] is not None:
        strace = subprocess.Popen(
            ["strace", "-o", directory / "trace", *asked["strace"], "-p", str(threads[asked["thread"]])],
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        # Only when it says so is it certain that the thread stops before its next call.
        assert any(b" attached" in line for line in iter(strace.stderr.readline, b"")), "strace not attached"
    os.write(release, b"!")
    status = _ended(child)
    if strace is not None:
        strace.communicate(timeout=SECONDS)
    for descriptor in (told, release):
        os.close(descriptor)
    return {
        "status": status,
        "out": (directory / "out").read_text("utf-8", "replace"),
        "err": (directory / "err").read_text("utf-8", "replace"),
        "trace": (directory / "trace").read_text("utf-8", "replace").splitlines() if strace else [],
        "threads": threads,
    }


def _ended(child: int) -> int:
    descriptor = os.pidfd_open(child)
    try:
        if not select.select([descriptor], [], [], SECONDS)[0]:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return HUNG
    finally:
        os.close(descriptor)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _line(descriptor: int) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        more = os.read(descriptor, 1000)
        if not more:
            raise EOFError("the child ended before it began")
        line += more
    return line


def _command(
    asked: dict[str, Any], make_key: Callable[[], Any], tell: int, held: int, directory: Path
) -> None:
    """Be the child: run the command as `kiosk` would, and exit as it would."""
    status = 99
    try:
        for stream, name in ((1, "out"), (2, "err")):
            file = os.open(directory / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(file, stream)
            os.close(file)
        medium, registry = ThreadPoolExecutor(1), ThreadPoolExecutor(1)
        threads = {
            "command": threading.get_native_id(),
            "medium": medium.submit(threading.get_native_id).result(),
            "registry": registry.submit(threading.get_native_id).result(),
        }
        _prepare(medium, registry, make_key, asked)
        ctypes.CDLL(None).prctl(PR_SET_PTRACER, ctypes.c_ulong(-1))
        os.write(tell, json.dumps(threads).encode() + b"\n")
        os.read(held, 1)
        status = cli.run(asked["words"])
        sys.stdout.flush()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _prepare(
    medium: ThreadPoolExecutor, registry: ThreadPoolExecutor, make_key: Callable[[], Any],
    asked: dict[str, Any],
) -> None:  # fmt: skip
    """Give the command its two threads and its key; have it take short writes, and stop where it is told."""

    def run_in_threads(work: Coroutine[Any, Any, Any]) -> Any:
        async def awaited() -> Any:
            asyncio.get_running_loop().set_default_executor(medium)
            return await work

        return asyncio.run(awaited())

    def progress(state: str) -> None:
        if state == asked["stop_at"]:
            os.kill(os.getpid(), signal.SIGKILL)

    kiosk.cli.options.run = run_in_threads
    kiosk.services.ThreadPoolExecutor = lambda *_, **__: registry
    for service in (Issuing, Renewing, Reissuing):
        made = functools.partial(service, make_key=make_key, progress=progress)
        setattr(kiosk.cli.issue, service.__name__, made)
    if asked["piece"]:
        write = os.write
        os.write = lambda descriptor, data: write(descriptor, bytes(data[: asked["piece"]]))


if __name__ == "__main__":
    main()
