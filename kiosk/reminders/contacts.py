"""How people may be reached, readable only with a key per subscriber that is kept beside the registry.

The file of keys has 32 bytes for each subscriber, at 32 times their row's number; zeros are no key. To forget
somebody their 32 bytes are overwritten: what is left of the contact in the registry, its journals and every backup
of it can then be read by nobody. Phone and e-mail are one AES-256-GCM text, under a key made of these bytes and the
state's own key, bound to the contact's row.
"""

import errno
import json
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kiosk.errors import KioskError
from kiosk.secret import Secret
from kiosk.services import Services

_BYTES = 32
_NONCE = 12
_NONE = bytes(_BYTES)
_MOBILE = re.compile(r"01[016789]\d{7,8}")


@dataclass(frozen=True)
class Reachable:
    """A phone number (digits, abroad with a leading `+`) and an e-mail address, each maybe empty."""

    phone: str = field(repr=False)
    email: str = field(repr=False)

    @property
    def kind(self) -> str:
        """What kind of number it is: `none`, `mobile`, `landline` or `abroad`."""
        if not self.phone:
            return "none"
        if self.phone.startswith("+"):
            return "abroad"
        return "mobile" if _MOBILE.fullmatch(self.phone) else "landline"

    @property
    def international(self) -> str:
        """The number as it is dialled from anywhere."""
        return "+82" + self.phone[1:] if self.phone.startswith("0") else self.phone


def seal(services: Services, subscriber_id: int, uuid: str, reachable: Reachable) -> bytes:
    """Encrypt a contact under the subscriber's key, which is made when there is none. In a `step` only.

    A step that comes to nothing leaves what was there readable. Raises `registry.full`, `registry.unwritable`.
    """
    key = _read(services, subscriber_id)
    if key is None:
        key = secrets.token_bytes(_BYTES)
        _write(services, subscriber_id, key)
    nonce = secrets.token_bytes(_NONCE)
    text = json.dumps({"phone": reachable.phone, "email": reachable.email}, ensure_ascii=False).encode()
    return nonce + _cipher(services, key).encrypt(nonce, text, uuid.encode())


def unseal(services: Services, subscriber_id: int, uuid: str, sealed: bytes) -> Reachable | None:
    """Decrypt a contact; None when its key is gone, or is not its key."""
    key = _read(services, subscriber_id)
    if key is None:
        return None
    try:
        text = _cipher(services, key).decrypt(sealed[:_NONCE], sealed[_NONCE:], uuid.encode())
    except InvalidTag:
        return None
    values = json.loads(text)
    return Reachable(values["phone"], values["email"])


def destroy(services: Services, subscriber_id: int) -> None:
    """Overwrite a contact's key. Raises `registry.full`, `registry.unwritable`."""
    if services.state.contact_keys.exists():
        _write(services, subscriber_id, _NONE)


def _cipher(services: Services, key: bytes) -> AESGCM:
    with Secret(key) as value:
        return AESGCM(services.keyed_hash("contact", value))


def _read(services: Services, subscriber_id: int) -> bytes | None:
    with _file_faults(services):
        try:
            descriptor = os.open(services.state.contact_keys, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            return None
        try:
            key = os.pread(descriptor, _BYTES, subscriber_id * _BYTES)
        finally:
            os.close(descriptor)
    return None if len(key) < _BYTES or key == _NONE else key


def _write(services: Services, subscriber_id: int, key: bytes) -> None:
    """Write 32 bytes over what was there, and see them onto the disk."""
    with _file_faults(services):
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(services.state.contact_keys, flags, 0o600)
        try:
            if os.pwrite(descriptor, key, subscriber_id * _BYTES) != _BYTES:
                raise OSError(errno.ENOSPC, "")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _file_faults(services: Services) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        id_ = "registry.full" if full else "registry.unwritable"
        raise KioskError(id_, path=str(services.state.contact_keys)) from None
