"""What can be interrupted: how the medium looks before, what is done, and what must be true after.

Used for kills (in another process) and for errors (in this one).
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kiosk.media.directory import DirectoryMedium

CODE = "k3p7"
ORG = "Certkiosk Practice"
DIRECTORY = "cn=홍길동()20261122000123,ou=personal-general,o=Certkiosk Practice,c=KR"
KEY = b"encrypted key " * 90
OLD = {"signCert.der": b"old certificate", "signPri.key": b"old key"}
NEW = {"signCert.der": b"new certificate " * 80, "signPri.key": KEY}
OTHER = {"signCert.der": b"torn", "signPri.key": KEY}

Files = dict[str, bytes]


def sets(medium: Path) -> list[Files]:
    """Every set that another program would see, read plainly."""
    places = sorted(medium.glob("NPKI/*/USER/*"))
    return [{file.name: file.read_bytes() for file in place.iterdir()} for place in places]


def place(medium: Path) -> Path:
    return medium / "NPKI" / ORG / "USER" / DIRECTORY


def put(medium: Path, files: Files) -> None:
    place(medium).mkdir(parents=True)
    for name, data in files.items():
        (place(medium) / name).write_bytes(data)


def left(medium: Path) -> list[str]:
    return sorted(path.name for path in medium.iterdir() if path.name != "NPKI")


def install(medium: DirectoryMedium) -> None:
    medium.install(CODE, ORG, DIRECTORY, NEW)


def unstage(medium: DirectoryMedium) -> None:
    medium.unstage(CODE)


def remove(medium: DirectoryMedium) -> None:
    medium.remove_set(place(medium.path))


def stage(medium: DirectoryMedium) -> None:
    medium.stage(CODE, KEY)


def _voided(path: Path, older: list[Files]) -> None:
    """The request is given up: nothing of it stays, and the older set stands again."""
    copy = path.with_name(path.name + "-void")
    shutil.copytree(path, copy)
    medium = DirectoryMedium.open(copy)
    if sets(copy) != older:
        medium.remove_set(place(copy))
    medium.unstage(CODE)
    assert sets(copy) == older
    assert left(copy) == []
    shutil.rmtree(copy)


def _completed(path: Path) -> None:
    medium = DirectoryMedium.open(path)
    install(medium)
    assert medium.read_set(place(path)) == NEW
    assert medium.staged(CODE) == KEY
    medium.unstage(CODE)
    assert sets(path) == [NEW]
    assert left(path) == []


def _fresh(path: Path) -> None:
    DirectoryMedium.open(path).stage(CODE, KEY)


def _after_fresh(path: Path) -> str:
    seen = sets(path)
    assert seen in ([], [NEW])
    _voided(path, [])
    _completed(path)
    return "new" if seen else "none yet"


def _older(path: Path) -> None:
    put(path, OLD)
    DirectoryMedium.open(path).stage(CODE, KEY)


def _after_older(path: Path) -> str:
    seen = sets(path)
    assert seen in ([], [OLD], [NEW], [OTHER])
    _voided(path, [OLD])
    _completed(path)
    return {0: "aside"}.get(len(seen)) or ("old" if seen == [OLD] else "new" if seen == [NEW] else "torn")


def _again(path: Path) -> None:
    """An attempt put something else there than this one will."""
    _older(path)
    DirectoryMedium.open(path).install(CODE, ORG, DIRECTORY, OTHER)


def _written(path: Path) -> None:
    _older(path)
    install(DirectoryMedium.open(path))


def _after_unstage(path: Path) -> str:
    assert sets(path) == [NEW]
    outcome = "left" if left(path) else "clean"
    unstage(DirectoryMedium.open(path))
    assert sets(path) == [NEW]
    assert left(path) == []
    return outcome


def _lost(path: Path) -> None:
    """The new set is gone from its place (a pulled FAT stick can do that), the older one is aside."""
    _written(path)
    shutil.rmtree(place(path))


def _after_lost(path: Path) -> str:
    seen = sets(path)
    assert seen in ([], [OLD])
    unstage(DirectoryMedium.open(path))
    assert sets(path) == [OLD]
    assert left(path) == []
    return "old" if seen else "aside"


def _one(path: Path) -> None:
    put(path, OLD)


def _after_remove(path: Path) -> str:
    seen = sets(path)
    assert seen in ([], [OLD])
    remove(DirectoryMedium.open(path))
    assert sets(path) == []
    assert left(path) == []
    return "old" if seen else "none"


def _staged_before(path: Path) -> None:
    DirectoryMedium.open(path).stage(CODE, b"key of an earlier try")


def _after_stage(path: Path) -> str:
    medium = DirectoryMedium.open(path)
    seen = medium.staged(CODE)
    assert seen in (None, b"key of an earlier try", KEY)
    stage(medium)
    assert medium.staged(CODE) == KEY
    assert left(path / f".certkiosk-{CODE}") == ["signPri.key"]
    return {None: "none yet", KEY: "new"}.get(seen, "earlier")


@dataclass(frozen=True)
class Scene:
    prepare: Callable[[Path], None]
    act: Callable[[DirectoryMedium], None]
    after: Callable[[Path], str]


SCENES = {
    "stage": Scene(lambda path: None, stage, _after_stage),
    "stage again": Scene(_staged_before, stage, _after_stage),
    "install": Scene(_fresh, install, _after_fresh),
    "install over an older set": Scene(_older, install, _after_older),
    "install after another try": Scene(_again, install, _after_older),
    "unstage": Scene(_written, unstage, _after_unstage),
    "unstage with the place empty": Scene(_lost, unstage, _after_lost),
    "remove": Scene(_one, remove, _after_remove),
}
