"""The order of the steps of each flow."""

from screens.step import Step
from screens.walkup.act import Act
from screens.walkup.attended import Attended
from screens.walkup.confirm import Confirm
from screens.walkup.details import Details
from screens.walkup.identity import Identity
from screens.walkup.kind import Kind
from screens.walkup.medium import Medium
from screens.walkup.mine import Mine
from screens.walkup.password import Password
from screens.walkup.person import Person
from screens.walkup.pin import Pin
from screens.walkup.prepare import Prepare
from screens.walkup.proof import Proof
from screens.walkup.stopped import Stopped
from screens.walkup.sure import Sure
from screens.walkup.what import What
from screens.walkup.which import Which

FLOWS: dict[str, tuple[type[Step], ...]] = {
    "issue": (Prepare, Kind, Details, Identity, Medium, Password, Pin, Confirm, Act, Proof),
    "lost": (Person, Identity, Mine, What, Attended, Sure, Stopped),
    "resume": (Person, Attended, Mine, Sure, Stopped),
    "status": (Which, Person, Identity, Mine, What, Attended, Sure, Stopped),
}
