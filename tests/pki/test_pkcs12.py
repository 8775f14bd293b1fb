"""PFX files: ours as others see them, and those of others as we do."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import pypinksign
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.errors import KioskError
from kiosk.pki import keys as pkcs8_keys
from kiosk.pki import pkcs12, pkcs12_pbe, pkcs12_write
from kiosk.secret import Secret
from tests.pki import pfx_writer as writer
from tests.pki.conftest import PASSWORD, OpenSSL, der

Keys = list[rsa.RSAPrivateKey]
FORMS = pytest.mark.parametrize("modern", [False, True], ids=["usual", "modern"])


@pytest.fixture(scope="module")
def pkcs8(keys: Keys, random: Secret) -> Secret:
    return pkcs8_keys.private_key_info(keys[2], random)


@pytest.fixture(scope="module")
def entry(pkcs8: Secret, subscriber: x509.Certificate) -> pkcs12_write.Entry:
    return pkcs12_write.Entry(pkcs8, der(subscriber), "홍길동()0004", b"\x01\x02\x03")


def write(entry: pkcs12_write.Entry, *, modern: bool = False, password: Secret = PASSWORD) -> bytes:
    return pkcs12_write.write([entry], password, modern=modern)


def read(pfx: bytes, password: str | bytes = PASSWORD.reveal()) -> tuple[list[bytes], list[bytes]]:
    contents = pkcs12.read(pfx, Secret(password))
    return [key.reveal() for key in contents.keys], list(contents.certificates)


def refused(pfx: bytes, password: Secret = PASSWORD) -> KioskError:
    with pytest.raises(KioskError) as caught:
        pkcs12.read(pfx, password)
    return caught.value


# -- what we write


@FORMS
def test_what_we_write_opens_byte_for_byte(
    entry: pkcs12_write.Entry, issuing: x509.Certificate, *, modern: bool
) -> None:
    written = pkcs12_write.write([entry], PASSWORD, others=[der(issuing)], modern=modern)
    assert read(written) == ([entry.pkcs8.reveal()], [entry.certificate, der(issuing)])
    assert written != pkcs12_write.write([entry], PASSWORD, others=[der(issuing)], modern=modern), "salts"


@FORMS
def test_openssl_opens_it_and_sees_the_random(
    openssl: OpenSSL, entry: pkcs12_write.Entry, random: Secret, tmp_path: Path, *, modern: bool
) -> None:
    (tmp_path / "pfx").write_bytes(write(entry, modern=modern))
    words = ("pkcs12", "-in", tmp_path / "pfx", "-passin", f"pass:{PASSWORD.text()}", "-nodes")
    shown = openssl(*words).decode("latin-1")
    value = random.reveal().hex(" ").upper()
    assert re.search(rf"Key Attributes\n +1\.2\.410\.200004\.10\.1\.1\.3: {value} *\n", shown)
    assert shown.count("localKeyID: 01 02 03") == 2
    key = shown[shown.index("-----BEGIN PRIVATE KEY") :]
    loaded = openssl("pkey", "-outform", "DER", "-traditional", stdin=key.encode())
    assert loaded == openssl(
        "pkey", "-inform", "DER", "-outform", "DER", "-traditional", stdin=entry.pkcs8.reveal()
    )
    certificate = openssl("x509", "-outform", "DER", stdin=openssl(*words, "-nokeys"))
    assert certificate == entry.certificate


@FORMS
def test_the_form_is_the_one_that_is_documented(
    openssl: OpenSSL,
    entry: pkcs12_write.Entry,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    *,
    modern: bool,
) -> None:
    """OpenSSL names what keys, certificates and integrity are under. The usual form needs no old cipher."""
    (tmp_path / "pfx").write_bytes(write(entry, modern=modern))
    shown = writer.openssl_info(tmp_path / "pfx", PASSWORD.text())
    expected = (
        ["MAC: sha256, Iteration 100000", "PBES2, PBKDF2, AES-256-CBC, Iteration 100000, PRF hmacWithSHA256"]
        if modern
        else ["MAC: sha1, Iteration 2048", "pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2048"]
    )
    assert expected[0] in shown
    assert shown.count(expected[1]) == 2, shown


@FORMS
def test_pypinksign_opens_it(entry: pkcs12_write.Entry, *, modern: bool) -> None:
    """It drops R itself; that R is there the last tests saw."""
    peer = pypinksign.PinkSign(p12_data=write(entry, modern=modern), prikey_password=PASSWORD.reveal())
    assert peer.verify(peer.sign(b"message"), b"message")
    assert peer.cn() == "홍길동()202611220123456789"


@FORMS
@pytest.mark.parametrize("password", ["비밀번호 Wk!7294", "p\u00e4ss!7294\U0001f511", ""])
def test_passwords_of_any_letters(
    openssl: OpenSSL, entry: pkcs12_write.Entry, tmp_path: Path, password: str, *, modern: bool
) -> None:
    written = write(entry, modern=modern, password=Secret(password))
    assert read(written, password)[0] == [entry.pkcs8.reveal()]
    (tmp_path / "pfx").write_bytes(written)
    openssl("pkcs12", "-in", tmp_path / "pfx", "-passin", f"pass:{password}", "-nokeys")


def test_an_independent_reader_finds_the_same(entry: pkcs12_write.Entry) -> None:
    assert writer.open_usual(write(entry), PASSWORD.text()) == (entry.pkcs8.reveal(), entry.certificate)


def test_two_pairs_keep_their_order(entry: pkcs12_write.Entry, keys: Keys, random: Secret) -> None:
    """Programs that know of one key take the first: the one for signing."""
    second = pkcs12_write.Entry(
        pkcs8_keys.private_key_info(keys[3], random), entry.certificate, "km", b"\x04"
    )
    written = pkcs12_write.write([entry, second], PASSWORD)
    assert read(written)[0] == [entry.pkcs8.reveal(), second.pkcs8.reveal()]
    peer = pypinksign.PinkSign(p12_data=written, prikey_password=PASSWORD.reveal())
    assert peer.verify(peer.sign(b"message"), b"message")


# -- what others write

OF_OPENSSL = {
    "rc2-40": ("-certpbe", "PBE-SHA1-RC2-40", "-keypbe", "PBE-SHA1-3DES", "-macalg", "sha1"),
    "rc2-40 key": ("-certpbe", "PBE-SHA1-RC2-40", "-keypbe", "PBE-SHA1-RC2-40", "-macalg", "sha1"),
    "rc2-128": ("-certpbe", "PBE-SHA1-RC2-128", "-keypbe", "PBE-SHA1-RC2-128", "-macalg", "sha1"),
    "3des": ("-certpbe", "PBE-SHA1-3DES", "-keypbe", "PBE-SHA1-3DES", "-macalg", "sha1"),
    "2des": ("-certpbe", "PBE-SHA1-2DES", "-keypbe", "PBE-SHA1-2DES"),
    "plain certificate": ("-certpbe", "NONE", "-keypbe", "PBE-SHA1-3DES", "-macalg", "sha1"),
    "plain key": ("-certpbe", "NONE", "-keypbe", "NONE"),
    "aes": (),
    "aes-128": ("-certpbe", "AES-128-CBC", "-keypbe", "AES-192-CBC", "-macalg", "sha512"),
    "pbes2 3des": ("-certpbe", "DES-EDE3-CBC", "-keypbe", "DES-EDE3-CBC", "-macalg", "sha384"),
    "seed": ("-certpbe", "SEED-CBC", "-keypbe", "SEED-CBC"),
    "aria": ("-certpbe", "ARIA-128-CBC", "-keypbe", "ARIA-256-CBC", "-macalg", "sha224"),
    "no mac": ("-nomac",),
    "no mac, 3des": ("-nomac", "-certpbe", "PBE-SHA1-3DES", "-keypbe", "PBE-SHA1-3DES"),
    "one mac iteration": ("-nomaciter", "-macalg", "sha1"),
    "one iteration": ("-noiter", "-certpbe", "PBE-SHA1-3DES", "-keypbe", "PBE-SHA1-3DES"),
}


@pytest.fixture(scope="module")
def of_openssl(
    openssl: OpenSSL,
    entry: pkcs12_write.Entry,
    issuing: x509.Certificate,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[..., bytes]:
    path = tmp_path_factory.mktemp("openssl")
    (path / "key").write_bytes(openssl("pkey", "-inform", "DER", stdin=entry.pkcs8.reveal()))
    (path / "all").write_bytes(
        b"".join(openssl("x509", "-inform", "DER", stdin=each) for each in (entry.certificate, der(issuing)))
    )

    def make(*words: str, password: str = PASSWORD.text()) -> bytes:
        return openssl("pkcs12", "-export", "-inkey", path / "key", "-in", path / "all", "-passout",
                       f"pass:{password}", "-name", "홍길동", *words)  # fmt: skip

    return make


@pytest.mark.parametrize("words", OF_OPENSSL.values(), ids=OF_OPENSSL)
def test_what_openssl_writes(
    of_openssl: Callable[..., bytes], entry: pkcs12_write.Entry, issuing: x509.Certificate, openssl: OpenSSL,
    words: tuple[str, ...],
) -> None:  # fmt: skip
    pfx = of_openssl(*words)
    [key], certificates = read(pfx)
    assert sorted(certificates) == sorted([entry.certificate, der(issuing)])
    bare = openssl(
        "pkcs8", "-topk8", "-nocrypt", "-inform", "DER", "-outform", "DER", stdin=entry.pkcs8.reveal()
    )
    assert key == bare, "without R: openssl drops it"
    assert pkcs8_keys.read_random(Secret(key)) is None
    assert refused(pfx, Secret("Wkfehlfk!7295")).id == "pfx.password"


@pytest.mark.parametrize("words", [(), OF_OPENSSL["3des"], OF_OPENSSL["no mac"]])
@pytest.mark.parametrize("password", ["비밀번호 Wk!7294", "\u00e9!\U0001f511", ""])
def test_passwords_of_openssl(
    of_openssl: Callable[..., bytes], words: tuple[str, ...], password: str
) -> None:
    assert len(read(of_openssl(*words, password=password), password)[0]) == 1


def test_without_a_key(openssl: OpenSSL, of_openssl: Callable[..., bytes]) -> None:
    word = f"pass:{PASSWORD.text()}"
    certificates = openssl("pkcs12", "-nokeys", "-passin", word, stdin=of_openssl())
    only = openssl("pkcs12", "-export", "-nokeys", "-passout", word, stdin=certificates)
    keys, found = read(only)
    assert (keys, len(found)) == ([], 2)


PARTS = {
    "as we do": writer.Shape(),
    "both in one plain safe": writer.Shape(one_safe=True),
    "r kept under rc2": writer.Shape(key="rc2-40"),
    "indefinite lengths": writer.Shape(ber=True),
    "bags in a bag": writer.Shape(nested=True),
    "strange bags": writer.Shape(strange=True),
    "key in the open": writer.Shape(key="plain"),
    "pbmac1": writer.Shape(mac="pbmac1"),
    "mac sha512": writer.Shape(mac="sha512"),
    "cp949": writer.Shape(password="비밀Wk!7294".encode("cp949").decode("latin-1")),
    "utf-8 bytes": writer.Shape(password="비밀Wk!7294".encode().decode("latin-1")),
}


@pytest.mark.parametrize("shape", PARTS.values(), ids=PARTS)
def test_what_an_independent_writer_writes(entry: pkcs12_write.Entry, shape: writer.Shape) -> None:
    """With R, which comes out byte for byte."""
    password = "비밀Wk!7294"
    shape = shape if shape.password else writer.Shape(**{**vars(shape), "password": password})
    pfx = writer.make(entry.pkcs8.reveal(), entry.certificate, shape)
    assert read(pfx, password) == ([entry.pkcs8.reveal()], [entry.certificate])
    assert refused(pfx).id == "pfx.password"


# -- what is none


def pfx(entry: pkcs12_write.Entry, **shape: object) -> bytes:
    return writer.make(
        entry.pkcs8.reveal(),
        entry.certificate,
        writer.Shape(password=PASSWORD.text(), **shape),  # type: ignore[arg-type]
    )


def test_what_no_password_opens(entry: pkcs12_write.Entry, of_openssl: Callable[..., bytes]) -> None:
    whole = write(entry)
    none = (b"", b"\x30\x00", b"-----BEGIN", whole[:-1], whole + b"\0", entry.pkcs8.reveal(), entry.certificate,
            bytes(300_000))  # fmt: skip
    for data in none:
        assert (refused(data).id, refused(data).facts) == ("pfx.none", {}), data[:40].hex()
    wrong = {
        pfx(entry, iterations=1_000_001): "PKCS#12 1.3.14.3.2.26",
        pfx(entry, key_iterations=1_000_001): "3DES SHA-1",
        pfx(entry, key_iterations=0): "3DES SHA-1",
        pfx(entry, mac="md5"): "PKCS#12 1.2.840.113549.2.5",
        pfx(entry, mac="none", key="plain"): "PKCS#12",
        of_openssl("-keypbe", "PBE-SHA1-RC4-128"): "1.2.840.113549.1.12.1.1",
        pfx(entry, bags=65): "PKCS#12",
        pfx(entry, depth=5): "PKCS#12",
        pfx(entry, signed=True): "PKCS#12 1.2.840.113549.1.7.2",
    }  # fmt: skip
    for data, format_ in wrong.items():
        error = refused(data)
        assert (error.id, error.facts) == ("pfx.format", {"format": format_}), data[:40].hex()


def test_many_keys_with_many_iterations_each_are_too_much(
    entry: pkcs12_write.Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One may cost what it may; all of them together are bounded too."""
    monkeypatch.setattr(pkcs12, "MAX_ROUNDS", 190_000)  # three a round for key and IV, of key and certificate
    assert read(pfx(entry, key_iterations=30_000))[0] == [entry.pkcs8.reveal()]
    assert refused(pfx(entry, key_iterations=40_000)).id == "pfx.format"


