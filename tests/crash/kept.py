"""Acts on a certificate that is there already: its password changed, copied, moved, deleted, and disturbed at it.

Whatever happens, the person is never worse off than before: at every moment another program finds the set whole
at its place, on one medium or the other, or any later command of ours, on a kiosk that knows nothing of it, puts
it back there.
"""

import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import TODAY
from tests.crash import play
from tests.crash.matrix import BAD, OWN, Call, Matrix
from tests.crash.play import Case
from tests.crash.process import Driver, Ended, name_of
from tests.lifecycle import sets
from tests.pki import independent

OLD, NEW = sets.OLD_PASSWORD, "Moon4*river-stone"
ALLOWED = {"medium": {0, 3}, "registry": {0, 6}, "locks": {0, 6}}
FILES = sets.files(whole=True) | {"memo": b"mine"}
KEYS = {"signPri.key": 0, "kmPri.key": 1}


@dataclass(frozen=True)
class Desk:
    """A state, a stick with a set, and another stick."""

    path: Path

    @property
    def state(self) -> Path:
        return self.path / "state"

    @property
    def stick(self) -> Path:
        return self.path / "stick"

    @property
    def other(self) -> Path:
        return self.path / "other"

    def place(self, medium: Path) -> Path:
        return medium / "NPKI" / "yessign" / "USER" / "cn=홍길동()0004041,ou=personal4IB,o=yessign,c=kr"

    def set_up(self, practice_state: Path) -> None:
        shutil.copytree(practice_state, self.state)
        self.stick.mkdir()
        self.other.mkdir()
        assert sets.put(self.stick, FILES) == self.place(self.stick)
        (self.path / "old").write_text(OLD)
        (self.path / "new").write_text(NEW)

    def copy(self, path: Path) -> "Desk":
        shutil.rmtree(path, ignore_errors=True)
        return Desk(Path(shutil.copytree(self.path, path)))

    def words(self, command: str, *words: object) -> list[object]:
        return [command, "--state", self.state, "--at", TODAY.isoformat(), "--json", *words]

    def scan(self, medium: Path) -> list[object]:
        return self.words("scan", medium)


def password(desk: Desk) -> list[object]:
    """The words of the command."""
    files = ("--old-file", desk.path / "old", "--new-file", desk.path / "new")
    return desk.words("password", "--medium", desk.stick, *files)


def copy(desk: Desk) -> list[object]:
    """The words of the command."""
    return desk.words("copy", "--from", desk.stick, "--to", desk.other, "--password-file", desk.path / "old")


def move(desk: Desk) -> list[object]:
    """The words of the command."""
    return [*copy(desk), "--wipe-source"]


def delete(desk: Desk) -> list[object]:
    """The words of the command."""
    return desk.words("delete", "--medium", desk.stick, "--serial", "1234abcd", "--yes")


def _opens(files: dict[str, bytes], password: str) -> bool:
    """Whether both keys open with the password, by the own reader, and give what they always held."""
    try:
        return all(
            independent.open_key(files[name], password.encode()) == sets.pkcs8(number)
            for name, number in KEYS.items()
        )
    except (AssertionError, ValueError, IndexError):
        return False


def _at(place: Path) -> dict[str, bytes] | None:
    return sets.read(place) if place.exists() else None


def _with_one_password(files: dict[str, bytes] | None) -> str:
    """Say which password opens the set; everything else in it is as it was."""
    assert files is not None, "the set is gone"
    beside = {name: data for name, data in files.items() if name not in KEYS}
    assert beside == {name: data for name, data in FILES.items() if name not in KEYS}
    assert _opens(files, OLD) != _opens(files, NEW), "neither, or one key each"
    return "new" if _opens(files, NEW) else "old"


def _after_password(desk: Desk, driver: Driver, ended: Ended) -> str:
    place = desk.place(desk.stick)
    found = _at(place)
    if found is None:
        assert ended.status, "it said that it was done"
        said = "aside"
    else:
        said = _with_one_password(found)
        assert ended.status or said == "new"
    again = driver.run(*password(desk))
    now = _with_one_password(_at(place))
    assert now == "new"
    if again.status:
        # A kill may have come after the change: then the old password is the wrong one.
        assert again.json()["error"]["id"] == "medium.wrong_password", again.err
        assert said in {"new", "aside"}
    else:
        assert said != "new"
    return said if ended.status else "done"


