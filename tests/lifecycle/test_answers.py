"""Answers as they are read; the command line's tests go through every wrong one."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from kiosk.errors import KioskError
from kiosk.lifecycle.answers import clean_phone, read_answers
from tests.conftest import ID_NUMBER, PASSWORD

TODAY = date(2026, 11, 22)


def test_whole_answers(write_answers: Callable[..., Path]) -> None:
    path = write_answers(
        id_number="900101 - 1234568", name=" 홍 길동 ", email="hong@example.com", code="123456"
    )
    application = read_answers(path, TODAY)
    assert (application.profile.id, application.name, application.phone, application.method) == (
        "personal-general", "홍 길동", "01023456789", "phone",
    )  # fmt: skip
    assert application.id_number.text() == ID_NUMBER
    assert application.password.text() == PASSWORD
    assert application.code
    assert application.code.text() == "123456"
    for shown in (repr(application), str(application)):
        assert not any(secret in shown for secret in (ID_NUMBER, PASSWORD, "123456"))


def test_no_code_is_none(write_answers: Callable[..., Path]) -> None:
    assert read_answers(write_answers(), TODAY).code is None


def test_a_business(write_answers: Callable[..., Path]) -> None:
    path = write_answers(profile="business-etax", id_number="120-81-47521", name="(주)홍길동")
    application = read_answers(path, TODAY)
    assert (application.profile.kind, application.id_number.text(), application.name) == (
        "business", "1208147521", "(주)홍길동",
    )  # fmt: skip


def test_the_password_file_is_looked_for_beside_the_answers_first(
    write_answers: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    (here / "word").write_text("from where I am")
    path = write_answers(password_file="word")
    assert read_answers(path, TODAY).password.text() == "from where I am"
    (tmp_path / "word").write_text("from beside the answers")
    assert read_answers(path, TODAY).password.text() == "from beside the answers"
    path = write_answers(password_file=str(here / "word"))
    assert read_answers(path, TODAY).password.text() == "from where I am"


@pytest.mark.parametrize(
    ("typed", "phone"),
    [
        ("010-2345-6789", "01023456789"),
        ("010 2345 6789", "01023456789"),
        ("(02) 123.4567", "021234567"),
        ("+82 10-2345-6789", "01023456789"),
        ("+82 (0)10-2345-6789", "01023456789"),
        ("+1 202 555 0143", "+12025550143"),
    ],
)
def test_a_phone_number_has_one_form(typed: str, phone: str) -> None:
    """Limits of tries hold for a number, however it is written."""
    assert clean_phone(typed) == phone
    assert clean_phone(phone) == phone


@pytest.mark.parametrize(
    "typed", ["", "010", "10-2345-6789", "0" * 12, "+12", "+" + "1" * 16, "010-2345-678a", "０１０2345678"]
)
def test_what_is_no_phone_number(typed: str) -> None:
    with pytest.raises(KioskError, match=r"answers\.phone") as caught:
        clean_phone(typed)
    assert caught.value.facts == {"key": "phone"}


@given(some.binary(max_size=300) | some.text(max_size=300).map(str.encode))
def test_any_file_is_answers_or_an_error(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(content)
    with pytest.raises(KioskError) as caught:
        read_answers(path, TODAY)
    assert caught.value.id in {"answers.unreadable", "answers.missing", "answers.unknown"}


def test_details_tell_every_answer_apart(write_answers: Callable[..., Path]) -> None:
    """An identity check is about just these; moving a character from one answer to the next is another."""

    def details(**changes: str) -> bytes:
        return read_answers(write_answers(**changes), TODAY).details().reveal()

    usual = details()
    others = [
        details(name="홍길순"), details(phone="010-2345-6780"), details(profile="personal-bank"),
        details(id_number="9001011234569"),
    ]  # fmt: skip
    assert len({usual, *others}) == 5
    # The password and the way of the check are not part of them.
    assert details(password="Moon8!meadow-lake", code="1") == usual


def test_a_pin_for_a_token(write_answers: Callable[..., Path], tmp_path: Path) -> None:
    """Beside a password or instead of one; a token's PIN is no password and a password no PIN."""
    (tmp_path / "pin").write_text("71904826\r\n")
    both = read_answers(write_answers(pin_file="pin"), TODAY)
    assert both.pin
    assert (both.pin.text(), both.password.text()) == ("71904826", PASSWORD)
    assert "71904826" not in repr(both)
    only = read_answers(write_answers(pin_file="pin", password_file=None), TODAY)
    assert (bool(only.pin), bool(only.password)) == (True, False)
    assert read_answers(write_answers(), TODAY).pin is None
