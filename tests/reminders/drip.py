"""A server that never stops talking: one byte after the other, each soon enough."""

import contextlib
import itertools
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass

DROPS = 500
"""After ten seconds and more it has outlasted whoever listens."""


@dataclass
class Dripping:
    port: int
    outlasted: bool = False


@contextlib.contextmanager
def dripping(first: bytes, drop: bytes, context: ssl.SSLContext | None = None) -> Iterator[Dripping]:
    """Say `first` to whoever comes, and `drop` again and again until they hang up."""
    ended = threading.Event()

    def speak(speaking: socket.socket) -> None:
        for said in itertools.chain([first], itertools.repeat(drop, DROPS)):
            if ended.wait(0.02):
                return
            speaking.sendall(said)
        found.outlasted = True

    def serve() -> None:
        while True:
            try:
                taken, _ = listening.accept()
            except OSError:
                return
            with (
                contextlib.suppress(OSError),
                taken,
                context.wrap_socket(taken, server_side=True) if context else taken as speaking,
            ):
                speak(speaking)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        found = Dripping(listening.getsockname()[1])
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield found
        finally:
            ended.set()
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()
