"""What parent and child say to each other, over a pair of sockets that keep messages whole.

To the child: that it is its turn. From it: that its first screen is painted, that somebody began a visit, or why
it can do nothing.
"""

import json
import socket

from kiosk.errors import TABLE, KioskError

TURN, SHOWN, BEGUN = b"turn", b"shown", b"begun"
LONGEST = 65536


def pair() -> tuple[socket.socket, socket.socket]:
    """Make the two ends."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def from_error(error: KioskError) -> bytes:
    """Write an error of the table, for the parent to explain: the child has no terminal left to do it on."""
    return json.dumps([error.id, error.facts]).encode()


def to_error(message: bytes) -> KioskError | None:
    """Read what `from_error` wrote; None for anything else."""
    if message in {SHOWN, BEGUN, b""}:
        return None
    id_, facts = json.loads(message)
    return KioskError(id_, **facts) if id_ in TABLE else None
