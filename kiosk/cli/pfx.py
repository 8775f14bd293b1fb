"""`kiosk export` and `kiosk import`: certificates to and from PFX files (PKCS#12), with R."""

import os
from datetime import datetime
from pathlib import Path

import click

from kiosk.cli import options
from kiosk.errors import KioskError
from kiosk.i18n import text
from kiosk.lifecycle import pfx as service
from kiosk.lifecycle.standing import korean
from kiosk.media.token_uri import TokenUri
from kiosk.pki.pkcs12 import MAX_BYTES

_FILE = click.Path(path_type=Path)
_serial = click.option("--serial", type=options.Serial(), metavar="S", help=text("help.pfx_serial"))


@click.command(help=text("help.export"))
@click.option("--medium", required=True, type=options.Medium(), metavar="PATH", help=text("help.medium"))
@_serial
@click.option("--password-file", type=_FILE, metavar="FILE", help=text("help.pfx_password"))
@click.option("--pfx", required=True, type=_FILE, metavar="FILE", help=text("help.pfx_out"))
@click.option("--modern", is_flag=True, help=text("help.modern"))
@options.json_option
@options.common
def export(
    medium: Path | TokenUri, serial: str | None, password_file: Path | None, pfx: Path, state: Path | None,
    key_file: Path | None, at: datetime | None, *, modern: bool, practice: bool, as_json: bool,
) -> None:  # fmt: skip
    """Write a certificate into a PFX file."""

    async def work() -> service.Done:
        async with await options.opened(state, at, key_file, practice=practice) as services:
            with options.secret(password_file, "prompt.password") as password:
                return await service.export(services, medium, password, pfx, serial=serial, modern=modern)

    done = options.run(work())
    options.say("export.done", path=str(done.path))
    if done.left_out:
        options.say("export.left_out", names=", ".join(done.left_out))
    _result(done, {"modern": modern, "left_out": list(done.left_out)}, as_json=as_json)


@click.command("import", help=text("help.import"))
@click.option("--pfx", required=True, type=_FILE, metavar="FILE", help=text("help.pfx_in"))
@click.option("--password-file", type=_FILE, metavar="FILE", help=text("help.pfx_old_password"))
@click.option("--new-password-file", type=_FILE, metavar="FILE", help=text("help.pfx_new_password"))
@_serial
@click.option("--medium", required=True, type=options.Medium(), metavar="PATH", help=text("help.medium"))
@options.json_option
@options.common
def import_(
    pfx: Path, password_file: Path | None, new_password_file: Path | None, serial: str | None,
    medium: Path | TokenUri, state: Path | None, key_file: Path | None, at: datetime | None, *, practice: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Put the certificate of a PFX file onto a medium."""

    async def work() -> service.Done:
        async with await options.opened(state, at, key_file, practice=practice) as services:
            content = _read(pfx, MAX_BYTES + 1)
            with options.secret(password_file, "prompt.password") as password:
                new_password = None
                if new_password_file is not None:
                    new_password = options.secret(new_password_file, "prompt.new_password")
                return await service.import_(
                    services, content, password, medium, serial=serial, new_password=new_password
                )

    done = options.run(work())
    options.say("import.done", path=str(done.path))
    _result(done, {}, as_json=as_json)


def _result(done: service.Done, more: dict[str, object], *, as_json: bool) -> None:
    if not done.random:
        options.say("pfx.without_random")
    if not as_json:
        options.show(done.serial)
        return
    options.result({
        "path": str(done.path), "serial": done.serial, "subject": done.certificate.subject.rfc4514_string(),
        "not_after": korean(done.certificate.not_valid_after_utc), "random": done.random,
        "encryption": done.encryption, **more,
    })  # fmt: skip


def _read(path: Path, limit: int) -> bytes:
    """Read `limit` bytes of a file at most. Raises `usage.file`."""
    try:
        # It may lie on a stranger's medium: a FIFO into which nobody writes is an empty file.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            os.set_blocking(file.fileno(), True)
            return file.read(limit)
    except (OSError, ValueError):
        raise KioskError("usage.file", path=str(path)) from None
