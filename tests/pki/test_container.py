"""The key file as we write it, wrong passwords, and files that are none."""

import secrets
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.errors import KioskError
from kiosk.pki import container
from kiosk.pki import pbe as encryption
from kiosk.secret import Secret
from tests.pki import independent as own
from tests.pki import vectors
from tests.pki.conftest import PASSWORD, OpenSSL

PLAIN = (vectors.FOLDER / "plain-r.der").read_bytes()


def sealed(name: str) -> bytes:
    return (vectors.FOLDER / name).read_bytes()


def refused(data: bytes, password: Secret = PASSWORD) -> KioskError:
    with pytest.raises(KioskError) as caught:
        container.decrypt_key(data, password)
    return caught.value


@pytest.mark.parametrize("password", ["Wkfehlfk!7294", "비밀번호!2x9", ""])
def test_another_implementation_opens_what_we_write(password: str) -> None:
    written = container.encrypt_key(PLAIN, Secret(password))
    assert own.open_key(written, password.encode()) == PLAIN
    assert container.decrypt_key(written, Secret(password)).reveal() == PLAIN


def test_the_form_is_the_one_that_all_read() -> None:
    first, second = (own.parts(container.encrypt_key(PLAIN, PASSWORD)) for _ in range(2))
    assert first[0] == own.oid("1.2.410.200004.1.15")
    assert (len(first[1]), first[2]) == (8, 2048)
    assert first[1] != second[1]


def test_salt_and_iterations_may_be_given() -> None:
    written = container.encrypt_key(Secret(PLAIN), PASSWORD, salt=b"12345678", iterations=77)
    assert own.parts(written)[:3] == (own.PBE, b"12345678", 77)
    assert written == own.close_key(own.PBE, PASSWORD.reveal(), b"12345678", 77, PLAIN)


@pytest.mark.parametrize(
    ("salt", "iterations"), [(b"1234567", 2048), (b"", 2048), (b"12345678", 0), (b"12345678", 1_000_001)]
)
def test_what_is_not_written(salt: bytes, iterations: int) -> None:
    with pytest.raises(ValueError, match="salt of 8 bytes"):
        container.encrypt_key(PLAIN, PASSWORD, salt=salt, iterations=iterations)


def test_openssl_opens_what_we_write(openssl: OpenSSL) -> None:
    _, salt, count, ciphertext = own.parts(container.encrypt_key(PLAIN, PASSWORD))
    options = ("digest:SHA1", f"pass:{PASSWORD.text()}", f"hexsalt:{salt.hex()}", f"iter:{count}")
    kdf = [part for option in options for part in ("-kdfopt", option)]
    derived = openssl("kdf", "-keylen", "20", *kdf, "-binary", "PBKDF1")
    assert derived == own.pbkdf1(PASSWORD.reveal(), salt, count)
    iv = own.key_and_iv(own.PBE, PASSWORD.reveal(), salt, count)[1]
    plain = openssl("enc", "-d", "-seed-cbc", "-K", derived[:16].hex(), "-iv", iv.hex(), stdin=ciphertext)
    assert plain == PLAIN


@pytest.mark.parametrize(
    "name", ["seed-sha1.key", "seed-old.key", "pbes2-seed-bank.key", "pbes2-aes-256-cbc-sha256.key"]
)
@pytest.mark.parametrize("password", ["Vector!7295", "vector!7294", "", "비밀Vector!7294", "\u1234"])
def test_wrong_passwords(name: str, password: str) -> None:
    assert refused(sealed(name), Secret(password)).id == "medium.password"


def test_a_password_that_is_not_utf8() -> None:
    assert refused(sealed("seed-sha1.key"), Secret(b"\xff\xfe")).id == "medium.password"
    raw = vectors.KOREAN.encode("cp949")
    assert container.decrypt_key(sealed("seed-sha1-cp949.key"), Secret(raw)).reveal() == PLAIN


@pytest.mark.parametrize("plain", [b"", b"rubbish", PLAIN + b"\0", PLAIN[:-1], b"\x30\x00"])
def test_right_padding_alone_proves_nothing(plain: bytes) -> None:
    data = own.close_key(own.PBE, PASSWORD.reveal(), bytes(8), 1, plain)
    assert own.open_key(data, PASSWORD.reveal()) == plain
    assert refused(data).id == "medium.password"


def pbe(
    *,
    oid: str = "1.2.410.200004.1.15",
    salt: bytes = bytes(8),
    count: bytes = b"\2\1\1",
    data: bytes = bytes(32),
) -> bytes:
    return own.der(
        0x30, own.der(0x30, own.oid(oid), own.der(0x30, own.der(4, salt), count)), own.der(4, data)
    )


def pbes2(
    *,
    scheme: str = "1.2.410.200004.1.4",
    iv: bytes = bytes(16),
    kdf: str = "1.2.840.113549.1.5.12",
    count: int = 1,
    more: bytes = b"",
) -> bytes:
    derivation = own.der(0x30, own.oid(kdf), own.der(0x30, own.der(4, bytes(8)), own.integer(count), more))
    cipher = own.der(0x30, own.oid(scheme), own.der(4, iv))
    algorithm = own.der(0x30, own.oid("1.2.840.113549.1.5.13"), own.der(0x30, derivation, cipher))
    return own.der(0x30, algorithm, own.der(4, bytes(32)))


