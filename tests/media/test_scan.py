import datetime as dt
import errno
import os
import tempfile
import warnings
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from kiosk.errors import KioskError
from kiosk.media import scan as module
from kiosk.media.files import FILE_LIMIT
from kiosk.media.scan import Found, scan
from kiosk.pki.container import encrypt_key
from kiosk.secret import Secret
from tests.media.calls import Calls, fail_at


def make_certificate() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "KR"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "yessign"),
            x509.NameAttribute(NameOID.COMMON_NAME, "홍길동()0004"),
        ]
    )
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(0x1234)
        .not_valid_before(dt.datetime(2026, 11, 21, 15, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2027, 11, 22, 14, 59, 59, tzinfo=dt.UTC))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.DER)
    )


CERTIFICATE = make_certificate()
KEY = encrypt_key(b"any bytes", Secret("password"), iterations=1)


def put(stick: Path, where: str, **files: bytes) -> Path:
    """Make a set's directory with `cert` and `key`."""
    path = stick / where
    path.mkdir(parents=True)
    for name, data in files.items():
        (path / {"cert": "signCert.der", "key": "signPri.key"}.get(name, name)).write_bytes(data)
    return path


def one(stick: Path) -> Found:
    result = scan(stick)
    assert len(result.found) == 1
    return result.found[0]


def test_a_whole_set(stick: Path) -> None:
    path = put(stick, "NPKI/yessign/USER/cn=홍길동", cert=CERTIFICATE, key=KEY)
    result = scan(stick)
    assert result.skipped == ()
    (found,) = result.found
    assert found.path == path
    assert found.certificate is not None
    assert found.certificate.serial_number == 0x1234
    assert found.certificate_der == CERTIFICATE
    assert found.key_format == "SEED-CBC SHA-1"
    assert found.problem is None


def test_an_npki_root_and_any_case(stick: Path) -> None:
    one_path = put(stick, "npki/yessign/user/a", cert=CERTIFICATE, key=KEY)
    (one_path / "signCert.der").rename(one_path / "SIGNCERT.DER")
    (one_path / "signPri.key").rename(one_path / "Signpri.key")
    other_path = put(stick, "NPKI/KICA/USER/b", cert=CERTIFICATE, key=KEY)
    assert [found.path for found in scan(stick).found] == [other_path, one_path]
    assert [found.path for found in scan(stick / "npki").found] == [one_path]
    assert {found.problem for found in scan(stick).found} == {None}


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"cert": CERTIFICATE}, "key_missing"),
        ({"key": KEY}, "certificate_missing"),
        ({"cert": b"", "key": KEY}, "certificate_unreadable"),
        ({"cert": CERTIFICATE[:-1], "key": KEY}, "certificate_unreadable"),
        ({"cert": CERTIFICATE + b"\0" * FILE_LIMIT, "key": KEY}, "certificate_unreadable"),
        ({"cert": CERTIFICATE, "key": b""}, "key_unreadable"),
        ({"cert": CERTIFICATE, "key": b"rubbish"}, "key_unreadable"),
        ({"cert": CERTIFICATE, "key": bytes(FILE_LIMIT + 1)}, "key_unreadable"),
        ({"cert": b"rubbish"}, "certificate_unreadable"),
    ],
)
def test_problems(stick: Path, files: dict[str, bytes], problem: str) -> None:
    put(stick, "NPKI/yessign/USER/a", **files)
    found = one(stick)
    assert found.problem == problem
    assert (found.certificate is None) == problem.startswith("certificate")


def test_an_unknown_key_format_is_no_problem_here(stick: Path) -> None:
    """The format's name says enough; whether we can open it is another matter."""
    has160 = KEY.replace(bytes.fromhex("2a831a8c9a44010f"), bytes.fromhex("2a831a8c9a44010b"))
    put(stick, "NPKI/yessign/USER/a", cert=CERTIFICATE, key=has160)
    assert one(stick).key_format == "1.2.410.200004.1.11"
    assert one(stick).problem is None


def test_what_is_no_set(stick: Path) -> None:
    put(stick, "NPKI/yessign/USER/empty")
    put(stick, "NPKI/yessign/USER/km", **{"kmCert.der": CERTIFICATE})
    put(stick, "NPKI/yessign/ROOT/a", cert=CERTIFICATE, key=KEY)
    put(stick, "NPKI/yessign/USER/a/b", cert=CERTIFICATE, key=KEY)
    put(stick, "other/yessign/USER/a", cert=CERTIFICATE, key=KEY)
    (stick / "NPKI" / "yessign" / ("ab" * 20 + "_1a2b.der")).write_bytes(CERTIFICATE)
    (stick / "NPKI" / "yessign" / "USER" / "export.pfx").write_bytes(b"x")
    assert scan(stick) == module.ScanResult((), ())


