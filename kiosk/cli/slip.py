"""`kiosk slip`: the slip of a certificate or of an unfinished request, once more."""

from datetime import datetime
from pathlib import Path

import click

from kiosk.cli import options
from kiosk.files import replace_file
from kiosk.i18n import text
from kiosk.lifecycle.request import CODE_LENGTH
from kiosk.lifecycle.standing import korean
from kiosk.media.place import is_code
from kiosk.printing.printer import print_slip
from kiosk.receipt import Slip, slip_of_number


@click.command(help=text("help.slip"))
@click.argument("number")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help=text("help.slip_out"))
@click.option("--print", "on_paper", is_flag=True, help=text("help.slip_print"))
@options.json_option
@options.common
def slip(
    number: str, out: Path | None, state: Path | None, key_file: Path | None, at: datetime | None, *,
    on_paper: bool, practice: bool, as_json: bool,
) -> None:  # fmt: skip
    """Show a slip, write it to a file, or print it."""

    async def work() -> Slip:
        async with await options.opened(state, at, key_file, practice=practice) as services:
            made = await slip_of_number(services, _number(number))
            if out is not None:
                replace_file(out, [made.as_text()], mode=0o600)
                options.say("slip.written", path=str(out))
            if on_paper:
                await print_slip(made, services.state)
                options.say("slip.on_paper")
            return made

    made = options.run(work())
    if as_json:
        options.result(_document(made))
    elif out is None and not on_paper:
        for line in made.as_text().decode("utf-8-sig").splitlines():
            options.show(line)


def _number(typed: str) -> str:
    """Read a number as people copy it: a request's code is one as it stands, all else must be a serial."""
    code = typed.strip().lower().replace(" ", "")
    return code if is_code(code) and len(code) == CODE_LENGTH else options.Serial().convert(typed, None, None)


def _document(made: Slip) -> dict[str, object]:
    held = made.certificate
    return {
        "request": made.request,
        "serial": held.serial if held else None,
        "profile": held.profile if held else None,
        "name": held.name if held else None,
        "status": held.status if held else None,
        "first_day": held.first_day.isoformat() if held else None,
        "last_day": held.last_day.isoformat() if held else None,
        "renewal_opens": held.renewal_opens.isoformat() if held else None,
        "resumable_until": korean(made.resumable_until) if made.resumable_until else None,
        "help_number": made.help_number or None,
        "audit_anchor": made.anchor,
        "practice": made.practice,
    }
