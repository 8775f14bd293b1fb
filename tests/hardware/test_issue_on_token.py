"""Issuing onto a token: its moves, what happens in between, and what is on the token afterwards."""

import asyncio
import hashlib
import os
import select
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kiosk.clock import Clock
from kiosk.errors import KioskError
from kiosk.lifecycle.keys import digest_info, public_key_hash, request_info, signed_request, signing_request
from kiosk.media.token_records import object_id
from kiosk.media.token_uri import TokenUri
from kiosk.media.tokens import Tokens
from kiosk.pki.profiles import load_profiles
from kiosk.secret import Secret
from tests.conftest import TODAY
from tests.hardware.conftest import LABEL, PIN, SLOW, URI, WHOLE, Desk, Hsm, set_up

MOVES = ["opened", "identified", "key_made", "staged", "submitted", "issued", "written", "proved", "done"]


async def test_the_moves(desk: Desk) -> None:
    outcome = await desk.issue()
    assert desk.reached == MOVES
    [request], [held] = desk.rows()
    assert (request.state, held.status, outcome.resumed) == ("done", "valid", False)
    key = outcome.certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert request.public_key_hash == public_key_hash(key)
    assert str(request.medium).startswith(f"pkcs11:token={LABEL};manufacturer=SoftHSM%20project;serial=")
    assert outcome.place == request.directory
    loaded = desk.hsm.calls().count("C_Initialize")
    assert loaded == 2, "once for the work and once for the proof, which asks the token and no memory of it"
    assert str(request.directory).startswith(f"{request.medium};id=%")
    desk.one_good_certificate()


