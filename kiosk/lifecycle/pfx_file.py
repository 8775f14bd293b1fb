"""A PFX file before anything is done with it: what it holds for whom, and what a new one is called."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cryptography import x509

from kiosk.errors import KioskError
from kiosk.lifecycle.pfx import chosen, has_random, serial_of_whole
from kiosk.media.root_files import FileMedium
from kiosk.pki import names, pairs, pkcs12
from kiosk.pki.password import failures
from kiosk.secret import Secret

ENDINGS = (".pfx", ".p12")
NAME_BYTES = 120
"""Of a holder's name in a file's name: what follows has room, and Windows can still open it in deep folders."""
SAME_DAY = 99


@dataclass(frozen=True)
class Held:
    """What a PFX file holds, as far as people are told."""

    certificate: x509.Certificate
    serial: str
    random: bool
    rule: bool
    """Whether its password satisfies the rule, so that it can stay."""


def look_into(pfx: bytes, password: Secret, serial: str | None = None) -> Held:
    """Open a PFX file and say what it holds. Raises `pfx.*`."""
    with pkcs12.read(pfx, password) as contents:
        whole = chosen(pairs.find(contents), serial)
        random = has_random(whole.signing.pkcs8)
    return Held(whole.signing.certificate, serial_of_whole(whole), random, not failures(password))


def read_file(place: Path, name: str) -> bytes:
    """Read the file `name` in the root of the medium at `place`. Raises `medium.*`; `pfx.none` when it is long."""
    try:
        return FileMedium.open(place).file(name, pkcs12.MAX_BYTES)
    except KioskError as error:
        if error.id == "medium.damaged":
            raise KioskError("pfx.none") from None
        raise


def files_on(place: Path) -> tuple[str, ...]:
    """List the PFX files in the root of the medium at `place`, by name. Raises `medium.*`."""
    return FileMedium.open(place).names_ending(*ENDINGS)


def free_name(place: Path, certificate: x509.Certificate, day: date) -> str:
    """Give a name for a new file there: `홍길동_20261122.pfx`, with a number when it is taken. Raises `medium.*`."""
    medium = FileMedium.open(place)
    return first_free(certificate, day, medium.taken)


def first_free(certificate: x509.Certificate, day: date, taken: Callable[[str], bool]) -> str:
    """Give the first of the names for a file of this certificate that is not taken. Raises `pfx.exists`."""
    stem = f"{names.file_name(certificate.subject, NAME_BYTES)}_{day:%Y%m%d}"
    for number in range(1, SAME_DAY + 1):
        name = f"{stem}.pfx" if number == 1 else f"{stem}_{number}.pfx"
        if not taken(name):
            return name
    raise KioskError("pfx.exists", path=f"{stem}.pfx")
