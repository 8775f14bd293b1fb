"""The few commands of ESC/POS that a slip needs, and what a printer answers.

Source: Epson's reference of ESC/POS commands (ESC @, GS v 0, GS V, DLE EOT, GS r). The slip is one picture: any
printer that prints pictures prints Korean.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

BEGIN = b"\x1b@"
PIECE = 256
"""Rows of dots sent at a time: small printers have no room for a long picture."""
FEED = b"\x1bd\x04"
"""Four lines, so that the last one is past the cutter or the edge."""
CUT = b"\x1dV\x42\x00"
"""Feed to the cutter, and leave a corner uncut so that the slip does not fall."""

ASK_OFFLINE = b"\x10\x04\x02"
ASK_PAPER = b"\x10\x04\x04"
ASK_DONE = b"\x1dr\x01"
"""Is answered in its turn, and so once everything before it was printed."""


_AT_ONCE = {b"\x10\x04": b"\x10\x0c", b"\x10\x05": b"\x10\x0d", b"\x10\x14": b"\x10\x1c"}
"""How commands begin that a printer obeys as they come in, wherever they stand: DLE EOT, DLE ENQ, DLE DC4. Dots that
look like one get one dot more, which nobody sees: it could ask for the printer's state, or clear what it has."""


def job(picture: "Image", *, cut: bool) -> bytes:
    """Give what prints `picture` (mode "1", black on white, width a multiple of 8)."""
    if picture.mode != "1" or picture.width % 8:
        raise ValueError("not a picture for a printer")
    across = picture.width // 8
    parts = [BEGIN]
    # A printer burns ones, a picture shines with them.
    dots = bytes(byte ^ 0xFF for byte in picture.tobytes())
    for command, harmless in _AT_ONCE.items():
        dots = dots.replace(command, harmless)
    for top in range(0, picture.height, PIECE):
        rows = dots[top * across : (top + PIECE) * across]
        size = across.to_bytes(2, "little") + (len(rows) // across).to_bytes(2, "little")
        parts += [b"\x1dv0\x00", size, rows]
    return b"".join([*parts, CUT if cut else FEED])


def is_status(byte: int) -> bool:
    """Whether a byte is an answer to DLE EOT: its fixed bits say so."""
    return byte & 0x93 == 0x12


def is_done(byte: int) -> bool:
    """Whether a byte is the answer to `ASK_DONE`."""
    return byte & 0x90 == 0


def problem(offline: int, paper: int) -> str | None:
    """Give the error's id that the answers to `ASK_OFFLINE` and `ASK_PAPER` mean, None when all is well."""
    if paper & 0x60 or offline & 0x20:
        return "printer.paper"
    if offline & 0x04:
        return "printer.open"
    if offline & 0x40:
        return "printer.trouble"
    return None


def ran_out(done: int) -> bool:
    """Whether the answer to `ASK_DONE` says that there is no paper."""
    return bool(done & 0x0C)
