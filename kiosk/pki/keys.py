"""The PKCS#8 key inside a key file, with its attribute R (RFC 5958; KCAC.TS.SIVID for R)."""

from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from kiosk.errors import KioskError
from kiosk.pki import asn1, oids
from kiosk.secret import Secret

# Outside these a key is no signing key of anybody, and computing with a giant one takes minutes.
MIN_BITS, MAX_BITS = 1024, 8192


def private_key_info(key: rsa.RSAPrivateKey, random: Secret) -> Secret:
    """Write PKCS#8 version 0 as DER with exactly one attribute, R as a bit string.

    With a second attribute some readers fail, and with none the VID cannot be proved.
    """
    der = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    value = asn1.decode(asn1.PrivateKey, der)
    value["attributes"] = [{"type": oids.RANDOM, "values": asn1.RandomBits([random.reveal()])}]
    return Secret(bytes(value.dump()))


def read_random(pkcs8: Secret) -> Secret | None:
    """Give R from a PKCS#8 key; None when it has none. Raises `medium.format` when it is no PKCS#8."""
    attributes = _decoded(pkcs8)["attributes"]
    for index in range(len(attributes)):
        if attributes[index]["type"].dotted == oids.RANDOM:
            try:
                values = asn1.inner(asn1.RandomBits, attributes[index]["values"])
            except ValueError:
                return None
            return Secret(values[0].native) if len(values) and values[0].native else None
    return None


def load_key(pkcs8: Secret) -> rsa.RSAPrivateKey:
    """Load the RSA key; attributes are ignored. Raises `medium.format` for anything else or malformed."""
    value = _decoded(pkcs8)
    oid = value["algorithm"]["algorithm"].dotted
    if oid != oids.RSA:
        raise KioskError("medium.format", format=oid)
    der = value["key"].native
    try:
        _check_numbers(asn1.decode(asn1.RSAPrivateKey, der).native)
        # The inner RSAPrivateKey alone: no reader's opinion on attributes or a missing NULL matters.
        key = serialization.load_der_private_key(der, password=None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KioskError("medium.format", format="RSA") from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise KioskError("medium.format", format="RSA")
    return key


def _check_numbers(key: Mapping[str, Any]) -> None:
    """Raise `ValueError` unless the numbers of an RSAPrivateKey (RFC 8017 A.1.2) belong together.

    This replaces the library's check, of which 50 ms go into the question whether the factors are prime; a
    key with factors that are not cannot make the signature that every proof asks for.
    """
    n, e, d = key["modulus"], key["public_exponent"], key["private_exponent"]
    p, q, dp, dq = key["prime1"], key["prime2"], key["exponent1"], key["exponent2"]
    if not MIN_BITS <= n.bit_length() <= MAX_BITS or not all(1 < number < n for number in (e, d, p, q)):
        raise ValueError("size")
    together = (
        p * q == n,
        (dp, dq) == (d % (p - 1), d % (q - 1)),
        (e * dp) % (p - 1) == 1,
        (e * dq) % (q - 1) == 1,
        key["coefficient"] * q % p == 1,
    )
    if not all(together):
        raise ValueError("consistency")


def _decoded(pkcs8: Secret) -> Any:
    try:
        return asn1.decode(asn1.PrivateKey, pkcs8.reveal())
    except ValueError:
        raise KioskError("medium.format", format="PKCS#8") from None
