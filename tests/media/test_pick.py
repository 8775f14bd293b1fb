from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kiosk.errors import KioskError
from kiosk.media.pick import pick, serial_of
from kiosk.media.scan import Found, ScanResult


def found(serial: int | None, *, problem: str | None = None, path: str = "a") -> Found:
    if serial is None:
        return Found(path, None, None, None, "certificate_unreadable")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "가")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), serial, start, start + timedelta(days=1))
    certificate = builder.sign(key, hashes.SHA256())
    der = certificate.public_bytes(serialization.Encoding.DER)
    return Found(path, certificate, der, None, problem)


def chosen(*all_: Found, serial: str | None = None) -> Found:
    return pick(ScanResult(all_, ()), serial)


def test_the_only_one_is_meant() -> None:
    one = found(0xAB)
    assert chosen(found(None), one) is one
    assert serial_of(one) == "ab"


def test_the_one_with_the_serial_is_meant() -> None:
    one, two = found(0xAB), found(0xCD)
    assert chosen(one, two, serial="cd") is two


def test_a_whole_set_is_meant_rather_than_its_broken_copy() -> None:
    broken = found(0xAB, problem="key_missing")
    whole = Found("b", broken.certificate, broken.certificate_der, "1.15", None)
    assert chosen(broken, whole) is whole
    assert chosen(broken, whole, serial="ab") is whole
    assert chosen(broken) is broken


@pytest.mark.parametrize(
    ("all_", "serial", "id_"),
    [
        ([], None, "medium.empty"),
        ([None], None, "medium.empty"),
        ([None], "ab", "medium.not_there"),
        ([0xAB, 0xCD], None, "medium.several"),
        ([0xAB], "cd", "medium.not_there"),
        ([0xAB, 0xAB], "ab", "medium.several"),  # two authorities may use one number
    ],
)
def test_what_is_not_clear_is_asked_back(all_: list[int | None], serial: str | None, id_: str) -> None:
    with pytest.raises(KioskError) as caught:
        chosen(*map(found, all_), serial=serial)
    assert caught.value.id == id_
    if id_ == "medium.several":
        assert str(caught.value.facts["serials"]).startswith("ab")
