"""The code of staff: it closes a real kiosk and confirms what staff saw. Only a hash of it (Argon2id) is kept.

In practice it is the teller's instead, who stands on the marked practice panel. Every try is on record before it is
compared, so that pulling the plug gives none for free; after a few wrong ones on a day there is a growing wait,
never a lock: staff who look at a document must be able to go on.
"""

import asyncio
import hmac
import math
from datetime import timedelta
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kiosk.clock import unstamp
from kiosk.config import State
from kiosk.errors import KioskError
from kiosk.files import replace_file
from kiosk.secret import Secret

if TYPE_CHECKING:
    from kiosk.services import Services

METHOD = "staff"
LENGTHS = range(6, 13)
"""Digits of the code."""


async def set_code(services: "Services", code: Secret) -> None:
    """Set the code, in place of the one before; wrong tries are forgotten.

    Raises `close.code` unless it is six to twelve digits, `usage.file`, `authority.*`, `registry.*`; then the code
    before is still good.
    """
    try:
        typed = code.text()
    except UnicodeDecodeError:
        raise KioskError("close.code") from None
    if len(typed) not in LENGTHS or not (typed.isascii() and typed.isdigit()):
        raise KioskError("close.code")
    hashed = await asyncio.to_thread(PasswordHasher().hash, code.reveal())

    def work() -> None:
        with services.step() as registry:
            registry.count_try(METHOD, _key(services), services.today(), wrong=-_wrong(services))
            services.audit.append("staff.code_set")
            replace_file(services.state.close_code, [hashed.encode()], mode=0o600)

    await services.in_registry(work)


def has_code(state: State) -> bool:
    """Whether a code was set."""
    return state.close_code.is_file()


async def require_code(services: "Services", code: Secret, purpose: str) -> None:
    """Make sure that this is the code of staff; takes about a twentieth of a second.

    `purpose` is a word for the record. Raises `close.wrong`, `close.wait` (with `seconds`; nothing was compared),
    `registry.*`, `authority.*`.
    """

    def tried() -> None:
        with services.step() as registry:
            if seconds := _seconds_to_wait(services):
                raise KioskError("close.wait", seconds=seconds)
            registry.count_try(METHOD, _key(services), services.today(), wrong=1, at=services.now())
            services.audit.append("staff.code_tried", purpose=purpose)

    def right() -> None:
        with services.step() as registry:
            registry.count_try(METHOD, _key(services), services.today(), wrong=-_wrong(services))
            services.audit.append("staff.code_right", purpose=purpose)

    await services.in_registry(tried)
    if services.teller is not None and services.state.practice:
        if not hmac.compare_digest(code.reveal(), services.teller.code.reveal()):
            raise KioskError("close.wrong")
    else:
        await asyncio.to_thread(check_code, services.state, code)
    await services.in_registry(right)


def check_code(state: State, code: Secret) -> None:
    """Compare with the code that was set. Raises `close.wrong`, also when none was."""
    try:
        PasswordHasher().verify(state.close_code.read_bytes().decode("ascii"), code.reveal())
    except (OSError, UnicodeDecodeError, VerificationError, InvalidHashError):
        raise KioskError("close.wrong") from None


def _seconds_to_wait(services: "Services") -> int:
    policy, registry = services.policy, services.registry
    last = registry.last_wrong(METHOD, _key(services), services.today())
    extra = _wrong(services) - policy.staff_code_free_tries
    if extra < 0 or last is None:
        return 0
    doubled = policy.staff_code_wait_seconds * 2 ** min(extra, 20)
    wait = timedelta(seconds=min(doubled, policy.staff_code_longest_wait_seconds))
    left = unstamp(last) + wait - services.clock.now()
    # A clock that went back must not make it longer.
    return max(0, math.ceil(min(left, wait).total_seconds()))


def _wrong(services: "Services") -> int:
    return services.registry.tries(METHOD, _key(services), services.today())[1]


def _key(services: "Services") -> bytes:
    return services.keyed_hash(METHOD, "code")
