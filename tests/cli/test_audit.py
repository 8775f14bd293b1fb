"""`kiosk audit`: an honest log is found honest, and whatever was done to one is named by its line."""

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Issue, Kiosk, refused
from tests.conftest import TODAY, Ran

Line = dict[str, Any]


@pytest.fixture
def log(issue: Issue, kiosk: Kiosk, state: Path) -> list[Line]:
    """The lines of a log in which one certificate was issued and one refused."""
    assert issue().status == 0
    assert issue().status == 1
    return exported(kiosk, state)[:-1]


def exported(kiosk: Kiosk, state: Path) -> list[Line]:
    ran = kiosk("audit", "export", "--state", state)
    assert ran.status == 0
    return [json.loads(line) for line in ran.out.splitlines()]


def names(ran: Ran, line: int, why: str) -> None:
    """Check that `ran` (with --json) names this line as the first bad one."""
    assert ran.status == 6
    document = ran.json()
    assert (document["ok"], document["first_bad"]) == (False, {"line": line, "why": why})
    assert f"from line {line} on" in ran.err
    assert "Traceback" not in ran.err


class Tampered:
    """Copies of a state in which somebody changed the log behind our back."""

    def __init__(self, state: Path, where: Path) -> None:
        self._state = state
        self._where = where

    def __call__(self, *statements: str) -> Path:
        shutil.rmtree(self._where, ignore_errors=True)
        shutil.copytree(self._state, self._where)
        with closing(sqlite3.connect(self._where / "registry.db", isolation_level=None)) as connection:
            connection.execute("DROP TRIGGER audit_no_update")
            connection.execute("DROP TRIGGER audit_no_delete")
            for statement in statements:
                assert connection.execute(statement).rowcount > 0, statement
        return self._where


@pytest.fixture
def tampered(state: Path, tmp_path: Path) -> Tampered:
    return Tampered(state, tmp_path / "tampered")


def test_honest(kiosk: Kiosk, state: Path, log: list[Line]) -> None:
    ran = kiosk("audit", "verify", "--state", state, "--json")
    assert (ran.status, ran.json()) == (0, {
        "count": len(log), "ok": True, "vouched_to": 0, "head": len(log), "first_bad": None,
        "notes": ["no_anchor"],
    })  # fmt: skip
    assert "nothing outside this machine vouches" in ran.err
    assert [line["action"] for line in log] == [
        "state.made", "request.opened", "code.sent", "code.tried", "code.right", "request.identified",
        "request.key_made", "request.staged", "request.submitted", "request.issued", "request.written",
        "request.proved", "request.done", "refused",
    ]  # fmt: skip
    for line in log:
        anchor = f"{line['seq']}:{line['hash'][:16]}"
        ran = kiosk("audit", "verify", "--state", state, "--json", "--anchor", anchor)
        assert (ran.status, ran.json()["vouched_to"]) == (0, line["seq"])


ALTERED = (
    "UPDATE audit SET at = '2026-11-22T00:00:00.001Z' WHERE seq = {}",
    "UPDATE audit SET action = 'looked' WHERE seq = {}",
    "UPDATE audit SET request = coalesce(request, 0) + 1 WHERE seq = {}",
    "UPDATE audit SET certificate = coalesce(certificate, 0) + 1 WHERE seq = {}",
    "UPDATE audit SET facts = '{{\"a\":1}}' WHERE seq = {}",
    "UPDATE audit SET facts = 'no json' WHERE seq = {}",
    "UPDATE audit SET hash = zeroblob(32) WHERE seq = {}",
)


def test_each_line_altered(kiosk: Kiosk, log: list[Line], tampered: Tampered) -> None:
    for line in range(1, len(log) + 1):
        path = tampered(ALTERED[line % len(ALTERED)].format(line))
        names(kiosk("audit", "verify", "--state", path, "--json"), line, "altered")
    for statement in ALTERED:
        names(kiosk("audit", "verify", "--state", tampered(statement.format(5)), "--json"), 5, "altered")
    doctor = kiosk("doctor", "--state", path, "--json")
    assert doctor.status == 6
    assert [finding["level"] for finding in doctor.json() if finding["check"] == "audit"] == ["bad"]


def test_each_line_signed_by_another(kiosk: Kiosk, log: list[Line], tampered: Tampered) -> None:
    for line in range(1, len(log) + 1):
        path = tampered(f"UPDATE audit SET signature = zeroblob(64) WHERE seq = {line}")
        names(kiosk("audit", "verify", "--state", path, "--json"), line, "signature")


def test_each_line_removed(kiosk: Kiosk, log: list[Line], tampered: Tampered) -> None:
    for line in range(1, len(log) + 1):
        path = tampered(f"DELETE FROM audit WHERE seq = {line}")
        why = "missing" if line < len(log) else "cut_off"
        names(kiosk("audit", "verify", "--state", path, "--json"), line, why)


