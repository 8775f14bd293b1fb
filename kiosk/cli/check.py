"""`kiosk doctor`: the self-check of the machine."""

from datetime import datetime
from pathlib import Path

import click

from kiosk.cli import options
from kiosk.i18n import text
from kiosk.selfcheck import Finding, examine


@click.command(help=text("help.doctor"))
@options.json_option
@options.common
def doctor(
    state: Path | None, key_file: Path | None, at: datetime | None, *, practice: bool, as_json: bool
) -> None:
    """Check the machine and say what is wrong with it."""

    async def work() -> list[Finding]:
        async with await options.opened(state, at, key_file, practice=practice) as services:
            return await examine(services)

    findings = options.run(work())
    if as_json:
        options.result([
            {"check": finding.check, "level": finding.level, "message": _sentence(finding), **finding.facts}
            for finding in findings
        ])  # fmt: skip
    else:
        for finding in findings:
            options.show(f"{text(f'doctor.{finding.level}')}  {_sentence(finding)}")
    bad = [finding.exit for finding in findings if finding.level == "bad"]
    if bad:
        raise click.exceptions.Exit(max(bad))


def _sentence(finding: Finding) -> str:
    return text(f"doctor.{finding.check}.{finding.level}", **finding.facts)
