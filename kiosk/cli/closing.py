"""`kiosk passcode`: what staff type to close a kiosk that is not for practice, and to confirm what they saw."""

import sys
from datetime import datetime
from pathlib import Path

import click

from kiosk import closing
from kiosk.authority.keystore import passphrase_from
from kiosk.cli import options
from kiosk.errors import KioskError
from kiosk.i18n import text
from kiosk.secret import Secret


@click.command(help=text("help.close_code"))
@click.option("--code-file", type=click.Path(path_type=Path), metavar="FILE", help=text("help.code_file"))
@options.common
def passcode(
    code_file: Path | None, state: Path | None, key_file: Path | None, at: datetime | None, *, practice: bool
) -> None:
    """Set the code of staff."""

    async def work() -> None:
        async with await options.opened(state, at, key_file, practice=practice) as services:
            with _code(code_file) as code:
                await closing.set_code(services, code)

    options.run(work())
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