def test_each_line_removed_and_the_gap_closed(kiosk: Kiosk, log: list[Line], tampered: Tampered) -> None:
    for line in range(1, len(log)):
        path = tampered(
            f"DELETE FROM audit WHERE seq = {line}", f"UPDATE audit SET seq = -seq + 1000 WHERE seq > {line}",
            "UPDATE audit SET seq = 999 - seq WHERE seq > 900",
        )  # fmt: skip
        names(kiosk("audit", "verify", "--state", path, "--json"), line, "altered")


def test_each_pair_swapped(kiosk: Kiosk, log: list[Line], tampered: Tampered) -> None:
    for line in range(1, len(log)):
        path = tampered(
            f"UPDATE audit SET seq = 999 WHERE seq = {line}",
            f"UPDATE audit SET seq = {line} WHERE seq = {line + 1}",
            f"UPDATE audit SET seq = {line + 1} WHERE seq = 999",
        )  # fmt: skip
        names(kiosk("audit", "verify", "--state", path, "--json"), line, "altered")


def test_cut_off_at_each_line(kiosk: Kiosk, log: list[Line], tampered: Tampered) -> None:
    """The head beside the database knows; when that is gone too, only an anchor from outside does."""
    for line in range(1, len(log) + 1):
        path = tampered(f"DELETE FROM audit WHERE seq >= {line}")
        names(kiosk("audit", "verify", "--state", path, "--json"), line, "cut_off")
        (path / "audit.head").unlink()
        ran = kiosk("audit", "verify", "--state", path, "--json")
        assert (ran.status, ran.json()["notes"]) == (0, ["no_anchor", "no_head"])
        anchor = f"{len(log)}:{log[-1]['hash']}"
        names(kiosk("audit", "verify", "--state", path, "--json", "--anchor", anchor), line, "cut_off")


def test_replaced_by_an_older_copy(issue: Issue, kiosk: Kiosk, state: Path, tmp_path: Path) -> None:
    """Database and head of an earlier day, honest in themselves: only an anchor shows it, then and later."""
    older = Path(shutil.copytree(state, tmp_path / "older"))
    assert issue().status == 0
    last = exported(kiosk, state)[-2]
    anchor = f"{last['seq']}:{last['hash'][:16]}"
    assert kiosk("audit", "verify", "--state", state, "--anchor", anchor).status == 0
    ran = kiosk("audit", "verify", "--state", older, "--json")
    assert (ran.status, ran.json()["count"]) == (0, 1)
    names(kiosk("audit", "verify", "--state", older, "--json", "--anchor", anchor), 2, "cut_off")
    # It goes on from there, past the anchor's number. (At the same moment it would write the same lines.)
    later = TODAY + timedelta(minutes=5)
    assert issue(state=older, medium=older.parent, at=later).status == 0
    assert issue(state=older, medium=older.parent, at=later).status == 1
    assert kiosk("audit", "verify", "--state", older, at=later).status == 0
    ran = kiosk("audit", "verify", "--state", older, "--json", "--anchor", anchor, at=later)
    names(ran, last["seq"], "older_copy")
    # Only the database was put back, the head was not.
    shutil.copy(older / "registry.db", state / "registry.db")
    for ending in ("-wal", "-shm"):
        (state / f"registry.db{ending}").unlink(missing_ok=True)
    names(kiosk("audit", "verify", "--state", state, "--json"), last["seq"], "older_copy")


# -- the same with an exported file and the public key alone


@pytest.fixture
def export(kiosk: Kiosk, state: Path, log: list[Line], tmp_path: Path) -> Iterator[Callable[..., Ran]]:
    """Verify a file of these text lines as an outsider does, far from the state."""
    original = tmp_path / "audit.jsonl"
    assert kiosk("audit", "export", "--state", state, "--out", original).status == 0
    key = Path(shutil.copy(state / "authority" / "audit.pub", tmp_path / "audit.pub"))
    elsewhere = state.rename(state.with_name("moved"))
    lines = original.read_text().splitlines(keepends=True)
    assert len(lines) == len(log) + 1

    def verify(change: Callable[[list[str]], object] = lambda lines: None, *words: str) -> Ran:
        changed = list(lines)
        change(changed)
        (tmp_path / "changed.jsonl").write_text("".join(changed))
        return kiosk("audit", "verify", tmp_path / "changed.jsonl", "--public-key", key, "--json", *words)

    yield verify
    elsewhere.rename(state)


