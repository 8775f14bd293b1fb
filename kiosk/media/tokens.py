"""Security tokens: which are present, what is on them, and what is done on one with its PIN."""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asn1crypto import core
from asn1crypto import x509 as asn1_x509

from kiosk.errors import KioskError
from kiosk.media.module import Module
from kiosk.media.place import is_code
from kiosk.media.token_records import PREFIX, Held, Listing, PublicCertificate, Token, fits, object_id
from kiosk.media.token_uri import TokenUri
from kiosk.pki import oids
from kiosk.secret import Secret

APPLICATION = "certkiosk"
EXPONENT, BITS = 65537, 2048
"""Of the RSA keys that are made."""
LEAST_DIFFERENT = 2
"""Characters that a new PIN has at least."""
TOKENS = 64
"""Tokens of one module that are listed."""


class Tokens:
    """The tokens of this machine's modules. Methods block: call them in a thread. They raise `token.*`."""

    def __init__(
        self, modules: Iterable[str], *, seconds: float, key_seconds: float, factory_pins: Iterable[str] = ()
    ) -> None:
        """Use the modules at these paths; a call may take `seconds`, making a key `key_seconds`.

        `factory_pins` are those that makers give their tokens, few of which say so themselves.
        """
        self.modules = tuple(Module(path) for path in modules)
        self._seconds = seconds
        self._key_seconds = key_seconds
        self._factory_pins = tuple(pin.encode() for pin in factory_pins)

    def present(self, uri: TokenUri | None = None) -> Listing:
        """List the tokens present that `uri` names; modules that fail do not disturb the others."""
        uri = uri or TokenUri()
        asked = [module for module in self.modules if uri.fits_module(module.path)]
        if not asked:
            return Listing((), ())
        with ThreadPoolExecutor(len(asked), thread_name_prefix="tokens") as threads:
            answers = list(threads.map(self._listed, asked))
        found = [token for each in answers if not isinstance(each, KioskError) for token in each]
        failed = zip(asked, answers, strict=True)
        return Listing(
            tuple(token for token in found if fits(token, uri)),
            tuple((module.name, each) for module, each in failed if isinstance(each, KioskError)),
        )

    def find(self, uri: TokenUri) -> Token:
        """Find the one token that `uri` names.

        Raises `token.none`, `token.several` (it is never "the first"), or, when none was found, why a module
        that was loaded could not say; that one cannot be loaded, only when there is no other.
        """
        listing = self.present(uri)
        # Some modules show an empty place for one more token: that competes with none that was set up.
        found = [token for token in listing.tokens if not token.blank] or listing.tokens
        if len(found) > 1:
            raise KioskError("token.several", count=len(found))
        if not found:
            errors = [error for _, error in listing.failed]
            loaded = [error for error in errors if error.id != "token.module"]
            only = len(errors) == sum(uri.fits_module(module.path) for module in self.modules)
            raise next(iter(loaded or (errors if only else [])), KioskError("token.none"))
        return found[0]

    def certificates(self, token: Token) -> tuple[PublicCertificate, ...]:
        """Read the certificates that are there for everybody; no PIN is needed."""
        answer, _ = self._ask(token, "certificates")
        with _sense():
            return tuple(
                PublicCertificate(bytes.fromhex(each["der"]), bytes.fromhex(each["id"]))
                for each in answer["certificates"]
            )

    def login(self, token: Token, pin: Secret) -> None:
        """Try the PIN. Raises `token.pin`, `token.pin_last` (wrong, one try is left), `token.pin_locked`.

        `token.pin_change`: it is right, and the maker's.
        """
        self._ask(token, "login", pin)
        if pin.reveal() in self._factory_pins:
            self.release(token)
            raise KioskError("token.pin_change")

    def change_pin(self, token: Token, old: Secret, new: Secret) -> None:
        """Change the PIN. Raises as `login` does for the old one, and `token.pin_weak` for the new one."""
        pin = new.reveal()
        weak = pin == old.reveal() or pin in self._factory_pins or len(set(pin)) < LEAST_DIFFERENT
        # What no keyboard here types would lock its owner out.
        if weak or not pin.isascii() or not pin.decode().isprintable():
            raise KioskError("token.pin_weak")
        self._ask(token, "change_pin", old, new)

    def codes(self, token: Token, pin: Secret) -> tuple[str, ...]:
        """Give the codes of requests that have a key, or R, on the token."""
        answer, _ = self._ask(token, "labels", pin, prefix=PREFIX)
        with _sense():
            codes = (str(label).removeprefix(PREFIX) for label in answer["labels"])
            return tuple(code for code in codes if is_code(code))

    def make_key(self, token: Token, pin: Secret, code: str, random: Secret) -> int:
        """Make an RSA-2048 key pair for the request `code`, with R beside it; give the modulus.

        Raises `token.unfit` when it is not made on the token to stay there.
        """
        answer, _ = self._ask(
            token, "make", pin, random, code=code, application=APPLICATION,
            oid=core.ObjectIdentifier(oids.RANDOM).dump().hex(),
        )  # fmt: skip
        with _sense():
            if not answer["guarded"]:
                raise KioskError("token.unfit")
            return _modulus(answer)

    def sign(self, token: Token, pin: Secret, code: str, digest_info: bytes) -> bytes:
        """Sign with the key of the request `code`: RSASSA-PKCS1-v1_5 over a DigestInfo (RFC 8017 9.2)."""
        answer, _ = self._ask(token, "sign", pin, code=code, data=digest_info.hex())
        with _sense():
            return bytes.fromhex(answer["signature"])

    def read(self, token: Token, pin: Secret, code: str, digest_info: bytes = b"") -> Held:
        """Read what is there of the request `code`, and sign `digest_info` with its key, if there is one."""
        answer, randoms = self._ask(token, "read", pin, code=code, data=digest_info.hex())
        with _sense():
            return Held(
                moduli=tuple(_modulus(key) for key in answer["keys"]),
                guarded=all(key["guarded"] is True for key in answer["keys"]),
                randoms=tuple(randoms),
                certificates=tuple(bytes.fromhex(der) for der in answer["certificates"]),
                signature=bytes.fromhex(answer["signature"]),
            )

    def write(self, token: Token, pin: Secret, code: str, der: bytes) -> None:
        """Put the certificate beside the key of the request `code`; `medium.lies` when it reads back otherwise."""
        fields = asn1_x509.Certificate.load(der)["tbs_certificate"]
        answer, _ = self._ask(
            token, "write", pin, code=code, der=der.hex(), subject=fields["subject"].dump().hex(),
            issuer=fields["issuer"].dump().hex(), title=str(fields["subject"].native["common_name"]),
            serial_number=fields["serial_number"].dump().hex(),
        )  # fmt: skip
        if answer.get("certificates") != [der.hex()]:
            raise KioskError("medium.lies")

    def remove(self, token: Token, pin: Secret, code: str, *, seen_last: bool = False) -> None:
        """Delete all that the request `code` left on the token; nothing to do when there is nothing.

        The certificate goes first, so that nobody takes it for good without its key. With `seen_last` it goes
        last: whoever deletes it sees it, and can delete it once more, until all of it is gone.
        """
        kinds = ("DATA", "PRIVATE_KEY", "PUBLIC_KEY", "CERTIFICATE")
        self._ask(token, "remove", pin, code=code, kinds=kinds if seen_last else kinds[::-1])

    def release(self, token: Token) -> None:
        """End the process that worked on `token`: a PIN that it was told is gone with it."""
        for module in self.modules:
            if module.path == token.module:
                module.close()

    def close(self) -> None:
        """End the modules' processes."""
        for module in self.modules:
            module.close()

    def _listed(self, module: Module) -> Sequence[Token] | KioskError:
        try:
            answer, _ = module.ask("tokens", self._seconds, path=module.path)
            with _sense():
                return [_token(module.path, each) for each in answer["tokens"][:TOKENS]]
        except KioskError as error:
            return error

    def _ask(
        self, token: Token, verb: str, *secrets: Secret, code: str | None = None, **values: object
    ) -> tuple[dict[str, Any], list[Secret]]:
        module = next((module for module in self.modules if module.path == token.module), None)
        if module is None:
            raise KioskError("token.none")
        if secrets and not _can_be_one(secrets[0]):
            raise KioskError("token.pin")  # and no try of it is spent
        if code is not None:
            values |= {"id": object_id(code).hex(), "label": PREFIX + code}
        meant = {key: getattr(token, key) for key in ("slot", "label", "serial", "manufacturer", "model")}
        seconds = self._key_seconds if verb == "make" else self._seconds
        return module.ask(verb, seconds, secrets, token=meant, **values)


@contextlib.contextmanager
def _sense() -> Iterator[None]:
    """Turn what an answer lacks or has wrong into `token.failed`: it comes from others' code."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise KioskError("token.failed", error="answer") from None


def _can_be_one(pin: Secret) -> bool:
    """Say whether a PIN can be what is typed: PKCS#11 has it in UTF-8, and takes an empty one for none."""
    try:
        return bool(pin.text())
    except UnicodeDecodeError:
        return False


def _modulus(key: dict[str, Any]) -> int:
    number = int(key["modulus"], 16)
    if number.bit_length() != BITS or number % 2 == 0:
        raise ValueError("modulus")
    return number


def _token(module: str, values: dict[str, Any]) -> Token:
    texts = {key: values[key] for key in ("label", "serial", "manufacturer", "model")}
    if not all(isinstance(text, str) for text in texts.values()):
        raise TypeError("text")
    # A lone surrogate is no text: an address could not be made of it.
    "".join(texts.values()).encode()
    least, most = (int(length) for length in values.get("pin_lengths", (0, 0)))
    return Token(
        module=module, slot=int(values["slot"]), flags=int(values["flags"]), **texts, pin_least=least,
        pin_most=most,
    )  # fmt: skip
