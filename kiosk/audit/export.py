"""The audit log as a file for an outsider: JSON, one line each, the head at the end."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from kiosk.audit.head import Head
from kiosk.audit.line import BadLine, Line, canonical, from_object, hexadecimal, read_canonical, to_object

_LONGEST = 16384
"""Bytes in one line of a file that is read back; ours have fewer than a quarter of it."""


def export(lines: Iterable[Line], head: Head | None) -> Iterator[str]:
    """Give the lines of an export, each with its line feed. Raises what reading `lines` raises."""
    for line in lines:
        yield canonical(to_object(line)).decode() + "\n"
    noted = {"seq": head.seq, "hash": head.hash.hex(), "signature": head.signature.hex()} if head else None
    yield canonical({"head": noted}).decode() + "\n"


def read_export(path: Path) -> tuple[Head | None, Iterator[Line]]:
    """Read an export, from whomever it comes: its head, and its lines as a stream.

    The stream raises `BadLine` with the number of the first text line that is not as `export` writes it, or
    (`cut_off`) when the file ends without its head; `verify` reports both. Raises `OSError`.
    """
    return _last(path), _lines(path)


def _last(path: Path) -> Head | None:
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - _LONGEST))
        text = file.read(_LONGEST).removesuffix(b"\n").rpartition(b"\n")[2]
    try:
        return _head(read_canonical(text))
    except ValueError:
        return None


def _head(value: object) -> Head | None:
    if not isinstance(value, dict) or value.keys() != {"head"}:
        raise ValueError("head")
    noted = value["head"]
    if noted is None:
        return None
    if not isinstance(noted, dict) or noted.keys() != {"seq", "hash", "signature"}:
        raise ValueError("head")
    if type(noted["seq"]) is not int:
        raise ValueError("seq")
    return Head(noted["seq"], hexadecimal(noted["hash"], 32), hexadecimal(noted["signature"], 64))


def _lines(path: Path) -> Iterator[Line]:
    number = 0
    with path.open("rb") as file:
        while text := file.readline(_LONGEST):
            number += 1
            try:
                line = _line(text)
            except ValueError as error:
                raise BadLine(number, "unreadable") from error
            if line is None:
                break
            yield line
        else:
            raise BadLine(number + 1, "cut_off")
        if file.read(1):
            raise BadLine(number, "unreadable")


def _line(text: bytes) -> Line | None:
    """Read one line of text; None is the head's (ValueError)."""
    value = read_canonical(text.removesuffix(b"\n") if text.endswith(b"\n") else b"")
    if isinstance(value, dict) and "head" in value:
        _head(value)
        return None
    return from_object(value)
