# mypy: disallow-subclassing-any=false
# ruff: noqa: RUF012 - asn1crypto wants its class attributes as plain lists, and completes them in place
"""ASN.1 structures of the Korean formats, over asn1crypto, and the one way to read foreign bytes.

`decode` reads a structure to the last field at once, so that hostile bytes fail there with `ValueError` and
never later. Shapes: KCAC.TS.SIVID (HashContent, IdentifyData), RFC 5958 (keys), RFC 8018 (PBES1, PBES2).
"""

from collections.abc import Callable, Iterable
from typing import Any

from asn1crypto import core
from asn1crypto.core import Null, OctetString
from asn1crypto.keys import RSAPrivateKey
from asn1crypto.x509 import DirectoryString

__all__ = [
    "Algorithm",
    "DirectoryString",
    "EncryptedPrivateKey",
    "HashContent",
    "IdentifyData",
    "Null",
    "OctetString",
    "PbeParameters",
    "Pbes2Parameters",
    "Pbkdf2Parameters",
    "PrivateKey",
    "RSAPrivateKey",
    "RandomBits",
    "UserInfo",
    "UserInfos",
    "decode",
    "inner",
]


OID_BYTES = 64


class Algorithm(core.Sequence):
    """AlgorithmIdentifier, with parameters left as they are."""

    _fields = [("algorithm", core.ObjectIdentifier), ("parameters", core.Any, {"optional": True})]


class EncryptedPrivateKey(core.Sequence):
    """EncryptedPrivateKeyInfo (RFC 5958 section 3)."""

    _fields = [("algorithm", Algorithm), ("data", core.OctetString)]


class PbeParameters(core.Sequence):
    """PBEParameter (RFC 8018 A.3), here with a salt of any length."""

    _fields = [("salt", core.OctetString), ("iterations", core.Integer)]


class Pbes2Parameters(core.Sequence):
    """PBES2-params (RFC 8018 A.4)."""

    _fields = [("derivation", Algorithm), ("scheme", Algorithm)]


class Pbkdf2Parameters(core.Sequence):
    """PBKDF2-params (RFC 8018 A.2); only the form with the salt written out is in use."""

    _fields = [
        ("salt", core.OctetString),
        ("iterations", core.Integer),
        ("key_length", core.Integer, {"optional": True}),
        ("prf", Algorithm, {"optional": True}),
    ]


class RandomBits(core.SetOf):
    """The value of attribute R: one bit string."""

    _child_spec = core.OctetBitString


class _Attribute(core.Sequence):
    """A key attribute: type and values."""

    _fields = [("type", core.ObjectIdentifier), ("values", core.Any)]


class _Attributes(core.SetOf):
    _child_spec = _Attribute


class PrivateKey(core.Sequence):
    """PrivateKeyInfo and OneAsymmetricKey (RFC 5958 section 2)."""

    _fields = [
        ("version", core.Integer),
        ("algorithm", Algorithm),
        ("key", core.OctetString),
        ("attributes", _Attributes, {"implicit": 0, "optional": True}),
        ("public_key", core.OctetBitString, {"implicit": 1, "optional": True}),
    ]


class HashContent(core.Sequence):
    """What a VID is the hash of (KCAC.TS.SIVID)."""

    _fields = [("id_number", core.PrintableString), ("random", core.OctetBitString)]


class _Vid(core.Sequence):
    _fields = [("hash", Algorithm), ("value", core.OctetString, {"explicit": 0})]


class UserInfo(core.Sequence):
    """One way to identify a subscriber: its type, and what that says."""

    _fields = [("type", core.ObjectIdentifier), ("vid", core.Any)]
    _oid_pair = ("type", "vid")
    _oid_specs = {"1.2.410.200004.10.1.1.1": _Vid}


class UserInfos(core.SequenceOf):
    """All ways of one subscriber; there is one."""

    _child_spec = UserInfo


class IdentifyData(core.Sequence):
    """The value of the certificate's otherName (KCAC.TS.SIVID): real name, then VIDs."""

    _fields = [("real_name", DirectoryString), ("user_info", UserInfos, {"optional": True})]


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, core.Choice):
        return (value.chosen,)
    if isinstance(value, core.Sequence | core.SequenceOf):
        return (value[index] for index in range(len(value)))
    return ()


def _read(value: Any) -> None:
    """Parse `value` to its leaves; asn1crypto would do so only when a field is asked for."""
    if isinstance(value, core.Any):
        return
    if isinstance(value, core.ObjectIdentifier) and len(value.contents) > OID_BYTES:
        # One number of a long one takes the square of its length to read, and no name of anything is so long.
        raise ValueError("OID")
    if isinstance(value, core.Sequence | core.SequenceOf | core.Choice):
        for child in _children(value):
            _read(child)
    else:
        _ = value.native


def decode(structure: Any, der: bytes) -> Any:
    """Read `der` as `structure`, whole and without trailing bytes; a field of type Any stays as it is.

    Raises `ValueError`, which says nothing of the bytes, for whatever is wrong with them.
    """
    return _whole(structure, lambda: structure.load(der, strict=True))


def inner(structure: Any, field: Any) -> Any:
    """Read a field of type Any as `structure`; raise `ValueError` as `decode` does (when absent, too)."""
    return _whole(structure, lambda: field.parse(structure))


def _whole(structure: Any, parse: Callable[[], Any]) -> Any:
    try:
        value = parse()
        _read(value)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError):
        # What asn1crypto raises on rubbish quotes the bytes, and these may be a decrypted key.
        raise ValueError(f"not a {structure.__name__}") from None
    return value
