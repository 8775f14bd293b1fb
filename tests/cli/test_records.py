"""`certs`, `status`, `scan`, `crl`, `ca`: what they show to a person, and what they write."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from kiosk.i18n import text
from tests.cli.conftest import Issue, Kiosk, on, refused
from tests.conftest import TODAY, Ran

PERSONS = {
    "홍길동": ("9001011234568", "010-2345-6789"),
    "홍길순": ("9203042234567", "010-8024-6135"),
    "김철수": ("8812251234567", "010-8024-6136"),
}


@pytest.fixture
def serials(issue: Issue, tmp_path: Path) -> dict[str, str]:
    """Three persons' certificates, issued a day apart; their serials by name."""
    issued = {}
    for day, (name, (id_number, phone)) in enumerate(PERSONS.items()):
        stick = tmp_path / f"stick{day}"
        stick.mkdir()
        ran = issue(
            "--json",
            medium=stick,
            name=name,
            id_number=id_number,
            phone=phone,
            at=TODAY + timedelta(days=day),
        )
        assert ran.status == 0, ran.err
        issued[name] = ran.json()["serial"]
    return issued


def names(ran: Ran) -> list[str]:
    assert ran.status == 0
    return [row["name"] for row in ran.json()]


def test_finding(kiosk: Kiosk, state: Path, serials: dict[str, str]) -> None:
    at = TODAY + timedelta(days=3)

    def find(text: str) -> list[str]:
        return names(kiosk("certs", "--state", state, "--find", text, "--json", at=at))

    assert names(kiosk("certs", "--state", state, "--json", at=at)) == ["홍길동", "홍길순", "김철수"]
    assert find("홍길") == ["홍길동", "홍길순"]
    assert find("\u1112\u1169\u11bc\u1100\u1175\u11af\u1103\u1169\u11bc") == ["홍길동"], "decomposed"
    assert (
        find("길동") == find("없음") == find("%") == find("_") == find("'; DROP TABLE certificates; --") == []
    )
    for name, serial in serials.items():
        assert find(serial) == find(serial.upper()[:12]) == [name]


def test_what_ends_soon(kiosk: Kiosk, state: Path, serials: dict[str, str]) -> None:
    """Days are Korean: `--expiring 0` is what ends today, to its last second."""
    last = TODAY.replace(year=2027, hour=23, minute=59, second=59)

    def expiring(days: int, at: object = last) -> list[str]:
        return names(kiosk("certs", "--state", state, "--expiring", days, "--json", at=at))

    assert expiring(0) == ["홍길동"]
    assert expiring(1) == ["홍길동", "홍길순"]
    assert expiring(36500) == ["홍길동", "홍길순", "김철수"]
    assert expiring(0, last + timedelta(seconds=0.999)) == ["홍길동"]
    assert expiring(0, last + timedelta(seconds=1)) == ["홍길순"]
    assert expiring(363, TODAY + timedelta(days=2)) == ["홍길동"]
    assert expiring(1, last + timedelta(days=5)) == []


def test_lines_for_a_person(kiosk: Kiosk, state: Path, serials: dict[str, str], tmp_path: Path) -> None:
    at = TODAY + timedelta(days=3)
    lines = kiosk("certs", "--state", state, at=at).out.splitlines()
    assert lines[0] == f"2027-11-22  valid  홍길동  General, personal  {serials['홍길동']}"
    assert len(lines) == 3
    ran = kiosk("scan", tmp_path / "stick1", "--state", state, at=at)
    assert ran.out.startswith(
        f"2027-11-23  valid  홍길순  General, personal  {serials['홍길순']}  {tmp_path}"
    )
    ran = kiosk("certs", "--state", state, "--find", "nobody", at=at)
    assert (ran.status, ran.out, ran.err) == (0, "", "No such certificate.\n")
    (tmp_path / "empty").mkdir()
    ran = kiosk("scan", tmp_path / "empty", "--state", state, at=at)
    assert (ran.status, ran.out, ran.err) == (0, "", "There is no certificate on this medium.\n")


