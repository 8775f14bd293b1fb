"""Everything that reads bytes of strangers, as functions of bytes, with what they may raise and where to begin.

Other errors than `KioskError` and those named here are mistakes: nobody catches them. Nothing here derives a key, so
each is quick; that counts of iterations are bounded before is what `key_file` looks at.
"""

import atexit
import contextlib
import datetime as dt
import json
import shutil
import socket
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import OCSPRequestBuilder, load_der_ocsp_response

from kiosk.authority.ocsp import Answer, read_request, response
from kiosk.clock import Clock
from kiosk.config import State, load_allowed, load_policy, load_publishing
from kiosk.errors import KioskError
from kiosk.lifecycle.answers import read_answers
from kiosk.lifecycle.fit import RULES, unfit
from kiosk.lifecycle.look import judge_unregistered
from kiosk.lifecycle.standing import describe_found
from kiosk.media import described, frames, guard, intruders
from kiosk.media.found import Found, ScanResult
from kiosk.media.mounted import mounted, mounts
from kiosk.media.place import Place
from kiosk.media.scan import _certificate
from kiosk.media.token_settings import load_token_settings
from kiosk.media.token_uri import TokenUri
from kiosk.pki import container, names, npki, pairs, path, pbe, pkcs12, pkcs12_write, vid
from kiosk.pki.keys import load_key, read_random
from kiosk.reminders.bounces import failed
from kiosk.secret import Secret
from screens.walkup import shown
from tests.conftest import TODAY
from tests.fuzz import answers
from tests.pki import pfx_writer, vectors

KEY_FILES = tuple(path.read_bytes() for path in sorted(vectors.FOLDER.glob("*.key")))
PLAIN_KEYS = tuple(path.read_bytes() for path in sorted(vectors.FOLDER.glob("plain-*.der")))
PROPERTIES = sorted({name for names in described.PROPERTIES.values() for name in names})
LONGEST_NAME = 200


@dataclass(frozen=True)
class Parser:
    """One way in for bytes."""

    read: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    """Whole ones, to be damaged."""
    raises: tuple[type[Exception], ...] = ()
    """What its callers handle, beside `KioskError`."""

    def __call__(self, data: bytes) -> None:
        """Read; what may be raised is."""
        with contextlib.suppress(KioskError, *self.raises):
            self.read(data)


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _file(data: bytes) -> Path:
    file = _folder() / "file"
    file.write_bytes(data)
    return file


def _made(public: rsa.RSAPublicKey | None = None, end: dt.datetime | None = None) -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = names.subject(organization="yessign", units=["a", "나"], common_name="홍길동()0004")
    identity = vid.other_name("홍길동", bytes(32))
    start = dt.datetime(2026, 11, 21, 15, tzinfo=dt.UTC)
    policy = x509.PolicyInformation(x509.ObjectIdentifier("2.25.1.1"), ["https://x"])
    return (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(public or key.public_key())
        .serial_number(0x1234).not_valid_before(start).not_valid_after(end or start + dt.timedelta(365))
        .add_extension(x509.SubjectAlternativeName([identity]), critical=False)
        .add_extension(x509.CertificatePolicies([policy]), critical=True)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip


WHOLE = _made()
ENDLESS = _made(end=dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.UTC))
POLICY = load_policy()
SIGNER = load_key(Secret(PLAIN_KEYS[-1]))
OF_SIGNER = _made(SIGNER.public_key())
OF_KEY = OF_SIGNER.public_bytes(Encoding.DER)
ASKED = (
    OCSPRequestBuilder()
    .add_certificate_by_hash(bytes(20), bytes(20), 0x1234, hashes.SHA1())
    .add_extension(x509.OCSPNonce(b"\4\x10" + bytes(16)), critical=False)
    .build().public_bytes(Encoding.DER)
)  # fmt: skip


def certificate(data: bytes) -> None:
    found = _certificate(data)
    if found is None:
        return
    assert 0 < len(names.directory_name(found.subject).encode()) <= names.DIRECTORY_LIMIT
    vid.matches(found, Secret("9001011234568"), Secret(bytes(20)))
    with contextlib.suppress(KioskError):
        path.check_path(found, issuing=WHOLE, root=WHOLE, at=TODAY)
    with contextlib.suppress(KioskError):
        npki.check_set(data, b"", Secret("x"))


def listed(data: bytes) -> None:
    """Whatever a scan finds can be written as JSON and shown."""
    found = Found(Path("/NPKI"), _certificate(data), data, None, None)
    json.dumps(describe_found(found, None, Clock(TODAY), POLICY))
    [seen] = judge_unregistered(ScanResult((found,), ()), Clock(TODAY), POLICY).seen
    for flow in RULES:
        unfit(flow, seen, Clock(TODAY), POLICY)
    shown.in_order(seen), shown.title(seen), shown.kind(seen), shown.left(seen), shown.until(seen)
    shown.authority(seen, ""), shown.bar(seen, 10), shown.verdict(seen, Clock(TODAY))


def key_file(data: bytes) -> None:
    assert 0 < len(container.key_format(data)) <= LONGEST_NAME
    with contextlib.suppress(pbe.UnreadableError):
        container._recipe(data)


def pfx_file(data: bytes) -> None:
    """With no password at all, so that it stops where one is tried."""
    reader = pkcs12._Reader(())
    with contextlib.suppress(pbe.UnreadableError, KioskError):
        reader.read(data)
    contents = pkcs12.Contents(tuple(reader.keys), tuple(reader.certificates))
    for whole in pairs.find(contents) if contents.keys else ():
        assert (
            0
            < len(names.authority_directory(whole.signing.certificate.issuer).encode())
            <= names.DIRECTORY_LIMIT
        )


