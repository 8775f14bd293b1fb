"""A person with a token at the screens, and the kiosk that they are at."""

from dataclasses import replace

from kiosk.media.offers import Offer, Sticks, offers
from kiosk.media.present import Snapshot
from screens.walkup.confirm import Confirm
from screens.walkup.medium import Medium
from screens.walkup.pin import Pin
from tests.hardware.conftest import PIN, SLOW
from tests.screens.stage import Stage
from tests.screens.walk import decline, walk

WRONG, NEW = "11112222", "83920174"
GONE, FAILED = "0=out", "C_GetTokenInfo=crash"


class Here(Sticks):
    """The given directories, and the tokens of the modules; nothing else of this machine."""

    def _look(self) -> tuple[Offer, ...]:
        return (*offers(Snapshot(), {}, self._given), *(self.tokens.here if self.tokens else ()))

    async def follow(self) -> None:
        """Nothing is followed."""


def slow(on: Stage, seconds: float = SLOW) -> None:
    """Have modules answer within so many seconds. The idle screen has them asked already, by the usual policy."""
    on.services.policy = replace(on.services.policy, token_seconds=seconds)
    on.services.tokens._seconds = seconds


async def to_pin(on: Stage) -> Pin:
    """Choose the token."""
    slow(on)
    await walk(on, Medium)
    await on.until(lambda: on.choices() == ["1"], "the token")
    await on.press("1")
    return await on.at(Pin)


async def types(on: Stage, *pins: str) -> None:
    """Type what is asked, field by field, and wait for what comes of it."""
    step = on.step
    for pin in pins:
        await on.type(pin)
        await on.press("enter")
    await on.until(lambda: on.app.screen is not step or not step.at_work, "the token's answer")


async def to_confirm(on: Stage, pin: str = PIN) -> Confirm:
    await to_pin(on)
    await types(on, pin)
    return await declined(on)


async def declined(on: Stage) -> Confirm:
    """After the PIN, do without reminders."""
    await decline(on)
    return await on.at(Confirm)


async def agrees(on: Stage) -> None:
    """Read page by page, and agree."""
    for _ in range(6):
        if isinstance(on.app.screen, Confirm):
            await on.press("enter")
