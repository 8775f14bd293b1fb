"""Answers that cannot be used: each is named by its key, and nothing has happened."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest

from tests.cli.conftest import Issue, Kiosk, healthy, on, refused
from tests.conftest import ID_NUMBER, PHONE, TODAY

Said = tuple[str, ...]
WRONG: list[tuple[str, dict[str, Any], str, Said]] = [
    ("no profile", {"profile": None}, "answers.missing", ("profile",)),
    ("no name", {"name": None}, "answers.missing", ("name",)),
    ("no number", {"id_number": None}, "answers.missing", ("id_number",)),
    ("no phone", {"phone": None}, "answers.missing", ("phone",)),
    ("no password file", {"password_file": None}, "answers.missing", ("password_file",)),
    ("no consent", {"consent": None}, "answers.missing", ("consent",)),
    ("no identity", {"identity": None}, "answers.missing", ("identity",)),
    ("not text", {"name": 5}, "answers.wrong", ("name",)),
    ("number as a number", {"id_number": 9001011234568}, "answers.wrong", ("id_number",)),
    ("phone as a list", {"phone": ["010"]}, "answers.wrong", ("phone",)),
    ("identity no table", {"identity": "phone"}, "answers.wrong", ("identity",)),
    ("unknown key", {"pasword_file": "x"}, "answers.unknown", ("pasword_file",)),
    ("key that acts on a terminal", {'"\\u001b]0;"': 1}, "answers.unknown", ("<U+001B>]0;",)),
    ("profile", {"profile": "personal"}, "answers.profile", ("profile", "personal", "personal-general")),
    ("consent false", {"consent": False}, "answers.consent", ("consent",)),
    ("consent as text", {"consent": "true"}, "answers.consent", ("consent",)),
    ("short phone", {"phone": "010-23"}, "answers.phone", ("phone",)),
    ("phone in letters", {"phone": "공일공-2345-6789"}, "answers.phone", ("phone",)),
    ("phone in wide digits", {"phone": "０１０２３４５６７８９"}, "answers.phone", ("phone",)),
    ("mail address", {"email": "gildong"}, "answers.wrong", ("email",)),
    ("short number", {"id_number": "900101-123456"}, "answers.id_format", ("id_number",)),
    ("wide digits", {"id_number": "９００１０１１２３４５６８"}, "answers.id_format", ("id_number",)),
    ("business number for a person", {"id_number": "120-81-47521"}, "answers.id_format", ("id_number",)),
    ("no such day", {"id_number": "900231-1234568"}, "answers.id_date", ("id_number",)),
    ("born tomorrow", {"id_number": "261123-3234568"}, "answers.id_date", ("id_number",)),
    ("no password file", {"password_file": "other"}, "answers.password_file", ("password_file", "other")),
    ("password file is a folder", {"password_file": "."}, "answers.password_file", ("password_file",)),
    ("password file of a device", {"password_file": "/dev/zero"}, "answers.password_file", ("/dev/zero",)),
    ("password file with NUL", {"password_file": "a\0b"}, "answers.password_file", ("a<U+0000>b",)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "id_", "said"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG]
)
def test_wrong_answers(
    issue: Issue, kiosk: Kiosk, state: Path, medium: Path, changes: dict[str, Any], id_: str, said: Said
) -> None:
    ran = issue("--json", **changes)
    refused(ran, 2, id_, *said)
    for digits in (re.sub(r"\D", "", str(changes.get("id_number", ID_NUMBER))), re.sub(r"\D", "", PHONE)):
        assert digits[-7:] not in re.sub(r"\D", "", ran.err + ran.out) or not digits, (
            "no number is said again"
        )
    assert on(medium) == []
    healthy(kiosk, state)


NAMES: list[tuple[str, str, str, Said]] = [
    ("empty", "", "name.empty", ()),
    ("blanks", " \u3000 ", "name.empty", ()),
    ("no letter", "...", "name.empty", ()),
    ("markup", "홍길동[bold]", "name.characters", ("[",)),
    ("markup of a web page", "<b>홍길동</b>", "name.characters", ("<",)),
    ("escape", "홍길동\x1b[31m", "name.control", ()),
    ("line feed", "홍\n길동", "name.control", ()),
    ("DEL", "홍길동\x7f", "name.control", ()),
    ("C1 control", "홍길동\x9b31m", "name.control", ()),
    ("right to left override", "홍\u202e동길", "name.control", ()),
    ("isolate", "홍\u2066길동\u2069", "name.control", ()),
    ("zero width space", "홍\u200b길동", "name.control", ()),
    ("Hangul filler", "홍\u3164길동", "name.control", ()),
    ("private use", "홍\ue000", "name.control", ()),
    ("100 syllables", "홍" * 100, "name.long", ("44",)),
    ("100 syllables, decomposed", normalize("NFD", "홍" * 100), "name.long", ("44",)),
    ("45 syllables", "홍" * 45, "name.long", ("44",)),
    ("2,000 blanks", "홍" + " " * 2000 + "길동", "name.long", ("44",)),
    ("lone mark", "홍길동 \u0301", "name.characters", ("U+0301",)),
    ("slash", "홍/길동", "name.characters", ("/",)),
    ("backslash", "홍\\길동", "name.characters", ("\\",)),
    ("colon", "홍:길동", "name.characters", (":",)),
    ("star", "홍*길동", "name.characters", ("*",)),
    ("question mark", "홍?길동", "name.characters", ("?",)),
    ("quote", '홍"길동', "name.characters", ('"',)),
    ("less", "홍<길동", "name.characters", ("<",)),
    ("more", "홍>길동", "name.characters", (">",)),
    ("bar", "홍|길동", "name.characters", ("|",)),
    ("comma, which parts a name", "홍,길동", "name.characters", (",",)),
    ("digit", "홍길동2", "name.characters", ("2",)),
]


@pytest.mark.parametrize(
    ("name", "id_", "said"), [case[1:] for case in NAMES], ids=[case[0] for case in NAMES]
)
def test_names_that_cannot_be_written(
    issue: Issue, kiosk: Kiosk, state: Path, medium: Path, name: str, id_: str, said: Said
) -> None:
    ran = issue("--json", name=name)
    refused(ran, 2, id_, "name", *said)
    assert ran.err.replace("\n", "").isprintable()
    assert on(medium) == []
    healthy(kiosk, state)


@pytest.mark.parametrize(
    ("name", "becomes"),
    [
        (normalize("NFD", "홍길동"), "홍길동"),
        ("  남궁\u3000 민수 ", "남궁 민수"),
        ("Anne-Marie O'Neill Jr.", "Anne-Marie O'Neill Jr."),
    ],
    ids=["decomposed", "blanks", "foreign"],
)
def test_names_that_are_brought_to_one_form(
    issue: Issue, kiosk: Kiosk, state: Path, medium: Path, name: str, becomes: str
) -> None:
    ran = issue("--json", name=name)
    assert ran.status == 0, ran.err
    [held] = kiosk("certs", "--state", state, "--find", becomes, "--json").json()
    assert held["name"] == becomes
    assert held["serial"] == ran.json()["serial"]
    place = Path(ran.json()["path"])
    assert place.is_dir()
    assert place.name.startswith(f"cn={becomes}()20261122")
    healthy(kiosk, state)


def test_the_longest_name(
    kiosk_process: Kiosk, state: Path, medium: Path, write_answers: Callable[..., Path]
) -> None:
    """In a process of its own: libraries that count bytes may not warn on the person's terminal."""
    answers = write_answers(name="홍" * 44)
    words = ("--state", state, "--at", TODAY.isoformat(), "--json")
    ran = kiosk_process("issue", "--answers", answers, "--medium", medium, *words)
    assert ran.status == 0, ran.err
    assert "Warning" not in ran.err
    assert len(ran.err.splitlines()) == 4
    assert Path(ran.json()["path"]).name.startswith(f"cn={'홍' * 44}()20261122")
    ran = kiosk_process("scan", medium, *words)
    assert (ran.err, ran.json()[0]["status"]) == ("", "valid")


