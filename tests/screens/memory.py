"""What a process holds in memory, and whether something that was typed is among it."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

_REGION = re.compile(r"([0-9a-f]+)-([0-9a-f]+) rw")
ENCODINGS = ("utf-8", "utf-16-le", "utf-32-le")
"""Python keeps text in one, two or four bytes for each character."""


def forms(texts: Iterable[str]) -> dict[bytes, str]:
    """Give every form in which these texts may lie somewhere, with the text."""
    return {text.encode(encoding): text for text in texts for encoding in ENCODINGS}


def regions(pid: int) -> Iterator[bytes]:
    """Give all memory that a process has written to or may write to."""
    with Path(f"/proc/{pid}/maps").open() as maps, Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in maps:
            match = _REGION.match(line)
            if match and "[vvar]" not in line:
                start, end = int(match[1], 16), int(match[2], 16)
                memory.seek(start)
                try:
                    yield memory.read(end - start)
                except OSError:  # a region that went away, or that nobody may read
                    continue


def found_in_memory(pid: int, texts: Iterable[str]) -> set[str]:
    """Give those of `texts` that a process holds."""
    wanted = forms(texts)
    return {text for region in regions(pid) for form, text in wanted.items() if form in region}


def found_in_files(places: Iterable[Path], texts: Iterable[str]) -> set[tuple[str, str]]:
    """Give those of `texts` that are in a file, or in its name, below `places`: (file, text)."""
    wanted = forms(texts)
    found = set()
    for path in (path for place in places for path in (place, *place.rglob("*"))):
        content = path.read_bytes() if path.is_file() else b""
        found |= {(str(path), text) for form, text in wanted.items() if form in content or text in path.name}
    return found


def resident(pid: int) -> int:
    """Give how much memory a process has, in kB."""
    return int(Path(f"/proc/{pid}/status").read_text().partition("VmRSS:")[2].split()[0])
