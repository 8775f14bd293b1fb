"""A printer made of nothing but its description: takes bytes of ESC/POS, gives the paper that comes out.

It knows the commands that a slip may use and fails on all others, so a stray byte is found.
"""

from dataclasses import dataclass, field

from PIL import Image


@dataclass
class Paper:
    """What a printer was told, put together."""

    width: int
    rows: list[bytes] = field(default_factory=list)
    """Rows of dots, a bit for each, as they were burnt."""
    fed: int = 0
    cuts: int = 0

    def picture(self) -> Image.Image:
        """The paper as it looks: black where it was burnt."""
        burnt = b"".join(self.rows)
        return Image.frombytes("1", (self.width, len(self.rows)), bytes(byte ^ 0xFF for byte in burnt))


def printed(data: bytes, width: int) -> Paper:
    """Print `data` on paper that is `width` dots wide. Raises `AssertionError` for what is no command."""
    paper = Paper(width)
    assert data.startswith(b"\x1b@"), "not reset first"
    at = 2
    while at < len(data):
        head = data[at : at + 3]
        if head == b"\x1dv0":
            assert data[at + 3] == 0, "not in its own size"
            across = int.from_bytes(data[at + 4 : at + 6], "little")
            high = int.from_bytes(data[at + 6 : at + 8], "little")
            dots = data[at + 8 : at + 8 + across * high]
            assert across * 8 == width, "wider or narrower than the paper"
            assert len(dots) == across * high, "cut short"
            paper.rows += [dots[row * across : (row + 1) * across] for row in range(high)]
            at += 8 + len(dots)
        elif head == b"\x1dVB":
            paper.cuts += 1
            at += 4
        elif head[:2] == b"\x1bd":
            paper.fed += head[2]
            at += 3
        elif head == b"\x1dr\x01":  # a question: nothing is printed
            at += 3
        else:
            raise AssertionError(f"not a command: {data[at : at + 4]!r} at {at}")
    return paper
