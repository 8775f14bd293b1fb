"""Modules are others' code: missing, broken, hanging or lying, one never takes anything else with it."""

import os
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk import log
from kiosk.errors import KioskError
from kiosk.media import frames, module
from kiosk.media.module import Module
from kiosk.media.token_uri import TokenUri
from kiosk.media.tokens import Tokens
from kiosk.secret import Secret
from tests.hardware.conftest import LABEL, PIN, URI, Hsm

MakeTokens = Callable[..., Tokens]


def failure(tokens: Tokens, uri: TokenUri = URI) -> KioskError:
    with pytest.raises(KioskError) as caught:
        tokens.find(uri)
    return caught.value


def compiled(place: Path, source: str) -> Path:
    """Make a library of one C source."""
    made = place / "made.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-x", "c", "-o", made, "-"], input=source.encode(), check=True)
    return made


@pytest.mark.parametrize("broken", ["missing", "text", "no module", "no list", "aborts"])
def test_a_module_that_cannot_be_loaded(
    hsm: Hsm, make_tokens: MakeTokens, tmp_path: Path, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named and logged, and the token of the other module is found all the same."""
    path = tmp_path / "broken.so"
    if broken == "text":
        path.write_text("no library")
    elif broken != "missing":
        sources = {
            "no module": "int other(void) { return 0; }",
            "no list": "unsigned long C_GetFunctionList(void **list) { *list = 0; return 5; }",
            "aborts": "#include <stdlib.h>\n__attribute__((constructor)) static void go(void) { abort(); }",
        }
        path = compiled(tmp_path, sources[broken])
    logged: list[dict[str, object]] = []
    monkeypatch.setattr(log, "event", lambda name, **values: logged.append({"name": name, **values}))
    tokens = make_tokens(path, hsm.faulty)
    listing = tokens.present()
    assert [token.label for token in listing.tokens if not token.blank] == [LABEL]
    assert [(name, error.id) for name, error in listing.failed] == [(path.name, "token.module")]
    assert tokens.find(URI).label == LABEL
    assert failure(tokens, TokenUri(token="NONE")).id == "token.none"
    assert failure(tokens, TokenUri(module_name=path.name.removesuffix(".so"))).id == "token.module"
    assert logged[0] == {"name": "token.failed", "error": "T04", "check": path.name}
    error = failure(make_tokens(path))
    assert (error.id, error.facts) == ("token.module", {"module": path.name})


@pytest.mark.parametrize("fault", ["crash", "wild", "hang", "greedy"])
def test_a_module_that_breaks_down_in_a_call(hsm: Hsm, make_tokens: MakeTokens, fault: str) -> None:
    """The call ends with an error in time, the process is gone, and the next call has another one."""
    tokens = make_tokens(hsm.faulty, hsm.real, seconds=8.0 if fault == "hang" else 60.0)
    token = next(each for each in tokens.present(URI).tokens if each.module == str(hsm.faulty))
    first = tokens.modules[0].pid
    other = tokens.modules[1].pid
    assert first
    hsm.plan(f"C_Login={fault}")
    begun = time.monotonic()
    with pytest.raises(KioskError) as caught:
        tokens.login(token, Secret(PIN))
    assert caught.value.id == ("token.timeout" if fault == "hang" else "token.module")
    assert time.monotonic() - begun < 30
    assert tokens.modules[0].pid is None
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)
    hsm.plan()
    tokens.login(token, Secret(PIN))
    assert tokens.modules[0].pid not in {None, first}
    assert tokens.modules[1].pid == other, "the other module was left alone"


def test_a_module_that_hangs_does_not_hide_the_others(hsm: Hsm, make_tokens: MakeTokens) -> None:
    hsm.plan("C_GetSlotList=hang")
    listing = make_tokens(hsm.faulty, hsm.real, seconds=8.0).present(URI)
    assert [token.module for token in listing.tokens] == [str(hsm.real)]
    assert [(name, error.id, error.facts) for name, error in listing.failed] == [
        (hsm.faulty.name, "token.timeout", {"seconds": 8})
    ]
    assert (
        failure(make_tokens(hsm.faulty, hsm.real, seconds=8.0), TokenUri(token="NONE")).id == "token.timeout"
    )


def test_a_token_described_with_rubbish_is_left_out(hsm: Hsm, make_tokens: MakeTokens) -> None:
    tokens = make_tokens(hsm.faulty)
    hsm.plan("garbled")
    assert tokens.present().tokens == ()
    assert failure(tokens).id == "token.none"
    hsm.plan()
    assert tokens.find(URI).label == LABEL


def test_a_token_that_was_exchanged(hsm: Hsm, make_tokens: MakeTokens) -> None:
    """A call is for the token that was found, never for what is in its slot now."""
    tokens = make_tokens(hsm.faulty)
    token = tokens.find(URI)
    hsm.plan("0=out")
    for act in (lambda: tokens.login(token, Secret(PIN)), lambda: tokens.certificates(token)):
        with pytest.raises(KioskError) as caught:
            act()
        assert caught.value.id == "token.gone"
    hsm.plan()
    tokens.login(token, Secret(PIN))
    assert hsm.calls().count("C_Login") == 1


ANSWERS = {
    "nothing": b"",
    "no length": b"\0\0",
    "too long": b"\xff\xff\xff\xff",
    "no JSON": b"\0\0\0\1{",
    "no object": b"\0\0\0\2[]",
    "no count": b"\0\0\0\2{}",
    "bad count": b'\0\0\0\x0f{"secrets": -1}',
    "deep": (100000).to_bytes(4, "big") + b"[" * 100000,
    "secret missing": b'\0\0\0\x0e{"secrets": 1}\0\0\0\5abc',
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_that_is_none(answer: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(answer)
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(frames.FrameError):
            frames.receive(ours, time.monotonic() + 30)


def test_messages_go_both_ways() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        frames.send(ours, {"verb": "x", "text": "한글"}, [Secret("하나"), Secret(b"\0")])
        values, secrets = frames.receive(theirs)
        assert values == {"verb": "x", "text": "한글"}
        assert [secret.reveal() for secret in secrets] == ["하나".encode(), b"\0"]
        with pytest.raises(TimeoutError):
            frames.receive(theirs, time.monotonic() + 0.01)


LIES = ["no tokens", "tokens that are none", "a modulus that is none", "an error that is none"]


@pytest.mark.parametrize("lie", LIES)
def test_answers_that_make_no_sense(monkeypatch: pytest.MonkeyPatch, hsm: Hsm, lie: str) -> None:
    tokens = Tokens(["/none.so"], seconds=1, key_seconds=1)
    answers: dict[str, dict[str, object]] = {
        "no tokens": {}, "tokens that are none": {"tokens": [{"label": 5}]},
        "a modulus that is none": {"modulus": "10", "guarded": True},
    }  # fmt: skip
    if lie == LIES[-1]:
        assert module._meant({"error": "한글 <b>", "flags": None}, "sign").facts == {"error": "?"}
        assert module._meant({"error": "DeviceError"}, "sign").facts == {"error": "DeviceError"}
        return
    monkeypatch.setattr(Module, "ask", lambda *_, **__: (answers[lie], []))
    with pytest.raises(KioskError) as caught:
        if lie == LIES[2]:
            token = Tokens(["/none.so"], seconds=1, key_seconds=1)
            described = dict.fromkeys(("label", "serial", "manufacturer", "model"), "x")
            from kiosk.media.token_records import Token

            token.make_key(Token("/none.so", 0, flags=0, **described), Secret("1"), "abcd", Secret("r"))
        tokens.find(URI)
    assert (caught.value.id, caught.value.facts) == ("token.failed", {"error": "answer"})
