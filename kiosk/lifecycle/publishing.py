"""The revocation list where others fetch it: a directory that `publish.toml` in the state names.

`ca.crl` is DER, `ca.crl.pem` the same in PEM; each is replaced in one step, so that whoever fetches has a whole one.
A new list is signed when something changed since the last one, at most once in `crl_pause_seconds`, and in any case
after `crl_hours`. There are no delta lists: a certificate that was resumed is simply not on the next one.
"""

import asyncio
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from data.records import Crl
from kiosk import log
from kiosk.clock import unstamp
from kiosk.config import load_publishing
from kiosk.errors import KioskError
from kiosk.files import replace_file
from kiosk.lifecycle.request import working_on
from kiosk.lifecycle.revocations import make_list
from kiosk.services import Services

DER, PEM = "ca.crl", "ca.crl.pem"
LOCK = "publish"
CHANGES = (
    "certificate.suspended", "certificate.resumed", "certificate.revoked", "request.issued", "request.proved",
)  # fmt: skip
"""What is written into the audit log when the next list will differ."""


async def publish(services: Services) -> bool:
    """Bring the published list up to date; give whether anything was written. A job for `kiosk tick`.

    Where no directory is named, nothing is to be done. Raises `publish.config`, `usage.file`, `request.busy`
    (another process is at it), `request.clock`, `authority.*`, `registry.*`.
    """
    directory = load_publishing(services.state)
    if directory is None:
        return False
    with working_on(services.state.locks, LOCK):
        if await services.in_registry(lambda: is_due(services)):
            await make_list(services)
        last = await services.in_registry(services.registry.last_crl)
        return last is not None and await asyncio.to_thread(_write, directory, last)


async def publish_soon(services: Services) -> None:
    """Publish after an act that is done already: whatever prevents it is logged, and the next tick tries again."""
    try:
        await publish(services)
    except KioskError as error:
        log.event("publish.failed", error=error.code)


def is_due(services: Services) -> bool:
    """Whether a new list should be signed. In the registry's thread."""
    last = services.registry.last_crl()
    if last is None:
        return True
    age = services.clock.now() - unstamp(last.this_update)
    if age < timedelta(seconds=services.policy.crl_pause_seconds):
        return False
    return age >= timedelta(hours=services.policy.crl_hours) or services.registry.noted_since(
        last.this_update, CHANGES
    )


def _write(directory: Path, last: Crl) -> bool:
    """Put the newest list there, unless it is there already."""
    written = False
    for name, encoding in ((DER, Encoding.DER), (PEM, Encoding.PEM)):
        content = last.der
        if encoding is Encoding.PEM:
            content = x509.load_der_x509_crl(last.der).public_bytes(encoding)
        if _content(directory / name) != content:
            replace_file(directory / name, [content], mode=0o644)
            written = True
    return written


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError:
        raise KioskError("usage.file", path=str(path)) from None
