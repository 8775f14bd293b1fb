"""The way through the issuing flow, for tests that begin in the middle of it."""

from screens.step import Step
from screens.walkup.confirm import Confirm
from screens.walkup.details import Details
from screens.walkup.identity import Identity
from screens.walkup.kind import Kind
from screens.walkup.medium import Medium
from screens.walkup.menu import Menu
from screens.walkup.password import Password
from screens.walkup.prepare import Prepare
from screens.walkup.reminding import Reminding
from tests.screens.stage import Stage

ID_NUMBER = "9001011234568"
PHONE = "01023456789"
PASSWORD = "Sun7!flower-hill"


async def fill_details(on: Stage, *, name: str = "Hong", number: str = ID_NUMBER, phone: str = PHONE) -> None:
    """Fill in an empty form, in English typing."""
    if on.field("name").korean:
        await on.press("f2")
    for typed in (name, number, phone):
        await on.type(typed)
        await on.press("enter")


async def type_code(on: Stage) -> None:
    """Type the code that the practice carrier took."""
    carrier = on.services.carrier
    assert carrier is not None
    await on.type(carrier.read(on.visit.phone).text())
    await on.press("enter")


async def type_password(on: Stage, password: str = PASSWORD) -> None:
    """Type the password twice."""
    for _ in range(2):
        await on.type(password)
        await on.press("enter")


async def choose_password(on: Stage) -> None:
    """Type the password twice, and do without reminders."""
    await type_password(on)
    await decline(on)


async def decline(on: Stage) -> None:
    """Do without reminders."""
    await on.at(Reminding)
    await on.press("2")


async def walk(on: Stage, to: type[Step]) -> None:
    """Go from the idle screen to the step `to`, at the latest the confirmation."""
    await on.press("enter")
    for kind, answer in (
        (Menu, lambda: on.press("1")), (Prepare, lambda: on.press("enter")), (Kind, lambda: on.press("1")),
        (Details, lambda: fill_details(on)), (Identity, lambda: type_code(on)), (Medium, lambda: on.press("1")),
        (Password, lambda: type_password(on)), (Reminding, lambda: on.press("2")), (Confirm, lambda: on.press("enter")),
    ):  # fmt: skip
        await on.at(kind)
        if kind is to:
            return
        await answer()
    raise AssertionError(f"{to.__name__} is not on the way")
