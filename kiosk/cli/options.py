"""What all commands share: the state's options, languages, JSON output, and how errors end a command."""

import contextlib
import json
import re
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

from kiosk import config, log
from kiosk.clock import KST, Clock
from kiosk.errors import KioskError
from kiosk.i18n import text
from kiosk.media.token_uri import TokenUri, is_uri
from kiosk.secret import Secret

if TYPE_CHECKING:
    from kiosk.lifecycle.papers import Papers
    from kiosk.services import Services

T = TypeVar("T")
_SERIAL = re.compile(r"[0-9a-f]{1,64}")

SECRET_BYTES = 4096
YEARS = range(1970, 3000)
"""A clock can be set so far: dates beside it, and a certificate's end after it, must exist too."""


class Moment(click.ParamType[datetime]):
    """ISO 8601; without a zone it is Korean time."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:  # noqa: ARG002
        """Read a moment. Raises `usage.time`."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            raise KioskError("usage.time", value=str(value)[:40]) from None
        if moment.year not in YEARS:
            raise KioskError("usage.time", value=str(value)[:40])
        return moment if moment.tzinfo else moment.replace(tzinfo=KST)


class Medium(click.ParamType[Path | TokenUri]):
    """A path, or a token's `pkcs11:` URI."""

    name = "medium"

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,  # noqa: ARG002 - as click has it
        ctx: click.Context | None,  # noqa: ARG002
    ) -> Path | TokenUri:
        """Read a medium. Raises `usage.uri`."""
        if isinstance(value, Path | TokenUri):
            return value
        return TokenUri.parse(str(value)) if is_uri(str(value)) else Path(value)

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """Complete it as a path."""
        return [CompletionItem(incomplete, type="file")]


class Serial(click.ParamType[str]):
    """A certificate's serial, in hexadecimal as people copy it: with colons, blanks, `0x`, capital letters."""

    name = "serial"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ARG002
        """Give it as the registry keeps it. Raises `usage.serial`."""
        # `serial=` stands before it where openssl prints it.
        wanted = "".join(str(value).split()).lower().removeprefix("serial=").replace(":", "")
        wanted = wanted.removeprefix("0x").lstrip("0")
        if not _SERIAL.fullmatch(wanted):
            raise KioskError("usage.serial", serial=str(value)[:80])
        return wanted


def common(command: Callable[..., T]) -> Callable[..., T]:
    """Add the options that stand on every command."""
    for option in (
        click.option("--at", type=Moment(), metavar="TIME", help=text("help.at")),
        click.option("--practice", is_flag=True, help=text("help.practice")),
        click.option(
            "--key-file", type=click.Path(path_type=Path), metavar="FILE", help=text("help.key_file")
        ),
        click.option("--state", type=click.Path(path_type=Path), metavar="DIR", help=text("help.state")),
    ):
        command = option(command)
    return command


media_option = click.option(
    "--medium",
    "media",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="PATH",
    help=text("help.media"),
)
json_option = click.option("--json", "as_json", is_flag=True, help=text("help.json"))


def run(work: Awaitable[T]) -> T:
    """Run a command's asynchronous part."""
    import asyncio

    async def awaited() -> T:
        return await work

    return asyncio.run(awaited())


async def opened(
    state: Path | None, at: datetime | None, key_file: Path | None, *, practice: bool
) -> "Services":
    """Open the services that a command's common options name, and the log file."""
    from kiosk.services import Services

    services = await Services.open(
        config.chosen_path(state, practice=practice), practice=practice, clock=Clock(at), key_file=key_file
    )
    log.to_file(services.state.log, services.clock)
    return services


def secret(path: Path | None, prompt: str, *, twice: bool = False) -> Secret:
    """Read a password or PIN from its file, without the line end that editors add, or ask at a terminal.

    `prompt` is the question's message. Raises `usage.file` (unreadable, or longer than any password) and
    `usage.terminal` (nobody to ask).
    """
    if path is None:
        if not sys.stdin.isatty():
            raise KioskError("usage.terminal")
        typed: str = click.prompt(text(prompt), hide_input=True, confirmation_prompt=twice, err=True)
        return Secret(typed)
    try:
        with path.open("rb") as file:
            content = file.read(SECRET_BYTES + 1)
    except (OSError, ValueError):
        raise KioskError("usage.file", path=str(path)) from None
    if len(content) > SECRET_BYTES:
        raise KioskError("usage.file", path=str(path))
    return Secret(content.removesuffix(b"\n").removesuffix(b"\r"))


def say(id_: str, **facts: str | int) -> None:
    """Tell the person something, on standard error: standard output is for results."""
    tell(text(id_, **facts))


def say_papers(papers: "Papers") -> None:
    """Say where the papers lie that were put beside a certificate, or why there are none."""
    if papers.problem is not None:
        problem = papers.problem
        say("papers.failed", code=problem.code, sentence=text(f"error.{problem.id}", **problem.facts))
    elif papers.folder is not None:
        say("papers.done", path=str(papers.folder))


def tell(line: str) -> None:
    """Print a line on standard error; that nobody can read it there is no reason to stop."""
    with contextlib.suppress(OSError):
        click.echo(line, err=True)


def show(line: str) -> None:
    """Print a line of the result on standard output.

    What its encoding does not have is escaped. Raises `usage.file` when it takes no more (a full disk).
    """
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        click.echo(line.encode(encoding, "backslashreplace").decode(encoding))
    except BrokenPipeError:
        raise
    except OSError:
        raise KioskError("usage.file", path="-") from None


def result(document: object) -> None:
    """Print the one JSON document of a command. Raises what `show` does."""
    lines = json.dumps(document, ensure_ascii=False, indent=2).split("\n")
    # Names from media must not act on a terminal, nor be bytes that are no text.
    whole = "\n".join(line if line.isprintable() else _escaped(line) for line in lines)
    try:
        whole.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        whole = json.dumps(document, indent=2)
    show(whole)


def _escaped(line: str) -> str:
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in line)


def explain(error: KioskError, *, as_json: bool) -> None:
    """Say what went wrong and what to do next, with the code that staff look up."""
    sentence = text(f"error.{error.id}", **error.facts)
    advice = text(f"error.{error.id}.next", **error.facts)
    tell(text("error.line", code=error.code, sentence=sentence))
    tell(advice)
    if error.request:
        say("error.resumable", request=error.request)
    if as_json:
        show_error(error)


def show_error(error: KioskError) -> None:
    """Print the one JSON document of a command that failed; nothing when it cannot be printed."""
    with contextlib.suppress(OSError, KioskError):
        result({
            "error": {
                "code": error.code, "id": error.id, "message": text(f"error.{error.id}", **error.facts),
                "next": text(f"error.{error.id}.next", **error.facts), "retry": error.kind.retry,
                "request": error.request, **error.facts,
            }
        })  # fmt: skip