def test_changed_by_one_byte(entry: pkcs12_write.Entry) -> None:
    whole = write(entry)
    for at in (len(whole) // 3, len(whole) // 2, len(whole) - 20):
        changed = bytearray(whole)
        changed[at] ^= 1
        assert refused(bytes(changed)).id == "pfx.password"


@pytest.mark.parametrize("password", ["Wkfehlfk!7295", "wkfehlfk!7294", "", "비밀번호"])
def test_wrong_passwords(entry: pkcs12_write.Entry, password: str) -> None:
    for shape in ({}, {"mac": "none"}):
        assert refused(pfx(entry, **shape), Secret(password)).id == "pfx.password"
    assert refused(write(entry), Secret(b"\xff\xfe")).id == "pfx.password"


@pytest.fixture(scope="module")
def unchecked(entry: pkcs12_write.Entry) -> list[bytes]:
    shapes = (
        {},
        {"one_safe": True},
        {"one_safe": True, "key": "plain"},
        {"ber": True},
        {"one_safe": True, "ber": True},
    )
    return [pfx(entry, mac="none", key_iterations=1, **shape) for shape in shapes]


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damaged_files_are_refused_or_open(unchecked: list[bytes], draw: st.DataObject) -> None:
    """With the integrity check left out, so that damage gets past it."""
    whole = draw.draw(st.sampled_from(unchecked))
    data = bytearray(whole)
    for _ in range(draw.draw(st.integers(1, 3))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kiosk.pki.pbe.MAX_ITERATIONS", 5000)
        try:
            read(bytes(data))
        except KioskError as error:
            assert error.id in {"pfx.password", "pfx.format", "pfx.none"}


def test_nothing_shows_a_secret(entry: pkcs12_write.Entry) -> None:
    contents = pkcs12.read(write(entry), PASSWORD)
    assert "<secret>" in repr(contents)
    assert contents.keys[0].reveal().hex()[:40] not in repr(contents)
    with contents:
        pass
    assert not contents.keys[0]
    assert refused(write(entry), Secret("wrong")).__cause__ is None


def test_derivation_by_the_second_implementation() -> None:
    """PKCS#12's own derivation with several blocks, where a carry goes through (RFC 7292 B.2)."""
    for name in ("sha1", "sha256", "sha512"):
        for size in (8, 24, 70, 200):
            password = "비밀!".encode("utf-16-be") + b"\0\0"
            salt = hashlib.sha256(bytes([size])).digest()[: 1 + size % 31]
            assert pkcs12_pbe.derive(name, 1, password, salt, 7, size) == writer.derive(
                name, 1, password, salt, 7, size
            )
