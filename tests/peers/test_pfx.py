"""A certificate of ours through a PFX file: what openssl, Java and pypinksign see, and that R comes back."""

import re
import shutil
import subprocess
from pathlib import Path

import pypinksign
import pytest
from cryptography import x509

from kiosk.pki import vid
from kiosk.secret import Secret
from tests.conftest import ID_NUMBER, PASSWORD
from tests.media.conftest import needs
from tests.peers.conftest import Scene
from tests.pki import independent

FORMS = pytest.mark.parametrize("form", ["usual", "modern"])


@pytest.fixture(scope="session")
def files(scene: Scene) -> dict[str, Path]:
    """Written by the real command, once in each form."""
    needs("openssl", present=shutil.which("openssl") is not None)
    for form, more in (("usual", ()), ("modern", ("--modern",))):
        scene.kiosk(
            "export", "--medium", "stick", "--password-file", "password", "--pfx", f"{form}.pfx", *more
        )
    return {form: scene.path / f"{form}.pfx" for form in ("usual", "modern")}


def opened(file: Path, *words: str) -> str:
    line = ["openssl", "pkcs12", "-in", file, "-passin", f"pass:{PASSWORD}", *words]
    return subprocess.run(line, capture_output=True, check=True).stdout.decode("latin-1")


@FORMS
def test_openssl_finds_key_random_and_certificate(scene: Scene, files: dict[str, Path], form: str) -> None:
    random = independent.random_of(independent.open_key(scene.key, PASSWORD.encode()))
    shown = opened(files[form], "-nodes")
    [value] = re.findall(r"1\.2\.410\.200004\.10\.1\.1\.3: ([0-9A-F ]+)", shown)
    assert bytes.fromhex(value) == random
    assert vid.matches(
        x509.load_der_x509_certificate(scene.certificate), Secret(ID_NUMBER), Secret(bytes.fromhex(value))
    )
    done = subprocess.run(
        ["openssl", "pkcs12", "-in", files[form], "-noout", "-passin", "pass:other"],
        capture_output=True,
        check=False,
    )
    assert b"invalid password" in done.stderr


@FORMS
def test_pypinksign_opens_it_and_signs(scene: Scene, files: dict[str, Path], form: str) -> None:
    """What it does not do is find R in a PFX: its reader drops that."""
    pin = pypinksign.PinkSign(p12_data=files[form].read_bytes(), prikey_password=PASSWORD.encode())
    assert pin.verify(pin.sign(b"message"), b"message")
    assert f"{pin.serialnum():x}" == scene.issued["serial"]


@FORMS
def test_java_opens_it(scene: Scene, files: dict[str, Path], form: str) -> None:
    needs("keytool", present=shutil.which("keytool") is not None)
    line = [
        "keytool",
        "-list",
        "-v",
        "-storetype",
        "PKCS12",
        "-keystore",
        files[form],
        "-storepass",
        PASSWORD,
    ]
    shown = subprocess.run(line, capture_output=True, check=True).stdout.decode("utf-8", "replace")
    assert "PrivateKeyEntry" in shown
    assert scene.issued["serial"] in shown


@FORMS
def test_back_on_another_stick_it_is_the_same(
    scene: Scene, files: dict[str, Path], form: str, tmp_path: Path
) -> None:
    scene.kiosk("import", "--pfx", files[form], "--password-file", "password", "--medium", tmp_path)
    place = Path(scene.issued["path"]).relative_to(scene.stick)
    assert (tmp_path / place / "signCert.der").read_bytes() == scene.certificate
    key = (tmp_path / place / "signPri.key").read_bytes()
    assert independent.open_key(key, PASSWORD.encode()) == independent.open_key(scene.key, PASSWORD.encode())
    assert independent.parts(key)[0] == independent.PBE
    pin = pypinksign.PinkSign(pubkey_data=scene.certificate)
    pin.load_prikey(prikey_data=key, prikey_password=PASSWORD.encode())
    assert pin._rand_num.asOctets() == independent.random_of(
        independent.open_key(scene.key, PASSWORD.encode())
    )
