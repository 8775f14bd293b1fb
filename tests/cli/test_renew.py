"""`kiosk renew` and `kiosk reissue`: their answers, their documents, and every refusal with its status."""

import itertools
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from kiosk.cli import issue as command
from kiosk.clock import KST
from kiosk.lifecycle.reissue import Reissuing
from kiosk.lifecycle.renew import Renewing
from tests.cli.conftest import Issue, Kiosk, healthy, on, refused
from tests.conftest import ID_NUMBER, PASSWORD, Ran
from tests.lifecycle.desk import NEW_PASSWORD

IN_TIME = datetime(2027, 11, 1, 9, tzinfo=KST)
Renew = Callable[..., Ran]


@pytest.fixture(autouse=True)
def _ready_made(monkeypatch: pytest.MonkeyPatch, subscriber_keys: list[rsa.RSAPrivateKey]) -> None:
    turn = itertools.cycle(subscriber_keys[::-1])
    for service in (Renewing, Reissuing):
        made = partial(service, make_key=lambda: next(turn))
        monkeypatch.setattr(command, service.__name__, made)


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    """All that a renewal needs to be told."""
    (tmp_path / "old").write_text(PASSWORD + "\n")
    (tmp_path / "new").write_text(NEW_PASSWORD + "\n")
    path = tmp_path / "renewal.toml"
    path.write_text(f'id_number = "{ID_NUMBER}"\npassword_file = "old"\nconsent = true\n')
    return path


@pytest.fixture
def renew(kiosk: Kiosk, state: Path, medium: Path, answers: Path) -> Renew:
    def run(*words: object, at: datetime = IN_TIME) -> Ran:
        return kiosk("renew", "--state", state, "--answers", answers, "--medium", medium, *words, at=at)

    return run


def test_renew(issue: Issue, renew: Renew, kiosk: Kiosk, state: Path, medium: Path, answers: Path) -> None:
    issued = issue("--json").json()
    answers.write_text(answers.read_text() + 'new_password_file = "new"\n')
    ran = renew("--json")
    assert ran.status == 0, ran.err
    document = ran.json()
    assert document.keys() == {*issued, "replaces", "old_end"}
    assert document["replaces"] == issued["serial"]
    assert document["old_end"] == issued["not_after"] == "2027-11-22T23:59:59+09:00"
    assert document["not_before"] == "2027-11-01T00:00:00+09:00"
    assert document["not_after"] == "2028-11-22T23:59:59+09:00"
    assert (document["state"], document["resumed"]) == ("done", False)
    assert "Renewed and proved. Valid until 2028-11-22" in ran.err
    assert issued["serial"] in ran.err
    [found] = kiosk("scan", medium, "--state", state, "--json", at=IN_TIME).json()
    assert (found["serial"], found["status"]) == (document["serial"], "valid")
    said = kiosk("status", issued["serial"], "--state", state, "--json", at=IN_TIME).json()
    assert (said["status"], said["reason"]) == ("revoked", "superseded")
    assert kiosk("audit", "verify", "--state", state, at=IN_TIME).status == 0
    healthy(kiosk, state, at=IN_TIME)


def test_renew_prints_the_serial(issue: Issue, renew: Renew) -> None:
    issue()
    ran = renew()
    assert ran.status == 0
    assert len(ran.out.strip()) == 32


def test_the_answers_of_issuing_will_do(
    issue: Issue, kiosk: Kiosk, state: Path, medium: Path, write_answers: Callable[..., Path]
) -> None:
    issue()
    words = ("renew", "--state", state, "--answers", write_answers(email="a@b.kr"), "--medium", medium)
    assert kiosk(*words, at=IN_TIME).status == 0


