"""What is said on a screen where the command line says something else."""

import contextlib

from kiosk.errors import KioskError
from kiosk.i18n import text


def in_words(for_screens: str, for_all: str, error: KioskError) -> str:
    """Give the sentence for screens, where there is one: the other names files, keys and options."""
    with contextlib.suppress(KeyError):
        return text(for_screens, **error.facts)
    return text(for_all, **error.facts)
