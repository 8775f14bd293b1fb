"""Korean typing without an input method: two-set (두벌식, KS X 5002) keys composed into syllables.

`Composer` holds the one syllable that is being typed, as the letters that were pressed: a backspace takes the
last letter back, and each key composes anew. Syllables come out in NFC (Unicode 3.12, "Conjoining Jamo
Behavior"): U+AC00 + (initial × 21 + vowel) × 28 + final.
"""

from dataclasses import dataclass

_KEYS = dict(
    zip("rRseEfaqQtTdwWczxvg", "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ", strict=True),
    **dict(zip("koiOjpuPhynbml", "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅛㅜㅠㅡㅣ", strict=True)),
)
_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_FINALS = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
_TWO_VOWELS = {
    "ㅗㅏ": "ㅘ", "ㅗㅐ": "ㅙ", "ㅗㅣ": "ㅚ", "ㅜㅓ": "ㅝ", "ㅜㅔ": "ㅞ", "ㅜㅣ": "ㅟ", "ㅡㅣ": "ㅢ",
}  # fmt: skip
_TWO_FINALS = {
    "ㄱㅅ": "ㄳ", "ㄴㅈ": "ㄵ", "ㄴㅎ": "ㄶ", "ㄹㄱ": "ㄺ", "ㄹㅁ": "ㄻ", "ㄹㅂ": "ㄼ",
    "ㄹㅅ": "ㄽ", "ㄹㅌ": "ㄾ", "ㄹㅍ": "ㄿ", "ㄹㅎ": "ㅀ", "ㅂㅅ": "ㅄ",
}  # fmt: skip


def letter(key: str) -> str | None:
    """Give the letter that a key of an English keyboard writes, or None; Shift matters only where it does."""
    return _KEYS.get(key) or _KEYS.get(key.lower())


@dataclass(frozen=True)
class Typed:
    """What one key did: `done` is finished text, `composing` the syllable that still changes."""

    done: str
    composing: str


class Composer:
    """The syllable under the cursor."""

    def __init__(self) -> None:
        self._letters = ""

    @property
    def composing(self) -> str:
        """The syllable as it is now; empty when there is none."""
        return _syllable(self._letters)

    def key(self, key: str) -> Typed | None:
        """Take one key; None, and nothing changes, when it writes no Korean letter."""
        new = letter(key)
        if new is None:
            return None
        joined = self._letters + new
        done = ""
        if _parts(joined) is None:
            done, self._letters = self._split(new)
        else:
            self._letters = joined
        return Typed(done, self.composing)

    def _split(self, new: str) -> tuple[str, str]:
        """Finish the syllable before `new`; a vowel takes the last consonant with it: 각 + ㅏ is 가가."""
        parts = _parts(self._letters)
        if new in _VOWELS and parts and parts[2]:
            return _syllable(self._letters[:-1]), self._letters[-1] + new
        return self.composing, new

    def backspace(self) -> bool:
        """Take the last letter back; False when there is none and the character before is meant."""
        taken = bool(self._letters)
        self._letters = self._letters[:-1]
        return taken

    def finish(self) -> str:
        """End the syllable and give it."""
        done, self._letters = self.composing, ""
        return done


def _parts(letters: str) -> tuple[str, str, str] | None:
    """Read letters as initial, vowel and final of one syllable, or None when they are not one."""
    initial = letters[:1] if letters[:1] in _INITIALS else ""
    rest = letters[len(initial) :]
    count = next((i for i, char in enumerate(rest) if char not in _VOWELS), len(rest))
    vowel, final = rest[:count], rest[count:]
    vowel = _TWO_VOWELS.get(vowel, vowel)
    final = _TWO_FINALS.get(final, final)
    if len(vowel) > 1 or len(final) > 1 or (final and (final not in _FINALS or not initial or not vowel)):
        return None
    return initial, vowel, final


def _syllable(letters: str) -> str:
    parts = _parts(letters) if letters else None
    if parts is None:
        return ""
    initial, vowel, final = parts
    if not initial or not vowel:
        return initial + vowel
    number = (_INITIALS.index(initial) * 21 + _VOWELS.index(vowel)) * 28
    return chr(0xAC00 + number + _FINALS.index(final or " "))
