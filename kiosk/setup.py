"""`kiosk init`: make a state, which is an authority, a registry and an audit log that belong together."""

import errno
import fcntl
import json
import os
import shutil
import unicodedata
import uuid
from pathlib import Path

from data.registry import Registry
from kiosk.audit import AuditLog
from kiosk.authority import embedded
from kiosk.authority.keystore import Keystore, write_private
from kiosk.clock import Clock
from kiosk.config import MARKER, State, load_policy
from kiosk.errors import KioskError
from kiosk.i18n import visible
from kiosk.secret import Secret
from kiosk.services import registry_errors

BEGUN = ".init"
MADE = {
    "registry.db",
    "registry.db-wal",
    "registry.db-shm",
    "registry.db-journal",
    "audit.head",
    "authority",
    "locks",
    f"{MARKER}.part",
}
CENTER_LIMIT = 24


def initialise(path: Path, *, practice: bool, center: str, clock: Clock, passphrase: Secret | None) -> State:
    """Make the state at `path`, which is missing or empty, and give it back.

    The marker is written last: what was cut short is no state, and is made anew by the next call. Raises
    `state.exists`, `state.occupied` (something else is there), `state.unwritable`, `name.center`,
    `state.at` (a stopped clock is for practice), `authority.key_needed` (a real state needs a passphrase).
    """
    center = clean_center(center)
    if not practice and clock.stopped:
        raise KioskError("state.at")
    if not practice and not passphrase:
        raise KioskError("authority.key_needed")
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Another init may be at work: its lock is waited for, and then its marker is found. Once the directory
        # was found empty there is something in the file: from then on all around it is ours to clear.
        with (path / BEGUN).open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                _make_room(path, interrupted=os.fstat(lock.fileno()).st_size > 0)
            except KioskError:
                (path / BEGUN).unlink(missing_ok=True)
                raise
            lock.write("begun\n")
            lock.flush()
            state = State(path, practice, center, f"2.25.{uuid.uuid4().int}", str(uuid.uuid4()))
            _fill(state, Keystore(state.keys, None if practice else passphrase), clock)
            (path / BEGUN).unlink()
    except (FileExistsError, NotADirectoryError):
        raise KioskError("state.occupied", path=str(path)) from None
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        raise KioskError("registry.full" if full else "state.unwritable", path=str(path)) from None
    return state


def clean_center(text: str) -> str:
    """Check the centre's name: it becomes O= in certificates and a directory on every stick.

    Letters, digits, single blanks, hyphens and dots inside; at most 24 characters. Raises `name.center`.
    """
    name = unicodedata.normalize("NFC", text)
    inside = all(char.isalnum() or char in " -." for char in name)
    if not inside or not 1 <= len(name) <= CENTER_LIMIT or name != name.strip(" -.") or "  " in name:
        raise KioskError("name.center", name=visible(text)[:60], limit=CENTER_LIMIT)
    return name


def _make_room(path: Path, *, interrupted: bool) -> None:
    """Refuse a directory that holds a state or something else; clear what an interrupted `init` left."""
    if (path / MARKER).exists():
        raise KioskError("state.exists", path=str(path))
    entries = [entry for entry in path.iterdir() if entry.name != BEGUN]
    if (not interrupted and entries) or any(entry.name not in MADE for entry in entries):
        raise KioskError("state.occupied", path=str(path))
    for entry in entries:
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _fill(state: State, keystore: Keystore, clock: Clock) -> None:
    state.keys.mkdir(mode=0o700)
    state.locks.mkdir(mode=0o700)
    embedded.create(state, keystore, load_policy(), clock.now())
    with registry_errors(state.registry):
        registry = Registry.create(
            state.registry, {"practice": "yes" if state.practice else "no", "kiosk_id": state.kiosk_id}
        )
        try:
            log = AuditLog(registry, keystore.ed25519("audit"), state.head, clock)
            with log.step(registry):
                log.append("state.made", practice=int(state.practice))
        finally:
            registry.close()
    marker = "".join(
        f"{key} = {json.dumps(value, ensure_ascii=False)}\n"
        for key, value in (
            ("practice", state.practice), ("center", state.center), ("arc", state.arc),
            ("kiosk_id", state.kiosk_id),
        )
    )  # fmt: skip
    part = state.path / f"{MARKER}.part"
    part.unlink(missing_ok=True)
    write_private(part, marker.encode())
    part.rename(state.path / MARKER)
    directory = os.open(state.path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
