"""`kiosk audit verify` and `kiosk audit export`: the log, for an outsider too."""

import re
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import click
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from kiosk import audit as log
from kiosk.cli import options
from kiosk.errors import KioskError
from kiosk.files import replace_file
from kiosk.i18n import text
from kiosk.services import Services

_ANCHOR = re.compile(r"(\d{1,15}):([0-9a-fA-F]{16,64})", re.ASCII)


@click.group(help=text("help.audit"))
def audit() -> None:
    """Group the audit log's commands."""


public_key_option = click.option(
    "--public-key", type=click.Path(path_type=Path), metavar="FILE", help=text("help.public_key")
)


@audit.command(help=text("help.audit_verify"))
@click.argument("file", required=False, type=click.Path(path_type=Path))
@public_key_option
@click.option("--anchor", metavar="SEQ:HASH", help=text("help.anchor"))
@options.json_option
@options.common
def verify(
    file: Path | None, public_key: Path | None, anchor: str | None, state: Path | None, key_file: Path | None,
    at: datetime | None, *, practice: bool, as_json: bool,
) -> None:  # fmt: skip
    """Check the log and say the first bad line."""
    vouched = _anchor(anchor)
    if file is not None:
        if public_key is None:
            raise click.UsageError(text("audit.needs_key"))
        head, lines = _exported(file)
        report = log.verify(_readable(lines, file), _key(public_key), head=head, anchor=vouched)
    else:

        async def work() -> log.Report:
            async with await options.opened(state, at, key_file, practice=practice) as services:
                key = _key(public_key or services.state.keys / "audit.pub")
                return await services.in_registry(lambda: _check(services, key, vouched))

        report = options.run(work())
    _tell(report)
    if as_json:
        options.result(_document(report))
    _fail_on(report)


@audit.command(help=text("help.audit_export"))
@click.option("--out", type=click.Path(path_type=Path, allow_dash=True), default="-", metavar="FILE",
              help=text("help.audit_out"))  # fmt: skip
@click.option("--anchor", metavar="SEQ:HASH", help=text("help.anchor"))
@public_key_option
@options.common
def export(
    out: Path, anchor: str | None, public_key: Path | None, state: Path | None, key_file: Path | None,
    at: datetime | None, *, practice: bool,
) -> None:  # fmt: skip
    """Write the log as JSON lines, checked first."""
    vouched = _anchor(anchor)

    async def work() -> log.Report:
        async with await options.opened(state, at, key_file, practice=practice) as services:
            key = _key(public_key or services.state.keys / "audit.pub")
            return await services.in_registry(lambda: _written(services, key, vouched, out))

    report = options.run(work())
    _tell(report)
    _fail_on(report)


def _written(
    services: Services, key: Ed25519PublicKey, anchor: tuple[int, str] | None, out: Path
) -> log.Report:
    """Check the log, and write it line by line: it may be longer than the memory."""
    report = _check(services, key, anchor)
    lines = (
        line.encode() for line in log.export(log.lines(services.registry), log.read_head(services.state.head))
    )
    try:
        if str(out) == "-":
            sys.stdout.buffer.writelines(lines)
            sys.stdout.buffer.flush()
        else:
            replace_file(out, lines)
    except log.BadLine as error:
        # Nothing after a line that cannot be read would be worth anything; the report names it.
        options.say("audit.stopped", line=error.number)
    except BrokenPipeError:
        raise
    except OSError:
        raise KioskError("usage.file", path=str(out)) from None
    return report


def _fail_on(report: log.Report) -> None:
    """End with the status of a broken log, after the one JSON document."""
    if report.first_bad is not None:
        error = KioskError("audit.broken", line=report.first_bad[0], why=text(f"audit.{report.first_bad[1]}"))
        options.explain(error, as_json=False)
        raise click.exceptions.Exit(error.kind.exit)


def _check(services: Services, key: Ed25519PublicKey, anchor: tuple[int, str] | None) -> log.Report:
    head = log.read_head(services.state.head)
    return log.verify(log.lines(services.registry), key, head=head, anchor=anchor)


def _tell(report: log.Report) -> None:
    """Say how far the log reaches and who vouches for it."""
    options.say("audit.count", count=report.count)
    for note in report.notes:
        options.say(f"audit.{note}")
    if report.vouched_to:
        options.say("audit.vouched", line=report.vouched_to)


def _document(report: log.Report) -> dict[str, object]:
    bad = report.first_bad
    return {
        "count": report.count, "ok": bad is None, "vouched_to": report.vouched_to, "head": report.head_seq,
        "first_bad": {"line": bad[0], "why": bad[1]} if bad else None, "notes": list(report.notes),
    }  # fmt: skip


def _anchor(value: str | None) -> tuple[int, str] | None:
    if value is None:
        return None
    match = _ANCHOR.fullmatch("".join(value.split()))  # on paper it takes two lines
    if match is None or int(match[1]) < 1:
        raise KioskError("usage.anchor", value=value[:100])
    return int(match[1]), match[2]


def _key(path: Path) -> Ed25519PublicKey:
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except (OSError, ValueError):
        raise KioskError("usage.file", path=str(path)) from None
    if not isinstance(key, Ed25519PublicKey):
        raise KioskError("usage.file", path=str(path))
    return key


def _exported(path: Path) -> tuple[log.Head | None, Iterable[log.Line]]:
    try:
        return log.read_export(path)
    except OSError:
        raise KioskError("usage.file", path=str(path)) from None


def _readable(lines: Iterable[log.Line], path: Path) -> Iterable[log.Line]:
    try:
        yield from lines
    except OSError:
        raise KioskError("usage.file", path=str(path)) from None
