"""The issue service: its moves, what it does when something comes in between, and what it leaves behind."""

import itertools
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from data.registry import Registry
from kiosk.authority import certificates
from kiosk.clock import Clock
from kiosk.errors import KioskError
from kiosk.lifecycle.recovery import lock_name
from kiosk.lifecycle.request import working_on
from kiosk.pki import keys as pki_keys
from kiosk.pki.profiles import load_profiles
from kiosk.secret import Secret
from tests.conftest import ID_NUMBER, TODAY
from tests.lifecycle.desk import WHOLE, Desk, break_off, sets


async def test_the_moves(desk: Desk, medium: Path, keys: list[rsa.RSAPrivateKey]) -> None:
    outcome = await desk.issue(medium)
    assert desk.reached == [
        "opened", "identified", "key_made", "staged", "submitted", "issued", "written", "proved", "done",
    ]  # fmt: skip
    assert (outcome.request.state, outcome.resumed, desk.made) == ("done", False, 1)
    assert outcome.certificate.public_key() == keys[0].public_key()
    assert outcome.not_before.isoformat() == "2026-11-21T15:00:00+00:00"
    assert outcome.not_after.isoformat() == "2027-11-22T14:59:59+00:00"
    [request], [held] = desk.rows()
    assert (request.state, request.identity_method, request.identity_level) == ("done", "phone", "verified")
    assert (held.status, held.serial, held.name) == ("valid", outcome.serial, "홍길동")
    assert held.der == (outcome.place / "signCert.der").read_bytes()
    assert (request.medium, request.consent_version) == (request.medium, "2026-11")
    assert request.directory == str(outcome.place.relative_to(medium))


@pytest.mark.parametrize("stopped", ["key_made", "staged", "submitted", "issued", "written", "proved"])
async def test_resumed_with_the_same_key(desk: Desk, medium: Path, stopped: str) -> None:
    """Killed (not refused) on the way: the next call goes on where it stopped, and makes no key."""

    def kill() -> None:
        raise SystemExit

    with pytest.raises(SystemExit):
        await desk.issue(medium, stopped, kill)
    outcome = await desk.issue(medium)
    requests, [held] = desk.rows()
    if stopped == "key_made":  # its key was in memory only
        assert [request.state for request in requests] == ["void", "done"]
        assert (outcome.resumed, desk.made) == (False, 2)
    else:
        assert [request.state for request in requests] == ["done"]
        assert (outcome.resumed, desk.made) == (True, 1)
        assert desk.reached[0] == stopped
    assert held.status == "valid"
    assert sets(medium) == WHOLE
    assert not list(medium.glob(".certkiosk*"))


@pytest.mark.parametrize("damage", ["removed", "key lost", "certificate lost", "key flipped", "empty"])
async def test_what_a_pulled_stick_lost_is_written_again(desk: Desk, medium: Path, damage: str) -> None:
    """Resumed from the staged key; what lies at the place is replaced."""
    error = await desk.refused(medium, "medium.gone", "written", break_off)
    assert error.request
    [place] = medium.glob("NPKI/*/USER/*")
    match damage:
        case "removed":
            for file in place.iterdir():
                file.unlink()
            place.rmdir()
        case "key lost":
            (place / "signPri.key").unlink()
        case "certificate lost":
            (place / "signCert.der").write_bytes(bytes(900))
        case "key flipped":
            content = bytearray((place / "signPri.key").read_bytes())
            content[-1] ^= 1
            (place / "signPri.key").write_bytes(content)
        case _:
            for file in place.iterdir():
                file.write_bytes(b"")
    outcome = await desk.issue(medium)
    assert (outcome.resumed, outcome.request.code, desk.made) == (True, error.request, 1)
    assert sets(medium) == WHOLE
    assert not list(medium.glob(".certkiosk*"))
    assert desk.rows()[1][0].status == "valid"


@pytest.mark.parametrize("damage", ["key flipped", "no certificate", "another certificate"])
async def test_what_does_not_prove_is_revoked_at_once(desk: Desk, medium: Path, damage: str) -> None:
    def spoil() -> None:
        [place] = medium.glob("NPKI/*/USER/*")
        if damage == "key flipped":
            content = bytearray((place / "signPri.key").read_bytes())
            content[-1] ^= 1
            (place / "signPri.key").write_bytes(content)
        elif damage == "no certificate":
            (place / "signCert.der").write_bytes(b"\x30\x00")
        else:
            other = desk.services.authority.root.public_bytes(Encoding.DER)
            (place / "signCert.der").write_bytes(other)

    with pytest.raises(KioskError) as caught:
        await desk.issue(medium, "written", spoil)
    assert caught.value.id in {"medium.password", "medium.proof"}
    assert caught.value.request is None
    [request], [held] = desk.rows()
    assert (request.state, request.reason, held.status) == ("void", caught.value.code, "revoked")
    # Ours is removed, whole or spoiled; what is another certificate's is somebody's, and stays.
    assert sets(medium) == (WHOLE if damage == "another certificate" else [])
    assert desk.actions()[-3:] == ["request.void", "certificate.revoked", "refused"]


