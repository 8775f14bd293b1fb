"""Checking an audit log: the first line that is wrong, and how far anything outside vouches for it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from kiosk.audit.head import Head
from kiosk.audit.line import FIRST_PREV, BadLine, Line, is_signed

SHORTEST_ANCHOR = 16
"""Hexadecimal digits of a hash that a printed slip must show at least (64 bits)."""
_WHOLE = 64


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found.

    `count`: lines read. `first_bad`: number and reason of the first line that is wrong, or None:

    - `altered`: it is not what was hashed, or cannot be read; `signature`: not signed with this key;
    - `missing`: it is not there, later ones are; `order`: it stands at another place;
    - `chain`: genuine, but does not follow the line before it;
    - `cut_off`: the log ends before it, though head or anchor have seen it or a later one;
    - `older_copy`: head or anchor have seen another line of that number: the log was replaced by an older
      copy and went on from there.

    `vouched_to`: up to this line an anchor, which is outside the machine, agrees; 0 without one. `head_seq`:
    up to this line the head file agrees. `notes`: `no_anchor`, `no_head` (missing or torn), `head_signature`
    (it is not genuine and was left out), `head_behind` (lines after it: a crash, or a process at work).
    """

    count: int
    first_bad: tuple[int, str] | None
    vouched_to: int
    head_seq: int
    notes: tuple[str, ...]


def verify(
    lines: Iterable[Line],
    public_key: Ed25519PublicKey,
    *,
    head: Head | None,
    anchor: tuple[int, str] | None,
) -> Report:
    """Check a whole log from its first line on; no error of the log is an exception.

    `anchor` is a line's number and its hash as printed: hexadecimal, at least the first 16 digits.

    Read the lines after the head, or one that is written meanwhile looks cut off.

    Raises `ValueError` for an anchor that is none, and whatever reading the lines raises.
    """
    notes = [] if anchor else ["no_anchor"]
    if head is None:
        notes.append("no_head")
    elif not is_signed(head.hash, head.signature, public_key):
        notes.append("head_signature")
        head = None
    witnesses = _witnesses(head, anchor)
    check = _Check(public_key, witnesses)
    stream = iter(lines)
    try:
        for line in stream:
            check.count += 1
            check.first_bad = check.first_bad or check.problem(line)
            if check.first_bad and check.first_bad[1] == "missing":
                check.look_for_it(stream)
    except BadLine as error:
        check.first_bad = check.first_bad or check.unreadable(error)
    else:
        latest = max((seq for seq, _ in witnesses), default=0)
        if check.first_bad is None and latest >= check.next:
            check.first_bad = (check.next, "cut_off")
    if head and not check.first_bad and head.seq < check.next - 1:
        notes.append("head_behind")
    head_seq = head.seq if head and head.seq < check.next else 0
    vouched_to = anchor[0] if anchor and anchor[0] < check.next else 0
    return Report(check.count, check.first_bad, vouched_to, head_seq, tuple(notes))


def _witnesses(head: Head | None, anchor: tuple[int, str] | None) -> list[tuple[int, str]]:
    witnesses = [(head.seq, head.hash.hex())] if head else []
    if anchor:
        seq, hash_ = anchor[0], anchor[1].lower()
        if seq < 1 or not SHORTEST_ANCHOR <= len(hash_) <= _WHOLE or set(hash_) - set("0123456789abcdef"):
            raise ValueError("anchor")
        witnesses.append((seq, hash_))
    return witnesses


class _Check:
    """Where a check stands: the number and `prev` that the next line must have."""

    def __init__(self, key: Ed25519PublicKey, witnesses: list[tuple[int, str]]) -> None:
        self.key = key
        self.witnesses = witnesses
        self.next = 1
        self.prev = FIRST_PREV
        self.count = 0
        self.first_bad: tuple[int, str] | None = None

    def problem(self, line: Line) -> tuple[int, str] | None:
        """Check the next line and go on by one, or say what is wrong."""
        if line.seq != self.next:
            return self.next, "missing" if line.seq > self.next else "order"
        why = self._why(line)
        if why:
            return line.seq, why
        self.next, self.prev = line.seq + 1, line.hash
        return None

    def _why(self, line: Line) -> str | None:
        if line.digest() != line.hash:
            return "altered"
        if not line.is_signed_by(self.key):
            return "signature"
        if line.prev != self.prev:
            return "chain"
        if any(seq == line.seq and not line.hash.hex().startswith(hash_) for seq, hash_ in self.witnesses):
            return "older_copy"
        return None

    def unreadable(self, error: BadLine) -> tuple[int, str]:
        """Name a line that reading stopped at."""
        if error.number > self.next:
            return self.next, "missing"
        return error.number, "cut_off" if error.why == "cut_off" else "altered"

    def look_for_it(self, rest: Iterator[Line]) -> None:
        """Read on for the line that was not at its place: it may stand at another."""
        for line in rest:
            self.count += 1
            if line.seq == self.next:
                self.first_bad = (self.next, "order")
