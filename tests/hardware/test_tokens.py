"""What is known of tokens before anything is done, and their PINs."""

from collections.abc import Callable
from contextlib import closing

import pytest

from kiosk.errors import KioskError
from kiosk.media.token_records import Token
from kiosk.media.token_uri import TokenUri
from kiosk.media.tokens import Tokens
from kiosk.secret import Secret
from tests.hardware.conftest import LABEL, PIN, URI, Hsm, set_up

MakeTokens = Callable[..., Tokens]
OTHER_PIN = "20759314"


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(KioskError) as caught:
        act()
    return caught.value.id


def test_a_token_and_a_blank_one(hsm: Hsm, make_tokens: MakeTokens) -> None:
    tokens = make_tokens(hsm.faulty)
    blank, token = sorted(tokens.present().tokens, key=lambda each: each.label)
    assert (token.label, token.manufacturer, token.model) == (LABEL, "SoftHSM project", "SoftHSM v2")
    assert (token.module, len(token.serial)) == (str(hsm.faulty), 16)
    assert (token.tries, token.blank, token.factory_pin, token.write_protected) == (
        "all",
        False,
        False,
        False,
    )
    assert blank.blank
    assert tokens.find(TokenUri()) == token, "the blank one does not compete"
    assert refusal(lambda: tokens.find(TokenUri(slot_id=blank.slot, serial="0"))) == "token.none"
    found = tokens.find(TokenUri(slot_id=blank.slot))
    assert refusal(lambda: tokens.login(found, Secret(PIN))) == "token.blank"
    assert tokens.find(TokenUri.parse(token.uri)) == token


def test_never_the_first_of_two(hsm: Hsm, make_tokens: MakeTokens) -> None:
    set_up(hsm.place, "다른 것")
    tokens = make_tokens(hsm.faulty)
    with pytest.raises(KioskError) as caught:
        tokens.find(TokenUri())
    assert (caught.value.id, caught.value.facts) == ("token.several", {"count": 2})
    other = tokens.find(TokenUri(token="다른 것"))
    assert other.uri.startswith("pkcs11:token=%EB%8B%A4%EB%A5%B8%20%EA%B2%83;")
    assert tokens.find(TokenUri.parse(other.uri)) == other
    assert refusal(lambda: make_tokens(hsm.faulty, hsm.real).find(URI)) == "token.several"
    assert make_tokens(hsm.faulty, hsm.real).find(TokenUri(token=LABEL, module_name="faults")).label == LABEL
    assert refusal(lambda: tokens.find(TokenUri(module_path="/usr/lib/other.so"))) == "token.none"


def test_tries_of_the_pin(hsm: Hsm, make_tokens: MakeTokens) -> None:
    """A wrong PIN, the last try and a locked token are told apart, before typing and after."""
    hsm.plan("tries=3")
    tokens = make_tokens(hsm.faulty)
    seen = []
    for _ in range(4):
        token = tokens.find(URI)
        before = token.tries
        seen.append((before, refusal(lambda token=token: tokens.login(token, Secret("11111111")))))
    assert seen == [
        ("all", "token.pin"), ("fewer", "token.pin_last"), ("last", "token.pin_locked"),
        ("none", "token.pin_locked"),
    ]  # fmt: skip
    assert refusal(lambda: tokens.login(token, Secret(PIN))) == "token.pin_locked"


def test_a_right_pin_gives_all_tries_back(hsm: Hsm, make_tokens: MakeTokens) -> None:
    hsm.plan("tries=3")
    tokens = make_tokens(hsm.faulty)
    token = tokens.find(URI)
    for _ in range(3):
        assert refusal(lambda: tokens.login(token, Secret("1"))) == "token.pin"
        tokens.login(token, Secret(PIN))
    assert tokens.find(URI).tries == "all"


def test_another_pin(hsm: Hsm, make_tokens: MakeTokens) -> None:
    tokens = make_tokens(hsm.faulty)
    token = tokens.find(URI)
    for weak in ("", PIN, "00000000", "비밀번호", "7190\t4827"):
        assert refusal(lambda weak=weak: tokens.change_pin(token, Secret(PIN), Secret(weak))) == (
            "token.pin_weak"
        )
    assert "C_SetPIN" not in hsm.calls()
    assert refusal(lambda: tokens.change_pin(token, Secret("11112222"), Secret(OTHER_PIN))) == "token.pin"
    tokens.change_pin(token, Secret(PIN), Secret(OTHER_PIN))
    assert refusal(lambda: tokens.login(token, Secret(PIN))) == "token.pin"
    tokens.login(token, Secret(OTHER_PIN))


def test_no_try_is_spent_on_what_is_none(hsm: Hsm, make_tokens: MakeTokens) -> None:
    """An empty file, one with bytes that are no text."""
    tokens = make_tokens(hsm.faulty)
    token = tokens.find(URI)
    for none in ("", b"\xff\xfe"):
        assert refusal(lambda none=none: tokens.login(token, Secret(none))) == "token.pin"
        assert refusal(lambda none=none: tokens.read(token, Secret(none), "abcdefgh")) == "token.pin"
        change = lambda none=none: tokens.change_pin(token, Secret(none), Secret(OTHER_PIN))  # noqa: E731
        assert refusal(change) == "token.pin"
    assert not {"C_Login", "C_SetPIN"} & set(hsm.calls())


def test_a_makers_pin(hsm: Hsm) -> None:
    """It is known only once it opens the token; no process is left then that was told it."""
    with closing(Tokens([str(hsm.faulty)], seconds=60, key_seconds=60, factory_pins=[PIN, "1234"])) as tokens:
        token = tokens.find(URI)
        assert refusal(lambda: tokens.login(token, Secret("1234"))) == "token.pin"
        assert refusal(lambda: tokens.login(token, Secret(PIN))) == "token.pin_change"
        assert tokens.modules[0].pid is None
        assert refusal(lambda: tokens.change_pin(token, Secret(PIN), Secret("1234"))) == "token.pin_weak"
        tokens.change_pin(token, Secret(PIN), Secret(OTHER_PIN))
        tokens.login(token, Secret(OTHER_PIN))


def test_a_token_with_keys_of_its_own(hsm: Hsm, make_tokens: MakeTokens) -> None:
    """It is named; no PIN is sent to a token that wants it typed on itself."""
    hsm.plan("flags=0x100")
    assert make_tokens(hsm.faulty).find(URI).problem == "token.pad"
    hsm.plan("flags=0x102")
    assert make_tokens(hsm.faulty).find(URI).problem == "token.pad"


def test_the_new_pin_is_too_short(hsm: Hsm, make_tokens: MakeTokens) -> None:
    """It is the new PIN's length that the token refuses, and no try is lost."""
    hsm.plan("tries=3")
    tokens = make_tokens(hsm.faulty)
    token = tokens.find(URI)
    assert refusal(lambda: tokens.change_pin(token, Secret(PIN), Secret("12"))) == "token.pin_weak"
    assert tokens.find(URI).tries == "all"


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (0x408, ("all", False, False, False)), (0x10408, ("fewer", False, False, False)),
        (0x30408, ("last", False, False, False)), (0x70408, ("none", False, False, False)),
        (0x80408, ("all", False, True, False)), (0x40A, ("all", False, False, True)),
        (0x400, ("all", True, False, False)), (0x8, ("all", True, False, False)),
    ],
)  # fmt: skip
def test_flags(flags: int, expected: tuple[str, bool, bool, bool]) -> None:
    token = Token("/m.so", 0, "l", "s", "m", "o", flags)
    assert (token.tries, token.blank, token.factory_pin, token.write_protected) == expected
