"""Open the key of a certificate on a medium with its password, a few times a day at most.

Whoever finds a stick must not try passwords here one after another: wrong ones are counted for the
certificate and the Korean day, across visits and processes, in the registry under a keyed hash of the
certificate. (What can be tried on another machine no kiosk can limit: the password rule is for that.)
"""

import asyncio
import re
import warnings

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa

from data.registry import Registry
from kiosk.authority.certificates import serial_hex
from kiosk.errors import KioskError
from kiosk.pki import container, keys
from kiosk.secret import Secret
from kiosk.services import Services

METHOD = "password"
WRONG = frozenset({"medium.wrong_password", "medium.wrong_hangul", "medium.wrong_caps"})
"""What is raised for a wrong password: three sentences by what the likely cause is, each with the fact `left`."""


async def unlock(services: Services, certificate_der: bytes, sealed: bytes, password: Secret) -> Secret:
    """Open `sealed`, the key file of the certificate, and give its PKCS#8.

    Raises one of `WRONG` (fact `left`: tries left today), `password.locked` with none left, before the key
    file is opened; `medium.other_key` when the key is another certificate's; `medium.damaged` for a
    certificate that cannot be read; `medium.format` for a key file that no password opens; `registry.*`.
    """
    tries = PasswordTries(services, certificate_der)
    await services.in_registry(tries.begin)
    try:
        pkcs8 = await asyncio.to_thread(open_key, certificate_der, sealed, password)
    except KioskError as error:
        if error.id != "medium.password":
            await services.in_registry(tries.take_back)
            raise
        left = await services.in_registry(tries.left)
        if not left:
            await services.in_registry(tries.lock)
            raise KioskError("password.locked") from None
        raise KioskError(likely(password), left=left) from None
    await services.in_registry(tries.clear)
    return pkcs8


def open_key(certificate_der: bytes, sealed: bytes, password: Secret) -> Secret:
    """Open `sealed` and give its PKCS#8, when it is the certificate's; nothing is counted.

    Raises `medium.password`, `medium.format`, `medium.damaged`, `medium.other_key`.
    """
    public = _public_key(certificate_der)
    pkcs8 = container.decrypt_key(sealed, password)
    try:
        if keys.load_key(pkcs8).public_key().public_numbers() != public.public_numbers():
            raise KioskError("medium.other_key")
    except KioskError:
        pkcs8.wipe()
        raise
    return pkcs8


def _public_key(certificate_der: bytes) -> rsa.RSAPublicKey:
    try:
        public = _loaded(certificate_der).public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KioskError("medium.damaged", name="signCert.der") from None
    if not isinstance(public, rsa.RSAPublicKey):
        raise KioskError("medium.other_key")  # the keys that we open are RSA
    return public


def _loaded(certificate_der: bytes) -> x509.Certificate:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of odd serials and parameters: foreign, but readable
        return x509.load_der_x509_certificate(certificate_der)


def likely(password: Secret) -> str:
    """Say which of `WRONG` it is for a password that was wrong: 한/영 or Caps Lock may have been on."""
    typed = password.reveal().decode(errors="replace")
    if re.search("[\u1100-\u11ff\u3130-\u318f가-힣]", typed):
        return "medium.wrong_hangul"
    small, capital = (len(re.findall(letters, typed)) for letters in ("[a-z]", "[A-Z]"))
    return "medium.wrong_caps" if capital > max(small, 1) else "medium.wrong_password"


class PasswordTries:
    """The counter of one certificate for today. Every method touches the registry: call it in its thread."""

    def __init__(self, services: Services, certificate_der: bytes) -> None:
        """`certificate_der` may be anybody's, and need not be readable."""
        self._services = services
        self._key = services.keyed_hash("certificate", Secret(certificate_der))
        self._der = certificate_der

    def left(self) -> int:
        """How many wrong passwords are left today: shown before the person types."""
        services = self._services
        _, wrong = services.registry.tries(METHOD, self._key, services.today())
        return max(0, services.policy.password_wrong_per_day - wrong)

    def begin(self) -> None:
        """Count a try. Raises `password.locked` when none is left.

        It is counted before the password is tried, so that pulling the plug does not give one for free.
        """
        services = self._services
        try:
            with services.step() as registry:
                if self._counted(registry, "password.tried", 1) > services.policy.password_wrong_per_day:
                    raise KioskError("password.locked")
        except KioskError as error:
            if error.id == "password.locked":
                self.lock()
            raise

    def take_back(self) -> None:
        """Take the try back that was none: no password opens that file, or it is not this certificate's."""
        with self._services.step() as registry:
            self._counted(registry, "password.no_try", -1)

    def clear(self) -> None:
        """Start anew after the right password."""
        with self._services.step() as registry:
            _, wrong = registry.tries(METHOD, self._key, self._services.today())
            self._counted(registry, "password.right", -wrong)

    def lock(self) -> None:
        """Note that somebody was told to come back tomorrow."""
        with self._services.step() as registry:
            self._counted(registry, "password.locked", 0)

    def _counted(self, registry: Registry, action: str, wrong: int) -> int:
        """Add to the counter with its audit line; give what it is now. In a `step`."""
        services = self._services
        _, now = registry.count_try(METHOD, self._key, services.today(), wrong=wrong)
        services.audit.append(action, certificate=own_row(registry, self._der))
        return now


def own_row(registry: Registry, certificate_der: bytes) -> int | None:
    """Give the row id of a certificate of ours; None for any other. In the registry's thread."""
    try:
        serial = serial_hex(_loaded(certificate_der).serial_number)
    except ValueError:
        return None
    held = registry.certificate(serial=serial)
    return held.id if held is not None and held.der == certificate_der else None