@pytest.mark.parametrize(
    ("content", "id_", "key"),
    [
        ('password_file = "old"\nconsent = true\n', "answers.missing", "id_number"),
        (f'id_number = "{ID_NUMBER}"\nconsent = true\n', "answers.missing", "password_file"),
        (f'id_number = "{ID_NUMBER}"\npassword_file = "old"\n', "answers.missing", "consent"),
        (
            f'id_number = "{ID_NUMBER}"\npassword_file = "old"\nconsent = false\n',
            "answers.consent",
            "consent",
        ),
        (
            f'id_number = "{ID_NUMBER}"\npassword_file = "old"\nconsent = true\nx = 1\n',
            "answers.unknown",
            "x",
        ),
        ('id_number = 9\npassword_file = "old"\nconsent = true\n', "answers.wrong", "id_number"),
        (
            f'id_number = "{ID_NUMBER}"\npassword_file = "old"\nnew_password_file = "none"\nconsent = true\n',
            "answers.password_file",
            "new_password_file",
        ),
        (
            f'id_number = "{ID_NUMBER}"\npin_file = "old"\nconsent = true\n',
            "answers.missing",
            "password_file",
        ),
    ],
)
def test_wrong_answers(
    issue: Issue, renew: Renew, medium: Path, answers: Path, content: str, id_: str, key: str
) -> None:
    issue()
    before = on(medium)
    answers.write_text(content)
    error = refused(renew("--json"), 2, id_)
    assert error["key"] == key
    assert on(medium) == before


def test_refusals(issue: Issue, renew: Renew, kiosk: Kiosk, state: Path, medium: Path, answers: Path) -> None:
    serial = issue("--json").json()["serial"]
    before = on(medium)
    early = datetime(2027, 10, 22, 23, 59, 59, tzinfo=KST)
    error = refused(renew("--json", at=early), 1, "renew.early", "2027-10-23", "2027-11-22")
    assert (error["opens"], error["until"]) == ("2027-10-23", "2027-11-22")
    refused(renew("--json", "--serial", "12ab"), 3, "medium.not_there")
    refused(renew("--json", "--serial", "xyz"), 2, "usage.serial")
    (answers.parent / "old").write_text("Wrong!word-1\n")
    assert refused(renew("--json"), 3, "medium.wrong_password")["left"] == 4
    (answers.parent / "old").write_text(PASSWORD)
    answers.write_text(answers.read_text().replace(ID_NUMBER, "9203042234567"))
    refused(renew("--json"), 5, "identity.number")
    over = datetime(2027, 11, 23, tzinfo=KST)
    refused(renew("--json", "--serial", serial, at=over), 1, "renew.over", "2027-11-22")
    assert on(medium) == before
    [row] = kiosk("certs", "--state", state, "--json", at=over).json()
    assert row["serial"] == serial
    healthy(kiosk, state, at=over)


def test_an_empty_medium(renew: Renew, medium: Path, tmp_path: Path) -> None:
    refused(renew("--json"), 3, "medium.empty")
    medium.rmdir()
    refused(renew("--json"), 3, "medium.missing")


def test_reissue(
    issue: Issue, kiosk: Kiosk, state: Path, tmp_path: Path, write_answers: Callable[..., Path]
) -> None:
    issued = issue("--json").json()
    other = tmp_path / "other"
    other.mkdir()
    answers = write_answers(password=NEW_PASSWORD)
    words = ("reissue", "--state", state, "--answers", answers, "--medium", other, "--json")
    later = datetime(2027, 3, 1, 9, tzinfo=KST)
    ran = kiosk(*words, at=later)
    assert ran.status == 0, ran.err
    document = ran.json()
    assert document.keys() == {*issued, "replaces", "old_end"}
    assert (document["replaces"], document["not_after"]) == (issued["serial"], issued["not_after"])
    assert document["not_before"] == "2027-03-01T00:00:00+09:00"
    assert "as before" in ran.err
    refused(kiosk(*words, at=later), 1, "reissue.again", document["serial"], "2027-03-02 09:00")
    refused(kiosk(*words, "--serial", issued["serial"], at=later), 1, "renew.replaced", document["serial"])
    lost = kiosk(*words, "--lost", at=later)
    assert lost.status == 0, lost.err
    said = kiosk("status", document["serial"], "--state", state, "--json", at=later).json()
    assert (said["status"], said["reason"]) == ("revoked", "keyCompromise")
    healthy(kiosk, state, at=later)


def test_reissue_what_is_not_there(
    kiosk: Kiosk, state: Path, medium: Path, write_answers: Callable[..., Path]
) -> None:
    words = ("reissue", "--state", state, "--answers", write_answers(), "--medium", medium, "--json")
    refused(kiosk(*words), 1, "reissue.none")
    refused(kiosk(*words, "--serial", "abc"), 1, "reissue.none")
    assert on(medium) == []
