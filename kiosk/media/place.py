"""Where sets lie on a medium: `NPKI/<O>/USER/<directory>`, and which names may stand there (npki.md 1.1)."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from kiosk.errors import KioskError
from kiosk.media.files import same_name

CODE_LENGTHS = range(4, 33)
_CODE_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
STAGING = ".certkiosk-"
"""Beginning of the staging directory's name; a request's code is the rest."""
_NAME_BYTES = 255


def is_npki_root(path: Path) -> bool:
    """Say whether `path` is itself a disk's NPKI directory, by its name.

    A mount point is not: a stick whose label is "NPKI" is mounted at a directory of that name, and its
    NPKI directory is inside.
    """
    return same_name(path.name, "NPKI") and not _is_mount_point(path)


def _is_mount_point(path: Path) -> bool:
    """Say whether a filesystem begins at `path`, as the kernel has it.

    `os.path.ismount` works out by name what is above, and is wrong where names lead elsewhere (another
    process's root).
    """
    try:
        here, above = path.stat(), (path / "..").stat()
    except OSError:
        return False
    return here.st_dev != above.st_dev or here.st_ino == above.st_ino


def plain_name(name: str) -> str:
    """Give `name`, that we write, back when it is one path component without control characters.

    Raises `ValueError`: names are made from certificates by `kiosk.pki.names`, which leaves none of that.
    """
    if name in {"", ".", ".."} or "/" in name or any(ord(char) < 0x20 or char == "\x7f" for char in name):
        raise ValueError("not a plain name")
    if len(os.fsencode(name)) > _NAME_BYTES:
        raise ValueError("name too long")
    return name


def staging_name(code: str) -> str:
    """Give the name of the staging directory of the request `code`; `ValueError` for a wrong code."""
    if not is_code(code):
        raise ValueError("not a request code")
    return STAGING + code


def is_code(text: str) -> bool:
    """Say whether `text` can be a request's code: 4 to 32 of a-z and 0-9."""
    return len(text) in CODE_LENGTHS and _CODE_LETTERS.issuperset(text)


@dataclass(frozen=True)
class Place:
    """A set's directory, as names from the medium's root on: `("NPKI", O, "USER", directory)`.

    On a disk's NPKI root the first name is missing. Wrong shapes raise `ValueError`. The names may be
    somebody else's, so all that a directory can be called is right.
    """

    names: tuple[str, ...]
    in_npki_root: bool

    def __post_init__(self) -> None:
        names = self.names if self.in_npki_root else self.names[1:]
        if len(names) != 3 or not same_name(names[1], "USER"):
            raise ValueError("not a place of a set")
        if not self.in_npki_root and not same_name(self.names[0], "NPKI"):
            raise ValueError("not a place of a set")
        if any(name in {"", ".", ".."} or "/" in name or "\0" in name for name in self.names):
            raise ValueError("not a place of a set")

    @property
    def users(self) -> tuple[str, ...]:
        """The directories down to USER."""
        return self.names[:-1]

    @property
    def directory(self) -> str:
        """The set's own directory."""
        return self.names[-1]

    def note(self) -> bytes:
        """Write the place as kept beside a set that was moved aside: names in UTF-8, one a line."""
        return "\n".join(self.names).encode("utf-8", "surrogateescape") + b"\n"

    @classmethod
    def from_note(cls, note: bytes, *, in_npki_root: bool) -> Self:
        """Read what `note` wrote, from a hostile medium; `medium.damaged` when it names no place of a set."""
        try:
            text = note.decode("utf-8", "surrogateescape")
            return cls(tuple(text.removesuffix("\n").split("\n")), in_npki_root)
        except ValueError as error:
            raise KioskError("medium.damaged", name="place") from error

    @classmethod
    def inside(cls, medium: Path, path: Path, *, in_npki_root: bool) -> Self:
        """Give the place that `path` is on the medium at `medium`; `ValueError` when it is none."""
        return cls(path.absolute().relative_to(medium).parts, in_npki_root)


def users_names(organization: str, *, in_npki_root: bool) -> Sequence[str]:
    """Give the directories, from the medium's root on, down to where sets of `organization` go."""
    names = (plain_name(organization), "USER")
    return names if in_npki_root else ("NPKI", *names)
