"""One line of the audit log: how it is written down, hashed and signed (the format is in `kiosk.audit`)."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from data.records import AuditRow

CONTEXT = b"certkiosk audit line 1\n"
"""Signed in front of the hash, so that a signature is good for an audit line and nothing else."""
FIRST_PREV = bytes(32)
_ACTION = re.compile(r"[a-z0-9._]{1,64}")
_FACT_NAME = re.compile(r"[a-z0-9_]{1,32}")
_FACT = re.compile(r"[A-Za-z0-9._:-]{0,128}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_LARGEST = 2**53


class BadLine(ValueError):  # noqa: N818 - the word of its subject
    """A line that cannot even be read. `number` counts from 1; `why` is unreadable or cut_off."""

    def __init__(self, number: int, why: str) -> None:
        super().__init__(f"line {number}: {why}")
        self.number = number
        self.why = why


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it was written, whether or not its hash and signature are right."""

    seq: int
    at: str
    action: str
    request: int | None
    certificate: int | None
    facts: Mapping[str, str | int]
    prev: bytes
    hash: bytes
    signature: bytes

    def digest(self) -> bytes:
        """Compute what `hash` must be (32 bytes)."""
        return digest(self.seq, self.at, self.action, self.request, self.certificate, self.facts, self.prev)

    def is_signed_by(self, key: Ed25519PublicKey) -> bool:
        """Say whether the signature is this key's over this line's hash."""
        return is_signed(self.hash, self.signature, key)


def digest(
    seq: int,
    at: str,
    action: str,
    request: int | None,
    certificate: int | None,
    facts: Mapping[str, str | int],
    prev: bytes,
) -> bytes:
    """Hash all of a line but hash and signature."""
    return hashlib.sha256(
        canonical({
            "seq": seq, "at": at, "action": action, "request": request, "certificate": certificate,
            "facts": dict(facts), "prev": prev.hex(),
        })
    ).digest()  # fmt: skip


def is_signed(hash_: bytes, signature: bytes, key: Ed25519PublicKey) -> bool:
    """Say whether `signature` is this key's over a line with this hash."""
    try:
        key.verify(signature, CONTEXT + hash_)
    except InvalidSignature:
        return False
    return True


def canonical(value: object) -> bytes:
    """Write JSON in the one way that is hashed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def read_canonical(text: bytes) -> Any:
    """Read JSON that `canonical` wrote; anything else, if only a blank more, is a ValueError."""
    try:
        value = json.loads(text, parse_constant=_no_number)
        written = canonical(value)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if written != text:
        raise ValueError("not canonical")
    return value


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


def check_words(action: object, facts: object) -> None:
    """Refuse (ValueError) an action or facts that are more than codes and row ids: a chain cannot forget."""
    if not (isinstance(action, str) and _ACTION.fullmatch(action)):
        raise ValueError("action")
    if not isinstance(facts, dict):
        raise ValueError("facts")  # noqa: TRY004 - input, not a bug
    for name, value in facts.items():
        if not _FACT_NAME.fullmatch(name) or not (_is_number(value) or _is_code(value)):
            raise ValueError(f"fact {name if _FACT_NAME.fullmatch(name) else ''}")


def _is_code(value: object) -> bool:
    return isinstance(value, str) and _FACT.fullmatch(value) is not None


def _is_number(value: object) -> bool:
    return type(value) is int and abs(value) < _LARGEST


def to_object(line: Line) -> dict[str, Any]:
    """Give a line as the object of an export."""
    return {
        "seq": line.seq, "at": line.at, "action": line.action, "request": line.request,
        "certificate": line.certificate, "facts": dict(line.facts), "prev": line.prev.hex(),
        "hash": line.hash.hex(), "signature": line.signature.hex(),
    }  # fmt: skip


def from_object(value: Any) -> Line:
    """Read what `to_object` gave, from a hostile source: every member's shape is checked (ValueError)."""
    if not isinstance(value, dict) or value.keys() != set(Line.__slots__):
        raise ValueError("members")
    check_words(value["action"], value["facts"])
    if not (isinstance(value["at"], str) and _MOMENT.fullmatch(value["at"])):
        raise ValueError("at")
    if not _is_number(value["seq"]):
        raise ValueError("seq")
    for name in ("request", "certificate"):
        if value[name] is not None and not _is_number(value[name]):
            raise ValueError(name)
    return Line(**{**value, **{name: hexadecimal(value[name], size) for name, size in _SIZES.items()}})


_SIZES = {"prev": 32, "hash": 32, "signature": 64}


def hexadecimal(value: object, size: int) -> bytes:
    """Read `size` bytes written in lower-case hexadecimal (ValueError)."""
    if not isinstance(value, str) or not re.fullmatch(rf"[0-9a-f]{{{size * 2}}}", value):
        raise ValueError("hexadecimal")
    return bytes.fromhex(value)


def to_row(line: Line) -> AuditRow:
    """Give a line as the registry keeps it."""
    return AuditRow(
        seq=line.seq, at=line.at, action=line.action, request=line.request, certificate=line.certificate,
        facts=canonical(dict(line.facts)).decode(), prev=line.prev, hash=line.hash, signature=line.signature,
    )  # fmt: skip


def from_row(row: AuditRow) -> Line:
    """Read a line that the registry kept. Raises `BadLine` when its facts are not as we write them."""
    try:
        facts = read_canonical(row.facts.encode())
        check_words(row.action, facts)
    except ValueError as error:
        raise BadLine(row.seq, "unreadable") from error
    return Line(
        row.seq, row.at, row.action, row.request, row.certificate, facts, row.prev, row.hash, row.signature
    )