async def test_what_others_see_on_the_token(desk: Desk, tmp_path: Path) -> None:
    """OpenSC reads the same certificate, signs with the key, and OpenSSL says that it is so."""
    outcome = await desk.issue()
    [request], _ = desk.rows()
    number = object_id(request.code).hex()
    certificate, data, signed = tmp_path / "c.der", tmp_path / "data", tmp_path / "signed"
    desk.hsm.tool("--read-object", "--type", "cert", "--id", number, "-o", certificate)
    assert certificate.read_bytes() == outcome.certificate.public_bytes(Encoding.DER)
    data.write_bytes(b"anything at all")
    desk.hsm.tool("--sign", "-m", "SHA256-RSA-PKCS", "--id", number, "-i", data, "-o", signed)
    public = tmp_path / "public.pem"
    public.write_bytes(
        outcome.certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    done = subprocess.run(
        ["openssl", "dgst", "-sha256", "-verify", public, "-signature", signed, data],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.strip() == "Verified OK"
    listed = desk.hsm.tool("-O")
    assert "sensitive, always sensitive, never extractable, local" in listed
    assert f"certkiosk-{request.code}" in listed
    random = tmp_path / "random"
    desk.hsm.tool("--read-object", "--type", "data", "--label", f"certkiosk-{request.code}", "-o", random)
    assert len(random.read_bytes()) == 20


@pytest.mark.parametrize("stopped", MOVES[:-1])
async def test_resumed_with_the_key_on_the_token(desk: Desk, stopped: str) -> None:
    """Killed (not refused) on the way: the next call goes on where it stopped."""

    def kill() -> None:
        raise SystemExit

    with pytest.raises(SystemExit):
        await desk.issue(URI, stopped, kill)
    hashed = desk.rows()[0][0].public_key_hash
    outcome = await desk.issue()
    requests, _ = desk.rows()
    if hashed is None:
        assert [request.state for request in requests] == ["cancelled", "done"]
    else:
        assert [request.state for request in requests] == ["done"]
        assert (outcome.resumed, desk.reached[0], requests[0].public_key_hash) == (True, stopped, hashed)
    desk.one_good_certificate()


@pytest.mark.parametrize("lost", ["Private Key", "Data", "Certificate"])
async def test_what_the_token_lost(desk: Desk, lost: str) -> None:
    """Without key or R the certificate is worth nothing and is revoked; a lost certificate is written again."""
    await desk.refused("token.gone", URI, "written", _gone)
    kind = {"Private Key": "privkey", "Data": "data", "Certificate": "cert"}[lost]
    [request], _ = desk.rows()
    named = ("--id", object_id(request.code).hex())
    if lost == "Data":
        named = ("--label", f"certkiosk-{request.code}")
    desk.hsm.tool("--delete-object", "--type", kind, *named)
    outcome = await desk.issue()
    assert outcome.resumed == (lost == "Certificate")
    assert [request.state for request in desk.rows()[0]] == (
        ["done"] if lost == "Certificate" else ["void", "done"]
    )
    desk.one_good_certificate()


def _gone() -> None:
    raise KioskError("token.gone")


async def test_another_token_cannot_resume(desk: Desk, hsm: Hsm) -> None:
    set_up(hsm.place, "OTHER")
    await desk.refused("token.gone", URI, "issued", _gone)
    outcome = await desk.issue(TokenUri(token="OTHER"))
    assert not outcome.resumed
    requests, held = desk.rows()
    assert [request.state for request in requests] == ["void", "done"]
    assert [each.status for each in held] == ["revoked", "valid"]
    # What the voided request left on the first one goes when that comes again, with whatever it comes for.
    await desk.issue(profile=load_profiles()["personal-bank"])
    assert desk.hsm.objects() == WHOLE


async def test_no_second_one_on_the_same_token(desk: Desk) -> None:
    first = await desk.issue()
    error = await desk.refused("request.holds")
    assert error.facts["serial"] == first.serial
    await desk.issue(profile=load_profiles()["personal-bank"])
    assert desk.hsm.objects() == dict.fromkeys(WHOLE, 2)


async def test_a_token_that_signs_wrongly(desk: Desk, hsm: Hsm) -> None:
    """The proof is made with the certificate that stands there: what cannot sign is revoked and removed."""
    await desk.refused("medium.proof", URI, "written", lambda: hsm.plan("flipped"))
    [request], [held] = desk.rows()
    assert (request.state, held.status, desk.hsm.objects()) == ("void", "revoked", {})
    hsm.plan()
    await desk.issue()
    desk.one_good_certificate()


@pytest.mark.parametrize("step", ["vid", "certificate", "key"])
async def test_what_does_not_prove(
    desk: Desk, hsm: Hsm, step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another R, another certificate under the same CKA_ID, a key that could leave: revoked, and removed."""

    def spoil() -> None:
        [request], _ = desk.rows()
        number, label = object_id(request.code).hex(), f"certkiosk-{request.code}"
        file = tmp_path / "other"
        if step == "vid":
            hsm.tool("--delete-object", "--type", "data", "--label", label)
            file.write_bytes(bytes(20))
            named = ("--type", "data", "--private", "--application-label", "certkiosk", "--label", label)
            hsm.tool("--write-object", file, *named)
        elif step == "certificate":
            file.write_bytes(desk.services.authority.root.public_bytes(Encoding.DER))
            hsm.tool("--delete-object", "--type", "cert", "--id", number)
            hsm.tool("--write-object", file, "--type", "cert", "--id", number, "--label", "x")
        else:
            read = Tokens.read
            monkeypatch.setattr(Tokens, "read", lambda *given: replace(read(*given), guarded=False))

    error = await desk.refused("medium.proof", URI, "written", spoil)
    assert (error.facts, error.request) == ({"step": step}, None)
    [request], [held] = desk.rows()
    assert (request.state, held.status, hsm.objects()) == ("void", "revoked", {})


@pytest.mark.parametrize("fault", ["0x30", "crash"])
@pytest.mark.parametrize("call", [1, 2, 3, 4])
async def test_what_could_not_be_removed(desk: Desk, hsm: Hsm, call: int, fault: str) -> None:
    """It goes when the token comes again, in whatever state it was left, and never to be taken for good."""
    plan = ("flipped", f"C_DestroyObject@{call}={fault}")
    await desk.refused("medium.proof", URI, "written", lambda: hsm.plan(*plan))
    order = ["Certificate", "Public Key", "Private Key", "Data"]
    assert desk.hsm.objects() == {kind: 1 for kind in WHOLE if kind in order[call - 1 :]}
    [request], [held] = desk.rows()
    assert (request.state, held.status) == ("void", "revoked")
    hsm.plan()
    await desk.issue()
    desk.one_good_certificate()


async def test_a_token_that_never_answers(desk: Desk, hsm: Hsm) -> None:
    """The deadline is policy's; before there is a certificate the request is voided, and the next one is whole."""
    desk.services.policy = replace(desk.services.policy, token_seconds=8.0)
    hsm.plan("C_Sign@1=hang")
    error = await desk.refused("token.timeout")
    assert (error.facts, error.request) == ({"seconds": 8}, None)
    assert desk.hsm.objects() == {}
    await desk.issue()
    desk.one_good_certificate()


async def test_closing_does_not_wait_for_a_token(desk: Desk, hsm: Hsm) -> None:
    """Somebody leaves while the token hangs: the visit's end ends the call, long before its deadline."""
    hsm.plan("C_Login=hang")
    work = asyncio.create_task(desk.refused("token.module"))
    until = time.monotonic() + 30
    while "C_Login" not in hsm.calls():
        assert time.monotonic() < until
        await asyncio.sleep(0.01)
    begun = time.monotonic()
    desk.services.tokens.close()
    assert time.monotonic() - begun < SLOW / 2
    await work


async def test_stale_requests_are_cleared_when_the_token_comes_again(desk: Desk) -> None:
    await desk.refused("token.gone", URI, "written", _gone)
    desk.services.clock = Clock(TODAY + timedelta(hours=25))
    await desk.issue(id_number=Secret("9203042234567"), phone="01080246135")
    requests, held = desk.rows()
    assert [(request.state, request.reason) for request in requests] == [("void", "stale"), ("done", None)]
    assert [each.status for each in held] == ["revoked", "valid"]
    await desk.issue()
    assert desk.hsm.objects() == dict.fromkeys(WHOLE, 2), "the stale one is gone, two people's are there"


@pytest.mark.parametrize(
    ("plan", "id_"),
    [
        ("flags=0x80000", "token.pin_change"), ("flags=0x40000", "token.pin_locked"),
        ("flags=0x2", "token.readonly"), ("0=out", "token.none"), ("C_Login=0xa0", "token.pin"),
        ("C_GenerateKeyPair=0x70", "token.unfit"), ("C_CreateObject=0x31", "token.full"),
        ("C_GenerateKeyPair=0xe2", "token.readonly"), ("C_GenerateKeyPair=0x80000001", "token.failed"),
    ],
)  # fmt: skip
async def test_refused(desk: Desk, hsm: Hsm, plan: str, id_: str) -> None:
    hsm.plan(plan)
    error = await desk.refused(id_)
    assert error.request is None
    if "flags" in plan:
        assert "C_Login" not in hsm.calls(), "no try of the PIN is spent"
    hsm.plan()
    assert desk.hsm.objects() == {}
    await desk.issue()
    desk.one_good_certificate()


async def test_without_a_pin(desk: Desk) -> None:
    for pin in (None, Secret("")):
        error = await desk.refused("answers.missing", pin=pin)
        assert error.facts == {"key": "pin_file"}


async def test_the_pin_is_nowhere(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in arguments, environment, log, registry, nor any file of ours; the search is shown to find."""
    seen: dict[int, bytes] = {}

    def look() -> None:
        for pid in (os.getpid(), desk.services.tokens.modules[0].pid):
            assert pid
            process = Path(f"/proc/{pid}")
            seen[pid] = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()

    (desk.state / "answers").write_text("marked")
    await desk.issue(URI, "*", look)
    await desk.refused("token.pin", pin=Secret(PIN[::-1]), profile=load_profiles()["personal-bank"])
    assert len(seen) == 3, "this one, the one that did the work, and the one for the proof"
    assert desk.services.tokens.modules[0].pid is None, "who was told the PIN is gone"
    assert [pid for pid in seen if Path(f"/proc/{pid}").exists()] == [os.getpid()]
    for secret in (PIN.encode(), PIN[::-1].encode(), hashlib.sha256(PIN.encode()).digest()):
        assert not [pid for pid, content in seen.items() if secret in content]
        assert not [path for path in tmp_path.rglob("*") if path.is_file() and secret in path.read_bytes()]
    assert [path.name for path in tmp_path.rglob("*") if path.is_file() and b"marked" in path.read_bytes()]
    assert any(b"pkcs11_worker" in content for content in seen.values())


@pytest.mark.parametrize("hanging", [False, True])
def test_a_killed_kiosk_leaves_no_process(hsm: Hsm, hanging: bool) -> None:
    """SIGKILL: the module's process ends when nobody asks any more, and out of a hanging module by an alarm."""
    script = (
        "import sys\nfrom kiosk.media.tokens import Tokens\nfrom kiosk.media.token_uri import TokenUri\n"
        f"tokens = Tokens(['{hsm.faulty}'], seconds=3, key_seconds=3)\n"
        "tokens.find(TokenUri())\nprint(tokens.modules[0].pid, flush=True)\n"
        "sys.stdin.readline()\ntokens.find(TokenUri())\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdin
    worker = os.pidfd_open(int(process.stdout.readline()))
    try:
        if hanging:
            before = len(hsm.calls())
            hsm.plan("C_GetSlotList=hang")
            process.stdin.write("\n")
            process.stdin.flush()
            until = time.monotonic() + 30
            while len(hsm.calls()) == before:
                assert time.monotonic() < until
                time.sleep(0.01)
        process.kill()
        process.communicate()
        assert select.select([worker], [], [], 30)[0] == [worker]
    finally:
        os.close(worker)


def test_a_request_signed_elsewhere_is_the_same(tmp_path: Path) -> None:
    key = rsa.generate_private_key(65537, 2048)
    info = request_info(key.public_key())
    signature = key.sign(info, padding.PKCS1v15(), hashes.SHA256())
    assert signed_request(info, signature) == signing_request(key)
    assert x509.load_der_x509_csr(signing_request(key)).is_signature_valid
    prefix = bytes.fromhex("3031300d060960864801650304020105000420")  # RFC 8017 9.2, note 1
    assert digest_info(b"abc") == prefix + hashlib.sha256(b"abc").digest()