@pytest.mark.parametrize(
    ("status", "reason", "said", "action"),
    [
        ("revoked", "keyCompromise", "revoked for good. Why: the key may be in other hands.", "issue"),
        ("suspended", None, "resumed with staff", "resume"),
        ("unproved", None, "not finished", "finish"),
    ],
)
def test_each_status(
    issue: Issue, kiosk: Kiosk, state: Path, medium: Path, status: str, reason: str | None, said: str, action: str
) -> None:  # fmt: skip
    """However it came to stand so."""
    serial = issue("--json").json()["serial"]
    with closing(sqlite3.connect(state / "registry.db", isolation_level=None)) as connection:
        connection.execute("UPDATE certificates SET status = ?, reason = ?", [status, reason])
    first, why, since, *rest = kiosk("status", serial, "--state", state).out.splitlines()
    assert first.startswith(f"2027-11-22  {text(f'status.{status}')}  홍길동")
    assert said in why
    assert since == "Since 2026-11-22 09:00."
    assert rest[-1] == "No revocation list has been made yet."
    document = kiosk("status", serial, "--state", state, "--json").json()
    assert (document["status"], document["reason"], document["as_of_crl"]) == (status, reason, None)
    [found] = kiosk("scan", medium, "--state", state, "--json").json()
    assert (found["status"], found["next_action"]) == (status, action)
    listed = kiosk("crl", "--state", state, "--out", state.parent / "crl", "--json").json()
    assert listed["entries"] == 1
    assert "revocation list no. 1, 0 minutes old" in kiosk("status", serial, "--state", state).out
    assert kiosk("certs", "--state", state, "--expiring", 400, "--json").json() == []


def test_a_serial_alone_makes_it_none_of_ours(
    issue: Issue, kiosk: Kiosk, state: Path, medium: Path, tmp_path: Path
) -> None:
    """A certificate with the serial number of one in the registry, which is another one there."""
    assert issue().status == 0
    other = tmp_path / "other"
    other.mkdir()
    assert issue(medium=other).status == 0
    [ours] = medium.rglob("signCert.der")
    with closing(sqlite3.connect(state / "registry.db", isolation_level=None)) as connection:
        connection.execute(
            "UPDATE certificate_der SET der = ? WHERE der = ?", [ours.read_bytes() + b"\0", ours.read_bytes()]
        )
    [found] = kiosk("scan", medium, "--state", state, "--json").json()
    assert found["status"] == "unknown"
    [found] = kiosk("scan", other, "--state", state, "--json").json()
    assert found["status"] == "valid"


def test_sets_with_a_part_missing(issue: Issue, kiosk: Kiosk, state: Path, medium: Path) -> None:
    assert issue().status == 0
    [key] = medium.rglob("signPri.key")
    sealed = key.read_bytes()
    key.unlink()
    [found] = kiosk("scan", medium, "--state", state, "--json").json()
    assert (found["problem"], found["status"], found["next_action"], found["key_format"]) == (
        "key_missing", "valid", "reissue", None,
    )  # fmt: skip
    key.with_name("SIGNPRI.KEY").write_bytes(sealed)
    [found] = kiosk("scan", medium, "--state", state, "--json").json()
    assert (found["problem"], found["key_format"]) == (None, "SEED-CBC SHA-1")


def test_pfx_files_are_told_of(issue: Issue, kiosk: Kiosk, state: Path, medium: Path) -> None:
    """Nobody sees what they hold without a password; the document is about certificates."""
    assert issue().status == 0
    (medium / "Old\n.PFX").write_bytes(b"any bytes")
    ran = kiosk("scan", medium, "--state", state, "--json")
    assert len(ran.json()) == 1
    assert ran.err == f"A PFX file; kiosk import brings in what it holds: {medium}/Old<U+000A>.PFX\n"


def test_lists_and_chain(kiosk: Kiosk, state: Path, tmp_path: Path) -> None:
    out = tmp_path / "crl.der"
    for number in (1, 2, 3):
        made = kiosk("crl", "--state", state, "--out", out, "--json").json()
        assert (made["number"], made["entries"], made["file"]) == (number, 0, str(out))
        signed = x509.load_der_x509_crl(out.read_bytes())
        assert signed.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == number
    assert made["this_update"] == "2026-11-22T09:00:00+09:00"
    assert made["next_update"] == "2026-11-29T09:00:00+09:00"
    made = kiosk("ca", "--state", state, "--out", tmp_path / "ca.pem", "--json").json()
    chain = x509.load_pem_x509_certificates((tmp_path / "ca.pem").read_bytes())
    assert [certificate.subject.rfc4514_string() for certificate in chain] == made["subjects"]
    assert len(made["subjects"]) == 2


@pytest.mark.parametrize("command", ["crl", "ca"])
def test_where_nothing_can_be_written(kiosk: Kiosk, state: Path, tmp_path: Path, command: str) -> None:
    """What was there before still is."""
    kept = tmp_path / "kept"
    kept.write_text("kept")
    for out in (tmp_path, tmp_path / "none" / "file", kept / "below", Path("/dev/full")):
        refused(kiosk(command, "--state", state, "--out", out, "--json"), 2, "usage.file", out)
    assert kept.read_text() == "kept"
    assert [name for name in on(tmp_path) if name.endswith(".part")] == []
    out = tmp_path / ("long" * 62)
    assert kiosk(command, "--state", state, "--out", out).status == 0
    assert out.stat().st_size > 0
