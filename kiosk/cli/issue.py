"""`kiosk issue`, `renew` and `reissue`: the services that make a certificate, with no screen."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import click

from kiosk.cli import options
from kiosk.i18n import language_of, text
from kiosk.lifecycle.answers import read_answers, read_renewal
from kiosk.lifecycle.issue import Issuing
from kiosk.lifecycle.outcome import Outcome
from kiosk.lifecycle.papers import Papers, leave_papers
from kiosk.lifecycle.reissue import Reissuing
from kiosk.lifecycle.renew import Renewing
from kiosk.lifecycle.standing import korean
from kiosk.media.token_uri import TokenUri
from kiosk.reminders.consent import keep_answers
from kiosk.services import Services

T = TypeVar("T")


def _options(command: Callable[..., T]) -> Callable[..., T]:
    """Add what the three commands take."""
    for option in (
        options.common,
        options.json_option,
        click.option(
            "--medium", required=True, type=options.Medium(), metavar="PATH", help=text("help.medium")
        ),
        click.option(
            "--answers",
            required=True,
            type=click.Path(path_type=Path),
            metavar="FILE",
            help=text("help.answers"),
        ),
    ):
        command = option(command)
    return command


def _serial(help_: str) -> Callable[[Callable[..., T]], Callable[..., T]]:
    return click.option("--serial", type=options.Serial(), metavar="SERIAL", help=text(help_))


@click.command(help=text("help.issue"))
@_options
def issue(
    answers: Path, medium: Path | TokenUri, state: Path | None, key_file: Path | None, at: datetime | None, *,
    practice: bool, as_json: bool,
) -> None:  # fmt: skip
    """Issue a certificate onto a medium."""

    async def work() -> tuple[dict[str, object], Papers]:
        async with await options.opened(state, at, key_file, practice=practice) as services:
            application = read_answers(answers, services.clock.today())
            outcome = await Issuing(services).issue(application, medium)
            await keep_answers(services, application, outcome.request.subscriber_id, language_of())
            return await _done(services, outcome)

    _said("issue.done", *options.run(work()), as_json=as_json)


@click.command(help=text("help.renew"))
@_options
@_serial("help.renew.serial")
def renew(
    answers: Path, medium: Path | TokenUri, serial: str | None, state: Path | None, key_file: Path | None,
    at: datetime | None, *, practice: bool, as_json: bool,
) -> None:  # fmt: skip
    """Renew a certificate on the medium that holds it."""

    async def work() -> tuple[dict[str, object], Papers]:
        async with await options.opened(state, at, key_file, practice=practice) as services:
            outcome = await Renewing(services).renew(read_renewal(answers), medium, serial)
            return await _done(services, outcome)

    _said("renew.done", *options.run(work()), as_json=as_json)


@click.command(help=text("help.reissue"))
@_options
@_serial("help.reissue.serial")
@click.option("--lost", is_flag=True, help=text("help.lost"))
def reissue(
    answers: Path, medium: Path | TokenUri, serial: str | None, state: Path | None, key_file: Path | None,
    at: datetime | None, *, lost: bool, practice: bool, as_json: bool,
) -> None:  # fmt: skip
    """Reissue a certificate to who lost it, onto whatever medium."""

    async def work() -> tuple[dict[str, object], Papers]:
        async with await options.opened(state, at, key_file, practice=practice) as services:
            application = read_answers(answers, services.clock.today())
            outcome = await Reissuing(services).reissue(application, medium, serial, lost=lost)
            await keep_answers(services, application, outcome.request.subscriber_id, language_of())
            return await _done(services, outcome)

    _said("reissue.done", *options.run(work()), as_json=as_json)


async def _done(services: Services, outcome: Outcome) -> tuple[dict[str, object], Papers]:
    """Leave the papers beside a certificate that is proved, and describe both."""
    papers = await leave_papers(services, outcome)
    return _document(outcome, papers, practice=services.state.practice), papers


def _said(done: str, document: dict[str, object], papers: Papers, *, as_json: bool) -> None:
    """Say what was done, and give the result."""
    options.say(
        done, until=str(document["not_after"])[:10], path=str(document["path"]),
        old=str(document.get("replaces", "")),
    )  # fmt: skip
    options.say_papers(papers)
    if document["practice"]:
        options.say("issue.practice")
    options.say("issue.recognised")
    if as_json:
        options.result(document)
    else:
        options.show(str(document["serial"]))


def _document(outcome: Outcome, papers: Papers, *, practice: bool) -> dict[str, object]:
    document: dict[str, object] = {
        "request": outcome.request.code,
        "state": outcome.request.state,
        "resumed": outcome.resumed,
        "profile": outcome.request.profile,
        "serial": outcome.serial,
        "subject": outcome.certificate.subject.rfc4514_string(),
        "not_before": korean(outcome.not_before),
        "not_after": korean(outcome.not_after),
        "path": str(outcome.place),
        "papers": str(papers.folder) if papers.folder else None,
        "papers_problem": papers.problem.code if papers.problem else None,
        "audit_anchor": outcome.anchor,
        "practice": practice,
    }
    if outcome.old is not None:
        document |= {"replaces": outcome.old.held.serial, "old_end": korean(outcome.old.not_after)}
    return document
