"""Tokens that come and go during a visit, with modules that answer as the test says."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from kiosk.errors import KioskError
from kiosk.media.inserted import REST_SECONDS, Inserted
from kiosk.media.offers import back_again
from kiosk.media.token_records import Listing, Token
from kiosk.media.token_uri import TokenUri

TOKEN = Token("/a.so", 1, "KIOSK", "S1", "maker", "model", 0x408)
BLANK = replace(TOKEN, slot=2, label="", serial="", flags=0)


class Modules:
    """Stands for `Tokens`: what each module says, an error, or nothing until it is told to."""

    def __init__(self, **says: Any) -> None:
        self.says = {f"/{name}.so": answer for name, answer in says.items()}
        self.modules = tuple(SimpleNamespace(path=path) for path in self.says)
        self.asked: list[str] = []

    def present(self, uri: TokenUri) -> Listing:
        path = str(uri.module_path)
        self.asked.append(path)
        answer = self.says[path]
        if isinstance(answer, threading.Event):
            answer.wait()
            answer = ()
        if isinstance(answer, KioskError):
            return Listing((), ((path, answer),))
        return Listing(tuple(answer), ())


class Visit:
    """What follows them, on a clock of its own."""

    def __init__(self, modules: Modules) -> None:
        self.clock = 100.0
        self.heard = 0
        self.inserted = Inserted(modules, self._hear, now=lambda: self.clock)  # type: ignore[arg-type]

    def _hear(self) -> None:
        self.heard += 1

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0.001)

    async def look(self, *, anew: bool = False) -> None:
        """Ask, and wait for the answers."""
        self.inserted.look(anew=anew)
        await self.until(lambda: not self.inserted._asking)

    @property
    def names(self) -> list[tuple[str, str | None]]:
        return [(offer.name, offer.problem) for offer in self.inserted.here]


async def test_a_token_comes_and_goes() -> None:
    modules = Modules(a=())
    visit = Visit(modules)
    assert not visit.inserted.asked
    await visit.look()
    assert visit.inserted.asked
    assert (visit.names, visit.heard) == ([], 0)
    modules.says["/a.so"] = (TOKEN, BLANK)
    await visit.look()
    await visit.look()
    assert (visit.names, visit.heard) == ([("KIOSK", None)], 1), "the blank one is a place for one more"
    chosen = visit.inserted.here[0]
    modules.says["/a.so"] = (replace(TOKEN, flags=0x10408),)
    await visit.look()
    again = back_again(chosen, visit.inserted.here)
    assert again is not None
    assert again.token is not None
    assert (again.identity, again.token.tries) == (chosen.identity, "fewer")
    modules.says["/a.so"] = (BLANK,)
    await visit.look()
    assert visit.names == [("model", "token.blank")]
    modules.says["/a.so"] = (replace(TOKEN, slot=5),)
    await visit.look()
    assert back_again(chosen, visit.inserted.here) is visit.inserted.here[0], "known by its serial number"
    modules.says["/a.so"] = (replace(TOKEN, serial="S2"),)
    await visit.look()
    assert back_again(chosen, visit.inserted.here) is None


async def test_without_a_serial_number_it_must_stay_in() -> None:
    modules = Modules(a=(replace(TOKEN, serial=""),))
    visit = Visit(modules)
    await visit.look()
    chosen = visit.inserted.here[0]
    await visit.look()
    assert back_again(chosen, visit.inserted.here) == chosen
    modules.says["/a.so"] = ()
    await visit.look()
    modules.says["/a.so"] = (replace(TOKEN, serial=""),)
    await visit.look()
    assert back_again(chosen, visit.inserted.here) is None


async def test_a_module_that_hangs_or_fails_costs_the_others_nothing() -> None:
    never = threading.Event()
    modules = Modules(hangs=never, fails=KioskError("token.module", module="x"), a=(TOKEN,))
    visit = Visit(modules)
    for _ in range(5):
        visit.inserted.look()
        await visit.until(lambda: list(visit.inserted._asking) == ["/hangs.so"])
    assert visit.names == [("KIOSK", None)]
    assert [modules.asked.count(path) for path in modules.says] == [1, 1, 5], "what failed is left alone"
    visit.clock += REST_SECONDS
    visit.inserted.look()
    assert modules.asked.count("/fails.so") == 2 or "/fails.so" in visit.inserted._asking
    never.set()
    await visit.until(lambda: not visit.inserted._asking)
    await visit.look(anew=True)
    assert modules.asked.count("/fails.so") == 3, "something was plugged in: it may have been that"


async def test_a_token_whose_module_fails_is_named_until_it_answers() -> None:
    modules = Modules(a=(TOKEN,))
    visit = Visit(modules)
    await visit.look()
    modules.says["/a.so"] = KioskError("token.timeout", seconds=1)
    await visit.look()
    assert visit.names == [("KIOSK", "token.timeout")]
    modules.says["/a.so"] = (TOKEN,)
    visit.clock += REST_SECONDS
    await visit.look()
    assert visit.names == [("KIOSK", None)]
    assert visit.inserted.here[0].insertion == 1


async def test_one_token_in_two_modules_is_one() -> None:
    modules = Modules(b=(replace(TOKEN, module="/b.so"),), a=(TOKEN,))
    visit = Visit(modules)
    await visit.look()
    assert [offer.token and offer.token.module for offer in visit.inserted.here] == ["/b.so"]
    modules.says["/b.so"] = KioskError("token.failed", error="x")
    await visit.look()
    assert [offer.token and offer.token.module for offer in visit.inserted.here] == ["/a.so"]


async def test_nobody_asks_while_something_is_done_on_a_token() -> None:
    modules = Modules(a=(TOKEN,))
    visit = Visit(modules)
    visit.inserted.look()
    async with visit.inserted.in_use(TOKEN):
        assert not visit.inserted._asking, "what was under way has ended"
        for anew in (False, True):
            visit.inserted.look(anew=anew)
        assert not visit.inserted._asking
    assert modules.asked == ["/a.so"]
    await visit.look()
    assert modules.asked == ["/a.so"] * 2


async def test_what_is_plugged_in_meanwhile_is_asked_for_once_more() -> None:
    answers = threading.Event()
    modules = Modules(a=answers)
    visit = Visit(modules)
    visit.inserted.look()
    await visit.until(lambda: modules.asked)
    visit.inserted.look(anew=True)
    modules.says["/a.so"] = (TOKEN,)
    answers.set()
    await visit.until(lambda: visit.names)
    visit.inserted.close()
    visit.inserted.look(anew=True)
    assert len(modules.asked) == 2
