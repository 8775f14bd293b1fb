"""The order of the steps of each flow."""

from screens.step import Step
from screens.walkup.act import Act
from screens.walkup.agree import Agree, Consent
from screens.walkup.attended import Attended
from screens.walkup.confirm import Confirm
from screens.walkup.confirm_again import ConfirmReissue, ConfirmRenewal
from screens.walkup.details import Details
from screens.walkup.former import Former
from screens.walkup.history import History
from screens.walkup.identity import Identity
from screens.walkup.keep import Keep, NewPassword
from screens.walkup.kept import Kept
from screens.walkup.kind import Kind
from screens.walkup.look import Look
from screens.walkup.medium import Medium
from screens.walkup.mine import Mine
from screens.walkup.new_password import OldPassword, OtherPassword, OtherPin
from screens.walkup.number import Number
from screens.walkup.password import Password
from screens.walkup.person import Person
from screens.walkup.pfx_act import PfxAct, PfxConfirm, PfxDone
from screens.walkup.pfx_choose import PfxFile, PfxTo
from screens.walkup.pfx_password import PfxNewPassword, PfxPassword
from screens.walkup.pin import Pin
from screens.walkup.prepare import Prepare
from screens.walkup.proof import Proof
from screens.walkup.reminding import Reminding
from screens.walkup.stopped import Stopped
from screens.walkup.sure import Sure
from screens.walkup.target import Target
from screens.walkup.unlock import TokenPin, Unlock, UnlockToken
from screens.walkup.what import What
from screens.walkup.which import Which
from screens.walkup.why import Why
from screens.walkup.work import Work

FLOWS: dict[str, tuple[type[Step], ...]] = {
    "issue": (Prepare, Kind, Details, Identity, Medium, Password, Pin, Reminding, Confirm, Act, Proof),
    "renew": (Which, Unlock, UnlockToken, Number, Keep, NewPassword, ConfirmRenewal, Act, Proof),
    "reissue": (
        Prepare, Kind, Details, Identity, Former, Why, Medium, Password, Pin, ConfirmReissue, Act, Proof,
    ),
    "look": (Look,),
    "history": (Which, History),
    "password": (Which, OldPassword, OtherPassword, OtherPin, Agree, Work, Kept),
    "copy": (Which, Target, OldPassword, Agree, Work, Kept),
    "delete": (Which, TokenPin, Consent, Work, Kept),
    "export": (Which, OldPassword, PfxTo, PfxConfirm, PfxAct, PfxDone),
    "import": (PfxFile, PfxPassword, PfxNewPassword, PfxTo, PfxConfirm, PfxAct, PfxDone),
    "lost": (Person, Identity, Mine, What, Attended, Sure, Stopped),
    "resume": (Person, Attended, Mine, Sure, Stopped),
    "status": (Which, Person, Identity, Mine, What, Attended, Sure, Stopped),
}  # fmt: skip
