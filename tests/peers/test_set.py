"""The set on the stick, as programs see it that know nothing of us: pypinksign and openssl."""

import hashlib
import json
import re
import subprocess
from pathlib import Path

import pypinksign
import pytest
from cryptography import x509

from kiosk.lifecycle.papers import FOLDER
from kiosk.pki import vid
from kiosk.secret import Secret
from tests.conftest import ID_NUMBER, PASSWORD, TODAY
from tests.media.conftest import needs
from tests.peers.conftest import REFUSED, Scene
from tests.pki import independent

MESSAGE = "전자서명 시험".encode()
ANY = "2.5.29.32.0"
NOW = ("-attime", str(int(TODAY.timestamp())))


def openssl(*words: str | Path, stdin: bytes = b"", status: int = 0) -> str:
    done = subprocess.run(["openssl", *words], input=stdin, capture_output=True, check=False)
    assert done.returncode == status, done.stderr.decode(errors="replace")
    return (done.stdout + done.stderr).decode(errors="replace")  # BMPStrings are shown byte by byte


@pytest.fixture(scope="session", autouse=True)
def _openssl() -> None:
    needs("openssl", present=subprocess.run(["which", "openssl"], capture_output=True).returncode == 0)


def test_what_lies_on_the_stick(scene: Scene) -> None:
    """The layout of npki.md 1: names in the exact case, nothing else but what is for people, in its own folder."""
    name = "cn=홍길동()20261122"
    files = sorted(str(path.relative_to(scene.stick)) for path in scene.stick.rglob("*"))
    [place] = {file.rpartition("/")[0] for file in files if "sign" in file}
    assert re.fullmatch(
        rf"NPKI/Certkiosk/USER/{re.escape(name)}\d+,ou=연습,ou=personal,o=Certkiosk,c=KR", place
    )
    assert files[:-3] == [
        "NPKI", "NPKI/Certkiosk", "NPKI/Certkiosk/USER", place,
        f"{place}/signCert.der", f"{place}/signPri.key",
    ]  # fmt: skip
    folder, calendar, slip = files[-3:]
    assert folder == FOLDER
    assert re.fullmatch(rf"{FOLDER}/달력 알림 2027-11-22까지 [0-9a-f]{{8}}\.ics", calendar)
    assert re.fullmatch(rf"{FOLDER}/인증서 쪽지 2027-11-22까지 [0-9a-f]{{8}}\.txt", slip)


def test_pypinksign_opens_signs_and_verifies(scene: Scene) -> None:
    pin = pypinksign.PinkSign(pubkey_data=scene.certificate)
    pin.load_prikey(prikey_data=scene.key, prikey_password=PASSWORD.encode())
    assert pin.verify(pin.sign(MESSAGE), MESSAGE)
    assert not pin.verify(pin.sign(MESSAGE), MESSAGE + b"!")
    assert pin.cn().startswith("홍길동()20261122")
    assert f"{pin.serialnum():x}" == scene.issued["serial"]
    assert len(pin._rand_num.asOctets()) == 20


def test_pypinksign_refuses_another_password(scene: Scene) -> None:
    pin = pypinksign.PinkSign(pubkey_data=scene.certificate)
    with pytest.raises(REFUSED, match=r".+"):
        pin.load_prikey(prikey_data=scene.key, prikey_password=PASSWORD.encode() + b"!")


# It leaves the file open.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_pypinksign_finds_it_on_the_stick(scene: Scene) -> None:
    pin = pypinksign.choose_cert(base_path=str(scene.stick / "NPKI"), cn="홍길동", pw=PASSWORD.encode())
    assert pin.verify(pin.sign(MESSAGE), MESSAGE)
    assert f"{pin.serialnum():x}" == scene.issued["serial"]


def test_all_who_open_the_key_find_the_same(scene: Scene) -> None:
    """pypinksign and the second implementation in these tests: one R, and the VID in the certificate."""
    pkcs8 = independent.open_key(scene.key, PASSWORD.encode())
    random = independent.random_of(pkcs8)
    pin = pypinksign.PinkSign(pubkey_data=scene.certificate)
    pin.load_prikey(prikey_data=scene.key, prikey_password=PASSWORD.encode())
    assert pin._rand_num.asOctets() == random
    expected = independent.vid(ID_NUMBER.encode(), random)
    certificate = x509.load_der_x509_certificate(scene.certificate)
    identity = vid.read_identity(certificate)
    assert identity
    assert (identity.real_name, identity.hash_name, identity.vid) == ("홍길동", "sha256", expected)
    assert expected in scene.certificate
    assert vid.matches(certificate, Secret(ID_NUMBER), Secret(random))
    # The container is the one that every program reads: 1.2.410.200004.1.15, salt of 8 bytes, 2048 rounds.
    algorithm, salt, count, _ = independent.parts(scene.key)
    assert (algorithm, len(salt), count) == (independent.PBE, 8, 2048)