def _after_copy(desk: Desk, driver: Driver, ended: Ended) -> str:
    assert _at(desk.place(desk.stick)) == FILES, "the source changed"
    there = _at(desk.place(desk.other))
    assert there in (None, FILES)
    assert ended.status or there
    again = driver.run(*copy(desk))
    assert again.status == 0, again.err
    assert again.json()["already"] is (there is not None)
    assert _at(desk.place(desk.stick)) == _at(desk.place(desk.other)) == FILES
    return "done" if not ended.status else "there" if there else "not there"


def _after_move(desk: Desk, driver: Driver, ended: Ended) -> str:
    here, there = _at(desk.place(desk.stick)), _at(desk.place(desk.other))
    assert here in (None, FILES)
    assert there in (None, FILES)
    assert here or there, "the set is on neither"
    again = driver.run(*move(desk))
    if here:
        assert again.status == 0, again.err
    else:
        assert again.json()["error"]["id"] == "medium.empty"
        # What the target would not let go of then is cleared by whoever comes by it next, whatever for.
        other = driver.run(*desk.words("delete", "--medium", desk.other, "--serial", "ffff", "--yes"))
        assert other.json()["error"]["id"] == "medium.not_there"
    assert (_at(desk.place(desk.stick)), _at(desk.place(desk.other))) == (None, FILES)
    return "done" if not ended.status else "on both" if here and there else "here" if here else "there"


def _after_delete(desk: Desk, driver: Driver, ended: Ended) -> str:
    here = _at(desk.place(desk.stick))
    assert here in (None, FILES), "deleted in part"
    assert ended.status or not here
    again = driver.run(*delete(desk))
    if here:
        assert again.status == 0, again.err
    else:
        assert again.json()["error"]["id"] == "medium.not_there"
    assert _at(desk.place(desk.stick)) is None
    return "done" if not ended.status else "here" if here else "deleted"


@dataclass(frozen=True)
class Act:
    words: Callable[[Desk], list[object]]
    after: Callable[[Desk, Driver, Ended], str]


ACTS = {
    "password": Act(password, _after_password),
    "copy": Act(copy, _after_copy),
    "move": Act(move, _after_move),
    "delete": Act(delete, _after_delete),
}


class KeptMatrix(Matrix):
    """Plays cases of these acts; a scene is the name of an act."""

    def __init__(self, path: Path, driver: Driver, desk: Desk, acts: Mapping[str, Act]) -> None:
        super().__init__(path, driver, lambda name: desk)  # type: ignore[arg-type,return-value]
        self._desk, self._acts = desk, acts

    def calls(self, scene: str, where: str, *, piece: int = 0) -> list[Call]:
        """Watch an act that nobody disturbs, and give its calls in order."""
        desk = self._desk.copy(self._path)
        ended = self._run(desk, scene, where, ["-e", f"trace=!{','.join(OWN)}"], piece)
        shutil.rmtree(self._path)
        assert ended.status == 0, ended.err
        numbers: Counter[str] = Counter()
        found = []
        for line in ended.calls():
            name = name_of(line)
            numbers[name] += 1
            found.append(Call(line, name, numbers[name]))
        return found

    def _run(self, desk: Desk, scene: str, where: str, strace: list[str], piece: int) -> Ended:
        words = self._acts[scene].words(desk)
        return self._driver.run(*words, thread=play.thread_of(where), strace=strace, piece=piece)

    def play(self, scene: str, cases: Iterable[Case], *, alike: bool = False) -> None:
        """Play cases one after another."""
        for case in cases:
            desk = self._desk.copy(self._path)
            try:
                outcome = self._play(desk, scene, case)
            except AssertionError as problem:
                outcome = BAD
                self.bad.append(f"{scene}: {case}: {problem}")
            finally:
                shutil.rmtree(self._path)
            self.tally.add(scene, case.where, case.call, case.fault, outcome)

    def _play(self, desk: Desk, scene: str, case: Case) -> str:
        ended = self._run(desk, scene, case.where, case.strace([]), case.piece)
        play.check_hit(case, ended)
        if not case.kills:
            assert "Traceback" not in ended.err
            assert ended.status in ALLOWED[case.where], f"status {ended.status}: {ended.err}"
        outcome = self._acts[scene].after(desk, self._driver, ended)
        for medium in (desk.stick, desk.other):
            left = {path.name for path in medium.iterdir()} - {"NPKI"}
            # What pretended to be deleted can stay until the next command comes by.
            assert not left or case.fault == "lying", sorted(left)
        # The lock of a killed command is taken over by the next one at that medium, if one comes so far.
        assert outcome in {"there", "deleted"} or not list((desk.state / "locks").iterdir()), "locks left"
        with closing(sqlite3.connect(desk.state / "registry.db")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        verified = self._driver.run("audit", "verify", "--state", desk.state)
        assert verified.status == 0, verified.err
        return outcome
