"""The machine's self-check: what `kiosk doctor` lists, and the one green line of the confirm screen."""

import asyncio
import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from kiosk import audit, i18n
from kiosk.authority.keystore import Keystore
from kiosk.clock import unstamp
from kiosk.config import load_help_number, load_publishing
from kiosk.errors import Exit, KioskError
from kiosk.lifecycle.publishing import DER
from kiosk.media.files import syncfs
from kiosk.printing.printer import ready
from kiosk.printing.settings import load_printer
from kiosk.services import Services

SPACE_NEEDED = 100 * 1024 * 1024
AUTHORITY_MARGIN = timedelta(days=400)
"""A certificate of a year must fit into what is left of the issuing authority's time."""

Level = Literal["good", "note", "bad"]


@dataclass(frozen=True)
class Finding:
    """What one check found. Its sentence is `doctor.<check>.<level>`, filled with `facts`."""

    check: str
    level: Level
    facts: dict[str, str | int] = field(default_factory=dict)
    exit: Exit = Exit.DONE


async def examine(services: Services) -> list[Finding]:
    """Run every check; none of them changes anything, and none stops the others."""
    findings = [await _guarded(check, services) for check in _IN_REGISTRY]
    for local in _LOCAL:
        try:
            findings.append(await asyncio.to_thread(local, services))
        except OSError as error:
            name = errno.errorcode.get(error.errno or 0, "?")
            findings.append(_not_made(local, name, Exit.REFUSED))
    return findings


def _not_made(check: Callable[[Services], Finding], problem: str, status: Exit) -> Finding:
    return Finding("unreadable", "bad", {"check": check.__name__.strip("_"), "problem": problem}, status)


async def _guarded(check: Callable[[Services], Finding], services: Services) -> Finding:
    try:
        return await services.in_registry(lambda: check(services))
    except KioskError as error:
        return _not_made(check, error.code, Exit.REGISTRY)
    except (OSError, ValueError) as error:  # the public key of the audit log
        return _not_made(check, type(error).__name__, Exit.REGISTRY)


def _registry(services: Services) -> Finding:
    problems = services.registry.check()
    if problems:
        return Finding("registry", "bad", {"problem": problems[0][:200]}, Exit.REGISTRY)
    return Finding("registry", "good")


def _audit(services: Services) -> Finding:
    key = serialization.load_pem_public_key((services.state.keys / "audit.pub").read_bytes())
    if not isinstance(key, Ed25519PublicKey):
        return Finding("audit", "bad", {"problem": "audit.pub"}, Exit.REGISTRY)
    head = audit.read_head(services.state.head)
    report = audit.verify(audit.lines(services.registry), key, head=head, anchor=None)
    if report.first_bad is not None:
        return Finding("audit", "bad", {"problem": "{}: {}".format(*report.first_bad)}, Exit.REGISTRY)
    if "no_head" in report.notes or "head_signature" in report.notes:
        return Finding("audit", "note", {"count": report.count})
    return Finding("audit", "good", {"count": report.count})


def _clock(services: Services) -> Finding:
    try:
        services.require_clock()
    except KioskError as error:
        return Finding("clock", "bad", error.facts, Exit.REFUSED)
    return Finding("clock", "good")


def _requests(services: Services) -> Finding:
    unfinished = services.registry.active_requests()
    return Finding("requests", "note" if unfinished else "good", {"count": len(unfinished)})


