"""The order of the steps of each flow."""

from screens.step import Step
from screens.walkup.act import Act
from screens.walkup.confirm import Confirm
from screens.walkup.details import Details
from screens.walkup.identity import Identity
from screens.walkup.kind import Kind
from screens.walkup.medium import Medium
from screens.walkup.password import Password
from screens.walkup.pfx_act import PfxAct, PfxConfirm, PfxDone
from screens.walkup.pfx_choose import PfxFile, PfxTo
from screens.walkup.pfx_password import PfxNewPassword, PfxPassword
from screens.walkup.pin import Pin
from screens.walkup.prepare import Prepare
from screens.walkup.proof import Proof
from screens.walkup.reminding import Reminding
from screens.walkup.which import Which

FLOWS: dict[str, tuple[type[Step], ...]] = {
    "issue": (Prepare, Kind, Details, Identity, Medium, Password, Pin, Reminding, Confirm, Act, Proof),
    "export": (Which, PfxPassword, PfxTo, PfxConfirm, PfxAct, PfxDone),
    "import": (PfxFile, PfxPassword, PfxNewPassword, PfxTo, PfxConfirm, PfxAct, PfxDone),
}
