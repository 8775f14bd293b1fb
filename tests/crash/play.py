"""One case: a command disturbed at one system call, a look from outside, the command again, another look."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.crash import eye
from tests.crash.process import Driver, Ended
from tests.crash.scenes import PROFILE, Bench

ALLOWED = {"medium": {0, 3}, "registry": {0, 6}, "locks": {0, 6}}
"""Exit statuses of a command that met an error, by where it met it."""
REFUSED = {"issue": "request.holds", "renew": "renew.replaced", "reissue": "renew.replaced"}
"""What each command says when it is run again after all was done."""
STAGED = frozenset({"staged", "submitted", "issued", "written", "proved"})
"""From here on the key is on the medium, and the same answers must complete the request."""


@dataclass(frozen=True)
class Case:
    """Disturb the `number`th `call` (counted from 1) of one thread, on some paths only if any are given."""

    where: str
    call: str
    number: int
    fault: str
    """Its name in the table; one that ends in SIGKILL kills."""
    inject: str
    """What strace does: `signal=KILL`, `error=EIO`, `retval=0`."""
    ever_after: bool = False
    piece: int = 0

    @property
    def kills(self) -> bool:
        return self.fault.endswith("SIGKILL")

    def strace(self, paths: list[Path]) -> list[str]:
        when = f"{self.number}+" if self.ever_after else str(self.number)
        only = [word for path in paths for word in ("-P", str(path))]
        return [*only, "-e", f"trace={self.call}", "-e", f"inject={self.call}:{self.inject}:when={when}"]

    def __str__(self) -> str:
        return f"{self.where}: {self.fault} at {self.call} {self.number}"


def thread_of(where: str) -> str:
    """The thread that works on a place."""
    return {"locks": "command"}.get(where, where)


def paths_of(where: str, bench: Bench) -> list[Path]:
    """The paths to watch. The medium's thread touches the medium only, where names are new each time."""
    if where == "registry":
        names = ("registry.db", "registry.db-wal", "registry.db-shm", "registry.db-journal", "audit.head")
        return [bench.state / name for name in names]
    return [bench.state / "locks" / name for name in bench.locks] if where == "locks" else []


def play(bench: Bench, driver: Driver, case: Case, known: dict[str, str] | None = None) -> str:
    """Play a case on a bench of its own and say how it ended, in a few words.

    With `known` (shape -> outcome), what a kill leaves in the same shape as an earlier one is looked at, and
    not continued again. Raises `AssertionError` for everything that must not be.
    """
    strace = case.strace(paths_of(case.where, bench))
    ended = driver.run(*bench.command(), thread=thread_of(case.where), strace=strace, piece=case.piece)
    check_hit(case, ended)
    if not case.kills:
        check_said(case, ended)
    aside = Path(shutil.copytree(bench.state, bench.path / "aside"))
    before = eye.look(aside, bench.medium, bench.older, bench.torn, bench.elsewhere)
    shape = before.shape()
    if known is None or not case.kills:
        return go_on(bench, driver, ended, before, aside)
    if shape not in known:
        known[shape] = go_on(bench, driver, ended, before, aside)
    return known[shape]


def check_hit(case: Case, ended: Ended) -> None:
    """Make sure that the fault came, and at the call that was meant: else the case says nothing."""
    calls = ended.calls()
    assert len(calls) >= case.number, f"not hit: {len(calls)} calls of {case.call}"
    if case.kills:
        assert ended.status == -9
        assert len(calls) == case.number
        assert calls[-1].endswith("= ?"), calls[-1]
        assert ended.trace[-1] == "+++ killed by SIGKILL +++"
    else:
        assert calls[case.number - 1].endswith("(INJECTED)"), calls[case.number - 1]
        hit = sum(line.endswith("(INJECTED)") for line in calls)
        assert hit == (len(calls) - case.number + 1 if case.ever_after else 1)


def check_said(case: Case, ended: Ended) -> None:
    """An error ends with its status and a sentence, and says so as JSON."""
    assert "Traceback" not in ended.err
    assert ended.status in ALLOWED[case.where], f"status {ended.status}: {ended.err}"
    if ended.status:
        assert ended.err.startswith("Problem "), ended.err
        said = ended.json()["error"]
        assert said["message"]
        if case.where == "medium" and "write" in case.call and case.fault in {"lying", "short"}:
            assert said["id"] == "medium.lies"


def go_on(bench: Bench, driver: Driver, ended: Ended, before: eye.Seen, aside: Path) -> str:
    """See what a revocation list says now (in a copy of the state), run the command again, look again."""
    if any(row["status"] != "valid" for row in before.certificates):
        assert driver.run(*bench.crl(aside)).status == 0
        eye.check_list(bench.revoked.read_bytes(), before, aside)
    again = driver.run(*bench.command())
    assert driver.run(*bench.crl(bench.state)).status == 0
    after = eye.look(bench.state, bench.medium, bench.older, elsewhere=bench.elsewhere)
    eye.check_list(bench.revoked.read_bytes(), after, bench.state)
    # What pretended to be deleted can stay, if there is nothing in it.
    emptied = {".certkiosk.removed"} | ({".certkiosk.probe"} if again.status == 1 else set())
    assert after.others.items() <= {(name, eye.DIRECTORY) for name in emptied}, sorted(after.others)
    if ".certkiosk.removed" in after.others:
        assert ended.status == 0
    # What is refused before it is begun takes no lock, so it clears none that a killed command left.
    assert again.status == 1 or not list((bench.state / "locks").iterdir())
    assert all(row["state"] in {"done", "cancelled", "void"} for row in after.requests)
    (good,) = [c for c in after.certificates if c["profile"] == PROFILE and c["status"] == "valid"]
    new = {path: files for path, files in after.sets.items() if path not in bench.older}
    assert [files["signCert.der"] for files in new.values()] == [good["der"]], f"sets left: {sorted(new)}"
    return _outcome(bench, ended, before, again, good, after)


def _outcome(
    bench: Bench, ended: Ended, before: eye.Seen, again: Ended, good: eye.Row, after: eye.Seen
) -> str:
    if again.status == 1:
        assert again.json()["error"]["id"] == REFUSED[bench.act]
        assert any(row["id"] == good["id"] and row["status"] == "valid" for row in before.certificates)
        return "done" if ended.status == 0 else "was done"
    assert again.status == 0, f"the second time: {again.status} {again.err}"
    made = again.json()
    assert made["serial"] == good["serial"]
    if ended.status > 0 and (promised := ended.json()["error"]["request"]):
        assert (made["request"], made["resumed"]) == (promised, True), "it said that it could be resumed"
    if made["resumed"]:
        return "resumed"
    ours = [row for row in before.requests if (row["profile"], row["act"]) == (PROFILE, bench.act)]
    last = ours[-1] if ours else None
    if last is None:
        return "begun anew"
    resumable = last["state"] in STAGED and last["code"] not in bench.lost
    assert not resumable, f"a request that was {last['state']} was given up"
    state = next(row["state"] for row in after.requests if row["id"] == last["id"])
    return f"{state} and begun anew"
