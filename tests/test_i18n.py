"""Sentences: complete in both languages, all of them used, and what fills them cannot act."""

import ast
import re
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from babel.messages import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from kiosk.i18n import LANGUAGES, language_of, text, text_in, visible
from kiosk.selfcheck import examine
from tests.source import ROOT, called, literals, nodes

SOURCES = sorted((ROOT / "data" / "locale").glob("*/LC_MESSAGES/*.po"))


@cache
def catalogue(language: str) -> dict[str, str]:
    """The messages of a language, read from the .po itself."""
    with (ROOT / "data" / "locale" / language / "LC_MESSAGES" / "kiosk.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id}


def placeholders(message: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(message) if name is not None}


# -- the catalogues


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_compiled_catalogues_are_up_to_date(source: Path) -> None:
    with source.open("rb") as file:
        messages = read_po(file, abort_invalid=True)
    with source.with_suffix(".mo").open("rb") as file:
        compiled = read_mo(file)
    assert _pairs(compiled) == _pairs(messages)
    assert not [message.id for message in messages if message.id and not message.string]
    assert not [message.id for message in messages if message.fuzzy and message.id]


def _pairs(messages: Catalog) -> set[tuple[str, str]]:
    """Message and translation as text; of plurals all forms (one reader gives lists, the other tuples)."""
    return {(str(list(m.id)), str(list(m.string))) for m in messages if m.id}


def test_both_languages_have_the_same_messages() -> None:
    assert LANGUAGES == ("ko", "en")
    assert catalogue("ko").keys() == catalogue("en").keys()
    for id_, english in catalogue("en").items():
        assert placeholders(english) == placeholders(catalogue("ko")[id_]), id_


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_twice_in_a_file(language: str) -> None:
    content = (ROOT / "data" / "locale" / language / "LC_MESSAGES" / "kiosk.po").read_text("utf-8")
    ids = re.findall(r'^msgid "(.+)"$', content, re.M)
    assert len(ids) == len(set(ids))


# What a Korean reads in Latin letters too: names of formats, programs and keys, and what is typed so.
LATIN = {
    "AES", "CRL", "CSV", "Caps", "DER", "English", "Enter", "Esc", "JSON", "KIOSK_STATE", "Lock", "MB",
    "NPKI", "PEM", "PFX", "PIN", "QR", "README", "TOML", "USB", "abc", "allowed", "consent",
    "crl_directory", "factory_pins", "id_number", "kiosk", "name", "password_file", "phone", "profile", "true",
    "bold", "device", "font", "fonts", "help_number", "libusb", "nanum", "usb",
    "id", "manufacturer", "model", "module", "modules", "path", "pin_file", "pkcs", "serial", "slot", "token",
}  # fmt: skip


def test_korean_is_korean() -> None:
    for id_, message in catalogue("ko").items():
        # {placeholders}, --options, `kiosk command`, file.names
        rest = re.sub(r"\{\w*\}|--[a-z-]+|kiosk (--)?[a-z]+|\b[a-z]+\.(key|pub|toml)\b", "", message)
        assert set(re.findall(r"[A-Za-z][A-Za-z_]+", rest)) <= LATIN, id_
        if id_ != "key.other_language":
            assert re.search("[가-힣]", rest) or not re.search("[A-Za-z]", rest), id_


def test_english_is_english() -> None:
    """But for the name of the other language, which a Korean must find in an English screen."""
    for id_, message in catalogue("en").items():
        assert not re.search("[\u1100-\u11ff\u3130-\u318f가-힣]", message) or id_ == "key.other_language", id_


# -- the code that uses them

ID = re.compile(r"[a-z0-9_*]+(\.[a-z0-9_*]+)+")


def used() -> tuple[set[str], set[str]]:
    """Everything in the code that can be a message's id, and with `*` for what is computed, be like one.

    An error's id stands for `error.<id>`; an ending such as `.next` may be put behind any id.
    """
    texts = {name for _, node in nodes() for name in literals(node)}
    names = {name for name in texts if ID.fullmatch(name)}
    exact = {name for name in texts if "*" not in name}
    exact |= {f"error.{name}" for name in exact}
    endings = {name[1:] for name in names if name.startswith("*.") and "*" not in name[1:]}
    exact |= {name + ending for name in exact for ending in endings}
    return exact, {name for name in names if "*" in name and not name.startswith("*")}


def test_every_message_that_is_asked_for_exists() -> None:
    asked = 0
    for path, node in nodes("kiosk", "screens"):
        name = called(node)
        if name in {"text", "say", "text_in"} and isinstance(node, ast.Call) and node.args:
            argument = node.args[1 if name == "text_in" and len(node.args) > 1 else 0]
            for id_ in literals(argument):
                asked += 1
                found = [known for known in catalogue("en") if fnmatchcase(known, id_)]
                assert found, f"{path}:{node.lineno}: {id_}"
                keywords = {keyword.arg for keyword in node.keywords}
                if "*" not in id_ and None not in keywords:
                    needed = placeholders(catalogue("en")[id_])
                    assert needed <= keywords, f"{path}:{node.lineno}: {id_} lacks {needed - keywords}"
    assert asked > 50


def test_every_message_is_asked_for_somewhere() -> None:
    """A pattern with a computed part counts for what it fits, but not when all of it is computed."""
    exact, patterns = used()
    unused = [
        id_ for id_ in catalogue("en")
        if id_ not in exact and not any(fnmatchcase(id_, pattern) for pattern in patterns)
    ]  # fmt: skip
    assert unused == []


def test_every_finding_of_the_self_check_has_its_sentence() -> None:
    made = set()
    for path, node in nodes("kiosk"):
        if called(node) == "Finding" and path == "kiosk/selfcheck.py" and isinstance(node, ast.Call):
            levels = list(literals(node.args[1])) or ["good", "bad"]
            made |= {f"doctor.{check}.{level}" for check in literals(node.args[0]) for level in levels}
    assert examine
    sentences = {id_ for id_ in catalogue("en") if id_.startswith("doctor.") and id_.count(".") == 2}
    assert made == sentences


# -- filling them


def test_what_fills_a_sentence_is_made_visible() -> None:
    assert visible("홍길동 (주) a-z\u00a0é") == "홍길동 (주) a-z\u00a0é"
    assert visible("a\x1b[31m\n\x9b\u202e\u2066\u200b\u2028\ue000\udcff") == (
        "a<U+001B>[31m<U+000A><U+009B><U+202E><U+2066><U+200B><U+2028><U+E000><U+DCFF>"
    )
    said = text_in("en", "error.medium.missing", path="\x1b]0;{path}%s[bold]")
    assert "<U+001B>]0;{path}%s[bold]" in said


def test_an_id_that_is_missing_is_a_mistake() -> None:
    with pytest.raises(KeyError, match=r"no\.such"):
        text("no.such")
    with pytest.raises(KeyError):
        text("error.medium.missing")


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "ko_KR.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
        ({"LC_ALL": "", "LC_MESSAGES": "ko_KR"}, "ko"),
        ({"KIOSK_LANG": "ko", "LC_ALL": "en_US.UTF-8"}, "ko"),
        ({"KIOSK_LANG": "fr"}, "en"),
    ],
)
def test_whose_language(environment: dict[str, str], language: str) -> None:
    assert language_of(environment) == language


def test_both_are_spoken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIOSK_LANG", "ko")
    assert text("error.medium.gone") == "저장매체가 빠졌습니다."
    monkeypatch.setenv("KIOSK_LANG", "en")
    assert text("error.medium.gone") == "The medium was removed."
