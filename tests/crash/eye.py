"""Looks at a state and a medium from outside: plain SQLite, plain files, `tests.pki.independent` for keys.

`look` raises `AssertionError` for anything that must never be seen, at whatever moment a command was killed.
"""

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from tests.conftest import ID_NUMBER, PASSWORD
from tests.pki import independent

Row = dict[str, Any]
Files = dict[str, bytes]
PAIR = {"signCert.der", "signPri.key"}
OTHER_PASSWORD = "Moon4*river-stone"
PASSWORDS = (PASSWORD, OTHER_PASSWORD)
REASONS = {
    None: x509.ReasonFlags.certificate_hold,
    "superseded": x509.ReasonFlags.superseded,
    "cessationOfOperation": x509.ReasonFlags.cessation_of_operation,
}
DIRECTORY = -1
"""Stands for the size of a directory."""


@dataclass(frozen=True)
class Seen:
    """What stands in the registry, and on the medium: sets by their path, other names at its root."""

    requests: list[Row]
    certificates: list[Row]
    lines: int
    sets: dict[str, Files]
    others: dict[str, int]
    directories: int
    """All directories, empty ones too."""

    def shape(self) -> str:
        """All that decides how things go on, without what is random: equal shapes are the same situation."""
        sizes = [sorted((name, len(data)) for name, data in files.items()) for files in self.sets.values()]
        staged = [("/".join(Path(name).parts[1:]), size) for name, size in self.others.items()]
        requests = [(row["state"], row["directory"] is None) for row in self.requests]
        statuses = [row["status"] for row in self.certificates]
        return json.dumps([requests, statuses, self.lines, self.directories, sorted(sizes), sorted(staged)])


def sets_of(medium: Path) -> dict[str, Files]:
    """Every directory that another program takes for a set, with its files."""
    return {
        str(place.relative_to(medium)): {file.name: file.read_bytes() for file in place.iterdir()}
        for place in medium.glob("NPKI/*/USER/*")
    }


def look(
    state: Path, medium: Path, older: Mapping[str, Files], torn: str | None = None,
    elsewhere: Path | None = None,
) -> Seen:  # fmt: skip
    """Check and give what is there now. `older` are sets that must still be as they were.

    `torn` is the path of a set that a bad stick spoiled before all this: until it is written anew it need not
    be whole. `elsewhere` is another medium of this state. The registry is opened, which SQLite answers by
    tidying up after a crash: give a copy.
    """
    with closing(sqlite3.connect(state / "registry.db")) as connection:
        connection.row_factory = sqlite3.Row

        def rows(statement: str) -> list[Row]:
            return [dict(row) for row in connection.execute(statement)]

        assert rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]
        assert rows("PRAGMA foreign_key_check") == []
        requests = rows("SELECT * FROM requests ORDER BY id")
        certificates = rows(
            "SELECT * FROM certificates JOIN certificate_der ON certificate_id = id ORDER BY id"
        )
        lines = rows("SELECT * FROM audit ORDER BY seq")
    _chain(lines, state)
    _lines_agree(requests, certificates, lines)
    sets = sets_of(medium)
    all_sets = [*sets.items(), *(sets_of(elsewhere).items() if elsewhere else ())]
    by_certificate = {files.get("signCert.der"): (path, files) for path, files in all_sets}
    for path, files in older.items():
        assert sets.get(path) == files, f"an older set is lost: {path}"
    for path in sets.keys() - older.keys() - {torn}:
        _whole(path, sets[path])
    replaced = {row["replaces"] for row in requests if row["state"] in {"proved", "done"}} - {None}
    for row in certificates:
        if row["status"] == "valid":
            assert row["der"] in by_certificate, "a valid certificate is not on the medium"
            _whole(*by_certificate[row["der"]])
        request = next(request for request in requests if request["id"] == row["request_id"])
        assert request["certificate_id"] == row["id"], "a certificate without its request"
        state = request["state"]
        expected = {"void": "revoked", "proved": "valid", "done": "valid"}.get(state, "unproved")
        if row["id"] in replaced:
            expected = "revoked"
        assert row["status"] == expected, f"{row['status']} certificate of a request that is {state}"
        reason = "superseded" if row["id"] in replaced else "cessationOfOperation"
        assert row["reason"] == (reason if expected == "revoked" else None)
        key = x509.load_der_x509_certificate(row["der"]).public_key()
        assert hashlib.sha256(_spki(key)).digest() == request["public_key_hash"], "another key"
    others = {
        str(path.relative_to(medium)): path.stat().st_size if path.is_file() else DIRECTORY
        for path in medium.rglob("*")
        if path.relative_to(medium).parts[0].startswith(".certkiosk")
    }
    directories = sum(path.is_dir() for path in medium.rglob("*"))
    return Seen(requests, certificates, len(lines), sets, others, directories)


