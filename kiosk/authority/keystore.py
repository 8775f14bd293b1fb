"""The authority's keys on disk: PEM files, readable by their owner only.

In a real state they are PKCS#8 encrypted (PBES2) under a key that Argon2id makes of a passphrase from outside
the state directory: a systemd credential, a file, or staff at opening time. In practice they lie open.
"""

import os
from pathlib import Path

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from kiosk.errors import KioskError
from kiosk.secret import Secret

CREDENTIAL = "certkiosk-key"
SALT = "salt"


def passphrase_from(key_file: Path | None) -> Secret | None:
    """Read the passphrase from `key_file`, else from the systemd credential `certkiosk-key`, else none.

    Raises `usage.file` when a file is named and cannot be read.
    """
    if key_file is None:
        directory = os.environ.get("CREDENTIALS_DIRECTORY")
        if not directory or not (Path(directory) / CREDENTIAL).exists():
            return None
        key_file = Path(directory) / CREDENTIAL
    try:
        return Secret(key_file.read_bytes().rstrip(b"\r\n"))
    except OSError:
        raise KioskError("usage.file", path=str(key_file)) from None


class Keystore:
    """Write and read the keys of one state."""

    def __init__(self, directory: Path, passphrase: Secret | None) -> None:
        """`passphrase` is None in practice: the keys lie open."""
        self._directory = directory
        self._passphrase = passphrase
        self._wrap: bytes | None = None

    def write(self, name: str, key: RSAPrivateKey | Ed25519PrivateKey) -> None:
        """Write `key` as `name`.key, for the owner only. The file must not be there yet."""
        encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if self._passphrase is not None:
            if not (self._directory / SALT).exists():
                write_private(self._directory / SALT, os.urandom(16))
            encryption = serialization.BestAvailableEncryption(self._wrapping_key())
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
        write_private(self._directory / f"{name}.key", pem)

    def rsa(self, name: str) -> RSAPrivateKey:
        """Read an RSA key. Raises `authority.missing`, `authority.key_needed`, `authority.locked`."""
        key = self._read(name)
        if not isinstance(key, RSAPrivateKey):
            raise KioskError("authority.missing", name=name)
        return key

    def ed25519(self, name: str) -> Ed25519PrivateKey:
        """Read an Ed25519 key. Errors as in `rsa`."""
        key = self._read(name)
        if not isinstance(key, Ed25519PrivateKey):
            raise KioskError("authority.missing", name=name)
        return key

    def _read(self, name: str) -> object:
        try:
            pem = (self._directory / f"{name}.key").read_bytes()
        except OSError:
            raise KioskError("authority.missing", name=name) from None
        encrypted = b"ENCRYPTED" in pem[:64]
        if encrypted and self._passphrase is None:
            raise KioskError("authority.key_needed")
        try:
            return serialization.load_pem_private_key(pem, self._wrapping_key() if encrypted else None)
        except (ValueError, UnsupportedAlgorithm):
            raise KioskError("authority.locked" if encrypted else "authority.missing", name=name) from None

    def _wrapping_key(self) -> bytes:
        """Make the key that wraps the keys, once: Argon2id over the passphrase, as 64 hex digits."""
        if self._wrap is None:
            if self._passphrase is None:
                raise KioskError("authority.key_needed")
            try:
                salt = (self._directory / SALT).read_bytes()
            except OSError:
                raise KioskError("authority.missing", name=SALT) from None
            raw = hash_secret_raw(
                self._passphrase.reveal(), salt,
                time_cost=3, memory_cost=65536, parallelism=1, hash_len=32, type=Type.ID,
            )  # fmt: skip
            self._wrap = raw.hex().encode()
        return self._wrap


def write_private(path: Path, content: bytes) -> None:
    """Write a new file that only its owner can read, and see it onto the disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