@pytest.mark.parametrize("profile", ["business-general", "business-etax"])
@pytest.mark.parametrize("name", ["(주)홍길동", '홍길동/상사: "A*B?" <1|2>'], ids=["plain", "FAT refuses"])
def test_a_business_needs_staff(
    issue: Issue, kiosk: Kiosk, state: Path, medium: Path, profile: str, name: str
) -> None:
    """The face-to-face check is not there: said before any code is sent, and nothing is simulated."""
    ran = issue("--json", profile=profile, id_number="120-81-47521", name=name)
    refused(ran, 5, "identity.level", profile)
    assert on(medium) == []
    actions = re.findall(r'"action":"([a-z._]+)"', kiosk("audit", "export", "--state", state).out)
    assert actions == ["state.made", "refused"], "no code was sent to anybody"
    healthy(kiosk, state)
    assert kiosk("certs", "--state", state, "--json").json() == []


def test_business_number_checksum(issue: Issue, medium: Path) -> None:
    ran = issue("--json", profile="business-general", id_number="120-81-47522", name="(주)홍길동")
    refused(ran, 2, "answers.id_checksum", "id_number")
    assert on(medium) == []


PASSWORDS = [
    ("Ab3!xyqw9", "password.short", "10"),
    ("x7!" + "Qw" * 31, "password.long", "64"),
    ("12-48-61-59-73", "password.letters", "letter"),
    ("Sun!flower-hill", "password.digits", "digit"),
    ("Sun7flower8hill", "password.special", "special"),
    ("Sun7!flower|hill", "password.forbidden", "'"),
    ("Sun7!flower hill", "password.ascii", "blank"),
    ("한글7!flower-hill", "password.ascii", "English"),
    ("Sun7!flower-hiiill", "password.repeat", "three"),
    ("Sun7!flower-abc", "password.run", "abc"),
    ("Sun7!flower-90-01-01", "password.personal", "birthday"),
    ("Sun!flower-8024-6135", "password.personal", "phone"),
    ("Password1!", "password.common", "usual"),
    ("\ufeffSun7!flower-hill", "password.ascii", "English"),
]


