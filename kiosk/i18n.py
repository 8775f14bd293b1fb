"""Sentences for people, from the gettext catalogues in `data/locale`.

Messages have ids (`error.medium.full`), complete in Korean and English. Values that fill a sentence are data
from media, files and people: control and bidirectional characters in them are made visible, and nothing in
them is markup.
"""

import gettext
import os
import unicodedata
from functools import cache
from importlib.resources import as_file, files

LANGUAGES = ("ko", "en")


def visible(text: str) -> str:
    """Make characters that act on a terminal or reorder text visible (escape, U+202E, line breaks)."""
    if text.isprintable():  # nearly always; all that is made visible is not
        return text
    return "".join(
        f"<U+{ord(char):04X}>" if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} else char
        for char in text
    )


_chosen: list[str] = []


def choose_language(language: str) -> None:
    """Speak `language` in this process from now on, whatever its environment says."""
    _chosen[:] = [language]


def language_of(environment: dict[str, str] | os._Environ[str] = os.environ) -> str:
    """Give the language: the chosen one, else `KIOSK_LANG`, else the locale's, else English."""
    if _chosen:
        return _chosen[0]
    for variable in ("KIOSK_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(variable):
            return value[:2] if value[:2] in LANGUAGES else "en"
    return "en"


def speak_in_libraries() -> None:
    """Let libraries that speak through the standard `gettext` (click does) use the person's language too.

    Their catalogue is `messages.po`; they take the language from `LANGUAGE`.
    """
    os.environ["LANGUAGE"] = language_of()
    gettext.bindtextdomain("messages", str(files("data") / "locale"))


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    with as_file(files("data") / "locale") as directory:
        return gettext.translation("kiosk", directory, languages=[language])


def text(id_: str, /, **facts: str | int) -> str:
    """Give the sentence `id_` in the person's language, filled with `facts`.

    Raises `KeyError` when the catalogue lacks the id: a test sees to it that none does.
    """
    return text_in(language_of(), id_, **facts)


def text_in(language: str, id_: str, /, **facts: str | int) -> str:
    """Give the sentence `id_` in `language`, one of `LANGUAGES`."""
    message = _catalogue(language).gettext(id_)
    if message == id_:
        raise KeyError(id_)
    return message.format(**{key: visible(str(value)) for key, value in facts.items()})
