"""The order of the steps of each flow."""

from screens.step import Step
from screens.walkup.act import Act
from screens.walkup.confirm import Confirm
from screens.walkup.details import Details
from screens.walkup.identity import Identity
from screens.walkup.kind import Kind
from screens.walkup.look import Look
from screens.walkup.medium import Medium
from screens.walkup.password import Password
from screens.walkup.pin import Pin
from screens.walkup.prepare import Prepare
from screens.walkup.proof import Proof

FLOWS: dict[str, tuple[type[Step], ...]] = {
    "issue": (Prepare, Kind, Details, Identity, Medium, Password, Pin, Confirm, Act, Proof),
    "look": (Look,),
}