@pytest.mark.parametrize(("password", "id_", "said"), PASSWORDS)
def test_weak_passwords(
    issue: Issue, kiosk: Kiosk, state: Path, medium: Path, password: str, id_: str, said: str
) -> None:
    ran = issue("--json", password=password, phone="010-8024-6135")
    error = refused(ran, 1, id_)
    assert password.strip("\ufeff") not in ran.err + ran.out
    assert said in error["message"] + error["next"]
    assert on(medium) == []
    healthy(kiosk, state)


@pytest.mark.parametrize(
    "content", [b"", b"x" * 5000], ids=["empty", "far too long"]
)  # fmt: skip
def test_password_file_with_something_else(issue: Issue, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other").write_bytes(content)
    refused(issue("--json", password_file="other"), 2, "answers.password_file", "password_file", "other")


@pytest.mark.parametrize("content", [b"\xff\xfe\xfd\xfc" * 4, "Sun7!flower-hill".encode("utf-16")])
def test_password_file_that_is_no_text(issue: Issue, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other").write_bytes(content)
    assert refused(issue("--json", password_file="other"), 1, "password.ascii")


@pytest.mark.parametrize(
    ("end", "status"), [(b"", 0), (b"\r\n", 0), (b"\n\n", 1)], ids=["none", "Windows", "two"]
)
def test_line_end_of_a_password_file_is_no_part_of_it(
    issue: Issue, tmp_path: Path, end: bytes, status: int
) -> None:
    (tmp_path / "other").write_bytes(b"Sun7!flower-hill" + end)
    assert issue(password_file="other").status == status


UNREADABLE: list[tuple[str, bytes | None]] = [
    ("missing", None),
    ("no TOML", b"profile: personal-general\n"),
    ("open string", b'id_number = "900101-1234568\n'),
    ("key twice", b'name = "a"\nname = "b"\n'),
    ("no UTF-8", 'name = "홍길동"\n'.encode("cp949")),
    ("nested deep", b"a = " + b"[" * 20_000),
    ("too long", b"#" * (64 * 1024 + 1)),
    ("NUL", b"\0" * 100),
]


@pytest.mark.parametrize("content", [case[1] for case in UNREADABLE], ids=[case[0] for case in UNREADABLE])
def test_answers_file_that_cannot_be_read(
    kiosk: Kiosk, state: Path, medium: Path, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "answers.toml"
    if content is not None:
        path.write_bytes(content)
    ran = kiosk("issue", "--state", state, "--answers", path, "--medium", medium, "--json")
    refused(ran, 2, "answers.unreadable", path)
    assert "900101" not in ran.err + ran.out
    assert on(medium) == []
    healthy(kiosk, state)


def test_answers_file_of_windows(
    kiosk: Kiosk, state: Path, medium: Path, write_answers: Callable[..., Path]
) -> None:
    """A byte order mark and CRLF are no reason to refuse."""
    path = write_answers()
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert kiosk("issue", "--state", state, "--answers", path, "--medium", medium).status == 0


def test_without_json_nothing_is_on_stdout(issue: Issue, medium: Path) -> None:
    for status, answers in (
        (2, {"name": "홍\x1b"}), (1, {"password": "short"}), (5, {"code": "no"}), (2, {"consent": False}),
    ):  # fmt: skip
        ran = issue(**answers)
        assert (ran.status, ran.out) == (status, "")
        assert re.match(r"Problem [A-Z]\d\d: .+\n.+\n", ran.err)
    ran = issue(medium=medium / "missing")
    assert (ran.status, ran.out) == (3, "")
    assert on(medium) == []
