"""`pkcs11:` URIs, as RFC 7512 has them."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from kiosk.errors import KioskError
from kiosk.media.token_records import Token
from kiosk.media.token_uri import TokenUri, is_uri, token_uri

TEXT = some.text(some.characters(categories=("L", "N", "P", "S", "Zs")), max_size=32).filter(str.isprintable)


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ("pkcs11:", TokenUri()),
        ("PKCS11:token=KIOSK", TokenUri(token="KIOSK")),
        ("pkcs11:token=The%20Software%20PKCS%2311%20Softtoken;manufacturer=Snake%20Oil,%20Inc.;model=1.0",
         TokenUri(token="The Software PKCS#11 Softtoken", manufacturer="Snake Oil, Inc.", model="1.0")),
        ("pkcs11:serial=DECC0401648?module-name=opensc&module-path=/usr/lib/x.so",
         TokenUri(serial="DECC0401648", module_name="opensc", module_path="/usr/lib/x.so")),
        ("pkcs11:slot-id=327;token=%EA%B9%80", TokenUri(slot_id=327, token="김")),
        ("pkcs11:token=김", TokenUri(token="김")),
        ("pkcs11:token=", TokenUri(token="")),
        ("pkcs11:token=a=b", TokenUri(token="a=b")),
        ("pkcs11:token=a;", TokenUri(token="a")),
    ],
)  # fmt: skip
def test_read(text: str, uri: TokenUri) -> None:
    assert is_uri(text)
    assert TokenUri.parse(text) == uri


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("pkcs11:object=x", "object"), ("pkcs11:id=%01", "id"), ("pkcs11:token=a;token=b", "token"),
        ("pkcs11:token=%4", "token"), ("pkcs11:token=%zz", "token"), ("pkcs11:token=%ff", "token"),
        ("pkcs11:token", "token"), ("pkcs11:token=%00", "token"), ("pkcs11:token=%1b[2J", "token"),
        ("pkcs11:slot-id=x", "slot-id"), ("pkcs11:slot-id=-1", "slot-id"), ("pkcs11:slot-id=", "slot-id"),
        ("pkcs11:?token=a", "token"), ("pkcs11:module-name=x", "module-name"),
        ("pkcs11:?pin-value=1234", "pin-value"), ("pkcs11:?pin-source=file:/x", "pin-source"),
        ("pkcs11:Token=a", "?"), ("pkcs11:=a", "?"), ("pkcs11:token=" + "a" * 3000, "pkcs11:"),
        ("/media/stick", "pkcs11:"),
    ],
)  # fmt: skip
def test_refused(text: str, part: str) -> None:
    """What is wrong is named; what stands there is not said again, since it may be a PIN."""
    with pytest.raises(KioskError) as caught:
        TokenUri.parse(text)
    assert (caught.value.id, caught.value.facts) == ("usage.uri", {"part": part})


@given(TEXT, TEXT, TEXT, TEXT)
def test_a_token_s_uri_names_it(label: str, serial: str, manufacturer: str, model: str) -> None:
    uri = Token("/m.so", 1, label, serial, manufacturer, model, 0).uri
    assert uri.isascii()
    assert TokenUri.parse(uri) == TokenUri(token=label, serial=serial, manufacturer=manufacturer, model=model)


@given(some.text(max_size=60))
def test_any_text_is_a_uri_or_an_error(text: str) -> None:
    try:
        TokenUri.parse("pkcs11:" + text)
    except KioskError as error:
        assert error.id == "usage.uri"
        assert str(error.facts["part"]).isascii()


def test_modules_by_name_and_path() -> None:
    path = "/usr/lib/softhsm/libsofthsm2.so"
    for name in ("softhsm2", "libsofthsm2", "SoftHSM2"):
        assert TokenUri(module_name=name).fits_module(path)
    assert TokenUri(module_path=path).fits_module(path)
    assert TokenUri().fits_module(path)
    assert not TokenUri(module_name="softhsm").fits_module(path)
    assert not TokenUri(module_path="/usr/lib/softhsm").fits_module(path)
    assert not TokenUri(module_path=path, module_name="other").fits_module(path)


def test_written_as_the_standard_says() -> None:
    assert token_uri({"token": "a b;c/d?e%"}) == "pkcs11:token=a%20b%3Bc%2Fd%3Fe%25"