def ocsp_request(data: bytes) -> None:
    """Whatever is read can be answered."""
    wanted = read_request(data)
    for asked in wanted.asked:
        asked.is_of(OF_SIGNER)
    answers = [Answer("unknown")] * len(wanted.asked)
    load_der_ocsp_response(response(wanted, answers, TODAY, OF_SIGNER, SIGNER))


def private_key(data: bytes) -> None:
    with contextlib.suppress(KioskError):
        read_random(Secret(data))
    load_key(Secret(data))


def mountinfo(data: bytes) -> None:
    file = _file(data)
    assert len(mounted(file, _folder())) <= len(mounts(file))


def said_by_udev(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    words = text.split("\n")
    properties = dict(zip(PROPERTIES, words, strict=False))
    attributes = dict(zip(described.ATTRIBUTES, reversed(words), strict=False))
    for kind in ("disk", "partition", "usb_device"):
        described.snapshot_of([described.Device("/sys/x", kind, "/sys", properties, attributes)])
    described.decoded(text)


def said_by_the_kernel(data: bytes) -> None:
    said = guard._said(_file(data))
    text = data.decode("utf-8", "replace")
    for place in ("usb", "input", "net", "tty"):
        intruders.strange(intruders.attached([intruders.Node(text, place, said, text)]), (), ())


def token_module(data: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(5)
        theirs.sendall(data[:16_384])
        theirs.shutdown(socket.SHUT_WR)
        frames.receive(ours)


def settings(data: bytes) -> None:
    state = State(_folder(), practice=True, center="x", arc="2.25.1", kiosk_id="x")
    for file, load in (
        (state.tokens, load_token_settings), (state.devices, load_allowed), (state.publish, load_publishing),
    ):  # fmt: skip
        file.write_bytes(data)
        with contextlib.suppress(KioskError):
            load(state)


def _frame(content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + content


ANSWERS = """profile = "personal-general"
name = "홍길동"
id_number = "900101-1234568"
phone = "010-2345-6789"
password_file = "file"
consent = true

[identity]
method = "phone"
""".encode()
UDEV = "\n".join(
    {"ID_FS_LABEL_ENC": r"a\x20b\xff", "ID_FS_TYPE": "vfat", "MAJOR": "8", "MINOR": "17"}.get(name, name)
    for name in PROPERTIES
).encode()
MOUNTS = b"610 27 8:17 / /media/kim/a\\040b rw,nosuid shared:330 - vfat /dev/sdb1 rw\n" * 2


REPORT = b"""Content-Type: multipart/report; boundary=x

--x
Content-Type: message/delivery-status

Reporting-MTA: dns; a

Action: failed
Status: 5.1.1

--x
Content-Type: message/rfc822

Message-ID: <11111111-2222-4333-8444-555555555555@a>

--x--
"""


def _pfx_files() -> tuple[bytes, ...]:
    """In the open, which is read to its end, and as they are."""
    key = PLAIN_KEYS[-1]
    entry = pkcs12_write.Entry(Secret(key), OF_KEY, "홍길동", b"1")
    shapes = (
        pfx_writer.Shape(key="plain", mac="none"),
        pfx_writer.Shape(key="plain", mac="none", one_safe=True, ber=True),
    )
    opened = tuple(pfx_writer.make(key, OF_KEY, shape) for shape in shapes)
    return (*opened, *(pkcs12_write.write([entry], Secret("x"), modern=modern) for modern in (False, True)))


PARSERS = {
    "certificate": Parser(certificate, (WHOLE.public_bytes(Encoding.DER),)),
    "listed": Parser(listed, tuple(each.public_bytes(Encoding.DER) for each in (WHOLE, ENDLESS))),
    "key file": Parser(key_file, KEY_FILES),
    "pfx": Parser(pfx_file, _pfx_files()),
    "private key": Parser(private_key, PLAIN_KEYS),
    "mountinfo": Parser(mountinfo, (MOUNTS,)),
    "udev": Parser(said_by_udev, (UDEV,)),
    "kernel": Parser(
        said_by_the_kernel, (b"DEVTYPE=usb_device\nPRODUCT=46d/c31c/1\nBUSNUM=001\nINTERFACE=3/1/1\n",)
    ),
    "token": Parser(
        token_module, (_frame(b'{"a": [1], "secrets": 1}') + _frame(b"x"),), (frames.FrameError, OSError)
    ),
    "module": Parser(answers.module, (answers.MODULE_SAYS, *answers.ODD)),
    "gateway": Parser(answers.gateway, (answers.GATEWAY_SAYS,)),
    "mail that came back": Parser(failed, (REPORT,)),
    "exported log": Parser(lambda data: answers.exported(_file(data)), (answers.EXPORTED,)),
    "token uri": Parser(
        lambda data: TokenUri.parse(data.decode("utf-8", "surrogateescape")),
        (b"pkcs11:token=a%20b;serial=1;slot-id=7?module-name=x", "pkcs11:model=김".encode()),
    ),
    "answers": Parser(lambda data: read_answers(_file(data), TODAY.date()), (ANSWERS,)),
    "note": Parser(
        lambda data: Place.from_note(data, in_npki_root=data[:1] != b"N"), (b"NPKI\nyessign\nUSER\ncn=x\n",)
    ),
    "ocsp request": Parser(ocsp_request, (ASKED,), (ValueError,)),
    "settings": Parser(settings, (b'modules = ["/a.so"]\n', b'allowed = ["096e:0807"]\n')),
}