def test_a_medium_without_npki(stick: Path) -> None:
    assert scan(stick) == module.ScanResult((), ())
    (stick / "NPKI").touch()
    assert scan(stick) == module.ScanResult((), ())


def test_no_medium(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for name, id_ in (("none", "medium.missing"), ("file", "medium.not_directory")):
        with pytest.raises(KioskError) as problem:
            scan(tmp_path / name)
        assert problem.value.id == id_


@pytest.mark.parametrize("link", ["NPKI", "NPKI/yessign", "NPKI/yessign/USER", "NPKI/yessign/USER/a"])
def test_links_are_not_followed(stick: Path, tmp_path: Path, link: str) -> None:
    outside = put(tmp_path, "outside/NPKI/yessign/USER/a", cert=CERTIFICATE, key=KEY).parents[3]
    (stick / link).parent.mkdir(parents=True, exist_ok=True)
    (stick / link).symlink_to(outside / link)
    assert scan(stick) == module.ScanResult((), (f"link: {link}",))
    assert len(scan(outside).found) == 1


def test_linked_files(stick: Path, tmp_path: Path) -> None:
    (tmp_path / "cert").write_bytes(CERTIFICATE)
    path = put(stick, "NPKI/yessign/USER/a", key=KEY)
    (path / "signCert.der").symlink_to(tmp_path / "cert")
    assert one(stick).problem == "certificate_unreadable"
    assert scan(stick).skipped == ("unreadable: NPKI/yessign/USER/a/signCert.der",)


def test_special_files_do_not_stop_it(stick: Path) -> None:
    path = put(stick, "NPKI/yessign/USER/a", cert=CERTIFICATE)
    os.mkfifo(path / "signPri.key")
    os.mkfifo(stick / "NPKI" / "yessign" / "USER" / "b")
    assert one(stick).problem == "key_unreadable"
    assert "special: NPKI/yessign/USER/b" in scan(stick).skipped


def test_bounds(stick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        put(stick, f"NPKI/yessign/USER/{number:02}", cert=CERTIFICATE, key=KEY)
    assert len(scan(stick).found) == 20
    assert scan(stick, seconds=-1) == module.ScanResult((), ("time: .",))


def test_too_many_entries(stick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for brand in ("a", "b"):
        for number in range(3):
            put(stick, f"NPKI/{brand}/USER/{number}", cert=CERTIFICATE, key=KEY)
    # NPKI 1, brands 2, USER 1 and three sets of two files each: 13 down to the end of the first brand.
    monkeypatch.setattr(module._Look.__init__, "__defaults__", (14, *module._Look.__init__.__defaults__[1:]))
    result = scan(stick)
    assert [str(found.path.relative_to(stick)) for found in result.found] == [
        f"NPKI/a/USER/{n}" for n in "012"
    ]
    assert result.skipped == ("entries: NPKI/b/USER",)


def test_a_huge_directory_is_not_listed_to_its_end(stick: Path) -> None:
    users = stick / "NPKI" / "a" / "USER"
    users.mkdir(parents=True)
    for number in range(module.ENTRIES + 1):
        (users / str(number)).touch()
    assert scan(stick) == module.ScanResult((), ("entries: NPKI/a/USER",))


def test_too_many_bytes(stick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        put(stick, f"NPKI/a/USER/{number}", cert=CERTIFICATE, key=KEY)
    entries, *rest = module._Look.__init__.__defaults__
    rest[0] = 2 * len(CERTIFICATE + KEY)
    monkeypatch.setattr(module._Look.__init__, "__defaults__", (entries, *rest))
    result = scan(stick)
    assert len(result.found) == 2
    assert result.skipped == ("bytes: NPKI/a/USER/2",)


def test_what_was_skipped_is_bounded(stick: Path) -> None:
    (stick / "NPKI").mkdir()
    for number in range(module.SKIPPED + 10):
        (stick / "NPKI" / f"{number:03}").symlink_to("nowhere")
    assert len(scan(stick).skipped) == module.SKIPPED


@pytest.mark.parametrize("error", [errno.EIO, errno.EACCES])
def test_what_cannot_be_read_is_skipped(stick: Path, error: int) -> None:
    """Each call in turn fails; what is left is found, and something is named."""
    for number in "12":
        put(stick, f"NPKI/a/USER/{number}", cert=CERTIFICATE, key=KEY)
    with Calls() as calls:
        assert len(scan(stick).found) == 2
    opens = [n for n, name in enumerate(calls.names) if name in {"open", "scandir", "stat", "read"}]
    for number in opens[1:]:
        with Calls(fail_at(number, error)):
            result = scan(stick)
        assert result.skipped
        assert len(result.found) < 2 or {found.problem for found in result.found} != {None}


def test_a_medium_that_goes_is_no_short_list(stick: Path) -> None:
    put(stick, "NPKI/a/USER/1", cert=CERTIFICATE, key=KEY)
    with Calls() as calls:
        scan(stick)
    for number in range(len(calls.log)):
        with pytest.raises(KioskError) as problem, Calls(fail_at(number, errno.ENODEV)):
            scan(stick)
        assert problem.value.id == "medium.gone"


def test_hostile_names_are_found_as_they_are(stick: Path) -> None:
    name = os.fsdecode(b"cn=\xff\x1b[31m\n\xe2\x80\xae")
    put(stick, f"NPKI/yessign/USER/{name}", cert=CERTIFICATE, key=KEY)
    assert one(stick).path.name == name


def test_odd_but_readable_certificates_say_nothing(stick: Path) -> None:
    """A negative serial: the parser warns, and a warning is not for the person at the kiosk."""
    odd = CERTIFICATE.replace(b"\x02\x02\x12\x34", b"\x02\x02\xf2\x34")
    assert odd != CERTIFICATE
    put(stick, "NPKI/yessign/USER/a", cert=odd, key=KEY)
    with pytest.warns(UserWarning):
        _ = x509.load_der_x509_certificate(odd).serial_number
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert one(stick).problem is None


@st.composite
def mutations(draw: st.DrawFn, original: bytes) -> bytes:
    """The original with some bytes changed, cut out or put in."""
    data = bytearray(original)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        data[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data)


@given(mutations(CERTIFICATE) | st.binary(max_size=200), mutations(KEY) | st.binary(max_size=200))
def test_rubbish_raises_nothing(certificate: bytes, key: bytes) -> None:
    with tempfile.TemporaryDirectory() as directory:
        put(Path(directory), "NPKI/a/USER/b", cert=certificate, key=key)
        found = one(Path(directory))
    if found.certificate is None:
        assert found.problem == "certificate_unreadable"
    else:
        assert found.certificate_der == certificate
        assert found.certificate.issuer is not None
    if found.key_format == "unknown":
        assert found.problem in {"certificate_unreadable", "key_unreadable"}


def test_nothing_stays_open(stick: Path) -> None:
    put(stick, "NPKI/a/USER/b", cert=CERTIFICATE, key=KEY)
    (stick / "NPKI" / "link").symlink_to("a")
    before = len(os.listdir("/proc/self/fd"))
    for seconds in (2.0, -1):
        scan(stick, seconds=seconds)
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize(
    "where", ["GPKI/Certificate/class2", "gpki/certificate/CLASS1", "EPKI/Certificate/class2"]
)
def test_the_layout_of_government_certificates(stick: Path, where: str) -> None:
    """Many lie in one directory; what is for encryption goes with what is for signing."""
    place = stick / where
    place.mkdir(parents=True)
    for name, data in (
        ("1234홍길동001_sig.cer", CERTIFICATE), ("1234홍길동001_SIG.KEY", KEY), ("1234홍길동001_env.cer", CERTIFICATE),
        ("1234홍길동001_env.key", KEY), ("5678_sig.cer", b"rubbish"), ("readme.txt", b"hello"),
    ):  # fmt: skip
        (place / name).write_bytes(data)
    one, other = scan(stick).found
    assert (one.path, one.problem, one.flat) == (place / "1234홍길동001_sig.cer", None, True)
    assert one.certificate_der == CERTIFICATE
    assert (other.path, other.problem) == (place / "5678_sig.cer", "certificate_unreadable")


def test_links_in_government_layouts(stick: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (outside / "class2").mkdir(parents=True)
    (outside / "class2" / "a_sig.cer").write_bytes(CERTIFICATE)
    (stick / "GPKI").mkdir()
    (stick / "GPKI" / "Certificate").symlink_to(outside)
    (stick / "EPKI" / "Certificate").mkdir(parents=True)
    (stick / "EPKI" / "Certificate" / "class2").symlink_to(outside / "class2")
    assert scan(stick) == module.ScanResult((), ("link: EPKI/Certificate/class2", "link: GPKI/Certificate"))


def test_pfx_files_in_the_root_are_named_and_not_read(stick: Path) -> None:
    for name in ("mine.pfx", "OLD.P12", "pfx", "notes.txt"):
        (stick / name).write_bytes(b"x")
    put(stick, "NPKI/a/USER/b", cert=CERTIFICATE, key=KEY)
    (stick / "NPKI" / "a" / "in.pfx").write_bytes(b"x")
    with Calls() as calls:
        result = scan(stick)
    assert [path.name for path in result.pfx] == ["OLD.P12", "mine.pfx"]
    assert len(result.found) == 1
    assert not [call for call in calls.log if call[0] == "open" and str(call).count("mine.pfx")]


def test_many_in_a_flat_directory_are_bounded(stick: Path) -> None:
    place = stick / "GPKI" / "Certificate" / "class2"
    place.mkdir(parents=True)
    for number in range(module.ENTRIES + 1):
        (place / f"{number}_sig.cer").touch()
    assert scan(stick) == module.ScanResult((), ("entries: GPKI/Certificate/class2",))
