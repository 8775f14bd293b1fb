"""The order of the steps of each flow."""

from screens.step import Step
from screens.walkup.act import Act
from screens.walkup.agree import Agree, Consent
from screens.walkup.confirm import Confirm
from screens.walkup.details import Details
from screens.walkup.identity import Identity
from screens.walkup.kept import Kept
from screens.walkup.kind import Kind
from screens.walkup.medium import Medium
from screens.walkup.new_password import NewPassword
from screens.walkup.password import Password
from screens.walkup.pin import Pin
from screens.walkup.prepare import Prepare
from screens.walkup.proof import Proof
from screens.walkup.target import Target
from screens.walkup.unlock import Unlock
from screens.walkup.which import Which
from screens.walkup.work import Work

FLOWS: dict[str, tuple[type[Step], ...]] = {
    "issue": (Prepare, Kind, Details, Identity, Medium, Password, Pin, Confirm, Act, Proof),
    "password": (Which, Unlock, NewPassword, Agree, Work, Kept),
    "copy": (Which, Target, Unlock, Agree, Work, Kept),
    "delete": (Which, Consent, Work, Kept),
}
