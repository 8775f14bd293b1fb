"""Two-set typing: words as a Korean keyboard types them, backspace by letter, and nothing else is touched."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.hangul import Composer, letter

KEYS = "rRseEfaqQtTdwWczxvgkoiOjpuPhynbml"


def typed(keys: str) -> str:
    """Type `keys` into a line; `<` is backspace."""
    composer, line = Composer(), ""
    for key in keys:
        if key == "<":
            line = line if composer.backspace() else line[:-1]
        elif (result := composer.key(key)) is not None:
            line += result.done
        else:
            line += composer.finish() + key
    return line + composer.finish()


@pytest.mark.parametrize(
    ("keys", "word"),
    [
        ("ghdrlfehd", "홍길동"),
        ("dkssudgktpdy", "안녕하세요"),
        ("rlaalsrud", "김민경"),
        ("rkrk", "가가"),
        ("qkfqdk", "밟아"),
        ("ekfrdl", "닭이"),
        ("ekfrl", "달기"),
        ("rkqt", "값"),
        ("rkqtl", "갑시"),
        ("dhksfy", "완료"),
        ("dml", "의"),
        ("Tmrl", "쓰기"),
        ("Rkr", "깍"),
        ("dkTdj", "았어"),
        ("EE", "ㄸㄸ"),
        ("k", "ㅏ"),
        ("ghd rlf", "홍 길"),
        ("ghd1!", "홍1!"),
        ("GHDRLF", "홍낄"),
    ],
)
def test_words(keys: str, word: str) -> None:
    assert typed(keys) == word


@pytest.mark.parametrize(
    ("keys", "word"),
    [
        ("rkr<", "가"),
        ("rkr<<", "ㄱ"),
        ("rkr<<<", ""),
        ("rkqt<", "갑"),
        ("dhk<", "오"),
        ("ghdrlf<<<", "홍"),
        ("ghdrlf<<<<", ""),
        ("<", ""),
    ],
)
def test_backspace_takes_one_letter_of_the_syllable_being_typed(keys: str, word: str) -> None:
    assert typed(keys) == word


@given(st.text(KEYS, max_size=30))
def test_whatever_is_typed_is_composed_text_with_every_letter_in_it(keys: str) -> None:
    line = typed(keys)
    assert unicodedata.is_normalized("NFC", line)
    assert all("가" <= char <= "힣" or "ㄱ" <= char <= "ㅣ" for char in line)
    assert typed(keys + "<" * 3 * len(keys)) == ""


@given(st.characters())
def test_other_keys_end_the_syllable_and_stay(key: str) -> None:
    if letter(key) is None and key != "<":
        assert typed("rk" + key) == "가" + key
