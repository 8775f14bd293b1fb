"""What can be done with a certificate on a medium, and why not, before anybody is asked for a password.

The services make sure of it once more when it is done; here it decides what can be chosen.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kiosk.clock import KST, Clock
from kiosk.config import Policy
from kiosk.lifecycle import dates
from kiosk.lifecycle.look import Seen


@dataclass(frozen=True)
class Unfit:
    """Why something cannot be done with a certificate: a sentence's id after `unfit.`, and its facts."""

    id: str
    facts: Mapping[str, int] = field(default_factory=dict)


Rule = Callable[[Seen, Clock, Policy], Unfit | None]


CHANGES = frozenset({"renew", "password", "delete"})
"""The flows that change what is on the certificate's own medium."""


def unfit(flow: str, seen: Seen, clock: Clock, policy: Policy, *, only_read: bool = False) -> Unfit | None:
    """Say why the flow `flow` cannot be gone through with this certificate; None when it can.

    `only_read` says that nothing can be changed on its medium.
    """
    rule = RULES.get(flow, _readable)
    if only_read and flow in CHANGES:
        return Unfit("only_read")
    return rule(seen, clock, policy)


def _readable(seen: Seen, clock: Clock, policy: Policy) -> Unfit | None:  # noqa: ARG001 - as rules are
    return Unfit("unreadable") if seen.found.certificate is None else None


def _whole(seen: Seen, clock: Clock, policy: Policy) -> Unfit | None:
    """Certificate and key are there, and can be read."""
    return _readable(seen, clock, policy) or (Unfit(seen.found.problem) if seen.found.problem else None)


def _on_stick(seen: Seen, clock: Clock, policy: Policy) -> Unfit | None:
    """The key is in a file, so that something can be done with it."""
    return _whole(seen, clock, policy) or _file(seen, clock, policy)


def _file(seen: Seen, clock: Clock, policy: Policy) -> Unfit | None:  # noqa: ARG001 - as rules are
    """What there is, readable or not, is in files."""
    if seen.found.key_format == "pkcs11":
        return Unfit("on_token")
    return Unfit("layout") if seen.found.flat else None


def _with_secret(seen: Seen, clock: Clock, policy: Policy) -> Unfit | None:
    """There is a password to change: of a key file, or the PIN of the token, whatever is on that."""
    return None if seen.found.key_format == "pkcs11" else _on_stick(seen, clock, policy)


def _deletable(seen: Seen, clock: Clock, policy: Policy) -> Unfit | None:
    """What lies in files; on a token only what is ours: of all else it is not known what belongs to it."""
    if seen.found.key_format != "pkcs11":
        return _file(seen, clock, policy)
    return Unfit("on_token_foreign") if seen.held is None else None


def _ours(seen: Seen, clock: Clock, policy: Policy) -> Unfit | None:
    return _readable(seen, clock, policy) or (Unfit("foreign") if seen.held is None else None)


def _renewable(seen: Seen, clock: Clock, policy: Policy) -> Unfit | None:
    """Ours, good, and in the last days of its time."""
    stands, certificate = seen.standing, seen.found.certificate
    if problem := _ours(seen, clock, policy) or _whole(seen, clock, policy):
        return problem
    if stands.status != "valid":
        return Unfit(stands.word)
    if certificate is not None and stands.next_action != "renew":
        opens = dates.renewal_opens(certificate.not_valid_after_utc, policy.renewal_window_days)
        day = opens.astimezone(KST)
        return Unfit("early", {"year": day.year, "month": day.month, "day": day.day})
    return None


def _stoppable(seen: Seen, clock: Clock, policy: Policy) -> Unfit | None:
    """Ours, and not over: what can still be stopped, or resumed."""
    if problem := _ours(seen, clock, policy):
        return problem
    word = seen.standing.word
    return None if word in {"valid", "not_yet_valid", "suspended"} else Unfit(word)


RULES: dict[str, Rule] = {
    "renew": _renewable,
    "password": _with_secret,
    "copy": _on_stick,
    "backup": _on_stick,
    "export": _on_stick,
    "delete": _deletable,
    "history": _ours,
    "status": _stoppable,
    "resume": _stoppable,
}
"""The rule of each flow; without one, a certificate must be readable and nothing more."""
