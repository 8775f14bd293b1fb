"""The authority's keys on disk."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.authority.keystore import CREDENTIAL, SALT, Keystore, passphrase_from
from kiosk.errors import KioskError
from kiosk.secret import Secret

PEM = serialization.Encoding.PEM
PKCS8 = serialization.PrivateFormat.PKCS8


@pytest.fixture(scope="session")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def fails(call, *arguments: object) -> tuple[str, object]:  # type: ignore[no-untyped-def]
    with pytest.raises(KioskError) as caught:
        call(*arguments)
    return caught.value.id, caught.value.facts.get("name")


def test_open_keys_of_practice(tmp_path: Path, key: rsa.RSAPrivateKey) -> None:
    keystore = Keystore(tmp_path, None)
    keystore.write("issuing", key)
    signer = Ed25519PrivateKey.generate()
    keystore.write("audit", signer)
    again = Keystore(tmp_path, None)
    assert again.rsa("issuing").private_numbers() == key.private_numbers()
    assert again.ed25519("audit").private_bytes_raw() == signer.private_bytes_raw()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["audit.key", "issuing.key"]
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_closed_keys(tmp_path: Path, key: rsa.RSAPrivateKey) -> None:
    Keystore(tmp_path, Secret("one")).write("issuing", key)
    assert Keystore(tmp_path, Secret("one")).rsa("issuing").private_numbers() == key.private_numbers()
    assert fails(Keystore(tmp_path, Secret("two")).rsa, "issuing") == ("authority.locked", "issuing")
    assert fails(Keystore(tmp_path, None).rsa, "issuing") == ("authority.key_needed", None)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_the_salt_is_this_states_own(tmp_path: Path, key: rsa.RSAPrivateKey) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        Keystore(tmp_path / name, Secret("one")).write("issuing", key)
    assert (tmp_path / "a" / SALT).read_bytes() != (tmp_path / "b" / SALT).read_bytes()
    # A second key does not change it, and reading never makes one.
    before = (tmp_path / "a" / SALT).read_bytes()
    Keystore(tmp_path / "a", Secret("one")).write("audit", Ed25519PrivateKey.generate())
    assert (tmp_path / "a" / SALT).read_bytes() == before
    (tmp_path / "a" / SALT).unlink()
    assert fails(Keystore(tmp_path / "a", Secret("one")).rsa, "issuing") == ("authority.missing", SALT)
    assert not (tmp_path / "a" / SALT).exists()


def test_a_key_is_never_overwritten(tmp_path: Path, key: rsa.RSAPrivateKey) -> None:
    keystore = Keystore(tmp_path, None)
    keystore.write("issuing", key)
    with pytest.raises(FileExistsError):
        keystore.write("issuing", key)


@pytest.mark.parametrize(
    "content", [b"", b"rubbish", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_what_is_no_key(tmp_path: Path, content: bytes) -> None:
    keystore = Keystore(tmp_path, None)
    assert fails(keystore.rsa, "issuing") == ("authority.missing", "issuing")
    (tmp_path / "issuing.key").write_bytes(content)
    assert fails(keystore.rsa, "issuing") == ("authority.missing", "issuing")
    (tmp_path / "issuing.key").unlink()
    (tmp_path / "issuing.key").mkdir()
    assert fails(keystore.rsa, "issuing") == ("authority.missing", "issuing")


def test_a_key_of_another_kind(tmp_path: Path, key: rsa.RSAPrivateKey) -> None:
    keystore = Keystore(tmp_path, None)
    keystore.write("audit", key)
    assert fails(keystore.ed25519, "audit") == ("authority.missing", "audit")
    curve = ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "issuing.key").write_bytes(curve.private_bytes(PEM, PKCS8, serialization.NoEncryption()))
    assert fails(keystore.rsa, "issuing") == ("authority.missing", "issuing")


def test_where_the_passphrase_comes_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert passphrase_from(None) is None
    (tmp_path / "file").write_bytes(b"from the file\r\n")
    found = passphrase_from(tmp_path / "file")
    assert found
    assert found.text() == "from the file"
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert passphrase_from(None) is None
    (tmp_path / CREDENTIAL).write_bytes(b"from systemd")
    found = passphrase_from(None)
    assert found
    assert found.text() == "from systemd"
    found = passphrase_from(tmp_path / "file")
    assert found
    assert found.text() == "from the file"
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(KioskError, match=r"usage\.file"):
            passphrase_from(path)
