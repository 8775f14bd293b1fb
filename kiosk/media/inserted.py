"""Which security tokens are here during one visit: every module is asked by itself, and nobody waits for it.

Modules hang and crash. One that does costs the others nothing, and its own tokens are offered with what is wrong
until it answers again.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

from kiosk.media.offers import Offer
from kiosk.media.token_records import Listing, Token
from kiosk.media.token_uri import TokenUri
from kiosk.media.tokens import Tokens

REST_SECONDS = 5.0
"""How long a module that failed is left alone, unless something was plugged in."""


class Inserted:
    """The tokens that are here, as far as the modules have said."""

    def __init__(
        self, tokens: Tokens, changed: Callable[[], None], *, now: Callable[[], float] = time.monotonic
    ) -> None:
        """Nothing is asked before the first `look`. `changed` hears of changes."""
        self.here: tuple[Offer, ...] = ()
        self._tokens = tokens
        self._changed = changed
        self._now = now
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._in_use: set[str] = set()
        self._rests: dict[str, float] = {}
        self._said: dict[str, tuple[Offer, ...]] = {}
        self._seen = 0
        self._closed = False

    @property
    def asked(self) -> bool:
        """Whether a module has told what is there; False without modules, and while none has answered."""
        return bool(self._said)

    def look(self, *, anew: bool = False) -> None:
        """Ask every module that is not being asked. `anew` asks those that failed too, and the others once more."""
        for module in self._tokens.modules:
            if self._closed or module.path in self._in_use:
                continue
            if module.path in self._asking:
                if anew:
                    self._again.add(module.path)
            elif anew or self._now() >= self._rests.get(module.path, 0.0):
                task = asyncio.get_running_loop().create_task(self._ask(module.path))
                self._asking[module.path] = task

    async def _ask(self, path: str) -> None:
        try:
            while True:
                self._again.discard(path)
                self._take(path, await asyncio.to_thread(self._tokens.present, TokenUri(module_path=path)))
                if path not in self._again or path in self._in_use:
                    return
        finally:
            self._asking.pop(path, None)

    def _take(self, path: str, listing: Listing) -> None:
        before = self._said.get(path, ())
        if listing.failed:
            self._rests[path] = self._now() + REST_SECONDS
            problem = listing.failed[0][1].id
            self._said[path] = tuple(replace(offer, problem=problem) for offer in before)
        else:
            self._rests.pop(path, None)
            # Some modules show an empty place for one more token beside those that were set up.
            found = [token for token in listing.tokens if not token.blank] or listing.tokens
            self._said[path] = tuple(self._offer(token, before) for token in found)
        here = self._each_once()
        if here != self.here:
            self.here = here
            self._changed()

    def _offer(self, token: Token, before: tuple[Offer, ...]) -> Offer:
        name = token.label or token.model or token.serial
        for offer in before:
            if offer.token and (offer.token.slot, offer.token.uri) == (token.slot, token.uri):
                return Offer(None, name, None, token.problem, token, offer.insertion)
        self._seen += 1
        return Offer(None, name, None, token.problem, token, self._seen)

    def _each_once(self) -> tuple[Offer, ...]:
        """Give one offer for a token that several modules show, the one that can be used before one that cannot."""
        found: dict[str, Offer] = {}
        for path in (module.path for module in self._tokens.modules):
            for offer in self._said.get(path, ()):
                same = offer.lasting_identity or offer.identity
                if same not in found or (found[same].problem and not offer.problem):
                    found[same] = offer
        return tuple(found.values())

    @contextlib.asynccontextmanager
    async def in_use(self, token: Token) -> AsyncIterator[None]:
        """Leave the module of `token` alone inside: who works on a token ends the module's process when it is done."""
        path = token.module
        self._in_use.add(path)
        try:
            if path in self._asking:
                await asyncio.wait([self._asking[path]])
            yield
        finally:
            self._in_use.discard(path)

    def close(self) -> None:
        """Ask nothing more."""
        self._closed = True
        for task in self._asking.values():
            task.cancel()
