"""What can be interrupted without a request in any registry: a set changed in place, or copied."""

from dataclasses import dataclass
from pathlib import Path

from kiosk.media import change
from kiosk.media.directory import DirectoryMedium
from kiosk.media.place import Place
from kiosk.media.whole import Whole
from tests.media.scenes import SCENES, Scene, left

KEYFILES = Path(__file__).parents[1] / "pki" / "keyfiles"
PLACE = Place(("NPKI", "yessign", "USER", "cn=홍길동()0004,ou=HNB,o=yessign,c=kr"), in_npki_root=False)
BESIDE: Whole = {
    "signCert.der": b"certificate " * 90, "CaPubs": None, "CaPubs/root.der": b"root " * 90, "memo": b"",
}  # fmt: skip


def key(name: str) -> bytes:
    return (KEYFILES / name).read_bytes()


BEFORE = BESIDE | {"signPri.key": key("seed-sha1.key"), "KMPRI.KEY": key("seed-old.key")}
AFTER = BESIDE | {"signPri.key": key("pbes2-seed-bank.key"), "KMPRI.KEY": key("seed-sha1-salt-16.key")}


def lay(medium: Path, whole: Whole, place: Place = PLACE) -> Path:
    """Put a set there as any program does."""
    path = medium.joinpath(*place.names)
    path.mkdir(parents=True)
    for name, data in whole.items():
        (path / name).parent.mkdir(exist_ok=True)
        if data is not None:
            (path / name).write_bytes(data)
    return path


def seen(medium: Path, place: Place = PLACE) -> Whole | None:
    """All that is at a place, read plainly; None for nothing."""
    path = medium.joinpath(*place.names)
    if not path.is_dir():
        return None
    return {
        str(file.relative_to(path)): None if file.is_dir() else file.read_bytes() for file in path.rglob("*")
    }


def put(medium: DirectoryMedium) -> None:
    change.put(medium, PLACE, AFTER, older=change.stands_at(medium, PLACE))


def act(medium: DirectoryMedium) -> None:
    """A change or a copy from beginning to end."""
    put(medium)
    change.finish(medium)


def undo(medium: DirectoryMedium) -> None:
    change.undo(medium, PLACE)


def repair(medium: DirectoryMedium) -> None:
    change.repair(medium)


def _before(path: Path) -> None:
    lay(path, BEFORE)


def _unproved(path: Path) -> None:
    lay(path, BEFORE)
    put(DirectoryMedium.open(path))


def _torn(path: Path) -> None:
    """The new set stands there, but a bad stick has lost its key."""
    _unproved(path)
    (path.joinpath(*PLACE.names) / "signPri.key").write_bytes(b"")


def _after(path: Path) -> str:
    """One whole set, the old one or the new one; any kiosk clears up what is left, and can begin anew."""
    found = seen(path)
    repaired = change.repair(DirectoryMedium.open(path))
    standing = seen(path)
    assert standing in (BEFORE, AFTER)
    assert found in (standing, None) or found["signPri.key"] == b""
    assert left(path) == []
    change.put(DirectoryMedium.open(path), PLACE, AFTER, older=standing)
    change.finish(DirectoryMedium.open(path))
    assert seen(path) == AFTER
    assert left(path) == []
    said = "old" if standing == BEFORE else "new"
    return f"{said}, repaired" if repaired else said


def _after_copy(path: Path) -> str:
    found = seen(path)
    assert found in (None, AFTER)
    repaired = change.repair(DirectoryMedium.open(path))
    assert seen(path) == found
    assert left(path) == []
    if not found:
        act(DirectoryMedium.open(path))
    assert seen(path) == AFTER
    said = "new" if found else "none yet"
    return f"{said}, repaired" if repaired else said


@dataclass(frozen=True)
class WipingScene(Scene):
    """Overwriting is an attempt only: where a call of it fails, deleting goes on."""


SCENES |= {
    "change": WipingScene(_before, act, _after),
    "undo a change": WipingScene(_unproved, undo, _after),
    "repair an unproved change": WipingScene(_unproved, repair, _after),
    "repair a torn change": WipingScene(_torn, repair, _after),
    "copy": WipingScene(lambda path: None, act, _after_copy),
}
