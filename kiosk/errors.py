"""The one table of errors: what went wrong, which code staff look up, whether a retry helps, exit status.

The sentence of an error is in the catalogues under `error.<id>`, what the person does next under
`error.<id>.next`. A new error is a row here and two messages in each language; a test holds them together.
"""

from dataclasses import dataclass
from enum import IntEnum


class Exit(IntEnum):
    """Exit status of the command line: a contract with scripts."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    MEDIUM = 3
    AUTHORITY = 4
    IDENTITY = 5
    REGISTRY = 6
    BUG = 70


@dataclass(frozen=True)
class Kind:
    """One row of the table."""

    code: str
    exit: Exit
    retry: bool


def _rows(exit_: Exit, letter: str, *ids: str) -> dict[str, Kind]:
    """Number `ids` in the order given; an id that ends in `*` is worth trying again as it is."""
    return {
        id_.rstrip("*"): Kind(f"{letter}{number:02}", exit_, retry=id_.endswith("*"))
        for number, id_ in enumerate(ids, 1)
    }


_PRINTER = (
    "printer.none", "printer.config", "printer.font", "printer.library", "printer.denied", "printer.gone*",
    "printer.busy*", "printer.paper*", "printer.open*", "printer.trouble*", "printer.stuck*",
    "printer.wrong",
)  # fmt: skip

TABLE: dict[str, Kind] = {
    # Answers that cannot be used. New ids go at the end of a group: codes stand in printed papers.
    **_rows(
        Exit.USAGE,
        "A",
        "answers.unreadable",
        "answers.missing",
        "answers.wrong",
        "answers.unknown",
        "answers.password_file",
        "answers.profile",
        "answers.id_format",
        "answers.id_date",
        "answers.id_checksum",
        "answers.phone",
        "answers.consent",
        "answers.pin_file",
    ),
    **_rows(
        Exit.USAGE,
        "N",
        "name.empty",
        "name.control",
        "name.characters",
        "name.long",
        "name.center",
    ),
    **_rows(
        Exit.USAGE,
        "U",
        "state.missing",
        "usage.time",
        "usage.serial",
        "usage.anchor",
        "usage.file",
        "usage.command",
        "usage.terminal",
        "usage.uri",
        "kiosk.devices",
        "usage.reason",
        "publish.config",
        "usage.ocsp",
        "center.config",
        "remind.config",
        "usage.consent",
    ),
    **_rows(
        Exit.REFUSED,
        "Q",
        "state.exists",
        "state.occupied",
        "state.practice",
        "state.at",
        "request.busy*",
        "request.clock",
        "request.holds",
        "request.fee",
        "certificate.unknown",
        "state.unwritable",
        "close.code",
        "close.wrong*",
        "remind.busy*",
        "remind.none",
        "clock.unsure",
    ),
    **_rows(
        Exit.REFUSED,
        "S",
        "certificate.revoked",
        "certificate.forgotten",
        "certificate.suspended",
        "certificate.not_suspended",
        "certificate.expired",
        "certificate.unproved",
        "close.wait*",
    ),
    **_rows(
        Exit.REFUSED,
        "P",
        "password.short",
        "password.letters",
        "password.digits",
        "password.special",
        "password.forbidden",
        "password.ascii",
        "password.run",
        "password.repeat",
        "password.personal",
        "password.common",
        "password.long",
        "password.differs",
        "password.locked",
        "password.same",
    ),
    **_rows(
        Exit.REFUSED,
        "L",
        "renew.early",
        "renew.over",
        "renew.suspended",
        "renew.revoked",
        "renew.replaced",
        "renew.unproved",
        "renew.foreign",
        "renew.no_random",
        "reissue.none",
        "reissue.several",
        "reissue.suspended",
        "reissue.again",
    ),
    **_rows(
        Exit.MEDIUM,
        "M",
        "medium.missing*",
        "medium.not_directory",
        "medium.full",
        "medium.readonly",
        "medium.gone*",
        "medium.io",
        "medium.lies",
        "medium.in_the_way",
        "medium.permission",
        "medium.damaged",
        "medium.password",
        "medium.format",
        "medium.proof",
        "medium.busy*",
        "medium.other*",
        "medium.encrypted",
        "medium.unformatted",
        "medium.filesystem",
        "medium.readable",
        "medium.empty",
        "medium.several",
        "medium.not_there",
        "medium.wrong_password*",
        "medium.wrong_hangul*",
        "medium.wrong_caps*",
        "medium.other_key",
        "medium.not_whole",
        "medium.layout",
        "medium.strange",
        "medium.taken",
        "medium.same",
        "medium.km_password",
        "medium.cut_short",
    ),
    **_rows(
        Exit.MEDIUM,
        "X",
        "pfx.format",
        "pfx.password",
        "pfx.no_key",
        "pfx.no_certificate",
        "pfx.several",
        "pfx.not_there",
        "pfx.none",
    ),
    **_rows(
        Exit.REFUSED,
        "F",
        "pfx.exists",
        "pfx.rule",
        "pfx.holds",
        "pfx.token",
        "pfx.on_token",
    ),
    **_rows(
        Exit.MEDIUM,
        "D",
        "mount.service",
        "mount.denied",
        "mount.failed",
        "mount.busy*",
    ),
    **_rows(
        Exit.MEDIUM,
        "T",
        "token.none*",
        "token.several",
        "token.gone*",
        "token.module",
        "token.timeout*",
        "token.failed",
        "token.blank",
        "token.pin",
        "token.pin_last",
        "token.pin_locked",
        "token.pin_change",
        "token.pin_weak",
        "token.full",
        "token.readonly",
        "token.unfit",
        "token.config",
        "token.keeps",
        "token.pad",
        "token.foreign",
    ),
    **_rows(Exit.MEDIUM, "W", *_PRINTER),
    **_rows(
        Exit.AUTHORITY,
        "C",
        "authority.missing",
        "authority.locked",
        "authority.refused",
        "authority.expires",
        "authority.key_needed",
        "authority.chain",
    ),
    **_rows(
        Exit.IDENTITY,
        "I",
        "identity.method",
        "identity.code*",
        "identity.locked",
        "identity.level",
        "identity.number",
        "identity.business",
    ),
    **_rows(
        Exit.REGISTRY,
        "R",
        "registry.missing",
        "registry.damaged",
        "registry.newer",
        "registry.busy*",
        "registry.full",
        "registry.unwritable",
        "audit.broken",
    ),
    **_rows(Exit.BUG, "K", "bug", "kiosk.failing"),
}


class KioskError(Exception):
    """A problem that a person can do something about.

    `id` names a row of `TABLE`; `facts` fill its sentence (`{path}`, `{left}`) and never hold a secret.
    `request` is the code of a request that can be resumed, where there is one.
    """

    def __init__(self, id_: str, **facts: str | int) -> None:
        super().__init__(id_)
        self.request: str | None = None
        self.id = id_
        self.kind = TABLE[id_]
        self.facts = facts

    @property
    def code(self) -> str:
        """The short code that staff look up."""
        return self.kind.code
