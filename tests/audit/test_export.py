import hashlib
import json
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

import kiosk.audit
from data.registry import Registry
from kiosk.audit import AuditLog, BadLine, Line, export, lines, read_export, read_head, verify
from tests.audit.conftest import KEY, write

COUNT = 5


@pytest.fixture
def exported(log: AuditLog, registry: Registry, head: Path, tmp_path: Path) -> Path:
    write(log, registry, COUNT)
    file = tmp_path / "audit.jsonl"
    file.write_text("".join(export(lines(registry), read_head(head))))
    return file


def checked(file: Path) -> tuple[int, str] | None:
    head, stream = read_export(file)
    return verify(stream, KEY.public_key(), head=head, anchor=None).first_bad


def test_an_export_comes_back(exported: Path, registry: Registry, head: Path) -> None:
    found, stream = read_export(exported)
    assert found == read_head(head)
    assert list(stream) == list(lines(registry))
    assert checked(exported) is None


def test_an_empty_log_without_a_head(tmp_path: Path) -> None:
    file = tmp_path / "empty.jsonl"
    file.write_text("".join(export([], None)))
    assert file.read_text() == '{"head":null}\n'
    head, stream = read_export(file)
    assert head is None
    assert list(stream) == []


def test_an_outsider_checks_it_with_openssl(exported: Path, tmp_path: Path) -> None:
    """By the description in `kiosk.audit` alone, without a line of ours."""
    public, message, signature = tmp_path / "audit.pub", tmp_path / "message", tmp_path / "signature"
    public.write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    command = [
        "openssl",
        "pkeyutl",
        "-verify",
        "-rawin",
        "-pubin",
        "-inkey",
        public,
        "-in",
        message,
        "-sigfile",
        signature,
    ]
    prev = "00" * 32
    *rows, last = [json.loads(row) for row in exported.read_text().splitlines()]
    assert len(rows) == COUNT
    for number, row in enumerate(rows, 1):
        signed = {name: value for name, value in row.items() if name not in {"hash", "signature"}}
        text = json.dumps(signed, sort_keys=True, separators=(",", ":"))
        assert hashlib.sha256(text.encode()).hexdigest() == row["hash"]
        assert (row["seq"], row["prev"]) == (number, prev)
        prev = row["hash"]
        signature.write_bytes(bytes.fromhex(row["signature"]))
        message.write_bytes(b"certkiosk audit line 1\n" + bytes.fromhex(row["hash"]))
        assert subprocess.run(command, capture_output=True).returncode == 0
        message.write_bytes(b"certkiosk audit line 1\n" + bytes.fromhex(row["hash"])[::-1])
        assert subprocess.run(command, capture_output=True).returncode != 0
    assert last == {"head": {name: rows[-1][name] for name in ("seq", "hash", "signature")}}


def test_the_commands_of_the_description(exported: Path, tmp_path: Path) -> None:
    """The very lines of the package's docstring."""
    (tmp_path / "audit.pub").write_bytes(
        KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    script = "\n".join(row for row in (kiosk.audit.__doc__ or "").splitlines() if row.startswith("    "))
    ran = subprocess.run(
        ["sh", "-ec", script.replace("Np", "3p")], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    digest, verdict = ran.stdout.splitlines()
    assert digest.split()[0] == json.loads(exported.read_text().splitlines()[2])["hash"]
    assert "Success" in verdict


@pytest.mark.parametrize("number", range(1, COUNT + 1))
def test_what_is_wrong_in_a_file_is_named(exported: Path, number: int) -> None:
    rows = exported.read_bytes().splitlines(keepends=True)

    def with_row(row: bytes) -> tuple[int, str] | None:
        exported.write_bytes(b"".join([*rows[: number - 1], row, *rows[number:]]))
        return checked(exported)

    row = rows[number - 1]
    assert with_row(row.replace(b"superseded", b"superseded2")) == (number, "altered")
    assert with_row(row.replace(b'":', b'": ', 1)) == (number, "altered")
    assert with_row(b"\xff\n") == (number, "altered")
    assert with_row(b"\n") == (number, "altered")
    assert with_row(b"x" * 20_000 + b"\n") == (number, "altered")
    assert with_row(b"[" * 15_000 + b"\n") == (number, "altered")
    assert with_row(row[:-1]) == (number, "altered")
    assert with_row(rows[-1]) == (number, "altered")
    assert with_row(b"") == (number, "missing" if number < COUNT else "cut_off")


def test_a_file_that_ends_early_or_late(exported: Path) -> None:
    whole = exported.read_bytes()
    rows = whole.splitlines(keepends=True)
    for left in range(len(rows)):
        exported.write_bytes(b"".join(rows[:left]))
        assert checked(exported) == (left + 1, "cut_off")
    exported.write_bytes(whole + b"{}\n")
    assert checked(exported) == (COUNT + 1, "altered")
    exported.write_bytes(whole[:-1])
    assert checked(exported) == (COUNT + 1, "altered")


@pytest.mark.parametrize(
    "last",
    [
        '{"head":{}}',
        '{"head":5}',
        '{"head":{"hash":"00","seq":1,"signature":"00"}}',
        '{"head":null,"more":1}',
    ],
)
def test_a_head_that_is_none(exported: Path, last: str) -> None:
    rows = exported.read_text().splitlines()
    exported.write_text("\n".join([*rows[:-1], last]) + "\n")
    found, stream = read_export(exported)
    assert found is None
    with pytest.raises(BadLine) as caught:
        list(stream)
    assert (caught.value.number, caught.value.why) == (COUNT + 1, "unreadable")


@settings(deadline=None)
@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_any_bytes_as_a_file(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "fuzz.jsonl"
    file.write_bytes(content)
    head, stream = read_export(file)
    assert head is None
    got: list[Line] = []
    with pytest.raises(BadLine):
        got.extend(stream)
    assert got == []