def check_list(der: bytes, seen: Seen, state: Path) -> None:
    """Everything that is not a proved certificate must be on the revocation list, and nothing else."""
    crl = x509.load_der_x509_crl(der)
    issuing = x509.load_pem_x509_certificate((state / "authority" / "issuing.crt").read_bytes())
    assert crl.is_signature_valid(issuing.public_key())
    reasons = {
        f"{entry.serial_number:x}": entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
        for entry in crl
    }
    expected = {
        row["serial"]: REASONS[row["reason"]]
        for row in seen.certificates if row["status"] != "valid"
    }  # fmt: skip
    assert reasons == expected, f"on the revocation list: {reasons}, expected {expected}"


def _spki(key: Any) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


# -- the audit log, by the words of its own description


def _chain(lines: list[Row], state: Path) -> None:
    public = load_pem_public_key((state / "authority" / "audit.pub").read_bytes())
    assert isinstance(public, Ed25519PublicKey)
    before = bytes(32)
    for number, line in enumerate(lines, 1):
        said = {name: line[name] for name in ("seq", "at", "action", "request", "certificate")}
        said |= {"facts": json.loads(line["facts"]), "prev": line["prev"].hex()}
        text = json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
        assert (line["seq"], line["prev"]) == (number, before), f"audit line {number} is out of order"
        assert hashlib.sha256(text).digest() == line["hash"], f"audit line {number} was altered"
        public.verify(line["signature"], b"certkiosk audit line 1\n" + line["hash"])
        before = line["hash"]
    words = (state / "audit.head").read_text("ascii").split()
    assert words[:3] == ["certkiosk", "head", "1"]
    assert int(words[3]) <= len(lines), "the head is ahead of the log"
    assert lines[int(words[3]) - 1]["hash"].hex() == words[4], "the head says something else than the log"


def _lines_agree(requests: list[Row], certificates: list[Row], lines: list[Row]) -> None:
    """Each step stays or goes together with its line."""
    for request in requests:
        moves = [
            line["action"].removeprefix("request.")
            for line in lines
            if line["request"] == request["id"] and line["action"].startswith("request.")
        ]
        assert moves[-1] == request["state"], f"the log says {moves[-1]}, the row {request['state']}"
    revoked = {line["certificate"] for line in lines if line["action"] == "certificate.revoked"}
    assert revoked == {row["id"] for row in certificates if row["status"] == "revoked"}


# -- sets


def _whole(path: str, files: Files) -> None:
    assert files.keys() == PAIR, f"half a set in {path}: {sorted(files)}"
    assert _opens(files["signCert.der"], files["signPri.key"]), f"{path} does not open"


@cache
def _opens(certificate: bytes, container: bytes) -> bool:
    """Whether one of the passwords opens the key, and key and VID are the certificate's."""
    public = x509.load_der_x509_certificate(certificate).public_key().public_numbers()
    for password in PASSWORDS:
        try:
            pkcs8 = independent.open_key(container, password.encode())
            random = independent.random_of(pkcs8)
            (_, _, (_, inner), _) = independent.values(independent.only(pkcs8, 0x30))
        except (AssertionError, ValueError, IndexError):
            continue
        numbers = independent.values(independent.only(inner, 0x30))
        n, e, d = (int.from_bytes(value) for _, value in numbers[1:4])
        vid = independent.vid(ID_NUMBER.encode(), random)
        return (n, e) == (public.n, public.e) and pow(pow(12345, d, n), e, n) == 12345 and vid in certificate
    return False
