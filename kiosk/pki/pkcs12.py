"""PKCS#12, the files that people know as PFX, opened so that R stays in the key.

Other libraries keep the RSA numbers and drop the attributes of the key, R among them, without which nobody can
be identified by the certificate. Here a key is its PKCS#8 bytes, which are passed on as they are. Sources: RFC
7292 (PKCS#12), RFC 8018 (PBES2), RFC 9579 (PBMAC1). Writing is in `kiosk.pki.pkcs12_write`.
"""

import hmac
from dataclasses import dataclass, field
from typing import Any, Self

from kiosk.errors import KioskError
from kiosk.pki import asn1, asn1_pfx, oids, pbe
from kiosk.pki import pkcs12_pbe as pbes
from kiosk.secret import Secret

MAX_BYTES = 256 * 1024
"""Some fifty times a file with two keys and their chain."""
MAX_ROUNDS = 8_000_000
"""What all keys of one file may cost to derive, in hash rounds: a few seconds; browsers ask for three million."""
MAX_BAGS = 64
MAX_DEPTH = 4


@dataclass(frozen=True)
class Contents:
    """What a PFX holds: keys (PKCS#8, byte for byte) and certificates (DER, perhaps none), in its order."""

    keys: tuple[Secret, ...]
    certificates: tuple[bytes, ...]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        for key in self.keys:
            key.wipe()


def read(pfx: bytes, password: Secret) -> Contents:
    """Open a PFX.

    Read are RC2, 3DES and PBES2 with SEED, AES, ARIA or 3DES; integrity by any SHA, by PBMAC1, or none; DER as
    well as BER. Raises `pfx.none` for what is no PFX, or not a whole one, `pfx.password` (wrong password, or
    damaged: these look alike) and `pfx.format` (fact `format`: an algorithm or a way of protection that we do
    not know, absurd iterations).
    """
    try:
        return _Reader(pbes.forms(password)).read(pfx)
    except pbe.UnreadableError as error:
        raise KioskError("pfx.format", format=str(error)) from None


@dataclass
class _Reader:
    """One reading under way: the ways to write the password (one, as soon as it is known which), and its bounds."""

    passwords: tuple[pbes.Form, ...]
    rounds_left: int = field(default_factory=lambda: MAX_ROUNDS)
    bags: int = 0
    proved: bool = False
    keys: list[Secret] = field(default_factory=list)
    certificates: list[bytes] = field(default_factory=list)

    def read(self, pfx: bytes) -> Contents:
        if len(pfx) > MAX_BYTES:
            raise KioskError("pfx.none")
        try:
            outer = asn1.decode(asn1_pfx.Pfx, pfx)
        except ValueError:
            raise KioskError("pfx.none") from None
        content = self._data(outer["safe"])
        if outer["mac"]:
            self._check(outer["mac"], content)
        for info in self._decoded(asn1_pfx.AuthenticatedSafe, content):
            if info["type"].dotted == oids.ENCRYPTED_DATA:
                data = pbe.inner(asn1_pfx.EncryptedData, info["content"], "PKCS#12")["encrypted"]
                bags, _ = self._decrypted(asn1_pfx.Bags, data["algorithm"], data["content"].native or b"")
            else:
                bags = self._decoded(asn1_pfx.Bags, self._data(info))
            self._take(bags, MAX_DEPTH)
        if not self.proved:
            # Neither integrity nor a key under the password: nothing says that it is theirs.
            raise pbe.UnreadableError("PKCS#12")
        return Contents(tuple(self.keys), tuple(self.certificates))

    def _data(self, info: Any) -> bytes:
        """Give the octets of a ContentInfo of type data; signed and enveloped ones need keys, not passwords."""
        if info["type"].dotted != oids.DATA:
            raise pbe.UnreadableError(f"PKCS#12 {info['type'].dotted}")
        return bytes(pbe.inner(asn1_pfx.OctetString, info["content"], "PKCS#12").native)

    def _decoded(self, structure: Any, der: bytes) -> Any:
        try:
            return asn1.decode(structure, der)
        except ValueError:
            raise pbe.UnreadableError("PKCS#12") from None

    def _spend(self, rounds: int, name: str) -> None:
        self.rounds_left -= rounds
        if self.rounds_left < 0:
            raise pbe.UnreadableError(name)

    def _check(self, mac: Any, content: bytes) -> None:
        """Find the form of the password that the integrity check is right with."""
        recipe = pbes.mac_recipe(mac)
        for form in self.passwords:
            self._spend(recipe.rounds, recipe.name)
            if hmac.compare_digest(recipe.compute(form, content), mac["mac"]["digest"].native):
                self._settle(form)
                return
        raise KioskError("pfx.password")

    def _settle(self, form: pbes.Form) -> None:
        self.passwords = (form,)
        self.proved = True

    def _decrypted(self, structure: Any, algorithm: Any, ciphertext: bytes) -> tuple[Any, bytes]:
        """Decrypt, and read what comes out: right padding alone does not prove a password."""
        recipe = pbes.recipe(algorithm, ciphertext)
        for form in self.passwords:
            self._spend(recipe.rounds, recipe.name)
            try:
                plaintext = recipe.open(form.wide if recipe.wide else form.plain)
                value = asn1.decode(structure, plaintext)
            except ValueError:
                continue
            self._settle(form)
            return value, plaintext
        raise KioskError("pfx.password")

    def _take(self, bags: Any, depth: int) -> None:
        """Take keys and certificates out of the bags; lists of revoked ones and secrets of others stay."""
        for bag in bags:
            self.bags += 1
            if self.bags > MAX_BAGS or not depth:
                raise pbe.UnreadableError("PKCS#12")
            kind, value = bag["type"].dotted, bag["value"]
            if kind == oids.SHROUDED_KEY_BAG:
                sealed = pbe.inner(asn1.EncryptedPrivateKey, value, "PKCS#12")
                _, key = self._decrypted(asn1.PrivateKey, sealed["algorithm"], sealed["data"].native)
                self.keys.append(Secret(key))
            elif kind == oids.KEY_BAG:
                self.keys.append(Secret(pbe.inner(asn1.PrivateKey, value, "PKCS#12").untag().dump()))
            elif kind == oids.CERT_BAG:
                held = pbe.inner(asn1_pfx.CertBag, value, "PKCS#12")
                if held["type"].dotted == oids.X509_CERTIFICATE:
                    der = pbe.inner(asn1_pfx.OctetString, held["value"], "PKCS#12").native
                    self.certificates.append(bytes(der))
            elif kind == oids.SAFE_CONTENTS_BAG:
                self._take(pbe.inner(asn1_pfx.Bags, value, "PKCS#12"), depth - 1)
