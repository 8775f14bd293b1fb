"""`kiosk certs`: what the registry knows."""

from datetime import datetime, timedelta
from pathlib import Path

import click

from data.records import Certificate
from kiosk.cli import options
from kiosk.clock import stamp
from kiosk.i18n import language_of, text, visible
from kiosk.lifecycle import dates
from kiosk.lifecycle.standing import describe_record, profile_name
from kiosk.services import Services

PAGE = 200


@click.command(help=text("help.certs"))
@click.option("--expiring", type=click.IntRange(0, 36500), metavar="DAYS", help=text("help.expiring"))
@click.option("--find", metavar="TEXT", help=text("help.find"))
@options.json_option
@options.common
def certs(
    expiring: int | None, find: str | None, state: Path | None, key_file: Path | None, at: datetime | None, *,
    practice: bool, as_json: bool,
) -> None:  # fmt: skip
    """List the registry's certificates."""

    async def work() -> list[dict[str, object]]:
        async with await options.opened(state, at, key_file, practice=practice) as services:
            # A terminal may give bytes that are no text; no name has them.
            wanted = find.encode("utf-8", "replace").decode() if find else None
            rows = await services.in_registry(lambda: _found(services, wanted, expiring))
            return [describe_record(row, services.clock, services.policy) for row in rows]

    found = options.run(work())
    if as_json:
        options.result(found)
        return
    for description in found:
        options.show(one_line(description, str(description["name"])))
    if not found:
        options.say("certs.empty")


def _found(services: Services, find: str | None, expiring: int | None) -> list[Certificate]:
    """Read every page of what was asked for; what expires within days is what has not ended yet."""
    after = before = None
    if expiring is not None:
        after = stamp(services.clock.now().replace(microsecond=0))  # the last second counts to its end
        before = stamp(
            dates.day_end(services.clock.today() + timedelta(days=expiring)) + timedelta(seconds=1)
        )
    rows: list[Certificate] = []
    while True:
        page = services.registry.find_certificates(
            find=find, expiring_after=after, expiring_before=before, limit=PAGE,
            after_id=rows[-1].id if rows else None,
        )  # fmt: skip
        rows += page
        if len(page) < PAGE:
            break
    return [row for row in rows if expiring is None or row.status == "valid"]


def one_line(description: dict[str, object], name: str) -> str:
    """Write a certificate on one line for a person; names are data and shown so."""
    profile = description.get("profile") or description.get("kind") or "-"
    return "  ".join(
        (
            str(description["not_after"] or "-")[:10],
            text(f"status.{description['status']}"),
            visible(name) or "-",
            visible(profile_name(str(profile), language_of())),
            str(description["serial"] or "-"),
            visible(str(description.get("path", ""))),
        )
    ).rstrip()
