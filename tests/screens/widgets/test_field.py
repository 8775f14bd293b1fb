"""The field: Hangul composed here or finished elsewhere, digits, secrets, and no way in or out but typing."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.events import Key, Paste
from textual.keys import _character_to_key

from kiosk.i18n import text
from screens.widgets.field import Field, Kind
from tests.screens.stage import Stage, speaking, stage
from tests.screens.widgets.scene import Scene


def typed(field: Field, *keys: str) -> str:
    """Type into a field that is on no screen: names of keys, or a run of characters."""
    for key in keys:
        for name in [key] if key in {"backspace", "ctrl+u"} else key:
            character = name if len(name) == 1 else None
            field.on_key(Key(_character_to_key(name) if character else name, character))
    return field.content


async def with_field(on: Stage, field: Field) -> Field:
    await on.show(Scene(on.visit, [field]))
    return field


# -- Hangul


@pytest.mark.parametrize(
    ("keys", "content"),
    [
        (["ghdrlfehd"], "홍길동"),
        (["rkrk"], "가가"), (["ekfr"], "닭"), (["ekfrdl"], "닭이"), (["ekfrl"], "달기"),
        (["Rhc"], "꽃"), (["RHC"], "꽃"),  # Caps Lock does not matter where a key has one letter only
        (["dnjf"], "월"), (["rmfo 3rk"], "그래 3가"),
        # A backspace takes the last letter back, and then what is finished, syllable by syllable.
        (["ghd", "backspace"], "호"), (["ghd", "backspace", "backspace"], "ㅎ"),
        (["ekfr", "backspace"], "달"), (["dnjf", "backspace", "backspace"], "우"),
        (["ghdrlf", "backspace", "backspace", "backspace"], "홍"),
        (["ghdrlf", *["backspace"] * 4], ""), (["ghdrlf", *["backspace"] * 9, "rk"], "가"),
        (["ghdrlf", "ctrl+u", "rk"], "가"),
    ],
)  # fmt: skip
def test_hangul_is_composed(keys: list[str], content: str) -> None:
    assert typed(Field("name", "text", korean=True), *keys) == content


def test_the_syllable_ends_when_typing_changes() -> None:
    field = Field("name", "text", korean=True)
    typed(field, "gks")
    field.toggle_korean()
    assert typed(field, "rk") == "한rk"
    field.toggle_korean()
    assert typed(field, "rmf") == "한rk글"
    # A backspace after that takes letters of the syllable that is being typed, and no more.
    assert typed(field, "backspace", "backspace", "backspace", "backspace") == "한r"


def test_the_syllable_ends_when_the_cursor_leaves() -> None:
    field = Field("name", "text", korean=True)
    typed(field, "rk")
    field.on_blur()
    assert typed(field, "s") == "가ㄴ"
    assert typed(field, "backspace", "backspace") == ""


@pytest.mark.parametrize("korean", [True, False])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_what_an_input_method_has_finished_passes(korean: bool, form: str) -> None:
    field = Field("name", "text", korean=korean, limit=5)
    assert typed(field, unicodedata.normalize(form, "홍길동")) == "홍길동"
    assert typed(field, unicodedata.normalize(form, "한글이다")) == "홍길동한글"


def test_an_input_method_after_letters_composed_here() -> None:
    field = Field("name", "text", korean=True)
    assert typed(field, "gh", "길", "ehd") == "호길동"


@given(
    st.lists(
        st.sampled_from(
            [*"rRseEfaqQtTdwWczxvgkoiOjpuPhynbml", "backspace", "toggle", " ", "가", "é", "ᄀ", "ᅡ"]
        )
    ),
    st.integers(1, 8),
)
def test_a_field_is_never_longer_than_its_limit_and_always_nfc(keys: list[str], limit: int) -> None:
    field = Field("name", "text", korean=True, limit=limit)
    for key in keys:
        before = field.content
        if key == "toggle":
            field.toggle_korean()
            assert field.content == before
            continue
        after = typed(field, key)
        assert len(after) <= limit
        assert unicodedata.is_normalized("NFC", after)
        if key != "backspace":
            # What cannot be taken changes nothing; what can changes the end only.
            assert after[: max(0, len(before) - 1)] == before[: max(0, len(before) - 1)]
            assert len(after) >= len(before)


# -- what is taken and what is not


@pytest.mark.parametrize(
    ("kind", "keys", "content"),
    [
        ("digits", "010-2345 6789", "010-2345 6789"), ("digits", "+82 10", "+82 10"),
        ("digits", "ab가!.(0)", "0"), ("digits", "0123", "0123"), ("digits", "²①٣", "21"),
        ("code", "123-456", "123456"), ("code", " 12+3 4５6x", "123456"),
        ("text", "a\ufffdb", "ab"), ("text", "a\u202e\u200b\ue000b", "ab"), ("text", "O'Neil [b]", "O'Neil [b]"),
        ("secret", "Sun7!한", "Sun7!한"), ("secret", "a\ufffdb", "ab"),
    ],
)  # fmt: skip
def test_what_is_taken(kind: Kind, keys: str, content: str) -> None:
    assert typed(Field("x", kind), keys) == content


@pytest.mark.parametrize("kind", ["text", "digits", "secret"])
def test_a_full_field_takes_no_more(kind: Kind) -> None:
    field = Field("x", kind, limit=4)
    assert typed(field, "12345") == "1234"
    assert typed(field, "backspace", "67") == "1236"


def test_a_megabyte_is_not_kept() -> None:
    assert len(typed(Field("x", "text"), "a" * 20_000)) == 64


@pytest.mark.parametrize("kind", ["digits", "secret"])
def test_korean_is_for_names_only(kind: Kind) -> None:
    field = Field("x", kind, korean=True)
    field.toggle_korean()
    assert not field.korean
    assert typed(field, "r1") in {"r1", "1"}


async def test_nothing_is_pasted_copied_or_cut(state: Path) -> None:
    async with stage(state, language="en") as on:
        for kind, content in (("text", "name"), ("secret", "Sun7!flower"), ("digits", "0102345")):
            field = await with_field(on, Field("x", kind))  # type: ignore[arg-type]
            await on.type(content)
            on.app.copy_to_clipboard("from before")
            for key in (
                "shift+home",
                "ctrl+shift+left",
                "shift+left",
                "ctrl+a",
                "ctrl+c",
                "ctrl+x",
                "ctrl+insert",
            ):
                await on.press(key)
            assert on.app.clipboard == "from before"
            for key in ("ctrl+v", "shift+insert"):
                await on.press(key)
            on.app.post_message(Paste("pasted"))
            await on.settle()
            assert field.content == content
            on.app._clipboard = ""
            await on.press("shift+home", "ctrl+c", "ctrl+x")
            assert on.app.clipboard == ""
            await on.press("escape")


# -- what is shown


async def test_a_secret_shows_its_length_and_nothing_else(state: Path) -> None:
    async with stage(state, language="en") as on:
        field = await with_field(on, Field("x", "secret"))
        await on.type("Qj7^Qj7^")
        assert "*" * 8 in on.page
        assert not {"Q", "j", "7", "^"} & set(on.page)
        assert "Qj7" not in repr(field) + repr(field.secret()) + str(vars(field).get("name"))


@pytest.mark.parametrize("language", ["ko", "en"])
async def test_how_keys_are_read_is_said_large(state: Path, language: str) -> None:
    async with stage(state, language=language) as on:
        await with_field(on, Field("x", "text", korean=True))
        assert on.sees("field.korean")
        await on.press("f2")
        assert on.sees("field.english")
        await on.type("a")
        assert on.sees("field.english")
        await on.type("A")
        assert on.sees("field.capital")
        await on.press("1", "a")
        assert on.sees("field.english")
        assert not on.sees("field.capital")


async def test_long_text_shows_its_end_and_the_cursor(state: Path) -> None:
    async with stage(state, size=(36, 9)) as on:
        field = await with_field(on, Field("x", "text", korean=True))
        for length in range(1, 30):
            await on.type("가나다라마바사아자차카타파하"[length % 14])
            shown = field.render().plain
            assert cell_len(shown) == field.content_size.width
            assert shown.endswith(" " + text("field.korean"))
            end = shown.removesuffix(text("field.korean")).rstrip()
            assert field.content.endswith(end)
            assert len(end) == min(length, 12)


@given(
    st.text(st.characters(codec="utf-8"), max_size=80),
    st.sampled_from(["text", "secret"]),
    st.integers(20, 60),
)
def test_what_is_shown_fits_whatever_was_typed(content: str, kind: Kind, width: int) -> None:
    class Wide(Field):
        @property
        def content_size(self):  # type: ignore[no-untyped-def]
            return super().content_size.with_width(width)

    with speaking("en"):
        field = Wide("x", kind)
        typed(field, content)
        shown = field.render().plain
    assert cell_len(shown) == width
    assert not [char for char in shown if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co"}]
