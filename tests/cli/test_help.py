"""What the commands say of themselves, in both languages, in processes of their own."""

import re
from collections.abc import Iterator
from contextlib import closing

import click
import pytest

from kiosk import __version__, cli
from tests.cli.inside import Inside

Words = tuple[str, ...]
HANGUL = re.compile("[가-힣]")


def commands(command: click.Command = cli.cli, path: Words = ()) -> Iterator[tuple[Words, click.Command]]:
    """Every command and group, with what is typed for it."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner
            yield from commands(inner, (*path, name))


COMMANDS = dict(commands())


def test_there_are_all_that_were_ordered() -> None:
    ordered = [
        "init",
        "issue",
        "scan",
        "certs",
        "status",
        "crl",
        "ca",
        "audit verify",
        "audit export",
        "doctor",
        "passcode",
        "media",
        "slip",
    ]
    assert {tuple(words.split()) for words in ordered} <= COMMANDS.keys()


@pytest.fixture(scope="module")
def english() -> Iterator[Inside]:
    """A process in English: help is in the language that a process started with."""
    with closing(Inside(KIOSK_LANG="en")) as inside:
        yield inside


@pytest.fixture(scope="module")
def korean() -> Iterator[Inside]:
    """The same in Korean."""
    with closing(Inside(KIOSK_LANG="ko")) as inside:
        yield inside


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_in_english(english: Inside, words: Words) -> None:
    ran = english.run("kiosk", *words, "--help")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith(f"Usage: {' '.join(('kiosk', *words))} [OPTIONS]")
    assert not HANGUL.search(ran.out)
    for parameter in COMMANDS[words].params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter
            assert parameter.opts[0] in ran.out
    assert english.run("kiosk", *words, "-h").out == ran.out


# Placeholders stand as they are typed in every language.
ENGLISH = {"OPTIONS", "COMMAND", "ARGS", "required", "kiosk", "pkcs"}


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_in_korean(korean: Inside, words: Words) -> None:
    ran = korean.run("kiosk", *words, "--help")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith(f"쓰는 법: {' '.join(('kiosk', *words))} [OPTIONS]")
    for line in ran.out.splitlines()[1:]:
        if line.strip() and not re.fullmatch(r" +\[required\]", line):
            assert HANGUL.search(line), line
    left = re.sub(r"-[a-zA-Z-]+( [A-Z:]+)?|\(?[A-Z_]+\)?|(?m:^  [a-z]+ )", "", ran.out)
    assert set(re.findall("[A-Za-z]{2,}", left)) <= {*ENGLISH, *words}, left


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("issue",), "옵션이 빠졌습니다: '--answers'"),
        (("nosuch",), "'nosuch' 명령은 없습니다."),
        (("certs", "--nosuch"), "'--nosuch' 옵션은 없습니다."),
        (("certs", "extra"), "필요 없는 인자가 있습니다: extra"),
        (("status",), "인자가 빠졌습니다: 'SERIAL'"),
        (("certs", "--expiring", "x"), "'--expiring' 의 값이 맞지 않습니다"),
    ],
)
def test_usage_in_korean(korean: Inside, words: Words, said: str) -> None:
    ran = korean.run("kiosk", *words, "--json")
    assert ran.status == 2
    assert said in ran.err
    assert "Error" not in ran.err
    error = ran.json()["error"]
    assert (error["code"], error["id"]) == ("U06", "usage.command")
    assert said.rstrip(".") in error["message"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("issue",), "Missing option '--answers'"),
        (("nosuch",), "No such command 'nosuch'"),
        (("issue", "--answer", "x"), "No such option '--answer'. Did you mean '--answers'?"),
        (("certs", "--expiring", "-1"), "-1 is not in the range"),
        (("audit", "nosuch"), "No such command 'nosuch'"),
        (("crl",), "Missing option '--out'"),
        (("certs", "--find"), "requires an argument"),
    ],
)
def test_usage(english: Inside, words: Words, said: str) -> None:
    ran = english.run("kiosk", *words)
    assert (ran.status, ran.out) == (2, "")
    assert said in ran.err
    ran = english.run("kiosk", words[0], "--json", *words[1:])
    assert ran.status == 2
    assert ran.json()["error"]["id"] == "usage.command"


def test_version(english: Inside) -> None:
    assert english.run("kiosk", "--version").out == f"kiosk, version {__version__}\n"