def test_exported_file(export: Callable[..., Ran], log: list[Line]) -> None:
    ran = export()
    assert (ran.status, ran.json()["count"]) == (0, len(log))
    count = len(log)
    for number in range(1, count + 1):
        at = number - 1

        def alter(lines: list[str], at: int = at) -> None:
            lines[at] = (
                lines[at].replace('"prev":"', '"prev":"0', 1).replace('","seq"', '","seq"')[:-2] + "}\n"
            )

        def reword(lines: list[str], at: int = at) -> None:
            lines[at] = lines[at].replace(log[at]["action"], "looked", 1)

        def swap(lines: list[str], at: int = at) -> None:
            lines[at], lines[at + 1] = lines[at + 1], lines[at]

        names(export(alter), number, "altered")
        names(export(reword), number, "altered")
        names(export(lambda lines, at=at: lines.pop(at)), number, "missing" if number < count else "cut_off")
        names(export(lambda lines, at=at: lines.insert(at, lines[at])), number + 1, "order")
        if number < count:
            names(export(swap), number, "order")
        # Cut off with, and without, the head at the end of the file.
        names(export(lambda lines, at=at: lines.__delitem__(slice(at, count))), number, "cut_off")
        names(export(lambda lines, at=at: lines.__delitem__(slice(at, None))), number, "cut_off")
        anchor = ("--anchor", f"{count}:{log[-1]['hash']}")
        without_head = [*range(at), count]

        def shorten(lines: list[str], keep: list[int] = without_head) -> None:
            lines[:] = [lines[index] for index in keep[:-1]] + ['{"head":null}\n']

        names(export(shorten, *anchor), number, "cut_off")
        assert export(shorten).status == 0


@pytest.mark.parametrize(
    "rubbish", ["", "\n", "{}\n", "[" * 100_000, "\0\n", '{"head":null}\n{"head":null}\n']
)
def test_a_file_that_is_no_export(export: Callable[..., Ran], rubbish: str) -> None:
    ran = export(lambda lines: lines.__setitem__(slice(0, None), [rubbish]))
    assert ran.status == 6
    assert ran.json()["first_bad"]["line"] in {1, 2}


def test_another_key(export: Callable[..., Ran], tmp_path: Path) -> None:
    subprocess.run(
        ["openssl", "genpkey", "-algorithm", "ed25519", "-out", tmp_path / "other.key"], check=True
    )
    subprocess.run(
        ["openssl", "pkey", "-in", tmp_path / "other.key", "-pubout", "-out", tmp_path / "other.pub"],
        check=True,
    )
    names(export(lambda lines: None, "--public-key", str(tmp_path / "other.pub")), 1, "signature")


def test_export_of_a_broken_log_is_written_and_named(
    kiosk: Kiosk, log: list[Line], tampered: Tampered, tmp_path: Path
) -> None:
    path = tampered("UPDATE audit SET action = 'looked' WHERE seq = 5")
    ran = kiosk("audit", "export", "--state", path, "--out", tmp_path / "log")
    assert ran.status == 6
    assert "from line 5 on" in ran.err
    assert len((tmp_path / "log").read_text().splitlines()) == len(log) + 1
    path = tampered("UPDATE audit SET facts = 'no json' WHERE seq = 5")
    ran = kiosk("audit", "export", "--state", path)
    assert ran.status == 6
    assert "line 5" in ran.err
    assert len(ran.out.splitlines()) == 4


@pytest.mark.parametrize(
    "anchor", ["", "5", "5:", ":abcd", "5:abcd", "0:" + "a" * 16, "-1:" + "a" * 16, "5:" + "g" * 16,
               "5:" + "a" * 65, "٥:" + "a" * 16, "9" * 16 + ":" + "a" * 16],
)  # fmt: skip
def test_anchors_that_are_none(kiosk: Kiosk, state: Path, anchor: str) -> None:
    refused(kiosk("audit", "verify", "--state", state, "--json", "--anchor", anchor), 2, "usage.anchor")


def test_files_that_cannot_be_read(kiosk: Kiosk, state: Path, tmp_path: Path) -> None:
    none, key = tmp_path / "none", state / "authority" / "audit.pub"
    for file in (none, tmp_path):
        ran = kiosk("audit", "verify", file, "--public-key", key, "--json")
        refused(ran, 2, "usage.file", file)
    for wrong in (none, tmp_path, state / "state.toml", state / "authority" / "issuing.crt"):
        refused(
            kiosk("audit", "verify", "--state", state, "--public-key", wrong, "--json"),
            2,
            "usage.file",
            wrong,
        )
    ran = kiosk("audit", "verify", state / "registry.db", "--json")
    refused_without_key = ran.json()["error"]
    assert (ran.status, refused_without_key["id"]) == (2, "usage.command")
    assert "--public-key" in ran.err
    for out in (tmp_path, none / "log"):
        assert kiosk("audit", "export", "--state", state, "--out", out).status == 2
    assert list(tmp_path.glob("*.part")) == []


def test_export_says_nothing_about_persons(kiosk: Kiosk, state: Path, log: list[Line]) -> None:
    ran = kiosk("audit", "export", "--state", state, at=TODAY)
    assert ran.out.isascii()
    for line in log:
        assert all(isinstance(value, int) or len(value) <= 32 for value in line["facts"].values())
