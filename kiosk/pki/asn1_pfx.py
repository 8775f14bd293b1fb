# mypy: disallow-subclassing-any=false
# ruff: noqa: RUF012 - asn1crypto wants its class attributes as plain lists, and completes them in place
"""ASN.1 structures of PKCS#12 (RFC 7292), read with `kiosk.pki.asn1.decode` and `inner`."""

from asn1crypto import core
from asn1crypto.core import BMPString, OctetString

from kiosk.pki.asn1 import Algorithm

__all__ = [
    "AnySet",
    "AuthenticatedSafe",
    "BMPString",
    "Bag",
    "Bags",
    "CertBag",
    "ContentInfo",
    "EncryptedData",
    "OctetString",
    "Pbmac1Parameters",
    "Pfx",
]


class ContentInfo(core.Sequence):
    """ContentInfo (RFC 5652 section 3)."""

    _fields = [("type", core.ObjectIdentifier), ("content", core.Any, {"explicit": 0, "optional": True})]


class _Digest(core.Sequence):
    _fields = [("algorithm", Algorithm), ("digest", core.OctetString)]


class _Mac(core.Sequence):
    """MacData (section 4)."""

    _fields = [("mac", _Digest), ("salt", core.OctetString), ("iterations", core.Integer, {"default": 1})]


class Pfx(core.Sequence):
    """The whole file (section 4)."""

    _fields = [("version", core.Integer), ("safe", ContentInfo), ("mac", _Mac, {"optional": True})]


class AuthenticatedSafe(core.SequenceOf):
    """What the integrity check is about (section 4.1)."""

    _child_spec = ContentInfo


class _EncryptedContent(core.Sequence):
    _fields = [
        ("type", core.ObjectIdentifier),
        ("algorithm", Algorithm),
        ("content", core.OctetString, {"implicit": 0, "optional": True}),
    ]


class EncryptedData(core.Sequence):
    """EncryptedData (RFC 5652 section 8)."""

    _fields = [
        ("version", core.Integer),
        ("encrypted", _EncryptedContent),
        ("attributes", core.Any, {"optional": True}),
    ]


class AnySet(core.SetOf):
    """Values of an attribute."""

    _child_spec = core.Any


class _BagAttribute(core.Sequence):
    _fields = [("type", core.ObjectIdentifier), ("values", core.Any)]


class _BagAttributes(core.SetOf):
    _child_spec = _BagAttribute


class Bag(core.Sequence):
    """SafeBag (section 4.2)."""

    _fields = [
        ("type", core.ObjectIdentifier),
        ("value", core.Any, {"explicit": 0}),
        ("attributes", _BagAttributes, {"optional": True}),
    ]


class Bags(core.SequenceOf):
    """SafeContents (section 4.2)."""

    _child_spec = Bag


class CertBag(core.Sequence):
    """CertBag (section 4.2.3)."""

    _fields = [("type", core.ObjectIdentifier), ("value", core.Any, {"explicit": 0})]


class Pbmac1Parameters(core.Sequence):
    """PBMAC1-params (RFC 8018 A.5)."""

    _fields = [("derivation", Algorithm), ("scheme", Algorithm)]
