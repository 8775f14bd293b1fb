"""A stick (or a disk's NPKI directory) as the medium of a request: the key is made here and lies there sealed."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from data.records import Request
from kiosk import log
from kiosk.errors import KioskError
from kiosk.lifecycle.application import Application
from kiosk.lifecycle.keys import public_key_hash, signing_request
from kiosk.lifecycle.medium import MadeKey
from kiosk.media import change
from kiosk.media.directory import DirectoryMedium
from kiosk.media.files import medium_errors
from kiosk.media.scan import scan
from kiosk.pki import container, keys, names, npki, vid
from kiosk.secret import Secret

# Two files of a few kilobytes, twice, and the directories around them.
SPACE_NEEDED = 128 * 1024


class StickMedium:
    """A directory that takes the set of one application; see `kiosk.lifecycle.medium.Medium`."""

    def __init__(
        self, directory: DirectoryMedium, application: Application, center: str,
        make_key: Callable[[], rsa.RSAPrivateKey],
    ) -> None:  # fmt: skip
        """Work on `directory`, in the part that is the organisation `center`'s."""
        self._directory = directory
        self._application = application
        self._center = center
        self._make_key = make_key
        self._key: Secret | None = None
        """The PKCS#8 of the subscriber's key."""
        self._csr: bytes | None = None
        """What shows the authority that we hold the key, when it was made here."""
        self._sealed: bytes | None = None
        """The key file that was staged here, as it was read back from the medium."""

    @classmethod
    def open(
        cls, path: Path, application: Application, center: str, make_key: Callable[[], rsa.RSAPrivateKey]
    ) -> Self:
        """Open the medium at `path` and make sure that a set can be written to it. Raises `medium.*`."""
        directory = DirectoryMedium.open(path)
        try:
            change.repair(directory)
        except KioskError as error:  # what is wrong with the medium is named by what comes next
            log.event("repair.failed", error=error.code)
        directory.check_space(SPACE_NEEDED)
        directory.users(center)  # nothing else stands in the way there
        return cls(directory, application, center, make_key)

    @property
    def identity(self) -> str:
        """Device and inode of the medium's root."""
        return self._directory.identity

    def codes(self) -> tuple[str, ...]:
        """Give the codes of requests that have a staging directory."""
        return self._directory.staged_codes()

    def holds(self, der: bytes) -> bool:
        """Say whether the directory of the set is there."""
        with medium_errors():
            return self._where(der).is_dir()

    def make_key(self, code: str) -> MadeKey:  # noqa: ARG002 - it is in memory until it is staged
        """Make the key pair in memory."""
        with vid.make_random() as random:
            key = self._make_key()
            self._key = keys.private_key_info(key, random)
            self._csr = signing_request(key)
            return MadeKey(key.public_key(), vid.vid(self._application.id_number, random))

    def stage(self, code: str) -> None:
        """Seal the key with the applicant's password, and put it on the medium."""
        sealed = container.encrypt_key(self._held(), self._application.password)
        self._directory.stage(code, sealed)
        self._sealed = sealed

    def recover(self, request: Request, der: bytes | None) -> bool:
        """Open the key that was staged, or stands in the set itself."""
        for sealed in self._left_keys(request, der):
            self._key = self._opened(sealed, request)
            if self._key is not None:
                return True
        return False

    def signing_request(self) -> bytes:
        """Give the request; it is made when the key comes from an earlier call."""
        if self._csr is None:
            self._csr = signing_request(keys.load_key(self._held()))
        return self._csr

    def write(self, request: Request, der: bytes) -> str:
        """Put certificate and sealed key at their place in one step; give it relative to the medium."""
        sealed = self._sealed or self._sealed_earlier(request)
        name = names.directory_name(x509.load_der_x509_certificate(der).subject)
        place = self._directory.install(
            request.code, self._center, name, {npki.SIGN_CERT: der, npki.SIGN_KEY: sealed}
        )
        return place.relative_to(self._directory.path).as_posix()

    def prove(self, request: Request, der: bytes) -> None:
        """Open the key with the password and the certificate with it; also raises what `check_set` does."""
        files = self._directory.read_set(self.place(request))
        if files.get(npki.SIGN_CERT) != der:
            raise KioskError("medium.proof", step="certificate")
        application = self._application
        npki.check_set(der, files.get(npki.SIGN_KEY, b""), application.password, application.id_number)

    def finish(self, code: str) -> None:
        """Delete the staging directory."""
        self._directory.unstage(code)

    def drop(self, der: bytes, code: str) -> None:  # noqa: ARG002 - a set is found by its certificate
        """Delete every set of the certificate, but for one that has more in it than we write.

        There an encryption key may lie that still opens old letters: such a directory is not ours to delete.
        Where it was put it is looked for even when the medium does not let itself be listed: that fails loudly.
        """
        copies = [found.path for found in scan(self._directory.path).found if found.certificate_der == der]
        for place in dict.fromkeys((self._where(der), *map(Path, copies))):
            with medium_errors():
                if not place.is_dir():
                    continue
            files = self._directory.read_set(place)
            ours = not _is_another(files.get(npki.SIGN_CERT, b""), der)
            if ours and files.keys() <= {npki.SIGN_CERT, npki.SIGN_KEY}:
                self._directory.remove_set(place)

    def clean(self, request: Request, der: bytes | None) -> None:
        """Clear the staging directory, with what was moved aside put back.

        The set of a voided request goes, whole or spoiled, unless another certificate stands there. When that
        fails, what is staged stays, so that the next visit tries again.
        """
        place = self._place(request, der) if request.state == "void" else None
        if place is not None and der is not None:
            files = self._read(place)
            if files is not None and not _is_another(files.get(npki.SIGN_CERT, b""), der):
                self._directory.remove_set(place)
        self._directory.restore(request.code)
        self._directory.unstage(request.code)

    def place(self, request: Request) -> Path:
        """Give the set's directory."""
        return self._directory.path / (request.directory or "")

    def close(self) -> None:
        """Wipe the key."""
        if self._key is not None:
            self._key.wipe()

    def _held(self) -> Secret:
        if self._key is None:
            raise RuntimeError("the request has no key")
        return self._key

    def _where(self, der: bytes) -> Path:
        name = names.directory_name(x509.load_der_x509_certificate(der).subject)
        return self._directory.users(self._center) / name

    def _place(self, request: Request, der: bytes | None) -> Path | None:
        """Say where the set of a request stands or would; None before there is a certificate.

        A kill between the set's last move and the journal's leaves it there with no directory on record.
        """
        if request.directory:
            return self.place(request)
        return self._where(der) if der is not None else None

    def _left_keys(self, request: Request, der: bytes | None) -> list[bytes]:
        """Give the sealed keys that a request may have left: staged, or in the set itself."""
        found = []
        place = self._place(request, der)
        with _rubbish():
            found.append(self._directory.staged(request.code))
        files = self._read(place) if place is not None else None
        found.append((files or {}).get(npki.SIGN_KEY))
        return [sealed for sealed in found if sealed]

    def _read(self, place: Path) -> dict[str, bytes] | None:
        """Read a set, or give None when there is none, or something that is none."""
        with _rubbish(), contextlib.suppress(ValueError):
            return self._directory.read_set(place)
        return None

    def _sealed_earlier(self, request: Request) -> bytes:
        """Give the key as an earlier call staged it, or sealed anew if the stick lost that."""
        staged = self._directory.staged(request.code)
        if staged is not None:
            key = self._opened(staged, request)
            if key is not None:
                key.wipe()
                return staged
        return container.encrypt_key(self._held(), self._application.password)

    def _opened(self, sealed: bytes, request: Request) -> Secret | None:
        """Open `sealed`, and give the PKCS#8 when key and VID are those on record."""
        try:
            pkcs8 = container.decrypt_key(sealed, self._application.password)
            random = keys.read_random(pkcs8)
            same_key = public_key_hash(keys.load_key(pkcs8).public_key()) == request.public_key_hash
        except KioskError:
            return None
        if random is not None and same_key and vid.vid(self._application.id_number, random) == request.vid:
            return pkcs8
        return None


@contextlib.contextmanager
def _rubbish() -> Iterator[None]:
    """Pass over what is no set and no key; a medium that fails, or is gone, is another matter."""
    try:
        yield
    except KioskError as error:
        if error.id not in {"medium.damaged", "medium.in_the_way"}:
            raise


def _is_another(found: bytes, ours: bytes) -> bool:
    """Whether `found` is a certificate other than `ours`. What cannot be read is what became of ours."""
    if found == ours:
        return False
    try:
        x509.load_der_x509_certificate(found)
    except ValueError:
        return False
    return True
