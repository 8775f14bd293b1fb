"""The table of errors, the catalogues and the code that raises them belong together."""

import ast
import re
from fnmatch import fnmatchcase
from string import Formatter

import pytest

from kiosk.errors import TABLE, Exit, KioskError
from kiosk.i18n import LANGUAGES, text_in
from tests.source import called, literals, nodes
from tests.test_i18n import catalogue

RAISED = [
    (path, id_, {keyword.arg for keyword in node.keywords})
    for path, node in nodes()
    if called(node) == "KioskError" and isinstance(node, ast.Call) and node.args
    for id_ in literals(node.args[0])
]


def placeholders(message: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(message) if name is not None}


@pytest.mark.parametrize("id_", TABLE)
def test_sentence_and_advice_in_both_languages(id_: str) -> None:
    for message_id in (f"error.{id_}", f"error.{id_}.next"):
        messages = [catalogue(language)[message_id] for language in LANGUAGES]
        assert all(message.strip() for message in messages)
        assert placeholders(messages[0]) == placeholders(messages[1])
    filled = dict.fromkeys(placeholders(catalogue("en")[f"error.{id_}"]), "x")
    assert text_in("ko", f"error.{id_}", **filled) != text_in("en", f"error.{id_}", **filled)


def test_codes_are_told_apart() -> None:
    codes = [kind.code for kind in TABLE.values()]
    assert len(set(codes)) == len(codes)
    for kind in TABLE.values():
        assert re.fullmatch(r"[A-Z]\d\d", kind.code) is not None
        # The letter tells the exit status: one letter never stands for two.
        assert {other.exit for other in TABLE.values() if other.code[0] == kind.code[0]} == {kind.exit}


def test_what_is_worth_trying_again_as_it_is() -> None:
    assert {id_ for id_, kind in TABLE.items() if kind.retry} == {
        "request.busy", "medium.missing", "medium.gone", "medium.busy", "medium.other", "identity.code",
        "registry.busy", "mount.busy", "close.wrong", "token.none", "token.gone", "token.timeout",
        "close.wait",
        "medium.wrong_password", "medium.wrong_hangul", "medium.wrong_caps",
        "remind.busy",
        "printer.gone", "printer.busy", "printer.paper", "printer.open", "printer.trouble", "printer.stuck",
    }  # fmt: skip


def test_codes_that_stand_on_paper_stay() -> None:
    """New ids go to the end of their group; these were printed."""
    printed = {
        "answers.unreadable": "A01", "answers.consent": "A11", "name.center": "N05", "state.missing": "U01",
        "usage.file": "U05", "state.exists": "Q01", "state.unwritable": "Q10", "password.long": "P11",
        "medium.full": "M03", "medium.proof": "M13", "authority.chain": "C06", "identity.level": "I04",
        "registry.missing": "R01", "audit.broken": "R07", "bug": "K01",
    }  # fmt: skip
    assert {id_: TABLE[id_].code for id_ in printed} == printed


def test_exit_statuses_are_the_contracts() -> None:
    """DESIGN §14: scripts depend on them."""
    assert {status.name: status.value for status in Exit} == {
        "DONE": 0, "REFUSED": 1, "USAGE": 2, "MEDIUM": 3, "AUTHORITY": 4, "IDENTITY": 5, "REGISTRY": 6,
        "BUG": 70,
    }  # fmt: skip
    groups = {
        "medium": 3,
        "token": 3,
        "authority": 4,
        "identity": 5,
        "registry": 6,
        "answers": 2,
        "name": 2,
        "password": 1,
    }
    for id_, kind in TABLE.items():
        assert kind.exit == groups.get(id_.partition(".")[0], kind.exit), id_


def test_every_error_that_is_raised_is_in_the_table() -> None:
    assert len(RAISED) > 50
    for path, id_, _ in RAISED:
        assert any(fnmatchcase(known, id_) for known in TABLE), f"{path}: {id_}"


def test_every_error_in_the_table_is_raised() -> None:
    """By name, or named where ids are chosen (`medium.*` by errno, `password.*` by rule)."""
    named = {id_ for _, id_, _ in RAISED} | {
        node.value for path, node in nodes() if path != "kiosk/errors.py"
        and isinstance(node, ast.Constant) and isinstance(node.value, str)
    }  # fmt: skip
    unused = [
        id_
        for id_ in TABLE
        if not any(fnmatchcase(id_, name) for name in named if "." in name or name == id_)
    ]
    assert unused == []


def test_what_is_raised_has_all_that_its_sentence_needs() -> None:
    for path, pattern, facts in RAISED:
        if None in facts:
            continue  # **facts: seen at run time only
        for id_ in (known for known in TABLE if fnmatchcase(known, pattern)):
            for message_id in (f"error.{id_}", f"error.{id_}.next"):
                needed = placeholders(catalogue("en")[message_id])
                assert needed <= facts, f"{path}: {id_} lacks {needed - facts}"


def test_an_error_keeps_its_facts_and_shows_none() -> None:
    error = KioskError("medium.in_the_way", name="NPKI")
    assert (error.id, error.code, error.facts, error.request) == (
        "medium.in_the_way",
        "M08",
        {"name": "NPKI"},
        None,
    )
    assert str(error) == "medium.in_the_way"
    assert "NPKI" not in repr(error)
    with pytest.raises(KeyError):
        KioskError("no.such")
