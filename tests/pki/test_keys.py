"""The PKCS#8 key with R, written and read."""

from math import gcd

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.errors import KioskError
from kiosk.pki import container, keys, vid
from kiosk.secret import Secret
from tests.pki import independent as own
from tests.pki import vectors

PLAIN = (vectors.FOLDER / "plain-r.der").read_bytes()
BARE = (vectors.FOLDER / "plain-bare.der").read_bytes()


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return keys.load_key(Secret(BARE))


def test_the_agreed_place_of_these_functions() -> None:
    assert container.private_key_info is keys.private_key_info
    assert container.read_random is keys.read_random
    assert container.load_key is keys.load_key


def test_writes_one_attribute(key: rsa.RSAPrivateKey) -> None:
    random = own.random_of(PLAIN)
    written = keys.private_key_info(key, Secret(random)).reveal()
    assert written == PLAIN
    # Reference 2.5: 41 bytes more, and these.
    assert len(written) == len(BARE) + 41
    assert written[-41:-20].hex().upper() == "A0273025060A2A831A8C9A440A0101033117031500"


def test_random_comes_back(key: rsa.RSAPrivateKey) -> None:
    random = vid.make_random()
    read = keys.read_random(keys.private_key_info(key, random))
    assert read is not None
    assert read.reveal() == random.reveal()


def test_loads_with_and_without_attributes(key: rsa.RSAPrivateKey) -> None:
    more = (vectors.FOLDER / "plain-r-and-more.der").read_bytes()
    for plain in (BARE, PLAIN, more):
        assert keys.load_key(Secret(plain)).private_numbers() == key.private_numbers()
    assert keys.read_random(Secret(BARE)) is None


@pytest.mark.parametrize(
    "attribute",
    [
        own.der(0x30, own.R, own.der(0x31)),
        own.der(0x30, own.R, own.der(0x31, own.der(3, b"\0"))),
        own.der(0x30, own.R, own.der(0x31, own.der(0x30))),
    ],
    ids=["no-value", "empty", "other-type"],
)
def test_a_broken_random_is_none(attribute: bytes) -> None:
    broken = Secret(own.with_attributes(BARE, attribute))
    assert keys.read_random(broken) is None
    keys.load_key(broken)


def test_finds_the_random_among_others() -> None:
    other = own.der(0x30, own.oid("1.2.410.200004.10.1.1.4"), own.der(0x31, own.der(3, b"\0" + bytes(20))))
    read = keys.read_random(Secret(own.with_attributes(BARE, other, own.attribute(b"R" * 20))))
    assert read is not None
    assert read.reveal() == b"R" * 20


def numbers(**changes: int) -> bytes:
    """Write BARE again with some of its numbers changed."""
    key = serialization.load_der_private_key(BARE, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    held = key.private_numbers()
    all_ = {
        "version": 0,
        "n": held.public_numbers.n,
        "e": held.public_numbers.e,
        "d": held.d,
        "p": held.p,
        "q": held.q,
        "dp": held.dmp1,
        "dq": held.dmq1,
        "coefficient": held.iqmp,
    }
    return pkcs8(own.der(0x30, *map(own.integer, (all_ | changes).values())))


def pkcs8(inner: bytes, oid: str = "1.2.840.113549.1.1.1") -> bytes:
    return own.der(0x30, own.integer(0), own.der(0x30, own.oid(oid), b"\5\0"), own.der(4, inner))


def test_numbers_writes_what_loads() -> None:
    assert numbers() == BARE


@pytest.mark.parametrize("name", ["n", "e", "d", "p", "q", "dp", "dq", "coefficient"])
@pytest.mark.parametrize(
    "value", [0, 1, 3, 65539, 1 << 2047, 1 << 16383], ids=["0", "1", "3", "other", "2048", "16384"]
)
def test_numbers_that_do_not_belong_together(name: str, value: int) -> None:
    with pytest.raises(KioskError) as caught:
        keys.load_key(Secret(numbers(**{name: value})))
    assert (caught.value.id, caught.value.facts) == ("medium.format", {"format": "RSA"})


def test_an_exponent_that_fits_one_factor_only(key: rsa.RSAPrivateKey) -> None:
    held = key.private_numbers()
    for factor, name in ((held.q, "dp"), (held.p, "dq")):
        d = held.d + factor - 1
        other = held.p if name == "dp" else held.q
        changed = numbers(d=d % held.public_numbers.n, **{name: d % (other - 1)})
        assert d < held.public_numbers.n
        with pytest.raises(KioskError, match=r"medium\.format"):
            keys.load_key(Secret(changed))


def rsa_of(bits: int) -> bytes:
    """Write an RSA key of this size or one bit more, from factors that need not be prime."""
    e = 65537
    p, q = (1 << bits // 2) - 1, (1 << bits // 2) + 1
    while gcd(p - 1, e) > 1:
        p -= 2
    while gcd(q - 1, e) > 1 or gcd(p, q) > 1:
        q += 2
    d = pow(e, -1, (p - 1) * (q - 1))
    values = (0, p * q, e, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p))
    return pkcs8(own.der(0x30, *map(own.integer, values)))


@pytest.mark.parametrize(("bits", "good"), [(1000, False), (1040, True), (8000, True), (8400, False)])
def test_size_bounds(bits: int, good: bool) -> None:
    data = Secret(rsa_of(bits))
    if good:
        assert keys.load_key(data).key_size in {bits, bits + 1}
    else:
        with pytest.raises(KioskError, match=r"medium\.format"):
            keys.load_key(data)


def test_factors_that_are_not_prime_sign_nothing() -> None:
    key = keys.load_key(Secret(rsa_of(1040)))
    with pytest.raises((InvalidSignature, ValueError)):
        key.public_key().verify(
            key.sign(b"x", padding.PKCS1v15(), SHA256()), b"x", padding.PKCS1v15(), SHA256()
        )


def test_other_kinds_of_key() -> None:
    curve = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(KioskError) as caught:
        keys.load_key(Secret(curve))
    assert caught.value.facts == {"format": "1.2.840.10045.2.1"}
    for rubbish in (b"", b"\x30\x00", BARE + b"\0"):
        for read in (keys.load_key, keys.read_random):
            with pytest.raises(KioskError) as caught:
                read(Secret(rubbish))
            assert caught.value.facts == {"format": "PKCS#8"}


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_damaged_keys_are_refused_or_load(draw: st.DataObject) -> None:
    data = bytearray(PLAIN)
    for _ in range(draw.draw(st.integers(1, 3))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    for read in (keys.load_key, keys.read_random):
        try:
            read(Secret(bytes(data)))
        except KioskError as error:
            assert error.id == "medium.format"
