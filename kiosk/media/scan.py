"""What certificates are on a medium, read as hostile, bounded in every direction (npki.md 1.1, 1.4).

Looked at are `NPKI/*/USER/*`, of the state's own authorities `GPKI/Certificate/class?/*_sig.cer` and EPKI likewise,
and in the root the names of PFX files, which nobody opens without a password.
"""

import errno
import os
import stat
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509

from kiosk.errors import KioskError
from kiosk.media.files import FILE_LIMIT, LIST_LIMIT, kind, medium_error, open_directory, read_file, same_name
from kiosk.media.found import Found, ScanResult
from kiosk.media.place import is_npki_root
from kiosk.media.sets import known_name
from kiosk.media.token_uri import TokenUri
from kiosk.pki.container import key_format

if TYPE_CHECKING:
    from kiosk.media.tokens import Tokens

__all__ = ["Found", "ScanResult", "scan", "scan_token"]

ENTRIES = 2_000
"""Directory entries looked at in all."""
BYTES = 16 * 1024 * 1024
"""Bytes read in all."""
ROOTS = ("EPKI", "GPKI", "NPKI")
CLASSES = ("class1", "class2")
PFX = (".pfx", ".p12")
FLAT = "_sig.cer"
"""How a certificate's file is named where many lie in one directory; its key has `.key` in place of `.cer`."""
SKIPPED = 100
"""Skipped things that are named."""


def scan(medium_path: Path, *, seconds: float = 2.0, now: Callable[[], float] = time.monotonic) -> ScanResult:
    """Look for sets on the medium at `medium_path` for `seconds` at most, past the bounds nothing.

    `now` gives seconds that only go forward.

    Raises `KioskError` `medium.missing`, `medium.not_directory`, `medium.permission`, `medium.gone`,
    `medium.io` for the medium as a whole; what is wrong with single sets is said in the result.
    """
    path = medium_path.absolute()
    look = _Look(path, now() + seconds, now)
    try:
        root = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise KioskError("medium.missing", path=str(path)) from error
    except NotADirectoryError as error:
        raise KioskError("medium.not_directory", path=str(path)) from error
    except OSError as error:
        raise medium_error(error) from error
    try:
        look.medium(root)
    except _EnoughError:
        pass
    except OSError as error:
        raise medium_error(error) from error
    finally:
        os.close(root)
    return ScanResult(tuple(look.found), tuple(look.skipped), tuple(look.pfx))


def scan_token(tokens: "Tokens", uri: TokenUri) -> ScanResult:
    """Read the certificates that are for everybody to read on the one token that `uri` names.

    Their keys are seen with the PIN only, so nothing is said of them. Raises `token.*`.
    """
    token = tokens.find(uri)
    found = tuple(
        Found(
            token.object_uri(each.id), (certificate := _certificate(each.der)), each.der, "pkcs11",
            None if certificate else "certificate_unreadable",
        )
        for each in tokens.certificates(token)
    )  # fmt: skip
    return ScanResult(tuple(sorted(found, key=lambda each: str(each.path))), ())


class _EnoughError(Exception):
    """A bound is reached."""


