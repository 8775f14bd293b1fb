"""The rule for new passwords."""

import re
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.errors import TABLE, KioskError
from kiosk.pki import password
from kiosk.pki.password import check_password, failures
from kiosk.secret import Secret

ID_NUMBER = Secret("9001231234567")
PHONE = "010-4827-5963"
GOOD = "Wkfehlfk!7294"


def broken(
    text: str, phone: str | None = PHONE, others: tuple[str, ...] = ("홍길동", "gildong@example.kr")
) -> tuple[str, ...]:
    return failures(Secret(text), id_number=ID_NUMBER, phone=phone, others=others)


@pytest.mark.parametrize(
    "text", [GOOD, "!7294Wkfehlfk", "x7!x9!x2!x", "Zm9-4Rt!x" * 7, "a1!" * 4, "~}{`_^]@?>=<;:/.-,+*)(&%$#!a7"]
)
def test_good(text: str) -> None:
    assert broken(text) == ()
    check_password(Secret(text), id_number=ID_NUMBER, phone=PHONE)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Wkfehl!72", "short"),
        ("Zm9-4Rt!x" * 7 + "Qw", "long"),
        ("Wkfehlfk! 7294", "ascii"),
        ("Wkfehlfk!7294비", "ascii"),
        ("Wkfehlfk!7294\n", "ascii"),
        ("!?#%!7294-5806", "letters"),
        ("Wkfehlfk!Wkfehlfk", "digits"),
        ("Wkfehlfk7294", "special"),
        ("Wkfehlfk'!7294", "forbidden"),
        ('Wkfehlfk"!7294', "forbidden"),
        ("Wkfehlfk\\!7294", "forbidden"),
        ("Wkfehlfk|!7294", "forbidden"),
        ("Wkfeeehlfk!7294", "repeat"),
        ("Wkfehlfk!!!7294", "repeat"),
        ("Wkfehabc!7294", "run"),
        ("WkfehzYx!7294", "run"),
        ("Wkfehlfk!7123", "run"),
        ("Wkfehlfk!7210", "run"),
        ("Wkfehlfk!19900123", "personal"),
        ("Wkfehlfk!900123", "personal"),
        ("Wkfehlfk!1990-01-23", "personal"),
        ("Wkfehlfk!01231990", "personal"),
        ("Wkfehlfk!0123", "personal"),
        ("Wkfehlfk!48275963", "personal"),
        ("Wkfehlfk!5963", "personal"),
        ("Wkfehlfk!4827-5963", "personal"),
        ("Wkfe!01048270", "personal"),
        ("Gildong@Example.kr7", "personal"),
        ("Password!7294", "common"),
        ("!7294qwertyuiop", "common"),
        ("1q2w3e4r5t!@", "common"),
        ("tkfkdgo!7294", "common"),
        ("P@ssw0rd!72", "common"),
    ],
)
def test_each_rule(text: str, rule: str) -> None:
    found = broken(text)
    assert f"password.{rule}" in found
    # The run 0123 is in the birthday 0123 as well; else the examples break one rule only.
    assert set(found) - {"password.run"} == {f"password.{rule}"} - {"password.run"}
    with pytest.raises(KioskError) as caught:
        check_password(Secret(text), id_number=ID_NUMBER, phone=PHONE, others=["gildong@example.kr"])
    assert caught.value.id == found[0]
    assert caught.value.facts == {}


def test_all_failures_in_order() -> None:
    assert broken("aaa") == ("password.short", "password.digits", "password.special", "password.repeat")
    assert broken("") == ("password.short", "password.letters", "password.digits", "password.special")
    assert list(password._RULES) == [
        f"password.{rule}"
        for rule in (
            "short",
            "long",
            "ascii",
            "letters",
            "digits",
            "special",
            "forbidden",
            "repeat",
            "run",
            "personal",
            "common",
        )
    ]
    # What is typed twice, what was there before and how often it was tried, a rule does not see.
    rules = {id_ for id_ in TABLE if id_.startswith("password.")} - {
        "password.differs", "password.same", "password.locked",
    }  # fmt: skip
    assert set(password._RULES) == rules


def test_personal_numbers_are_this_persons() -> None:
    assert broken("Wkfehlfk!19920527") == ()
    assert failures(Secret("Wkfehlfk!19920527"), id_number=Secret("9205271234567")) == ("password.personal",)
    # Four digits count only by themselves: the middle of a longer number says nothing.
    assert broken("Wkfehlfk!759638") == ()
    # Letters in between part numbers.
    assert broken("Wk4827x5964!fe") == ()
    assert broken("Wkfehlfk!7294", phone="123") == ()


@pytest.mark.parametrize("phone", ["+82 10-4827-5963", "0082-10-4827-5963", "01048275963", "010.4827.5963"])
def test_phones_in_every_form(phone: str) -> None:
    assert broken("Wkfe!01048275963", phone=phone) == ("password.personal",)
    assert broken("Wkfehlfk!5963", phone=phone) == ("password.personal",)
    assert broken("Wkfe!01048270", phone=phone) == ("password.personal",)


def test_business_numbers_count_too() -> None:
    assert failures(Secret("Wkfe!4058271963"), id_number=Secret("4058271963")) == ("password.personal",)
    assert failures(Secret("Wkfe!8271963ab"), id_number=Secret("4058271963")) == ("password.personal",)


def test_bytes_that_are_no_text() -> None:
    assert "password.ascii" in failures(Secret(b"\xff\xfe"))


@given(st.text(max_size=70))
def test_never_raises_and_agrees(text: str) -> None:
    try:
        secret = Secret(text)
    except UnicodeEncodeError:
        return
    found = failures(secret, id_number=ID_NUMBER, phone=PHONE)
    if found:
        with pytest.raises(KioskError, match=re.escape(found[0])):
            check_password(secret, id_number=ID_NUMBER, phone=PHONE)
    else:
        check_password(secret, id_number=ID_NUMBER, phone=PHONE)
        assert re.fullmatch(r"[!-~]{10,64}", text)


def test_every_line_of_the_list_is_found() -> None:
    lines = files("data").joinpath("common_passwords.txt").read_text("utf-8").splitlines()
    usual = [line for line in lines if not line.startswith("#")]
    assert len(usual) == len(set(usual)) > 50
    for line in usual:
        assert "password.common" in failures(Secret(f"!7{line}9#")), line
        assert "password.common" in failures(Secret(line.upper()))
    assert "password.common" not in failures(Secret("!7294"))
