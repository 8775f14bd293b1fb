"""`kiosk status`, `history`, `suspend`, `resume`, `revoke`: how one certificate stands, and changing that."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import click

from data.records import Certificate
from kiosk.cli import options
from kiosk.cli.records import one_line
from kiosk.clock import unstamp
from kiosk.i18n import text
from kiosk.identity.attended import DOCUMENTS
from kiosk.lifecycle import explain as known
from kiosk.lifecycle import history as told
from kiosk.lifecycle import status as acts
from kiosk.lifecycle.history_sheet import print_history
from kiosk.lifecycle.standing import describe_record, of_record
from kiosk.services import Services

T = TypeVar("T")
Act = Callable[[Services], Awaitable[Certificate]]

reason_option = click.option("--reason", metavar="WORD", help=text("help.reason"))
document_option = click.option(
    "--document", type=click.Choice(DOCUMENTS), metavar="WORD", help=text("help.document")
)


@click.command(help=text("help.status"))
@click.argument("serial", type=options.Serial())
@options.json_option
@options.common
def status(
    serial: str, state: Path | None, key_file: Path | None, at: datetime | None, *, practice: bool, as_json: bool
) -> None:  # fmt: skip
    """Say how one certificate stands."""

    async def work() -> tuple[dict[str, object], list[str]]:
        async with await options.opened(state, at, key_file, practice=practice) as services:
            found = await known.explain(services, serial)
            return known.document(found, services), known.sentences(found)

    description, said = options.run(work())
    if as_json:
        options.result(description)
        return
    options.show(one_line(description, str(description["name"])))
    for sentence in said:
        options.show(sentence)


@click.command(help=text("help.history"))
@click.argument("serial", type=options.Serial())
@click.option("--print", "on_paper", is_flag=True, help=text("help.slip_print"))
@options.json_option
@options.common
def history(
    serial: str, state: Path | None, key_file: Path | None, at: datetime | None, *, on_paper: bool,
    practice: bool, as_json: bool,
) -> None:  # fmt: skip
    """Tell what happened to one certificate, and to those before and after it."""

    async def work() -> tuple[dict[str, object], list[str]]:
        async with await options.opened(state, at, key_file, practice=practice) as services:
            chapters = await told.history(services, serial)
            if on_paper:
                await print_history(services, chapters)
                options.say("history.on_paper")
            return told.document(chapters, serial, services), told.page(chapters, services)

    description, lines = options.run(work())
    if as_json:
        options.result(description)
    elif not on_paper:
        for line in lines:
            options.show(line)


@click.command(help=text("help.suspend"))
@click.argument("serial", type=options.Serial())
@reason_option
@options.json_option
@options.common
def suspend(
    serial: str, reason: str | None, state: Path | None, key_file: Path | None, at: datetime | None, *,
    practice: bool, as_json: bool,
) -> None:  # fmt: skip
    """Put a certificate on hold."""
    acts.checked_reason("suspend", reason)

    async def work() -> dict[str, object]:
        async with await options.opened(state, at, key_file, practice=practice) as services:
            held = await acts.suspend(services, serial, acts.staff_evidence(services))
            stands = of_record(held, services.clock, services.policy)
            options.say("suspend.done", serial=held.serial)
            options.tell(known.countdown(stands, unstamp(held.not_after)))
            return describe_record(held, services.clock, services.policy)

    _shown(options.run(work()), as_json=as_json)


@click.command(help=text("help.resume"))
@click.argument("serial", type=options.Serial())
@reason_option
@document_option
@options.json_option
@options.common
def resume(
    serial: str, reason: str | None, document: str | None, state: Path | None, key_file: Path | None,
    at: datetime | None, *, practice: bool, as_json: bool,
) -> None:  # fmt: skip
    """Make a suspended certificate good again, for a person whom staff saw."""
    acts.checked_reason("resume", reason)

    async def work() -> dict[str, object]:
        async with await options.opened(state, at, key_file, practice=practice) as services:
            held = await acts.resume(services, serial, acts.staff_evidence(services, document or ""))
            options.say("resume.done", serial=held.serial, day=known.day(unstamp(held.not_after)))
            return describe_record(held, services.clock, services.policy)

    _shown(options.run(work()), as_json=as_json)


@click.command(help=text("help.revoke"))
@click.argument("serial", type=options.Serial())
@reason_option
@document_option
@options.json_option
@options.common
def revoke(
    serial: str, reason: str | None, document: str | None, state: Path | None, key_file: Path | None,
    at: datetime | None, *, practice: bool, as_json: bool,
) -> None:  # fmt: skip
    """Revoke a certificate for good."""
    word = acts.checked_reason("revoke", reason)

    async def work() -> dict[str, object]:
        async with await options.opened(state, at, key_file, practice=practice) as services:
            held = await acts.revoke(services, serial, word, acts.staff_evidence(services, document or ""))
            options.say("revoke.done", serial=held.serial, reason=word)
            return describe_record(held, services.clock, services.policy)

    _shown(options.run(work()), as_json=as_json)


def _shown(description: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        options.result(description)
    else:
        options.show(one_line(description, str(description["name"])))
