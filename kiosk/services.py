"""One set of services over one state: what the screens and the command line call.

`Services` owns the registry and its one thread (SQLite connections are bound to theirs), the clock, the
authority and the audit log. Everything that changes the registry goes through `step`: one transaction with
its audit line.
"""

import asyncio
import contextlib
import hmac
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

from data.registry import Registry, RegistryError
from kiosk.audit import AuditLog, clock_is_behind
from kiosk.authority.embedded import EmbeddedAuthority
from kiosk.authority.keystore import Keystore, passphrase_from
from kiosk.clock import KST, Clock, stamp, unstamp
from kiosk.config import Policy, State, load_policy, load_state
from kiosk.errors import KioskError
from kiosk.practice import PracticeCarrier, PracticeTeller
from kiosk.secret import Secret

if TYPE_CHECKING:
    from kiosk.media.tokens import Tokens

T = TypeVar("T")


@contextlib.contextmanager
def registry_errors(path: Path) -> Iterator[None]:
    """Turn the registry's own errors into those of the table."""
    try:
        yield
    except RegistryError as error:
        raise KioskError(f"registry.{error.reason}", path=str(path)) from None


class Services:
    """Everything that works on one state. Make it with `open`, end it with `close`."""

    def __init__(self, state: State, clock: Clock, keystore: Keystore, policy: Policy) -> None:
        """Load certificates and keys; the registry is opened by `open`, in its own thread."""
        self.state = state
        self.clock = clock
        self.policy = policy
        self.carrier = PracticeCarrier() if state.practice else None
        self.teller = PracticeTeller() if state.practice else None
        self.authority = EmbeddedAuthority(state, keystore)
        self._keystore = keystore
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="registry")
        self._registry: Registry | None = None
        self._audit: AuditLog | None = None
        self._subscriber_key: bytes | None = None
        self._tokens: Tokens | None = None

    @classmethod
    async def open(
        cls, path: Path, *, practice: bool = False, clock: Clock | None = None, key_file: Path | None = None
    ) -> Self:
        """Open the state at `path`.

        Raises what `load_state` does, `state.at` (a stopped clock on a real state), `authority.*` and
        `registry.*`.
        """
        state = load_state(path, practice=practice)
        clock = clock or Clock()
        if clock.stopped and not state.practice:
            raise KioskError("state.at")
        policy = load_policy()
        services = cls(state, clock, Keystore(state.keys, passphrase_from(key_file)), policy)
        try:
            await services.in_registry(services._open_registry)
        except BaseException:
            await services.close()
            raise
        return services

    def _open_registry(self) -> None:
        self._registry = Registry.open(self.state.registry, wait=self.policy.registry_wait_seconds)
        if self._registry.meta("practice") != ("yes" if self.state.practice else "no"):
            raise KioskError("state.practice", path=str(self.state.path))

    @property
    def registry(self) -> Registry:
        """The registry; to be touched in its thread only (`in_registry`)."""
        if self._registry is None:
            raise RuntimeError("the registry is not open")
        return self._registry

    @property
    def audit(self) -> AuditLog:
        """The audit log; its key is loaded with the first line that this process writes."""
        if self._audit is None:
            key = self._keystore.ed25519("audit")
            self._audit = AuditLog(self.registry, key, self.state.head, self.clock)
        return self._audit

    @property
    def tokens(self) -> "Tokens":
        """This machine's security tokens. Raises `token.config`."""
        if self._tokens is None:
            from kiosk.media.token_settings import load_token_settings
            from kiosk.media.tokens import Tokens

            policy, settings = self.policy, load_token_settings(self.state)
            self._tokens = Tokens(
                settings.modules, seconds=policy.token_seconds, key_seconds=policy.token_key_seconds,
                factory_pins=settings.factory_pins,
            )  # fmt: skip
        return self._tokens

    async def in_registry(self, function: Callable[[], T]) -> T:
        """Run `function` in the registry's thread. Its errors come back as those of the table."""

        def run() -> T:
            with registry_errors(self.state.registry):
                return function()

        return await asyncio.get_running_loop().run_in_executor(self._thread, run)

    @contextlib.contextmanager
    def step(self) -> Iterator[Registry]:
        """One transaction, with its audit lines. In the registry's thread only."""
        with self.audit.step(self.registry):
            yield self.registry

    def require_clock(self) -> None:
        """Refuse when the clock is before the latest audit line (`request.clock`). In the registry's thread.

        A clock that went back would issue certificates for the wrong days and spoil the order of the log.
        """
        latest = clock_is_behind(self.registry, self.clock.now())
        if latest is not None:
            raise KioskError(
                "request.clock",
                now=f"{self.clock.now().astimezone(KST):%Y-%m-%d %H:%M:%S}",
                latest=f"{latest.astimezone(KST):%Y-%m-%d %H:%M:%S}",
            )

    def require_steady_clock(self) -> None:
        """Refuse what cannot be undone when the clock may be wrong: `request.clock`, or `clock.unsure`.

        It is wrong when it is before the latest audit line. When it is days after it (`clock_gap_days`), the
        machine was off for long, or its clock jumped: staff say which (`kiosk tick --clock-is-right`). A clock
        that was stopped at a moment (practice) jumped as it was told to. In the registry's thread. No line is
        written: it would be the latest one, and all would seem well.
        """
        self.require_clock()
        if self.clock.stopped:
            return
        latest = self.registry.latest_at()
        gap = timedelta(days=self.policy.clock_gap_days)
        if latest is not None and self.clock.now() - unstamp(latest) > gap:
            raise KioskError(
                "clock.unsure",
                now=f"{self.clock.now().astimezone(KST):%Y-%m-%d %H:%M:%S}",
                latest=f"{unstamp(latest).astimezone(KST):%Y-%m-%d %H:%M:%S}",
            )

    def keyed_hash(self, kind: str, value: Secret | str) -> bytes:
        """Hash what must be found again but never read: HMAC-SHA-256 under the state's key, 32 bytes."""
        if self._subscriber_key is None:
            self._subscriber_key = self._keystore.ed25519("subscriber").private_bytes_raw()
        content = value.reveal() if isinstance(value, Secret) else value.encode()
        return hmac.digest(self._subscriber_key, kind.encode() + b"\0" + content, "sha256")

    def today(self) -> str:
        """The Korean day, as the registry keeps it."""
        return self.clock.today().isoformat()

    def now(self) -> str:
        """The present moment, as the registry keeps it."""
        return stamp(self.clock.now())

    async def anchor(self) -> str:
        """Give the newest audit line as SEQ:HASH, to be kept outside: what was printed shows a rolled-back log."""

        def work() -> str:
            last = self.registry.last_audit()
            return f"{last.seq}:{last.hash.hex()}" if last else ""

        return await self.in_registry(work)

    async def close(self) -> None:
        """Close the registry and end its thread, and the processes that hold tokens."""
        if self._tokens is not None:
            await asyncio.to_thread(self._tokens.close)
        if self._registry is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._registry.close)
            self._registry = None
        self._thread.shutdown(wait=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()
