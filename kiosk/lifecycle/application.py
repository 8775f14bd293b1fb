"""What a person applies for, with all answers checked: typed on screens, or read by `answers`."""

from dataclasses import dataclass, field

from kiosk.identity.phone import Evidence
from kiosk.pki.profiles import Profile
from kiosk.secret import Secret


@dataclass(frozen=True)
class Application:
    """The answers to everything that is asked before a certificate is issued."""

    profile: Profile
    name: str
    """NFC, as it goes into the certificate."""
    id_number: Secret
    """Digits only, of a kind that the profile asks for."""
    phone: str
    """Digits only; abroad with a leading `+`."""
    password: Secret
    """Of the key file on a stick; empty where the medium is a token."""
    method: str
    """How the person is identified."""
    code: Secret | None = None
    """The code that the person typed; None reads the practice carrier."""
    pin: Secret | None = None
    """Of the token, where the medium is one."""
    evidence: Evidence | None = None
    """An identity check of just these details that was made before; None has it made."""

    email: str = field(default="", repr=False)
    """May be empty."""
    reminders: bool | None = None
    """Whether phone and e-mail may be kept, to remind the person before the certificate ends; None: was not asked."""

    keeps_password: bool = False
    """Whether the password is the one that the old key had: it is as old as it was."""

    def details(self) -> Secret:
        """Give what an identity check is about, to be hashed."""
        return details(self.profile, self.name, self.id_number, self.phone)


@dataclass(frozen=True)
class Renewal:
    """What the holder of a certificate answers to have it renewed."""

    id_number: Secret
    """As it was typed."""
    password: Secret = field(default_factory=lambda: Secret(""))
    """Of the old key file; empty where the medium is a token."""
    new_password: Secret | None = None
    """Of the new key file; None keeps the old one, if that meets the rule."""
    pin: Secret | None = None
    """Of the token, where the medium is one."""
    phone: str = ""
    """Digits only. Asked for with `method` only in the grace time after the end, as `code` is."""
    method: str = ""
    code: Secret | None = None


def details(profile: Profile | None, name: str, id_number: Secret, phone: str) -> Secret:
    """Join what an identity check is about: changing any of it voids the check.

    Without a profile it is about whatever certificates the person has.
    """
    about = profile.id if profile else ""
    return Secret(b"\0".join((about.encode(), name.encode(), id_number.reveal(), phone.encode())))
