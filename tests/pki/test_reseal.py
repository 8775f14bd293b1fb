"""A key file under another password, in every form that is read; others open what was written."""

import json

import pytest

from kiosk.errors import KioskError
from kiosk.pki import container
from kiosk.pki.reseal import keeps_form, reseal_key
from kiosk.secret import Secret
from tests.pki import independent as own
from tests.pki import vectors
from tests.pki.conftest import OpenSSL

NEW = Secret("Another*6318")
FORMS = {entry["file"]: entry for entry in json.loads((vectors.FOLDER / "index.json").read_text())}


def file(name: str) -> bytes:
    return (vectors.FOLDER / name).read_bytes()


def resealed(name: str) -> tuple[bytes, bytes]:
    """The key file under `NEW`, and the PKCS#8 that must be in it."""
    old = Secret(bytes.fromhex(FORMS[name]["password"]))
    opened = container.decrypt_key(file(name), old)
    assert opened.reveal() == file(FORMS[name]["key"])
    written = reseal_key(file(name), opened, NEW)
    with pytest.raises(KioskError, match=r"medium\.password"):
        container.decrypt_key(written, old)
    assert container.decrypt_key(written, NEW).reveal() == opened.reveal()
    return written, opened.reveal()


@pytest.mark.parametrize("name", FORMS)
def test_the_form_stays_and_the_bytes_in_it(name: str) -> None:
    written, _ = resealed(name)
    old_form = FORMS[name]["format"]
    assert keeps_form(file(name)) == (old_form != "SEED-CBC (old)")
    assert container.key_format(written) == (old_form if keeps_form(file(name)) else "SEED-CBC SHA-1")
    again, _ = resealed(name)
    assert again != written, "salt and IV are new each time"


@pytest.mark.parametrize("name", [name for name in FORMS if name.startswith("seed")])
def test_the_own_writers_reader_opens_it(name: str) -> None:
    written, pkcs8 = resealed(name)
    assert own.open_key(written, NEW.reveal()) == pkcs8
    algorithm, salt, count, _ = own.parts(written)
    assert (algorithm, len(salt)) == (own.PBE, 8)
    assert count >= 2048


@pytest.mark.parametrize("name", [name for name in FORMS if name.startswith("pbes2")])
def test_openssl_opens_it(name: str, openssl: OpenSSL) -> None:
    """It drops R and rewrites the rest, so what it finds is compared as a key."""
    written, pkcs8 = resealed(name)
    words = ("-inform", "DER", "-outform", "DER", "-nocrypt", "-topk8")
    plain = openssl("pkcs8", *words, stdin=pkcs8)
    opened = openssl(
        "pkcs8", "-inform", "DER", "-outform", "DER", "-passin", f"pass:{NEW.text()}", stdin=written
    )
    assert (
        opened == openssl("rsa", "-inform", "DER", "-outform", "DER", "-traditional", stdin=plain)
        or opened == plain
    )


def test_the_kind_of_derivation_stays() -> None:
    """Which pseudo-random function, and whether the key's length is said."""
    for name in (name for name in FORMS if name.startswith("pbes2")):
        before, after = (_derivation(data) for data in (file(name), resealed(name)[0]))
        assert (before[1:], len(before[0])) == (after[1:], len(after[0]))
        assert before[0] != after[0]


def _derivation(sealed: bytes) -> tuple[bytes, ...]:
    """Salt, iterations and all that follows them in PBKDF2-params."""
    (_, algorithm), _ = own.values(own.only(sealed, 0x30))
    _, (_, parameters) = own.values(algorithm)
    (_, derivation), _ = own.values(parameters)
    _, (_, kdf) = own.values(derivation)
    return tuple(contents for _, contents in own.values(kdf))


def test_few_iterations_become_enough() -> None:
    pkcs8 = file("plain-r.der")
    for count, written in ((1, 2048), (2048, 2048), (5000, 5000)):
        sealed = own.close_key(own.PBE, b"old", bytes(8), count, pkcs8)
        assert own.parts(reseal_key(sealed, Secret(pkcs8), NEW))[2] == written
