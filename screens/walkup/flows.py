"""The order of the steps of each flow."""

from screens.step import Step
from screens.walkup.act import Act
from screens.walkup.confirm import Confirm
from screens.walkup.confirm_again import ConfirmReissue, ConfirmRenewal
from screens.walkup.details import Details
from screens.walkup.former import Former
from screens.walkup.identity import Identity
from screens.walkup.keep import Keep, NewPassword
from screens.walkup.kind import Kind
from screens.walkup.medium import Medium
from screens.walkup.number import Number
from screens.walkup.password import Password
from screens.walkup.pin import Pin
from screens.walkup.prepare import Prepare
from screens.walkup.proof import Proof
from screens.walkup.unlock import Unlock, UnlockToken
from screens.walkup.which import Which
from screens.walkup.why import Why

FLOWS: dict[str, tuple[type[Step], ...]] = {
    "issue": (Prepare, Kind, Details, Identity, Medium, Password, Pin, Confirm, Act, Proof),
    "renew": (Which, Unlock, UnlockToken, Number, Keep, NewPassword, ConfirmRenewal, Act, Proof),
    "reissue": (
        Prepare, Kind, Details, Identity, Former, Why, Medium, Password, Pin, ConfirmReissue, Act, Proof,
    ),
}  # fmt: skip
