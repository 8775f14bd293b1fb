"""`kiosk media`: what is plugged in, what the system has mounted, directories that act as sticks, and tokens."""

import contextlib
import os
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from kiosk import config, log
from kiosk.cli import options
from kiosk.clock import Clock
from kiosk.errors import KioskError
from kiosk.i18n import text, visible
from kiosk.media.mounted import Mount, mounted, mounts
from kiosk.media.present import Reader, Stick
from kiosk.media.sizes import size_text
from kiosk.media.token_records import Listing, Token
from kiosk.media.token_settings import load_token_settings
from kiosk.media.tokens import Tokens
from kiosk.media.watch import Watch

UNFIT = frozenset({"token.readonly", "token.pad"})
"""What is wrong with a token whatever becomes of its PIN."""


@click.command(help=text("help.media_command"))
@options.media_option
@options.json_option
@options.common
def media(
    media: tuple[Path, ...], state: Path | None, key_file: Path | None, at: datetime | None, *,  # noqa: ARG001
    practice: bool, as_json: bool,
) -> None:  # fmt: skip
    """List the media and readers that are here now."""
    known_state = _agree(state, at, practice=practice)
    with Watch() as watch:
        snapshot = watch.now()
    here = mounts()
    found = [_stick(stick, _place(stick, here)) for stick in snapshot.sticks]
    # What no stick is known for: without udev, or of another kind than USB.
    known = {each["mounted"] for each in found}
    found += [_directory(path, here, "mounted") for path in mounted().values() if str(path) not in known]
    found += [_directory(path, here, "directory") for path in media]
    listing = _listing(known_state)
    for name, _ in listing.failed:
        options.say("error.token.module", module=visible(name))
    if as_json:
        options.result({
            "media": found, "readers": [asdict(reader) for reader in snapshot.readers],
            "tokens": [_token(token) for token in listing.tokens],
        })  # fmt: skip
        return
    for medium in found:
        options.show(_line(medium))
    for reader in snapshot.readers:
        options.show(_reader_line(reader))
    for token in listing.tokens:
        options.show(_token_line(token))
    if not found and not snapshot.readers and not listing.tokens:
        options.say("media.none")


def _listing(state: config.State | None) -> Listing:
    """Ask the modules that the state names; without a state there are none. Raises `token.config`."""
    modules = load_token_settings(state).modules if state else ()
    if not modules:
        return Listing((), ())
    policy = config.load_policy()
    tokens = Tokens(modules, seconds=policy.token_seconds, key_seconds=policy.token_key_seconds)
    with contextlib.closing(tokens):
        return tokens.present()


def _token(token: Token) -> dict[str, object]:
    return {
        "label": token.label,
        "serial": token.serial,
        "manufacturer": token.manufacturer,
        "model": token.model,
        "uri": token.uri,
        "module": token.module,
        "pin": _pin_state(token),
        "problem": token.problem,
    }


def _pin_state(token: Token) -> str:
    """Say in one word what becomes of a PIN that is typed now."""
    if token.blank:
        return "unset"
    return "factory" if token.factory_pin and token.tries != "none" else token.tries


def _token_line(token: Token) -> str:
    words = (
        text("media.token"),
        token.label,
        token.model,
        token.serial,
        text(f"error.{token.problem}" if token.problem in UNFIT else f"media.pin.{_pin_state(token)}"),
    )
    return "  ".join(visible(word) or "-" for word in words)


def _agree(state: Path | None, at: datetime | None, *, practice: bool) -> config.State | None:
    """Check the common options against the state, when there is one, and give it: media can be shown without."""
    clock = Clock(at)
    try:
        found = config.load_state(config.chosen_path(state, practice=practice), practice=practice)
    except KioskError as error:
        if error.id != "state.missing" or config.named_path(state) is not None:
            raise
        return None
    if clock.stopped and not found.practice:
        raise KioskError("state.at")
    log.to_file(found.log, clock)
    return found


def _place(stick: Stick, here: Sequence[Mount]) -> Path | None:
    """Say where a stick is mounted. A filesystem's own number may be another one (btrfs), its device's path not."""
    for mount in here:
        if mount.device == stick.number or mount.source == str(stick.node):
            return mount.place
    return None


def _stick(stick: Stick, place: Path | None) -> dict[str, object]:
    return {
        "kind": "stick",
        "node": str(stick.node),
        "partition": stick.partition,
        "name": stick.name,
        "label": stick.label,
        "filesystem": stick.filesystem or None,
        "size": stick.size,
        "serial": stick.serial,
        "uuid": stick.uuid,
        "identity": stick.identity,
        "mounted": None if place is None else str(place),
        "writable": stick.problem is None and (place is None or _writable(place)),
        "problem": stick.problem,
    }


def _directory(path: Path, here: Sequence[Mount], kind: str) -> dict[str, object]:
    """Describe a directory as far as it is a medium; of its device nothing is known."""
    found = next((mount for mount in here if mount.place == path), None)
    problem, size = None, None
    try:
        space = os.statvfs(path)
        size = space.f_frsize * space.f_blocks
    except OSError:
        problem = "medium.missing"
    if problem is None and not path.is_dir():
        problem = "medium.not_directory"
    return {
        "kind": kind,
        "node": found.source if found else None,
        "partition": None,
        "name": path.name,
        "label": None,
        "filesystem": found.filesystem if found else None,
        "size": size,
        "serial": None,
        "uuid": None,
        "identity": None,
        "mounted": str(path),
        "writable": problem is None and _writable(path),
        "problem": problem,
    }


def _writable(path: Path) -> bool:
    return os.access(path, os.W_OK)


def _line(medium: dict[str, object]) -> str:
    """Write a medium on one line for a person; what it says of itself is data and shown so."""
    problem = medium["problem"]
    if problem is not None:
        stands = text(f"error.{problem}", path=str(medium["mounted"] or medium["node"]))
    else:
        stands = text("media.writable" if medium["writable"] else "media.read_only")
    size = medium["size"]
    words = (
        medium["node"], medium["name"], medium["label"], medium["filesystem"],
        size_text(size) if isinstance(size, int) else None, medium["serial"], medium["mounted"], stands,
    )  # fmt: skip
    return "  ".join(visible(str(word)) if word else "-" for word in words)


def _reader_line(reader: Reader) -> str:
    named = (text("media.reader"), reader.name or f"{reader.vendor_id}:{reader.model_id}", reader.serial)
    return "  ".join(visible(word) or "-" for word in named)