def prf(oid: str) -> bytes:
    return own.der(0x30, own.oid(oid), b"\x05\x00")


UNREADABLE = {
    "empty": (b"", "unknown"),
    "text": (b"-----BEGIN PRIVATE KEY-----", "unknown"),
    "not-encrypted": (PLAIN, "unknown"),
    "trailing": (pbe() + b"\0", "unknown"),
    "too-long": (pbe(data=bytes(64 * 1024)), "unknown"),
    "has-160": (pbe(oid="1.2.410.200004.1.11"), "1.2.410.200004.1.11"),
    "3des": (pbe(oid="1.2.840.113549.1.12.1.3"), "1.2.840.113549.1.12.1.3"),
    "no-parameters": (own.der(0x30, own.der(0x30, own.PBE), own.der(4, bytes(32))), "SEED-CBC SHA-1"),
    "null": (own.der(0x30, own.der(0x30, own.PBE, b"\5\0"), own.der(4, bytes(32))), "SEED-CBC SHA-1"),
    "tag-0": (own.der(0x30, own.der(0x30, own.PBE, b"\0\0"), own.der(4, bytes(32))), "SEED-CBC SHA-1"),
    "no-iterations": (pbe(count=own.integer(0)), "SEED-CBC SHA-1"),
    "negative": (pbe(count=b"\2\1\xff"), "SEED-CBC SHA-1"),
    "iterations": (pbe(count=own.integer(1_000_001)), "SEED-CBC SHA-1"),
    "astronomic": (pbe(count=own.integer(1 << 30000)), "SEED-CBC SHA-1"),
    "endless-oid": (
        own.der(0x30, own.der(0x30, own.der(6, b"\xff" * 60_000 + b"\1")), own.der(4, bytes(32))),
        "unknown",
    ),
    "long-oid": (own.der(0x30, own.der(0x30, own.der(6, b"\1" * 60_000)), own.der(4, bytes(32))), "unknown"),
    "no-data": (pbe(data=b""), "SEED-CBC SHA-1"),
    "half-block": (pbe(oid="1.2.410.200004.1.4", data=bytes(24)), "SEED-CBC (old)"),
    "pbes2-iterations": (pbes2(count=1_000_001), "PBES2 SEED-CBC"),
    "pbes2-iv": (pbes2(iv=bytes(8)), "PBES2 SEED-CBC"),
    "pbes2-key-length": (pbes2(more=own.integer(32)), "PBES2 SEED-CBC"),
    "pbes2-rc2": (pbes2(scheme="1.2.840.113549.3.2", iv=bytes(8)), "PBES2 1.2.840.113549.3.2"),
    "pbes2-3des-iv": (pbes2(scheme="1.2.840.113549.3.7"), "PBES2 DES-EDE3-CBC"),
    "pbes2-scrypt": (pbes2(kdf="1.3.6.1.4.1.11591.4.11"), "PBES2 1.3.6.1.4.1.11591.4.11"),
    "pbes2-prf": (pbes2(more=prf("1.2.643.7.1.1.4.2")), "PBES2 SEED-CBC 1.2.643.7.1.1.4.2"),
}


@pytest.mark.parametrize(("data", "format_"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_no_password_opens(data: bytes, format_: str) -> None:
    error = refused(data)
    assert (error.id, error.facts) == ("medium.format", {"format": format_})
    assert container.key_format(data) == format_


def test_the_bounds_are_where_they_should_be() -> None:
    assert refused(pbe()).id == "medium.password"
    assert refused(pbes2(more=own.integer(16) + prf("1.2.840.113549.2.9"))).id == "medium.password"
    biggest = pbe(data=bytes(64 * 1024 - 48))
    assert len(biggest) <= 64 * 1024
    assert refused(biggest).id == "medium.password"
    assert container.key_format(pbe(count=own.integer(1_000_000))) == "SEED-CBC SHA-1"


@pytest.fixture
def few_iterations(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep damaged iteration counts from taking seconds."""
    monkeypatch.setattr(encryption, "MAX_ITERATIONS", 5000)
    yield


@pytest.mark.usefixtures("few_iterations")
@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([entry.name for entry in sorted(vectors.FOLDER.glob("*.key"))]), st.data())
def test_damaged_files_are_refused_or_open(name: str, draw: st.DataObject) -> None:
    data = bytearray(sealed(name))
    for _ in range(draw.draw(st.integers(1, 3))):
        data[draw.draw(st.integers(0, min(len(data) - 1, 120)))] = draw.draw(st.integers(0, 255))
    assert isinstance(container.key_format(bytes(data)), str)
    try:
        container.decrypt_key(bytes(data), Secret(vectors.PASSWORD))
    except KioskError as error:
        assert error.id in {"medium.password", "medium.format"}


@given(st.binary(max_size=300))
def test_rubbish_has_no_format(data: bytes) -> None:
    assert container.key_format(data) == "unknown"


def test_nothing_shows_a_secret() -> None:
    opened = container.decrypt_key(sealed("seed-sha1.key"), Secret(vectors.PASSWORD))
    assert repr(opened) == "<secret>"
    error = refused(own.close_key(own.PBE, PASSWORD.reveal(), secrets.token_bytes(8), 1, b"top secret"))
    assert error.__cause__ is None
    assert PASSWORD.text() not in repr(error) + str(error.facts)
