"""openssl, with the lists that `kiosk crl` writes: on hold until proved, revoked when voided."""

import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from kiosk.cli import issue as command
from kiosk.errors import KioskError
from kiosk.lifecycle.issue import Issuing
from tests.conftest import TODAY, Ran


def verified(kiosk: Callable[..., Ran], state: Path, certificate: Path) -> tuple[str, str]:
    """Make the next list; give what openssl says of the certificate, and the list as text."""
    where = state.parent
    assert kiosk("ca", "--state", state, "--out", where / "chain.pem").status == 0
    assert kiosk("crl", "--state", state, "--out", where / "crl.der").status == 0
    text = subprocess.run(
        ["openssl", "crl", "-inform", "DER", "-in", where / "crl.der", "-text", "-out", where / "crl.pem"],
        capture_output=True, check=True,
    )  # fmt: skip
    assert text.returncode == 0
    done = subprocess.run(
        ["openssl", "verify", "-CAfile", where / "chain.pem", "-crl_check", "-CRLfile", where / "crl.pem",
         "-attime", str(int(TODAY.timestamp()) + 60), certificate],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr, (where / "crl.pem").read_text()


def test_on_hold_then_revoked(
    kiosk: Callable[..., Ran], state: Path, medium: Path, write_answers: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:  # fmt: skip
    def gone(reached: str) -> None:
        if reached == "written":
            raise KioskError("medium.gone")

    issue = ("issue", "--state", state, "--answers", write_answers(), "--medium")
    with monkeypatch.context() as patch:
        patch.setattr(command, "Issuing", partial(Issuing, progress=gone))
        assert kiosk(*issue, medium).status == 3
    [certificate] = medium.rglob("signCert.der")
    said, text = verified(kiosk, state, certificate)
    assert "certificate revoked" in said
    assert "Certificate Hold" in text
    [unproved] = kiosk("certs", "--state", state, "--json").json()
    assert unproved["status"] == "unproved"
    assert unproved["serial"].upper() in text

    # Another stick: the first certificate is revoked, for good.
    other = tmp_path / "other"
    other.mkdir()
    assert kiosk(*issue, other).status == 0
    said, text = verified(kiosk, state, certificate)
    assert "certificate revoked" in said
    assert "Cessation Of Operation" in text
    assert "Certificate Hold" not in text
    [good] = other.rglob("signCert.der")
    said, text = verified(kiosk, state, good)
    assert said.endswith("signCert.der: OK\n")
    assert text.count("Serial Number:") == 1
    status = kiosk("status", unproved["serial"], "--state", state, "--json").json()
    assert (status["status"], status["reason"]) == ("revoked", "cessationOfOperation")
    assert status["as_of_crl"]["number"] == 3


def test_resumed_is_taken_off_the_list(
    kiosk: Callable[..., Ran], state: Path, medium: Path, write_answers: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def gone(reached: str) -> None:
        if reached == "issued":
            raise KioskError("medium.gone")

    issue = ("issue", "--state", state, "--answers", write_answers(), "--medium", medium)
    with monkeypatch.context() as patch:
        patch.setattr(command, "Issuing", partial(Issuing, progress=gone))
        assert kiosk(*issue).status == 3
    assert kiosk("crl", "--state", state, "--out", state.parent / "crl.der", "--json").json()["entries"] == 1
    assert kiosk(*issue).status == 0
    [certificate] = medium.rglob("signCert.der")
    said, _ = verified(kiosk, state, certificate)
    assert said.endswith("signCert.der: OK\n")
