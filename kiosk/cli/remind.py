"""`kiosk remind`: who is to be reminded, reminding them, whom to call, what is coming, and having it stopped."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from data.records import Certificate
from kiosk.cli import options
from kiosk.errors import KioskError
from kiosk.files import replace_file
from kiosk.i18n import text, visible
from kiosk.pki.profiles import load_profiles
from kiosk.reminders import calllist
from kiosk.reminders import due as ladder
from kiosk.reminders import outlook as look
from kiosk.reminders.consent import opt_out
from kiosk.reminders.due import last_day
from kiosk.reminders.sending import Report
from kiosk.reminders.sending import remind as send
from kiosk.reminders.settings import load_settings
from kiosk.services import Services

_BAR = 40


@click.group(help=text("help.remind"))
def remind() -> None:
    """Group the commands about reminders."""


@remind.command(help=text("help.remind_due"))
@options.json_option
@options.common
def due(
    state: Path | None, key_file: Path | None, at: datetime | None, *, practice: bool, as_json: bool
) -> None:
    """List what would go out now, and why."""

    async def work() -> list[dict[str, Any]]:
        async with await options.opened(state, at, key_file, practice=practice) as services:
            ways = load_settings(services.state).ways
            return await services.in_registry(lambda: _due(services, ways))

    found = options.run(work())
    if as_json:
        options.result(found)
        return
    for each in found:
        options.show(
            f"{each['not_after']}  {each['channel']}  {each['serial']}  {_why(each)}"
        )  # fmt: skip
    if not found:
        options.say("remind.nothing")


def _due(services: Services, ways: frozenset[str]) -> list[dict[str, Any]]:
    """Describe what the ladder asks for, and what waits to be tried again."""
    today = services.clock.today()
    found: list[dict[str, Any]] = [
        {
            "serial": each.serial, "not_after": last_day(each.not_after).isoformat(),
            "days_left": (last_day(each.not_after) - today).days, "rung": each.rung,
            "channel": each.planned.channel, "why": each.planned.reason or "rung", "tries": 0,
        }
        for each in ladder.find(services, ways)
    ]  # fmt: skip
    fresh = {(each["serial"], each["rung"]) for each in found}
    newest = dict(sorted(fresh, reverse=True))
    for row in services.registry.waiting_deliveries(services.now()):
        # What a newer message overtakes, and what is over, does not go out.
        if (
            newest.get(row.serial, row.rung) < row.rung
            or row.status != "valid"
            or row.replaced_by
            or not row.sealed
        ):
            continue
        day = last_day(row.not_after)
        found.append({
            "serial": row.serial, "not_after": day.isoformat(), "days_left": (day - today).days,
            "rung": row.rung, "channel": row.channel, "why": row.reason or "queued", "tries": row.tries,
        })  # fmt: skip
    return found


def _why(each: dict[str, Any]) -> str:
    if each["why"] == "rung":
        if each["rung"] < 0:
            return text("remind.why.after", rung=-each["rung"], days=-each["days_left"])
        return text("remind.why.rung", rung=each["rung"], days=each["days_left"])
    if each["why"] == "no_channel":
        return text("remind.why.none")
    return text("remind.why.again", tries=each["tries"], reason=each["why"])


@remind.command(help=text("help.remind_run"))
@options.json_option
@options.common
def run(
    state: Path | None, key_file: Path | None, at: datetime | None, *, practice: bool, as_json: bool
) -> None:
    """Send what is due."""

    async def work() -> Report:
        async with await options.opened(state, at, key_file, practice=practice) as services:
            return await send(services)

    report = options.run(work())
    counts = {state: report.counts[state] for state in ("sent", "again", "failed", "dropped")}
    options.say("remind.done", queued=report.queued, **counts)
    for channel, reason in report.down.items():
        options.say("remind.down", channel=channel, reason=reason)
    if as_json:
        options.result({"queued": report.queued, **counts, "down": report.down})


@remind.command(help=text("help.remind_calls"))
@click.option("--csv", "file", type=click.Path(path_type=Path, allow_dash=True), metavar="FILE",
              help=text("help.calls_csv"))  # fmt: skip
@click.option("--print", "on_paper", is_flag=True, help=text("help.slip_print"))
@click.option("--done", type=options.Serial(), metavar="SERIAL", help=text("help.calls_done"))
@options.json_option
@options.common
def calls(
    file: Path | None, done: str | None, state: Path | None, key_file: Path | None, at: datetime | None, *,
    on_paper: bool, practice: bool, as_json: bool,
) -> None:  # fmt: skip
    """List whom staff are to call."""

    async def work() -> list[look.Call]:
        async with await options.opened(state, at, key_file, practice=practice) as services:
            if done is not None:
                await look.called(services, done)
            found = await look.calls(services)
            if on_paper and found:
                await calllist.print_calls(services, found)
                options.say("calls.on_paper")
            return found

    found = options.run(work())
    if file is not None and str(file) != "-":
        replace_file(file, [calllist.table(found)], mode=0o600)
    elif file is not None:
        options.show(calllist.table(found).decode("utf-8-sig").rstrip("\n"))
    elif as_json:
        options.result([
            {
                "not_after": last_day(each.not_after).isoformat(), "name": each.name, "phone": each.phone,
                "serial": each.serial,
            }
            for each in found
        ])  # fmt: skip
    elif not on_paper:
        for each in found:
            options.show("[ ]  " + "  ".join(map(visible, calllist.row(each))))
    if not found:
        options.say("remind.no_calls")


@remind.command(help=text("help.remind_outlook"))
@click.option(
    "--weeks", type=click.IntRange(1, 104), default=look.WEEKS, metavar="WEEKS", help=text("help.weeks")
)
@click.option("--profile", metavar="ID", help=text("help.outlook_profile"))
@options.json_option
@options.common
def outlook(
    weeks: int, profile: str | None, state: Path | None, key_file: Path | None, at: datetime | None, *,
    practice: bool, as_json: bool,
) -> None:  # fmt: skip
    """Show what ends in the weeks to come, and what became of messages."""
    if profile is not None and profile not in (known := load_profiles()):
        raise KioskError("answers.profile", key="profile", value=profile[:80], known=", ".join(known))

    async def work() -> tuple[look.Outlook, list[look.Failed]]:
        async with await options.opened(state, at, key_file, practice=practice) as services:
            return await look.outlook(services, weeks=weeks, profile=profile), await look.failures(services)

    found, failed = options.run(work())
    if as_json:
        options.result({
            "weeks": [{"from": day.isoformat(), "count": count} for day, count in found.weeks],
            "days": {day.isoformat(): count for day, count in found.days.items()},
            "messages": [
                {"channel": channel, "state": state, "count": count}
                for (channel, state), count in found.messages.items()
            ],
            "waiting": found.waiting,
            "failed": [
                {
                    "serial": each.serial, "rung": each.rung, "channel": each.channel, "reason": each.reason,
                    "at": each.at,
                }
                for each in failed
            ],
        })  # fmt: skip
        return
    most = max((count for _, count in found.weeks), default=0)
    for day, count in found.weeks:
        options.show(f"{day}  {'#' * -(-count * _BAR // max(most, 1)):<{_BAR}}  {count}")
    for day, count in found.days.items():
        options.show(f"{day}  {count}")
    for (channel, state_), count in sorted(found.messages.items()):
        options.show(f"{channel}  {text(f'remind.state.{state_}')}  {count}")
    for channel, count in sorted(found.waiting.items()):
        options.show(f"{channel}  {text('remind.state.waiting')}  {count}")
    for each in failed:
        options.show(f"{each.at[:10]}  {each.channel}  {each.serial}  {each.reason}")


@remind.command(help=text("help.remind_stop"))
@click.argument("certificate")
@options.json_option
@options.common
def stop(
    certificate: str,
    state: Path | None,
    key_file: Path | None,
    at: datetime | None,
    *,
    practice: bool,
    as_json: bool,
) -> None:
    """Forget how the holder of a certificate is reached."""

    async def work() -> bool:
        async with await options.opened(state, at, key_file, practice=practice) as services:
            held = await services.in_registry(lambda: _named(services, certificate))
            return await opt_out(services, held.subscriber_id)

    stopped = options.run(work())
    options.say("remind.stopped" if stopped else "remind.not_reminded")
    if as_json:
        options.result({"stopped": stopped})


def _named(services: Services, given: str) -> Certificate:
    """Find a certificate by its serial or by its request's code, which stands in every message."""
    code = given.strip().lower()
    request = services.registry.request(code=code) if code.isalnum() else None
    if request is not None and request.certificate_id is not None:
        held = services.registry.certificate(id=request.certificate_id)
    else:
        held = services.registry.certificate(serial=options.Serial().convert(given, None, None))
    if held is None:
        raise KioskError("certificate.unknown", serial=given[:80])
    return held
