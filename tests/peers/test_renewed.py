"""openssl and pypinksign, with what `kiosk renew` and `kiosk reissue` leave: the new set, and the old one's end."""

import json
import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pypinksign
import pytest

from kiosk.clock import KST
from tests.conftest import ID_NUMBER, PASSWORD, Ran
from tests.peers.conftest import REFUSED

NEW_PASSWORD = "Moon4*river-stone"
MESSAGE = b"anything at all"
AT = datetime(2027, 11, 1, 9, tzinfo=KST)


@pytest.mark.parametrize("act", ["renew", "reissue"])
def test_the_new_one_works_and_the_old_one_is_revoked(
    act: str, kiosk: Callable[..., Ran], state: Path, medium: Path, tmp_path: Path,
    write_answers: Callable[..., Path],
) -> None:  # fmt: skip
    def run(*words: object, at: datetime = AT) -> Any:
        ran = kiosk(*words, "--state", state, "--json", at=at)
        assert ran.status == 0, ran.err
        return json.loads(ran.out)

    issued = kiosk(
        "issue", "--state", state, "--answers", write_answers(), "--medium", medium, "--json"
    ).json()
    old = tmp_path / "old.der"
    old.write_bytes((Path(issued["path"]) / "signCert.der").read_bytes())
    answers = write_answers(password=NEW_PASSWORD)
    if act == "renew":
        (tmp_path / "was").write_text(PASSWORD)
        (tmp_path / "is").write_text(NEW_PASSWORD)
        answers.write_text(
            f'id_number = "{ID_NUMBER}"\npassword_file = "was"\nnew_password_file = "is"\nconsent = true\n'
        )
    made = run(act, "--answers", answers, "--medium", medium)

    [certificate] = medium.rglob("signCert.der")
    key = (certificate.parent / "signPri.key").read_bytes()
    pin = pypinksign.PinkSign(pubkey_data=certificate.read_bytes())
    with pytest.raises(REFUSED, match=r".+"):
        pin.load_prikey(prikey_data=key, prikey_password=PASSWORD.encode())
    pin = pypinksign.PinkSign(pubkey_data=certificate.read_bytes())
    pin.load_prikey(prikey_data=key, prikey_password=NEW_PASSWORD.encode())
    assert pin.verify(pin.sign(MESSAGE), MESSAGE)
    assert f"{pin.serialnum():x}" == made["serial"]
    assert len(pin._rand_num.asOctets()) == 20

    run("ca", "--out", tmp_path / "chain.pem")
    run("crl", "--out", tmp_path / "crl.der")
    crl = openssl("crl", "-inform", "DER", "-in", tmp_path / "crl.der", "-text", "-out", tmp_path / "crl.pem")
    assert crl.returncode == 0
    text = (tmp_path / "crl.pem").read_text()
    assert "Superseded" in text
    assert text.count("Serial Number:") == 1
    assert issued["serial"].upper() in text
    for path, status, said in ((old, 2, "certificate revoked"), (certificate, 0, "OK")):
        done = openssl(
            "verify", "-CAfile", tmp_path / "chain.pem", "-crl_check", "-CRLfile", tmp_path / "crl.pem",
            "-attime", str(int(AT.timestamp()) + 60), path,
        )  # fmt: skip
        assert done.returncode == status
        assert said in done.stdout + done.stderr
    dates = openssl("x509", "-inform", "DER", "-in", certificate, "-noout", "-dates").stdout
    end = "Nov 22 14:59:59 2028 GMT" if act == "renew" else "Nov 22 14:59:59 2027 GMT"
    assert dates.splitlines() == ["notBefore=Oct 31 15:00:00 2027 GMT", f"notAfter={end}"]


def openssl(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["openssl", *words], capture_output=True, text=True, check=False)
