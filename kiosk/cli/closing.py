"""`kiosk passcode`: what staff type to close a kiosk that is not for practice."""

import sys
from datetime import datetime
from pathlib import Path

import click

from kiosk import closing
from kiosk.authority.keystore import passphrase_from
from kiosk.cli import options
from kiosk.config import chosen_path, load_state
from kiosk.errors import KioskError
from kiosk.i18n import text
from kiosk.secret import Secret


@click.command(help=text("help.close_code"))
@click.option("--code-file", type=click.Path(path_type=Path), metavar="FILE", help=text("help.code_file"))
@options.common
def passcode(
    code_file: Path | None, state: Path | None, key_file: Path | None, at: datetime | None, *, practice: bool  # noqa: ARG001
) -> None:  # fmt: skip
    """Set the code that closes the walk-up kiosk."""
    found = load_state(chosen_path(state, practice=practice), practice=practice)
    closing.set_code(found, _code(code_file))
    options.say("close.set")


def _code(code_file: Path | None) -> Secret:
    if code_file is not None:
        code = passphrase_from(code_file)
        if code is None:
            raise KioskError("close.code")
        return code
    if not sys.stdin.isatty():
        raise KioskError("usage.terminal")
    typed: str = click.prompt(text("prompt.close"), hide_input=True, confirmation_prompt=True, err=True)
    return Secret(typed)
