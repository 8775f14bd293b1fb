"""From the files of a set to a PFX and back. Pure: bytes in, bytes out; the keys stay as they are, byte for byte."""

import contextlib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography import x509

from kiosk.errors import KioskError
from kiosk.pki import container, npki, pairs, pkcs12, pkcs12_write
from kiosk.secret import Secret

CA_CERTIFICATES = "CaPubs"


@dataclass(frozen=True)
class Packed:
    """A PFX made from a set: whether the pair for encryption is in it, and the files that are not."""

    pfx: bytes
    encryption: bool
    left_out: tuple[str, ...]


def pack(files: Mapping[str, bytes], pkcs8: Secret, password: Secret, *, modern: bool = False) -> Packed:
    """Make the PFX of a set, under the set's own password; `pkcs8` is its opened signing key.

    The pair for encryption comes along when the same password opens it, and CaPubs when it is one certificate
    (what else stands in such files is not known). What was made is opened again before it is given.
    """
    entries = [_entry(files[npki.SIGN_CERT], pkcs8)]
    packed = {npki.SIGN_CERT, npki.SIGN_KEY}
    second = _encryption_key(files, password)
    if second is not None:
        entries.append(_entry(files[npki.ENCRYPTION_CERT], second))
        packed |= {npki.ENCRYPTION_CERT, npki.ENCRYPTION_KEY}
    others = [files[CA_CERTIFICATES]] if pairs.parsed(files.get(CA_CERTIFICATES, b"")) else []
    if others:
        packed.add(CA_CERTIFICATES)
    pfx = pkcs12_write.write(entries, password, others=others, modern=modern)
    with pkcs12.read(pfx, password) as again:
        if [key.reveal() for key in again.keys] != [entry.pkcs8.reveal() for entry in entries]:
            raise RuntimeError("a PFX of ours opens as something else")
    if second is not None:
        second.wipe()
    return Packed(pfx, second is not None, tuple(sorted(files.keys() - packed)))


def _entry(der: bytes, pkcs8: Secret) -> pkcs12_write.Entry:
    """Give the name that Windows shows, and tie key and certificate by the SKI, as Korean programs do."""
    name, local_id = "", hashlib.sha1(der, usedforsecurity=False).digest()
    certificate = pairs.parsed(der)
    if certificate is not None:
        common = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        name = str(common[0].value) if common else ""
        with contextlib.suppress(x509.ExtensionNotFound):
            local_id = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    return pkcs12_write.Entry(pkcs8, der, name, local_id)


def _encryption_key(files: Mapping[str, bytes], password: Secret) -> Secret | None:
    """Open the key of the pair for encryption; None when there is none, or it has another password."""
    if npki.ENCRYPTION_CERT not in files or npki.ENCRYPTION_KEY not in files:
        return None
    try:
        return npki.check_set(files[npki.ENCRYPTION_CERT], files[npki.ENCRYPTION_KEY], password).pkcs8
    except KioskError:
        return None


def unpack(whole: pairs.Whole, password: Secret) -> dict[str, bytes]:
    """Make the files of a set from what a PFX held, each key sealed under `password`, and prove them.

    Raises `pfx.format` when a key cannot do what its certificate says.
    """
    files = {
        npki.SIGN_CERT: whole.signing.der,
        npki.SIGN_KEY: container.encrypt_key(whole.signing.pkcs8, password),
    }
    if whole.encryption is not None:
        files[npki.ENCRYPTION_CERT] = whole.encryption.der
        files[npki.ENCRYPTION_KEY] = container.encrypt_key(whole.encryption.pkcs8, password)
    if whole.authority is not None:
        files[CA_CERTIFICATES] = whole.authority
    try:
        prove(files, password)
    except KioskError as error:
        raise KioskError("pfx.format", format=str(error.facts.get("step", "RSA"))) from None
    return files


def prove(files: Mapping[str, bytes], password: Secret) -> None:
    """Open every key of a set, match it with its certificate, sign and verify. Raises what `check_set` does."""
    for der, key in ((npki.SIGN_CERT, npki.SIGN_KEY), (npki.ENCRYPTION_CERT, npki.ENCRYPTION_KEY)):
        if der in files or der == npki.SIGN_CERT:
            npki.check_set(files.get(der, b""), files.get(key, b""), password).pkcs8.wipe()
