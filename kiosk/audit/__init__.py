r"""The audit log: every act, chained and signed, so that an outsider can check it with a public key alone.

**A line** has these members: `seq` (1, 2, …), `at` (UTC, `2026-11-22T01:23:45.678Z`), `action`, `request` and
`certificate` (row ids or null), `facts` (an object of codes and whole numbers, never names), `prev` (the
`hash` of the line before, in hexadecimal; 64 zeros in the first), `hash` and `signature`.

- `hash` = SHA-256 over the canonical JSON of the line without `hash` and `signature`: members sorted by name
  at every level, no blanks, UTF-8 (all text in a line is ASCII, all numbers are whole and below 2^53).
- `signature` = Ed25519 (RFC 8032) over the 23 bytes `certkiosk audit line 1` + line feed, then the 32 bytes
  of the hash.

**An export** is one canonical JSON object per line of text, in order, and as its last line
`{"head":{"hash":…,"seq":…,"signature":…}}`: the newest line that the file beside the database has noted
(`{"head":null}` when it has none).

To check line N with nothing of ours:

    sed -n 'Np' audit.jsonl | sed 's/},"hash":"[0-9a-f]*",/},/; s/,"signature":"[0-9a-f]*"}$/}/' |
        tr -d '\n' | sha256sum                                                          # equals its hash
    sed -n 'Np' audit.jsonl |
        perl -ne 'print "certkiosk audit line 1\n", pack "H*", /},"hash":"(\w+)"/' > message
    sed -n 'Np' audit.jsonl | perl -ne 'print pack "H*", /"signature":"(\w+)"}$/' > signature
    openssl pkeyutl -verify -rawin -pubin -inkey audit.pub -in message -sigfile signature

Modules: `line` (the format), `log` (writing), `head` (the file beside the database), `verify`, `export`.
"""

from kiosk.audit.export import export, read_export
from kiosk.audit.head import Head, read_head
from kiosk.audit.line import BadLine, Line
from kiosk.audit.log import AuditLog, clock_is_behind, lines
from kiosk.audit.verify import Report, verify

__all__ = [
    "AuditLog", "BadLine", "Head", "Line", "Report", "clock_is_behind", "export", "lines", "read_export",
    "read_head", "verify",
]  # fmt: skip
