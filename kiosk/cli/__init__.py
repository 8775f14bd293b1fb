"""The command line: a contract that scripts and tests depend on. One file per group of commands."""

import importlib
import keyword
import sys
from pathlib import Path
from typing import Any

import click

from kiosk import __version__, log
from kiosk.cli.options import common, explain, media_option, show_error
from kiosk.errors import Exit, KioskError
from kiosk.i18n import speak_in_libraries, text
from kiosk.walkup import open_kiosk

INTERRUPTED = 130

speak_in_libraries()

COMMANDS = {
    "audit": "audit",
    "ca": "authority",
    "certs": "records",
    "copy": "sets",
    "crl": "authority",
    "delete": "sets",
    "doctor": "check",
    "export": "pfx",
    "history": "status",
    "import": "pfx",
    "init": "authority",
    "issue": "issue",
    "media": "media",
    "ocsp": "authority",
    "passcode": "closing",
    "password": "sets",
    "reissue": "issue",
    "remind": "remind",
    "renew": "issue",
    "resume": "status",
    "revoke": "status",
    "scan": "scan",
    "slip": "slip",
    "status": "status",
    "suspend": "status",
    "tick": "tick",
}
"""Each command and its file; in it, the command has the same name (and `_` where that is a word of Python)."""


class Commands(click.Group):
    """Imports a command when it is used: the walk-up kiosk opens without waiting for the others."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click has it
        """Name all commands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Give the command that is named `cmd_name`, if there is one."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"kiosk.cli.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, cmd_name + "_" * keyword.iskeyword(cmd_name))
        return command


@click.group(
    cls=Commands,
    invoke_without_command=True,
    help=text("help.kiosk"),
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="kiosk")
@media_option
@common
@click.pass_context
def cli(context: click.Context, /, media: tuple[Path, ...], **options: Any) -> None:
    """Open the walk-up kiosk when no command is named."""
    name = context.invoked_subcommand
    if name is None:
        context.exit(open_kiosk(media, **options))
    # What stands before the command is said again after it, and wins there.
    command = cli.get_command(context, name)
    if command is not None:
        given = {option: value for option, value in (options | {"media": media}).items() if value}
        context.default_map = {name: _defaults(command, given)}


def _defaults(command: click.Command, options: dict[str, Any]) -> dict[str, Any]:
    """Give `options` as the defaults of `command`, and of the commands in it."""
    inside = command.commands if isinstance(command, click.Group) else {}
    return options | {name: _defaults(each, options) for name, each in inside.items()}


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with the status of the contract.

    An error of the table ends with its sentence and status. What is unexpected goes into the log without
    values, never as a traceback to the terminal, and ends with 70.
    """
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    """Run the command line; give its exit status."""
    as_json = "--json" in arguments
    try:
        status = cli.main(arguments, prog_name="kiosk", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        if as_json:
            show_error(KioskError("usage.command", problem=error.format_message()))
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output went away: nothing more to say, and nothing to flush at the end.
        sys.stdout = Path("/dev/null").open("w", encoding="utf-8")  # noqa: SIM115 - for as long as we live
        return Exit.REFUSED
    except Exception as error:  # noqa: BLE001 - the last place that can keep a traceback off the terminal
        return ended(error, as_json=as_json)
    return status if isinstance(status, int) else Exit.DONE


def ended(error: Exception, *, as_json: bool = False) -> int:
    """Say why a command ended, and write it down; give its exit status."""
    if isinstance(error, KioskError):
        log.event("command.failed", error=error.code)
        explain(error, as_json=as_json)
        return error.kind.exit
    log.failure(error)
    explain(KioskError("bug", type=type(error).__name__), as_json=as_json)
    return Exit.BUG
