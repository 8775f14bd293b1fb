"""`kiosk scan`: what is on a medium, with or without a state on this machine."""

import asyncio
from datetime import datetime
from pathlib import Path

import click

from kiosk.cli import options
from kiosk.cli.records import one_line
from kiosk.clock import Clock
from kiosk.config import load_policy, named_path
from kiosk.errors import KioskError
from kiosk.i18n import text
from kiosk.lifecycle.look import Looked, judge, judge_unregistered, look
from kiosk.lifecycle.standing import describe_found
from kiosk.media import scan as media
from kiosk.media.token_uri import TokenUri


@click.command(help=text("help.scan"))
@click.argument("path", type=options.Medium())
@options.json_option
@options.common
def scan(
    path: Path | TokenUri,
    state: Path | None,
    key_file: Path | None,
    at: datetime | None,
    *,
    practice: bool,
    as_json: bool,
) -> None:
    """List what is on a medium."""

    async def work() -> tuple[Looked, Clock]:
        if isinstance(path, TokenUri):  # the state says which modules there are
            async with await options.opened(state, at, key_file, practice=practice) as services:
                return await look(services, path), services.clock
        result = await asyncio.to_thread(media.scan, path)
        try:
            services = await options.opened(state, at, key_file, practice=practice)
        except KioskError as error:
            # Nothing was set up on this machine: certificates can be shown all the same.
            if error.id != "state.missing" or named_path(state) is not None:
                raise
            return judge_unregistered(result, Clock(at), load_policy()), Clock(at)
        async with services:
            return await judge(services, result), services.clock

    looked, clock = options.run(work())
    for skipped in looked.skipped:
        options.say("scan.skipped", what=skipped)
    for file in looked.pfx:
        options.say("scan.pfx", path=str(file))
    policy = load_policy()
    found = [(describe_found(seen.found, seen.held, clock, policy), seen.name) for seen in looked.seen]
    if as_json:
        options.result([description for description, _ in found])
        return
    for description, name in found:
        options.show(one_line(description, name))
    if not found:
        options.say("scan.empty")
