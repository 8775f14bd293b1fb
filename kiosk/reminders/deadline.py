"""An end to a conversation as a whole: a socket's own limit begins anew with every byte that comes."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

WHOLE = 4
"""A whole conversation about one message may take so many times as long as the wait for one piece of it."""


@contextlib.contextmanager
def deadline(seconds: float, talking: Callable[[], socket.socket | None]) -> Iterator[None]:
    """Hang up on whoever still talks after so many seconds. Raises `TimeoutError` then, whatever came before."""
    late = False

    def hang_up() -> None:
        nonlocal late
        late = True
        found = talking()
        if found is not None:
            with contextlib.suppress(OSError):
                # Not TLS's own, which would have what is said next said in the clear.
                socket.socket.shutdown(found, socket.SHUT_RDWR)

    timer = threading.Timer(seconds, hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        if late:
            raise TimeoutError
