"""Foreign bytes are read to the end or refused with one kind of error."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.pki import asn1
from tests.pki import independent, vectors

STRUCTURES = [
    asn1.EncryptedPrivateKey,
    asn1.PrivateKey,
    asn1.Pbes2Parameters,
    asn1.Pbkdf2Parameters,
    asn1.PbeParameters,
    asn1.IdentifyData,
    asn1.RandomBits,
    asn1.RSAPrivateKey,
]


@settings(deadline=None)
@given(st.sampled_from(STRUCTURES), st.binary(max_size=200))
def test_rubbish_is_a_value_error(structure: type, data: bytes) -> None:
    try:
        value = asn1.decode(structure, data)
    except ValueError:
        return
    assert value.dump() == data


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x30\x80" * 20000,
        b"\x30\x84\xff\xff\xff\xff",
        b"\x30\x02\x02\x00",
        b"\x02\x01\x00" * 9,
    ],
    ids=["empty", "cut", "nested", "huge", "no-integer", "other"],
)
def test_known_traps(structure: type, data: bytes) -> None:
    with pytest.raises(ValueError, match=r"^not a \w+$"):
        asn1.decode(structure, data)


def test_every_field_is_read_at_once() -> None:
    plain = (vectors.FOLDER / "plain-r.der").read_bytes()
    asn1.decode(asn1.PrivateKey, plain)
    broken = plain.replace(independent.R, b"\x02" + independent.R[1:])  # an INTEGER, four levels down
    assert broken != plain
    for data in (broken, plain + b"\0", plain[:-1]):
        with pytest.raises(ValueError, match="not a PrivateKey"):
            asn1.decode(asn1.PrivateKey, data)


def test_an_error_does_not_quote_the_bytes() -> None:
    secret = b"\x30\x0bsecret-text"
    with pytest.raises(ValueError, match="not a") as caught:
        asn1.decode(asn1.PrivateKey, secret)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
