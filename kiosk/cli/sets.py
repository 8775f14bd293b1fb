"""`kiosk password`, `kiosk copy`, `kiosk delete`: what is done with a certificate that is on a medium."""

import asyncio
from datetime import datetime
from pathlib import Path

import click

from kiosk.cli import options
from kiosk.errors import KioskError
from kiosk.i18n import text, visible
from kiosk.lifecycle import password as service
from kiosk.lifecycle.copying import copy as copy_set
from kiosk.lifecycle.copying import wipe_source as wipe
from kiosk.lifecycle.delete import delete as delete_set
from kiosk.lifecycle.delete import delete_on_token
from kiosk.lifecycle.pin import change_pin
from kiosk.lifecycle.repair import repair
from kiosk.lifecycle.standing import of_record
from kiosk.media.pick import pick, serial_of
from kiosk.media.scan import Found, scan, scan_token
from kiosk.media.token_uri import TokenUri
from kiosk.services import Services

_FILE = click.Path(path_type=Path)
_serial = click.option("--serial", type=options.Serial(), metavar="S", help=text("help.serial_option"))


@click.command(help=text("help.password"))
@click.option("--medium", required=True, type=options.Medium(), metavar="PATH", help=text("help.medium"))
@_serial
@click.option("--old-file", type=_FILE, metavar="FILE", help=text("help.old_file"))
@click.option("--new-file", type=_FILE, metavar="FILE", help=text("help.new_file"))
@options.json_option
@options.common
def password(
    medium: Path | TokenUri, serial: str | None, old_file: Path | None, new_file: Path | None,
    state: Path | None, key_file: Path | None, at: datetime | None, *, practice: bool, as_json: bool,
) -> None:  # fmt: skip
    """Change the password of a certificate, or a token's PIN."""

    async def work() -> dict[str, object]:
        async with await options.opened(state, at, key_file, practice=practice) as services:
            old = options.secret(old_file, "prompt.old_password")
            new = options.secret(new_file, "prompt.new_password", twice=True)
            if isinstance(medium, TokenUri):
                token = await change_pin(services, medium, old, new)
                return {"path": token.uri, "serial": None, "files": [], "noted": False}
            found = await _found(services, medium, serial)
            changed = await service.change_password(services, medium, found, old, new)
            return {
                "path": str(changed.place), "serial": serial_of(found), "files": list(changed.files),
                "noted": changed.ours,
            }  # fmt: skip

    document = options.run(work())
    token = isinstance(medium, TokenUri)
    options.say("password.pin_changed" if token else "password.changed", path=visible(str(document["path"])))
    if as_json:
        options.result(document)


@click.command(help=text("help.copy"))
@click.option(
    "--from", "source", required=True, type=options.Medium(), metavar="PATH", help=text("help.from")
)
@click.option("--to", "target", required=True, type=options.Medium(), metavar="PATH", help=text("help.to"))
@_serial
@click.option("--password-file", type=_FILE, metavar="FILE", help=text("help.password_of"))
@click.option("--wipe-source", is_flag=True, help=text("help.wipe_source"))
@options.json_option
@options.common
def copy(
    source: Path | TokenUri, target: Path | TokenUri, serial: str | None, password_file: Path | None,
    state: Path | None, key_file: Path | None, at: datetime | None, *, wipe_source: bool, practice: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Copy a certificate to another medium."""

    async def work() -> dict[str, object]:
        if isinstance(source, TokenUri) or isinstance(target, TokenUri):
            raise KioskError("token.keeps")
        async with await options.opened(state, at, key_file, practice=practice) as services:
            found = await _found(services, source, serial)
            with options.secret(password_file, "prompt.old_password") as secret:
                copied = await copy_set(services, source, target, found, secret)
            # Said at once: what goes wrong with the source afterwards does not undo the copy.
            options.say("copy.already" if copied.already else "copy.done", path=visible(str(copied.path)))
            if wipe_source:
                await wipe(services, copied)
            return {
                "path": str(copied.path), "source": str(copied.source.path), "serial": serial_of(found),
                "files": [name for name, data in copied.source.whole.items() if data is not None],
                "already": copied.already, "wiped": wipe_source,
            }  # fmt: skip

    document = options.run(work())
    if document["wiped"]:
        options.say("copy.wiped", path=visible(str(document["source"])))
    if as_json:
        options.result(document)


@click.command(help=text("help.delete"))
@click.option("--medium", required=True, type=options.Medium(), metavar="PATH", help=text("help.medium"))
@click.option("--serial", required=True, type=options.Serial(), metavar="S", help=text("help.serial_option"))
@click.option("--yes", is_flag=True, help=text("help.yes"))
@click.option("--pin-file", type=_FILE, metavar="FILE", help=text("help.pin_file"))
@options.json_option
@options.common
def delete(
    medium: Path | TokenUri, serial: str, pin_file: Path | None, state: Path | None, key_file: Path | None,
    at: datetime | None, *, yes: bool, practice: bool, as_json: bool,
) -> None:  # fmt: skip
    """Delete a certificate's files, or what there is of it on a token."""
    if not yes:
        raise KioskError("usage.consent")

    async def work() -> tuple[dict[str, object], str]:
        async with await options.opened(state, at, key_file, practice=practice) as services:
            ours = True
            if isinstance(medium, TokenUri):
                found = pick(await asyncio.to_thread(scan_token, services.tokens, medium), serial)
                with options.secret(pin_file, "prompt.pin") as pin:
                    await delete_on_token(services, medium, found, pin)
            else:
                found = await _found(services, medium, serial)
                ours = await delete_set(services, medium, found)
            document = {"path": str(found.path), "serial": serial_of(found), "revoked": False}
            return document, await _left(services, found) if ours else "foreign"

    document, left = options.run(work())
    options.say("delete.done", path=visible(str(document["path"])))
    if left == "no_revocation":
        said = "delete.no_revocation.token" if isinstance(medium, TokenUri) else "delete.no_revocation"
        options.say(said, command=f"kiosk revoke {document['serial']} --reason REASON")
    else:
        options.say("delete.over" if left == "over" else "delete.foreign")
    if as_json:
        options.result(document)


async def _left(services: Services, found: Found) -> str:
    """Say what is left to be done about a certificate of ours that was deleted: to revoke it, or nothing (`over`)."""
    held = await services.in_registry(lambda: services.registry.certificate(serial=serial_of(found)))
    over = held is None or of_record(held, services.clock, services.policy).status in {"expired", "revoked"}
    return "over" if over else "no_revocation"


async def _found(services: Services, medium: Path, serial: str | None) -> Found:
    """Give the certificate that is meant, after putting right what was cut short on the medium."""
    try:
        await repair(services, medium)
    except KioskError as error:
        if error.id not in {"medium.readonly", "medium.permission"}:
            raise
    return pick(await asyncio.to_thread(scan, medium), serial)