def _permissions(services: Services) -> Finding:
    open_to_others = [
        path.name
        for path in (services.state.registry, *services.state.keys.glob("*.key"))
        if stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    if open_to_others:
        return Finding("permissions", "bad", {"files": ", ".join(open_to_others)}, Exit.REFUSED)
    return Finding("permissions", "good")


def _keys(services: Services) -> Finding:
    # Without a passphrase: what is encrypted is there, and that is all this can say.
    keystore = Keystore(services.state.keys, None)
    for name in ("issuing", "audit", "subscriber"):
        try:
            (keystore.rsa if name == "issuing" else keystore.ed25519)(name)
        except KioskError as error:
            if error.id != "authority.key_needed":
                return Finding("key_file", "bad", {"name": f"{name}.key"}, Exit.AUTHORITY)
    if services.state.practice:
        return Finding("keys", "note")
    if any(b"ENCRYPTED" not in path.read_bytes()[:64] for path in services.state.keys.glob("*.key")):
        return Finding("keys", "bad", exit=Exit.AUTHORITY)
    return Finding("keys", "good")


def _root_key(services: Services) -> Finding:
    here = (services.state.keys / "root.key").exists()
    return Finding("root_key", "note" if here and not services.state.practice else "good")


def _authority(services: Services) -> Finding:
    end = services.authority.issuing.not_valid_after_utc
    day = end.date().isoformat()
    if end - services.clock.now() < AUTHORITY_MARGIN:
        return Finding("authority", "bad", {"day": day}, Exit.AUTHORITY)
    return Finding("authority", "good", {"day": day})


def _space(services: Services) -> Finding:
    space = os.statvfs(services.state.path)
    free = space.f_bavail * space.f_frsize
    level: Level = "good" if free >= SPACE_NEEDED else "bad"
    return Finding(
        "space", level, {"megabytes": free // 1024**2}, Exit.DONE if level == "good" else Exit.REGISTRY
    )


def _sync(services: Services) -> Finding:
    descriptor = os.open(services.state.path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        syncfs(descriptor)
    finally:
        os.close(descriptor)
    return Finding("sync", "good")


def _languages(services: Services) -> Finding:  # noqa: ARG001 - all checks are called alike
    for language in i18n.LANGUAGES:
        i18n.text_in(language, "error.bug", type="")
    return Finding("languages", "good", {"languages": ", ".join(i18n.LANGUAGES)})


def _tokens(services: Services) -> Finding:
    """Load every module and ask it. A missing one is a note: the machine is sound for whoever has a stick."""
    try:
        tokens = services.tokens
    except KioskError:
        return Finding("tokens", "note", {"modules": services.state.tokens.name})
    listing = tokens.present()
    if listing.failed:
        return Finding("tokens", "note", {"modules": ", ".join(name for name, _ in listing.failed)})
    count = sum(not token.blank for token in listing.tokens)
    return Finding("tokens", "good", {"modules": len(tokens.modules), "count": count})


def _printer(services: Services) -> Finding:
    """Ask the printer how it is. What is wrong is a note: the machine is sound without slips on paper."""
    try:
        load_help_number(services.state)
        settings = load_printer(services.state)
        if settings is None:
            return Finding("no_printer", "good")
        ready(settings)
    except KioskError as error:
        return Finding("printer", "note", {"problem": i18n.text(f"error.{error.id}", **error.facts)})
    return Finding("printer", "good")


def _published(services: Services) -> Finding:
    """Look whether what others fetch is the newest list, and whether it still holds.

    One that was signed a moment ago need not be there yet: that is a note.
    """
    last, now = services.registry.last_crl(), services.clock.now()
    try:
        directory = load_publishing(services.state)
    except KioskError as error:
        return Finding("published", "bad", {"problem": error.code}, error.kind.exit)
    if directory is None:
        return Finding("unpublished", "good")
    try:
        there = (directory / DER).read_bytes()
    except OSError:
        there = b""
    if last is not None and unstamp(last.next_update) < now:
        return Finding("published", "bad", {"problem": str(directory / DER)}, Exit.AUTHORITY)
    if last is None or there != last.der:
        return Finding("published", "note", {"problem": str(directory / DER)})
    return Finding("published", "good", {"number": last.number})


_IN_REGISTRY = (_registry, _audit, _clock, _requests, _published)
_LOCAL = (_permissions, _keys, _root_key, _authority, _space, _sync, _languages, _tokens, _printer)
