"""What goes between us and the process that loads a token module: a JSON object, and secrets beside it.

A message is a frame with the object, whose `secrets` says how many frames with a secret each follow; a frame is
its length (4 bytes, big-endian) and that many bytes. Secrets stand outside the JSON so that the buffers that
held them can be wiped.
"""

import json
import socket
import struct
import time
from collections.abc import Mapping, Sequence
from typing import Any

from kiosk.secret import Secret

LIMIT = 4 * 1024 * 1024
"""Bytes of one frame; a token that is full of certificates does not have so many."""
SECRETS = 8
_LENGTH = struct.Struct(">I")


class FrameError(Exception):
    """What came is no message, or nothing came any more."""


def send(to: socket.socket, values: Mapping[str, Any], secrets: Sequence[Secret] = ()) -> None:
    """Send a message. Raises `OSError` when nobody is there, `TimeoutError` as the socket is set."""
    content = json.dumps({**values, "secrets": len(secrets)}).encode()
    to.sendall(_LENGTH.pack(len(content)) + content)
    for secret in secrets:
        frame = bytearray(_LENGTH.pack(len(secret))) + secret.reveal()
        try:
            to.sendall(frame)
        finally:
            frame[:] = bytes(len(frame))


def receive(source: socket.socket, until: float | None = None) -> tuple[dict[str, Any], list[Secret]]:
    """Receive a message, until the moment `until` of `time.monotonic` at the latest.

    Raises `FrameError`, `TimeoutError`, `OSError`.
    """
    try:
        values = json.loads(_frame(source, until))
        count = values.pop("secrets")
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        raise FrameError("no message") from None
    if not isinstance(values, dict) or not isinstance(count, int) or not 0 <= count <= SECRETS:
        raise FrameError("no message")
    return values, [Secret(_frame(source, until)) for _ in range(count)]


def _frame(source: socket.socket, until: float | None) -> bytes:
    (length,) = _LENGTH.unpack(_bytes(source, _LENGTH.size, until))
    if length > LIMIT:
        raise FrameError("too long")
    return _bytes(source, length, until)


def _bytes(source: socket.socket, count: int, until: float | None) -> bytes:
    data = bytearray()
    while len(data) < count:
        if until is not None:
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            source.settimeout(left)
        piece = source.recv(min(count - len(data), 65536))
        if not piece:
            raise FrameError("ended")
        data += piece
    return bytes(data)
