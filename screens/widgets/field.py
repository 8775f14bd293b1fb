"""A line to type into: text with Hangul composed here, digits, or a secret.

It keeps what is typed to itself: nothing is ever put on the clipboard or taken from it, no part of it can be
marked, and a secret shows as dots only. Text comes out in NFC.
"""

import copy
import unicodedata
from typing import Literal

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from kiosk.hangul import Composer
from kiosk.i18n import text, visible
from kiosk.secret import Secret

Kind = Literal["text", "digits", "code", "secret", "pin"]
"""Digits come with what people write between them; a code is nothing but digits. A PIN is a secret in ASCII."""
DIGITS = {"digits": "0123456789-+ ", "code": "0123456789"}
REPLACED = "\ufffd"
"""Stands for bytes that were no text: somebody's terminal and this one do not agree. It is nobody's name."""


class Field(Widget, can_focus=True):
    """One line. The cursor is always at its end: what is wrong is taken back with Backspace."""

    class Changed(Message):
        """What is in the field changed; `typed` says whether by a key."""

        def __init__(self, field: "Field", *, typed: bool) -> None:
            """Say which."""
            super().__init__()
            self.field = field
            self.typed = typed

    korean: reactive[bool] = reactive(default=False)

    def __init__(
        self, name: str, kind: Kind, *, limit: int = 64, korean: bool = False, value: str = ""
    ) -> None:
        """`limit` is in characters of NFC. `korean` begins with Korean typing, for text only."""
        super().__init__(name=name)
        self.kind = kind
        self._limit = limit
        self._line = list(value)
        self._composer = Composer()
        self._capital = False
        self.set_reactive(Field.korean, korean and kind == "text")

    @property
    def content(self) -> str:
        """What was typed, the syllable under the cursor included, in NFC."""
        return unicodedata.normalize("NFC", "".join(self._line) + self._composer.composing)

    def secret(self) -> Secret:
        """What was typed, as a secret."""
        return Secret(self.content)

    def wipe(self) -> None:
        """Forget what was typed."""
        self._line.clear()
        self._composer.finish()
        self._said(typed=False)

    def toggle_korean(self) -> None:
        """Change between Korean and English typing."""
        if self.kind == "text":
            self._end_syllable()
            self.korean = not self.korean

    def render(self) -> Content:
        """Show the end of the line that fits, the cursor, and how keys are read, large at the right."""
        mode = self._mode()
        shown = "*" * len(self.content) if self.kind in {"secret", "pin"} else visible(self.content)
        room = self.content_size.width - Content(mode).cell_length - 2
        while shown and Content(shown).cell_length > room:
            shown = shown[1:]
        cursor = " " if self.has_focus else ""
        gap = self.content_size.width - Content(shown + cursor + mode).cell_length
        return Content.assemble(shown, (cursor, "reverse"), " " * gap, (mode, "$accent bold"))

    def _mode(self) -> str:
        if self.kind in DIGITS:
            return text("field.digits")
        if self.korean:
            return text("field.korean")
        return text("field.capital" if self._capital else "field.english")

    def on_key(self, event: events.Key) -> None:
        """Take characters and Backspace; every other key is the screen's."""
        if event.key == "backspace":
            event.stop()
            if not self._composer.backspace() and self._line:
                self._line.pop()
            self._said(typed=True)
        elif event.key == "ctrl+u":
            event.stop()
            self.wipe()
        elif event.is_printable and event.character:
            event.stop()
            self._type(event.character)

    def on_paste(self, event: events.Paste) -> None:
        """Take nothing that was pasted: it comes from whoever was here before, or from a device that types."""
        event.stop()
        event.prevent_default()

    def on_click(self) -> None:
        """Take the cursor here."""
        self.focus()

    def on_blur(self) -> None:
        """End the syllable when the cursor leaves."""
        self._end_syllable()

    def _type(self, character: str) -> None:
        before = list(self._line), copy.copy(self._composer)
        if self.kind in DIGITS:
            self._take_digit(unicodedata.normalize("NFKC", character))
        elif self.kind == "pin":
            self._take_ascii(unicodedata.normalize("NFKC", character))
        elif self.korean and (typed := self._composer.key(character)) is not None:
            self._line.extend(typed.done)
        else:
            self._take(character)
        if len(self.content) > self._limit:
            self._line, self._composer = before
        self._said(typed=True)

    def _take_digit(self, character: str) -> None:
        """Take a digit of any width, and what people write between digits."""
        if len(character) == 1 and character in DIGITS[self.kind]:
            self._line.append(character)

    def _take_ascii(self, character: str) -> None:
        """Take what a token's keys have, of any width; a syllable in a PIN would count as a wrong try."""
        if len(character) == 1 and character.isascii():
            self._take(character)

    def _take(self, character: str) -> None:
        """Take a character as it is: a letter, or a syllable that an input method has finished."""
        self._end_syllable()
        if unicodedata.category(character)[0] != "C" and character != REPLACED:
            self._line.append(character)
        if character.isalpha() and character.isascii():
            self._capital = character.isupper()

    def _end_syllable(self) -> None:
        self._line.extend(self._composer.finish())

    def _said(self, *, typed: bool) -> None:
        self.refresh()
        self.post_message(self.Changed(self, typed=typed))
