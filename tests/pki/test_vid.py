"""R, VID and IdentifyData against the reference's bytes and the independent implementation."""

import hashlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.pki import oids, vid
from kiosk.secret import Secret
from tests.pki import independent as own
from tests.pki.conftest import ID_NUMBER, certificate, der, subscriber_extensions

R = Secret(bytes.fromhex("79EA7568A2D3776604E18BCD3A1B1B85B7DA0872"))
VID = "17692c8dd00ead33791de0a64a937c60799634c64ac56fa57570c0e05252ab35"


def test_reference_vector() -> None:
    assert vid.vid(Secret("1234561234567"), R).hex() == VID


@given(st.integers(0, 10**13 - 1).map("{:013}".format), st.binary(min_size=20, max_size=32))
def test_the_same_as_independently(id_number: str, random: bytes) -> None:
    assert vid.vid(Secret(id_number), Secret(random)) == own.vid(id_number.encode(), random)


@pytest.mark.parametrize("id_number", ["", "900101-1234567", "홍길동", " 1"])
def test_only_plain_numbers(id_number: str) -> None:
    with pytest.raises(ValueError, match="letters and digits"):
        vid.vid(Secret(id_number), R)


def test_random_is_new_each_time() -> None:
    made = {vid.make_random().reveal() for _ in range(20)}
    assert len(made) == 20
    assert {len(random) for random in made} == {20}


def test_identify_data_has_the_bytes_of_real_certificates() -> None:
    # The yessign test certificate's otherName, with its VID replaced (reference 2.7).
    head = "30480C03484B443041303F060A2A831A8C9A440A0101013031300B0609608648016503040201A0220420"
    assert vid.identify_data("HKD", bytes.fromhex(VID)).hex() == (head + VID).lower()


def test_other_name_has_the_type_of_the_format() -> None:
    name = vid.other_name("홍길동", bytes(32))
    assert name.type_id.dotted_string == "1.2.410.200004.10.1.1"
    assert name.value == vid.identify_data("홍길동", bytes(32))


def identified(
    keys: list[rsa.RSAPrivateKey], *values: bytes, type_: str = oids.IDENTIFY_DATA
) -> x509.Certificate:
    names: list[x509.GeneralName] = [x509.OtherName(x509.ObjectIdentifier(type_), value) for value in values]
    return certificate(
        "시험", keys[2], keys[1], {x509.SubjectAlternativeName: (x509.SubjectAlternativeName(names), False)}
    )


def data(hash_oid: str, value: bytes, *, null: bool, name_tag: int = 0x0C, name: bytes = b"HKD") -> bytes:
    algorithm = own.der(0x30, own.oid(hash_oid), b"\x05\x00" if null else b"")
    inner = own.der(0x30, algorithm, own.der(0xA0, own.der(4, value)))
    info = own.der(0x30, own.oid("1.2.410.200004.10.1.1.1"), inner)
    return own.der(0x30, own.der(name_tag, name), own.der(0x30, info))


@pytest.mark.parametrize("null", [False, True])
@pytest.mark.parametrize(
    ("hash_name", "oid"),
    [("sha1", "1.3.14.3.2.26"), ("sha256", "2.16.840.1.101.3.4.2.1"), ("sha512", "2.16.840.1.101.3.4.2.3")],
)
def test_reads_and_matches_every_hash(
    keys: list[rsa.RSAPrivateKey], hash_name: str, oid: str, null: bool
) -> None:
    value = own.vid(ID_NUMBER.reveal(), R.reveal(), hash_name)
    assert len(value) == hashlib.new(hash_name).digest_size
    held = identified(keys, data(oid, value, null=null))
    assert vid.read_identity(held) == vid.Identity("HKD", hash_name, value)
    assert vid.matches(held, ID_NUMBER, R)
    assert not vid.matches(held, Secret("9001011234568"), R)
    assert not vid.matches(held, ID_NUMBER, vid.make_random())


def test_own_certificate(subscriber: x509.Certificate, random: Secret) -> None:
    assert vid.read_identity(subscriber) == vid.Identity("홍길동", "sha256", vid.vid(ID_NUMBER, random))
    assert vid.matches(subscriber, ID_NUMBER, random)


def test_a_name_without_vid(keys: list[rsa.RSAPrivateKey]) -> None:
    held = identified(keys, own.der(0x30, own.der(0x0C, "금융결제원".encode())))
    assert vid.read_identity(held) == vid.Identity("금융결제원", "", None)
    assert not vid.matches(held, ID_NUMBER, R)


def test_an_unknown_hash_is_no_vid(keys: list[rsa.RSAPrivateKey]) -> None:
    held = identified(keys, data("1.2.410.200004.1.2", bytes(20), null=False))
    assert vid.read_identity(held) == vid.Identity("HKD", "", None)


def test_other_string_types(keys: list[rsa.RSAPrivateKey]) -> None:
    held = identified(
        keys, data(oids.SHA256, bytes(32), null=False, name_tag=0x1E, name="홍".encode("utf-16-be"))
    )
    identity = vid.read_identity(held)
    assert identity is not None
    assert identity.real_name == "홍"


def test_certificates_without_identity(issuing: x509.Certificate, keys: list[rsa.RSAPrivateKey]) -> None:
    assert vid.read_identity(issuing) is None
    assert vid.read_identity(identified(keys, b"\x05\x00", type_="1.2.3.4")) is None
    assert vid.read_identity(identified(keys, b"\x30\x03\x02\x01\x00")) is None
    assert not vid.matches(issuing, ID_NUMBER, R)


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_damaged_certificates_never_raise(subscriber: x509.Certificate, draw: st.DataObject) -> None:
    raw = bytearray(der(subscriber))
    start = raw.index(own.oid(oids.IDENTIFY_DATA)) - 20
    for _ in range(draw.draw(st.integers(1, 4))):
        raw[draw.draw(st.integers(start, start + 130))] = draw.draw(st.integers(0, 255))
    try:
        held = x509.load_der_x509_certificate(bytes(raw))
    except ValueError:
        return
    identity = vid.read_identity(held)
    assert identity is None or isinstance(identity.real_name, str)


def test_the_fixture_uses_what_is_tested(random: Secret) -> None:
    (name,) = subscriber_extensions(random)[x509.SubjectAlternativeName][0]  # type: ignore[index]
    assert name == vid.other_name("홍길동", vid.vid(ID_NUMBER, random))
