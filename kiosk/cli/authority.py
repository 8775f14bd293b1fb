"""`kiosk init`, `kiosk crl`, `kiosk ca`, `kiosk ocsp`: the authority and what it publishes."""

import sys
from datetime import datetime
from pathlib import Path

import click

from kiosk import setup
from kiosk.authority.keystore import passphrase_from
from kiosk.authority.ocsp import LONGEST
from kiosk.cli import options
from kiosk.clock import Clock
from kiosk.config import chosen_path
from kiosk.errors import KioskError
from kiosk.files import replace_file
from kiosk.i18n import text
from kiosk.lifecycle.answering import answer
from kiosk.lifecycle.revocations import make_list
from kiosk.lifecycle.standing import korean
from kiosk.secret import Secret

out_option = click.option(
    "--out", required=True, type=click.Path(path_type=Path), metavar="FILE", help=text("help.out")
)


@click.command(help=text("help.init"))
@click.option("--center", default="Certkiosk", metavar="NAME", help=text("help.center"))
@options.json_option
@options.common
def init(
    center: str,
    state: Path | None,
    key_file: Path | None,
    at: datetime | None,
    *,
    practice: bool,
    as_json: bool,
) -> None:
    """Make a state: authority, registry and audit log."""
    passphrase = None if practice else passphrase_from(key_file) or _asked()
    made = setup.initialise(
        chosen_path(state, practice=practice), practice=practice, center=center, clock=Clock(at),
        passphrase=passphrase,
    )  # fmt: skip
    options.say("init.done", path=str(made.path), center=made.center)
    options.say("init.practice" if practice else "init.real")
    if as_json:
        options.result({
            "state": str(made.path), "practice": made.practice, "center": made.center, "arc": made.arc,
            "kiosk_id": made.kiosk_id,
        })  # fmt: skip


def _asked() -> Secret | None:
    """Ask for the passphrase where somebody can type it; twice, since nothing can be opened without it."""
    if not sys.stdin.isatty():
        return None
    typed: str = click.prompt(text("prompt.passphrase"), hide_input=True, confirmation_prompt=True, err=True)
    return Secret(typed)


@click.command(help=text("help.crl"))
@out_option
@options.json_option
@options.common
def crl(
    out: Path,
    state: Path | None,
    key_file: Path | None,
    at: datetime | None,
    *,
    practice: bool,
    as_json: bool,
) -> None:
    """Sign the next revocation list."""

    async def work() -> dict[str, object]:
        async with await options.opened(state, at, key_file, practice=practice) as services:
            made = await make_list(services)
            replace_file(out, [made.der])
            return {
                "number": made.number, "this_update": korean(made.this_update),
                "next_update": korean(made.next_update), "entries": made.entries, "file": str(out),
            }  # fmt: skip

    document = options.run(work())
    options.say("crl.done", number=str(document["number"]), entries=str(document["entries"]), path=str(out))
    if as_json:
        options.result(document)


@click.command(help=text("help.ca"))
@out_option
@options.json_option
@options.common
def ca(
    out: Path,
    state: Path | None,
    key_file: Path | None,
    at: datetime | None,
    *,
    practice: bool,
    as_json: bool,
) -> None:
    """Write the authority's chain."""

    async def work() -> dict[str, object]:
        async with await options.opened(state, at, key_file, practice=practice) as services:
            replace_file(out, [services.authority.chain_pem()])
            names = (services.authority.issuing.subject, services.authority.root.subject)
            return {"file": str(out), "subjects": [name.rfc4514_string() for name in names]}

    document = options.run(work())
    options.say("ca.done", path=str(out))
    if as_json:
        options.result(document)


@click.command(help=text("help.ocsp"))
@click.option(
    "--request",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=text("help.ocsp_request"),
)
@out_option
@options.json_option
@options.common
def ocsp(
    request: Path, out: Path, state: Path | None, key_file: Path | None, at: datetime | None, *,
    practice: bool, as_json: bool,
) -> None:  # fmt: skip
    """Answer an OCSP request."""

    async def work() -> list[tuple[str, str]]:
        async with await options.opened(state, at, key_file, practice=practice) as services:
            made, said = await answer(services, _read(request))
            replace_file(out, [made])
            return said

    said = options.run(work())
    if not said:
        raise KioskError("usage.ocsp", path=str(request))
    if as_json:
        options.result({
            "file": str(out), "answers": [{"serial": serial, "status": word} for serial, word in said],
        })  # fmt: skip
        return
    for serial, word in said:
        options.show(f"{serial}  {text(f'ocsp.{word}')}")


def _read(path: Path) -> bytes:
    """Read a file of somebody's; one byte more than can be used is enough to see that it is too long."""
    try:
        with path.open("rb") as file:
            return file.read(LONGEST + 1)
    except OSError:
        raise KioskError("usage.file", path=str(path)) from None