@dataclass
class _Look:
    """One scan under way: what is left of its bounds, and what it found."""

    root: Path
    until: float
    now: Callable[[], float]
    entries_left: int = ENTRIES
    bytes_left: int = BYTES
    found: list[Found] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    pfx: list[Path] = field(default_factory=list)

    def skip(self, why: str, path: Path) -> None:
        if len(self.skipped) < SKIPPED:
            self.skipped.append(f"{why}: {path.relative_to(self.root)}")

    def names(self, directory: int, path: Path, *only: str) -> list[str]:
        """List a directory in order; with `only`, the entries of these names in whatever case (`.x`: ending so)."""
        listed: list[str] = []
        try:
            with os.scandir(directory) as entries:
                for entry in islice(entries, (LIST_LIMIT if only else ENTRIES) + 1):
                    self.in_time(path)
                    listed.append(entry.name)
            if only:
                listed = self.called(only, listed, directory, path)
        except OSError as error:
            self.failed(error, path)
            return []
        self.entries_left -= len(listed)
        if self.entries_left < 0:
            self.skip("entries", path)
            raise _EnoughError
        return sorted(listed)

    def called(self, names: Sequence[str], listed: list[str], directory: int, path: Path) -> list[str]:
        """Give those of `listed` that are of `names` in whatever case; past the bound only what is exactly so."""
        endings = tuple(name for name in names if name.startswith("."))
        found = [
            each for each in listed[:LIST_LIMIT]
            if each.lower().endswith(endings) or any(same_name(each, name) for name in names)
        ]  # fmt: skip
        if len(listed) > LIST_LIMIT:
            self.skip("entries", path)
            for name in set(names) - set(endings):
                if not any(same_name(each, name) for each in found) and kind(directory, name):
                    found.append(name)
        return found

    def in_time(self, path: Path) -> None:
        """Go on to `path` only while there is time."""
        if self.now() > self.until:
            self.skip("time", path)
            raise _EnoughError

    def failed(self, error: OSError, path: Path) -> None:
        """Skip what cannot be read, unless the medium as a whole is gone."""
        if error.errno in {errno.ENODEV, errno.ENXIO, errno.ESTALE, errno.ENOTCONN}:
            raise error
        self.skip("unreadable", path)

    @contextmanager
    def inside(self, directory: int, path: Path, name: str) -> Iterator[int | None]:
        """Open the directory `name`; None, and skipped, when it is none."""
        self.in_time(path / name)
        fd = None
        try:
            type_ = kind(directory, name)
            if type_ == stat.S_IFDIR:
                fd = open_directory(name, directory)
            elif type_ != stat.S_IFREG:
                self.skip("link" if type_ == stat.S_IFLNK else "special", path / name)
        except OSError as error:
            self.failed(error, path / name)
        try:
            yield fd
        finally:
            if fd is not None:
                os.close(fd)

    def medium(self, root: int) -> None:
        """Look into the NPKI directory of the medium, or into those whose names differ in case, and the others."""
        if is_npki_root(self.root):
            self.brands(root, self.root)
            return
        for name in self.names(root, self.root, *ROOTS, *PFX):
            if name.lower().endswith(PFX):
                self.pfx.append(self.root / name)
                continue
            with self.inside(root, self.root, name) as directory:
                if directory is not None and same_name(name, "NPKI"):
                    self.brands(directory, self.root / name)
                elif directory is not None:
                    self.classes(directory, self.root / name, "Certificate")

    def classes(self, directory: int, path: Path, *names: str) -> None:
        """Look into the directories that are called one of `names`, and from `Certificate` on into its classes."""
        for name in self.names(directory, path, *names):
            with self.inside(directory, path, name) as inner:
                if inner is not None and names != CLASSES:
                    self.classes(inner, path / name, *CLASSES)
                elif inner is not None:
                    self.flat(inner, path / name)

    def flat(self, directory: int, path: Path) -> None:
        """Read the certificates of a directory in which many lie, each with its key beside it."""
        listed = self.names(directory, path)
        keys = {name.lower(): name for name in listed}
        for name in listed:
            self.in_time(path / name)
            if name.lower().endswith(FLAT):
                key = keys.get(f"{name.lower().removesuffix('.cer')}.key")
                self.pair(directory, path, name, key, path / name)

    def brands(self, npki: int, path: Path) -> None:
        """Look into every authority's directory that has a USER."""
        for name in self.names(npki, path):
            with self.inside(npki, path, name) as brand:
                if brand is not None:
                    self.brand(brand, path / name)

    def brand(self, brand: int, path: Path) -> None:
        """Look into USER of one authority's directory; the rest of it is a cache of CA certificates."""
        for name in self.names(brand, path, "USER"):
            with self.inside(brand, path, name) as users:
                if users is not None:
                    self.users(users, path / name)

    def users(self, users: int, path: Path) -> None:
        """Look into every directory of USER."""
        for name in self.names(users, path):
            with self.inside(users, path, name) as directory:
                if directory is not None:
                    self.set(directory, path / name)

    def set(self, directory: int, path: Path) -> None:
        """Read one set; a directory with neither certificate nor key is none."""
        known = {known_name(name): name for name in self.names(directory, path)}
        if "signCert.der" not in known and "signPri.key" not in known:
            return
        self.pair(directory, path, known.get("signCert.der"), known.get("signPri.key"), None)

    def pair(
        self,
        directory: int,
        path: Path,
        certificate_name: str | None,
        key_name: str | None,
        flat: Path | None,
    ) -> None:
        """Read a certificate and its key from a directory; `flat` is where it is, when that is no directory."""
        der, problem = self.read(directory, path, certificate_name, "certificate")
        key, key_problem = self.read(directory, path, key_name, "key")
        certificate = _certificate(der) if der is not None else None
        if der is not None and certificate is None:
            problem = "certificate_unreadable"
        form = key_format(key) if key is not None else None
        if form == "unknown":
            key_problem = "key_unreadable"
        wrong = problem or key_problem
        self.found.append(Found(flat or path, certificate, der, form, wrong, flat is not None))

    def read(
        self, directory: int, path: Path, name: str | None, what: str
    ) -> tuple[bytes | None, str | None]:
        if name is None:
            return None, f"{what}_missing"
        try:
            data = read_file(directory, name, FILE_LIMIT)
        except OSError as error:
            self.failed(error, path / name)
            return None, f"{what}_unreadable"
        self.bytes_left -= len(data)
        if self.bytes_left < 0:
            self.skip("bytes", path)
            raise _EnoughError
        return data, None


def _certificate(der: bytes) -> x509.Certificate | None:
    """Parse a certificate; None when it, or one of the parts that a list of certificates shows, cannot be."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd serials and parameters: foreign, but readable
            certificate = x509.load_der_x509_certificate(der)
            _ = certificate.subject, certificate.issuer, certificate.serial_number
            _ = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    except Exception:  # noqa: BLE001  # what the parser raises on hostile DER is not one family
        return None
    return certificate
