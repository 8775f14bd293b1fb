"""`kiosk issue`: the issue service with no screen."""

from datetime import datetime
from pathlib import Path

import click

from kiosk.cli import options
from kiosk.i18n import language_of, text
from kiosk.lifecycle.answers import read_answers
from kiosk.lifecycle.issue import Issuing
from kiosk.lifecycle.outcome import Outcome
from kiosk.lifecycle.standing import korean
from kiosk.media.token_uri import TokenUri
from kiosk.reminders.consent import keep_answers


@click.command(help=text("help.issue"))
@click.option(
    "--answers", required=True, type=click.Path(path_type=Path), metavar="FILE", help=text("help.answers")
)
@click.option("--medium", required=True, type=options.Medium(), metavar="PATH", help=text("help.medium"))
@options.json_option
@options.common
def issue(
    answers: Path, medium: Path | TokenUri, state: Path | None, key_file: Path | None, at: datetime | None, *,
    practice: bool, as_json: bool,
) -> None:  # fmt: skip
    """Issue a certificate onto a medium."""

    async def work() -> dict[str, object]:
        async with await options.opened(state, at, key_file, practice=practice) as services:
            application = read_answers(answers, services.clock.today())
            outcome = await Issuing(services).issue(application, medium)
            await keep_answers(services, application, outcome.request.subscriber_id, language_of())
            return _document(outcome, practice=services.state.practice)

    document = options.run(work())
    options.say("issue.done", until=str(document["not_after"])[:10], path=str(document["path"]))
    if document["practice"]:
        options.say("issue.practice")
    options.say("issue.recognised")
    if as_json:
        options.result(document)
    else:
        options.show(str(document["serial"]))


def _document(outcome: Outcome, *, practice: bool) -> dict[str, object]:
    return {
        "request": outcome.request.code,
        "state": outcome.request.state,
        "resumed": outcome.resumed,
        "profile": outcome.request.profile,
        "serial": outcome.serial,
        "subject": outcome.certificate.subject.rfc4514_string(),
        "not_before": korean(outcome.not_before),
        "not_after": korean(outcome.not_after),
        "path": str(outcome.place),
        "audit_anchor": outcome.anchor,
        "practice": practice,
    }