def test_openssl_signs_with_the_key_and_verifies_with_the_certificate(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(independent.open_key(scene.key, PASSWORD.encode()))
    (tmp_path / "message").write_bytes(MESSAGE)
    (tmp_path / "certificate").write_bytes(scene.certificate)
    openssl(
        "x509",
        "-inform",
        "DER",
        "-in",
        tmp_path / "certificate",
        "-pubkey",
        "-noout",
        "-out",
        tmp_path / "public",
    )
    openssl("dgst", "-sha256", "-sign", tmp_path / "key", "-keyform", "DER", "-out", tmp_path / "signature",
            tmp_path / "message")  # fmt: skip
    verify = ("dgst", "-sha256", "-verify", tmp_path / "public", "-signature", tmp_path / "signature")
    assert "Verified OK" in openssl(*verify, tmp_path / "message")
    assert "failure" in openssl(*verify, tmp_path / "certificate", status=1).lower()


@pytest.fixture(scope="session")
def chain(scene: Scene) -> tuple[str | Path, ...]:
    """Arguments of `openssl verify` with what `kiosk ca` and `kiosk crl` wrote."""
    openssl("crl", "-inform", "DER", "-in", scene.path / "crl.der", "-out", scene.path / "crl.pem")
    (scene.path / "certificate.der").write_bytes(scene.certificate)
    openssl(
        "x509",
        "-inform",
        "DER",
        "-in",
        scene.path / "certificate.der",
        "-out",
        scene.path / "certificate.pem",
    )
    return ("-CAfile", scene.path / "chain.pem", "-CRLfile", scene.path / "crl.pem", "-crl_check")


@pytest.mark.parametrize("strict", [(), ("-x509_strict",)], ids=["plain", "strict"])
@pytest.mark.parametrize(
    "policy",
    # Without -policy openssl wants none at all, though the issuing certificate requires one.
    [(), ("-policy_check", "-policy", ANY), ("-policy_check", "-explicit_policy", "-policy", "{arc}.1.1")],
    ids=["no policy", "any policy", "our policy"],
)
def test_openssl_verifies_the_chain(
    scene: Scene, chain: tuple[str | Path, ...], strict: tuple[str, ...], policy: tuple[str, ...]
) -> None:
    words = [word.format(arc=scene.made["arc"]) for word in (*strict, *policy)]
    assert openssl("verify", *chain, *NOW, *words, scene.path / "certificate.pem").endswith(
        "certificate.pem: OK\n"
    )


def test_openssl_finds_another_policy_wrong(scene: Scene, chain: tuple[str | Path, ...]) -> None:
    """The last test could not fail otherwise."""
    words = ("-policy_check", "-explicit_policy", "-policy", f"{scene.made['arc']}.1.2")
    assert "policy" in openssl("verify", *chain, *NOW, *words, scene.path / "certificate.pem", status=2)


@pytest.mark.parametrize(
    ("moment", "status"),
    [
        ("2026-11-21 23:59:59", 2),
        ("2026-11-22 00:00:01", 0),
        ("2027-11-22 23:59:58", 0),  # openssl counts the moment of notAfter itself as after it
        ("2027-11-23 00:00:00", 2),
    ],
)
def test_openssl_agrees_on_the_days(scene: Scene, moment: str, status: int) -> None:
    """Korean days, first to last second (without the list, which is valid for a week)."""
    at = int(TODAY.fromisoformat(f"{moment}+09:00").timestamp())
    words = ("-CAfile", scene.path / "chain.pem", "-attime", str(at))
    (scene.path / "days.der").write_bytes(scene.certificate)
    openssl("verify", *words, "-partial_chain", scene.path / "days.der", status=status)


def test_openssl_reads_the_certificate_as_it_is_meant(scene: Scene) -> None:
    (scene.path / "text.der").write_bytes(scene.certificate)
    text = openssl("x509", "-inform", "DER", "-in", scene.path / "text.der", "-noout", "-text")
    assert "Digital Signature, Non Repudiation" in text
    assert f"Policy: {scene.made['arc']}.1.1" in text
    assert "1.2.410.200004.10.1.1" in openssl(
        "asn1parse",
        "-inform",
        "DER",
        "-in",
        scene.path / "text.der",
        "-strparse",
        str(_san(scene.certificate)),
    )
    shown = openssl(
        "x509",
        "-inform",
        "DER",
        "-in",
        scene.path / "text.der",
        "-noout",
        "-serial",
        "-fingerprint",
        "-sha256",
    )
    assert scene.issued["serial"].upper() in shown
    assert hashlib.sha256(scene.certificate).hexdigest().upper() in shown.replace(":", "")


def _san(der: bytes) -> int:
    """Where the value of subjectAltName begins."""
    at = der.index(bytes.fromhex("0603551d11")) + 5
    assert der[at] == 0x04
    return at


def test_openssl_reads_the_list(scene: Scene, chain: tuple[str | Path, ...]) -> None:
    text = openssl(
        "crl",
        "-inform",
        "DER",
        "-in",
        scene.path / "crl.der",
        "-noout",
        "-text",
        "-CAfile",
        scene.path / "chain.pem",
    )
    assert "verify OK" in text
    assert "No Revoked Certificates." in text
    assert re.search(r"X509v3 CRL Number: *\n *1\n", text)


def test_scan_lists_it(scene: Scene) -> None:
    [found] = json.loads(scene.kiosk("scan", "stick", "--json"))
    assert "O=Certkiosk" in found.pop("issuer")
    assert found == {
        "path": scene.issued["path"], "subject": scene.issued["subject"], "kind": "personal-general",
        "serial": scene.issued["serial"], "not_before": "2026-11-22T00:00:00+09:00",
        "not_after": "2027-11-22T23:59:59+09:00", "days_left": 365, "status": "valid",
        "next_action": "none", "key_format": "SEED-CBC SHA-1", "problem": None,
    }  # fmt: skip
    assert scene.issued["serial"] in scene.kiosk("scan", scene.stick)


def test_another_machine_says_that_it_does_not_know(scene: Scene, tmp_path: Path) -> None:
    """Nobody but its own registry knows whether it was revoked."""
    there = Scene(tmp_path, {}, {})
    there.kiosk("init", "--practice")
    [found] = json.loads(there.kiosk("scan", scene.stick, "--json"))
    assert (found["status"], found["days_left"]) == ("unknown", 365)
    assert found["kind"] == f"{scene.made['arc']}.1.1"
