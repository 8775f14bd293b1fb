"""The proof of a set, and outside programs that open it."""

from pathlib import Path

import pypinksign
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from kiosk.errors import KioskError
from kiosk.pki import container, keys, names, npki, vid
from kiosk.secret import Secret
from tests.pki import independent as own
from tests.pki.conftest import ID_NUMBER, PASSWORD, certificate, der, subscriber_extensions

Keys = list[rsa.RSAPrivateKey]


@pytest.fixture(scope="module")
def held(subscriber: x509.Certificate, keys: Keys, random: Secret) -> npki.NpkiSet:
    plain = container.private_key_info(keys[2], random)
    return npki.NpkiSet(der(subscriber), container.encrypt_key(plain, PASSWORD))


def step(certificate_der: bytes, key: bytes, id_number: Secret | None = ID_NUMBER) -> object:
    with pytest.raises(KioskError) as caught:
        npki.check_set(certificate_der, key, PASSWORD, id_number)
    assert caught.value.id == "medium.proof"
    return caught.value.facts["step"]


def test_proof(held: npki.NpkiSet, subscriber: x509.Certificate, random: Secret) -> None:
    proved = npki.check_set(held.certificate, held.key, PASSWORD, ID_NUMBER)
    assert proved.certificate == subscriber
    assert proved.vid
    assert proved.random is not None
    assert proved.random.reveal() == random.reveal()
    assert own.random_of(proved.pkcs8.reveal()) == random.reveal()
    assert not npki.check_set(held.certificate, held.key, PASSWORD).vid
    assert "Secret" not in repr(proved) or "<secret>" in repr(proved)
    assert random.reveal().hex() not in repr(proved)


def test_wrong_password_and_rubbish(held: npki.NpkiSet) -> None:
    with pytest.raises(KioskError, match=r"medium\.password"):
        npki.check_set(held.certificate, held.key, Secret("Wkfehlfk!7295"))
    with pytest.raises(KioskError, match=r"medium\.format"):
        npki.check_set(held.certificate, b"", PASSWORD)
    for rubbish in (b"", b"\x30\x00", held.certificate[:-1], held.certificate + b"\0"):
        assert step(rubbish, held.key) == "certificate"


def test_key_of_somebody_else(held: npki.NpkiSet, keys: Keys, random: Secret) -> None:
    other = container.encrypt_key(container.private_key_info(keys[3], random), PASSWORD)
    assert step(held.certificate, other) == "key"


def test_certificate_with_another_kind_of_key(held: npki.NpkiSet, keys: Keys, random: Secret) -> None:
    for other in (ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate()):
        odd = certificate("시험", other, keys[1], subscriber_extensions(random))  # type: ignore[arg-type]
        assert step(der(odd), held.key) == "key"


def test_identity(held: npki.NpkiSet, keys: Keys) -> None:
    assert step(held.certificate, held.key, Secret("9001011234568")) == "vid"
    other = container.encrypt_key(container.private_key_info(keys[2], vid.make_random()), PASSWORD)
    assert step(held.certificate, other) == "vid"
    npki.check_set(held.certificate, other, PASSWORD)
    bare = own.values(own.only(container.private_key_info(keys[2], vid.make_random()).reveal(), 0x30))[:3]
    without = container.encrypt_key(own.der(0x30, *(own.der(*value) for value in bare)), PASSWORD)
    assert step(held.certificate, without) == "vid"
    assert npki.check_set(held.certificate, without, PASSWORD).random is None


def test_a_key_that_cannot_sign(held: npki.NpkiSet, monkeypatch: pytest.MonkeyPatch, keys: Keys) -> None:
    class Liar:
        """Shows the right public key and signs with another."""

        def public_key(self) -> rsa.RSAPublicKey:
            return keys[2].public_key()

        def sign(self, *arguments: object) -> bytes:
            return keys[3].sign(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("kiosk.pki.keys.load_key", lambda _: Liar())
    assert step(held.certificate, held.key) == "signature"


def test_pypinksign_signs_verifies_and_finds_the_random(held: npki.NpkiSet, random: Secret) -> None:
    peer = pypinksign.PinkSign(pubkey_data=held.certificate)
    peer.load_prikey(prikey_data=held.key, prikey_password=PASSWORD.reveal())
    signature = peer.sign(b"message")
    assert peer.verify(signature, b"message")
    assert not peer.verify(signature, b"massage")
    # The contents of the BIT STRING's value, whose first octet counts unused bits.
    assert peer._rand_num.asOctets() == random.reveal()


# choose_cert leaves its files to the garbage collector.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_pypinksign_finds_it_on_a_medium(
    held: npki.NpkiSet, subscriber: x509.Certificate, tmp_path: Path
) -> None:
    place = tmp_path / "NPKI" / "시험 센터" / "USER" / names.directory_name(subscriber.subject)
    place.mkdir(parents=True)
    (place / npki.SIGN_CERT).write_bytes(held.certificate)
    (place / npki.SIGN_KEY).write_bytes(held.key)
    peer = pypinksign.choose_cert(base_path=str(tmp_path / "NPKI"), cn="홍길동", pw=PASSWORD.reveal())
    assert peer is not None
    assert peer.verify(peer.sign(b"message"), b"message")
    assert peer.cn() == "홍길동()202611220123456789"


def test_names_of_the_files() -> None:
    names_ = (npki.SIGN_CERT, npki.SIGN_KEY, npki.ENCRYPTION_CERT, npki.ENCRYPTION_KEY)
    assert names_ == ("signCert.der", "signPri.key", "kmCert.der", "kmPri.key")
    assert keys.load_key is container.load_key
