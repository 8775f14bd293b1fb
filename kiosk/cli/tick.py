"""`kiosk tick`: everything that happens by the clock."""

from datetime import datetime
from pathlib import Path

import click

from kiosk.cli import options
from kiosk.errors import TABLE
from kiosk.i18n import text
from kiosk.lifecycle.tick import Done, confirm_clock
from kiosk.lifecycle.tick import tick as do_all


@click.command(help=text("help.tick"))
@click.option("--clock-is-right", is_flag=True, help=text("help.clock_is_right"))
@options.json_option
@options.common
def tick(
    state: Path | None, key_file: Path | None, at: datetime | None, *, practice: bool, as_json: bool,
    clock_is_right: bool,
) -> None:  # fmt: skip
    """Do all timed acts that are due."""

    async def work() -> list[Done]:
        async with await options.opened(state, at, key_file, practice=practice) as services:
            if clock_is_right:
                await confirm_clock(services)
            return await do_all(services)

    done = options.run(work())
    if as_json:
        options.result([
            {"job": each.job, "counts": each.counts, "error": each.error.code if each.error else None}
            for each in done
        ])  # fmt: skip
    told: set[str] = set()
    for each in done:
        if not as_json:
            counts = " ".join(f"{key}={count}" for key, count in each.counts.items() if count)
            options.show(f"{each.job}  {each.error.code if each.error else counts or '-'}")
        if each.error is not None and each.error.id not in told:
            told.add(each.error.id)
            options.explain(each.error, as_json=False)
    failed = [TABLE[each.error.id].exit for each in done if each.error]
    if failed:
        raise click.exceptions.Exit(max(failed))