async def test_a_medium_that_lies(desk: Desk, medium: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lie(*_: object) -> None:
        raise KioskError("medium.lies")

    with monkeypatch.context() as patch:
        patch.setattr("kiosk.media.directory.DirectoryMedium.install", lie)
        error = await desk.refused(medium, "medium.lies")
    assert error.request is None
    [request], [held] = desk.rows()
    assert (request.state, held.status, sets(medium)) == ("void", "revoked", [])
    assert not list(medium.glob(".certkiosk*"))


async def test_a_fee_needs_a_receipt(desk: Desk, medium: Path) -> None:
    profile = replace(load_profiles()["personal-general"], fee_won=4400)
    error = await desk.refused(medium, "request.fee", profile=profile)
    assert error.facts == {"won": 4400}
    assert desk.rows() == ([], [])


@pytest.mark.parametrize(("taken", "ends"), [(1, "done"), (4, "done"), (99, "void")])
async def test_a_serial_that_was_used(
    desk: Desk, medium: Path, monkeypatch: pytest.MonkeyPatch, taken: int, ends: str
) -> None:
    """126 random bits meet one that exists: signed again with others, and never twice the same."""
    first = await desk.issue(medium, profile=load_profiles()["personal-bank"])
    serials = itertools.chain(itertools.repeat(int(first.serial, 16), taken), [1 << 126])
    monkeypatch.setattr(certificates, "random_serial", lambda: next(serials))
    if ends == "done":
        assert (await desk.issue(medium)).serial == f"{1 << 126:x}"
    else:
        await desk.refused(medium, "authority.refused")
    requests, held = desk.rows()
    assert requests[-1].state == ends
    assert len({each.serial for each in held}) == len(held)


async def test_somebody_else_ended_the_request(desk: Desk, medium: Path, state: Path) -> None:
    def cancel() -> None:
        registry = Registry.open(state / "registry.db")
        try:
            with registry.transaction():
                registry.change_request(
                    1, expect="staged", state="void", at="2026-11-22T00:00:00.000Z", reason="elsewhere"
                )
        finally:
            registry.close()

    error = await desk.refused(medium, "request.busy", "staged", cancel)
    assert error.request is None
    [request], certificates_made = desk.rows()
    assert (request.state, request.reason, certificates_made) == ("void", "elsewhere", [])
    assert (await desk.issue(medium)).request.state == "done"
    assert not list(medium.glob(".certkiosk*"))


async def test_stale_requests_of_others_are_voided(desk: Desk, medium: Path, tmp_path: Path) -> None:
    """A day on, by whoever comes next; not while a process works on it. Their sticks are cleared later."""
    first = tmp_path / "first"
    first.mkdir()
    await desk.refused(first, "medium.gone", "written", break_off)
    second = {"id_number": Secret("9203042234567"), "phone": "01080246135"}
    third = {
        "id_number": Secret("9304053345678"),
        "phone": "01080246136",
        "profile": load_profiles()["personal-bank"],
    }

    desk.services.clock = Clock(TODAY + timedelta(hours=24))
    await desk.issue(medium, **second)
    assert [request.state for request in desk.rows()[0]] == ["written", "done"], "to the last minute"

    desk.services.clock = Clock(TODAY + timedelta(hours=24, seconds=1))
    lock = lock_name(desk.services.keyed_hash("subscriber", Secret(ID_NUMBER)), "personal-general")
    with working_on(desk.state / "locks", lock):
        await desk.issue(medium, **third)
    assert desk.rows()[0][0].state == "written"
    await desk.issue(medium, **{**third, "profile": load_profiles()["personal-general"]})
    requests, held = desk.rows()
    assert (requests[0].state, requests[0].reason, held[0].status) == ("void", "stale", "revoked")
    assert sets(first) == WHOLE
    # The set of a revoked certificate goes when its stick is seen again.
    await desk.issue(first, **{**third, "profile": load_profiles()["personal-bank"], "phone": "01080246137"})
    serials = {
        x509.load_der_x509_certificate(path.read_bytes()).serial_number for path in first.rglob("*.der")
    }
    assert serials == {int(desk.rows()[1][-1].serial, 16)}


async def test_refusals_are_on_record_by_code(desk: Desk, medium: Path) -> None:
    await desk.refused(medium, "password.short", password=Secret("short"))
    await desk.refused(medium, "identity.method", method="bank")
    await desk.refused(medium / "none", "medium.missing")
    await desk.refused(medium, "identity.code", code=Secret("1"))
    registry = Registry.open(desk.state / "registry.db")
    try:
        refusals = [line.facts for line in registry.audit_rows() if line.action == "refused"]
    finally:
        registry.close()
    assert refusals == ['{"error":"P01"}', '{"error":"I01"}', '{"error":"M01"}', '{"error":"I02"}']


async def test_no_key_is_left_in_memory(desk: Desk, medium: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As far as we can: the buffer that held the PKCS#8 is wiped, after success and after failure."""
    seen: list[Secret] = []
    make = pki_keys.private_key_info

    def remember(*arguments: object) -> Secret:
        seen.append(make(*arguments))  # type: ignore[arg-type]
        return seen[-1]

    monkeypatch.setattr(pki_keys, "private_key_info", remember)
    await desk.issue(medium)
    await desk.refused(medium, "medium.gone", "issued", break_off, profile=load_profiles()["personal-bank"])
    assert len(seen) == 2
    assert all(not secret for secret in seen)
