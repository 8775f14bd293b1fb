"""What a visit knows of the certificate that is renewed or reissued."""

from dataclasses import dataclass, field
from datetime import datetime

from kiosk.clock import unstamp
from kiosk.errors import KioskError
from kiosk.lifecycle import dates
from kiosk.lifecycle.act import Old
from kiosk.lifecycle.application import Renewal
from kiosk.pki.profiles import load_profiles
from kiosk.secret import Secret
from screens.visit import Visit


@dataclass
class Succession:
    """The answers that only renewing and reissuing ask for."""

    old: Old | None = None
    """The certificate, once it is known that it can be renewed or reissued by who asks."""
    password: Secret = field(default_factory=lambda: Secret(""))
    """Of the old key file."""
    keeps: bool = False
    """Whether that stays the password."""
    lost: bool = False
    """Whether the old certificate may be in other hands."""


def succession(visit: Visit) -> Succession:
    """Give what the visit knows; nothing at first."""
    if visit.succession is None:
        visit.succession = Succession()
    return visit.succession


def old_of(visit: Visit) -> Old:
    """Give the old certificate. Raises `medium.gone` when a step before has not found one."""
    old = visit.succession.old if visit.succession else None
    if old is None:
        raise KioskError("medium.gone")
    return old


def renewal(visit: Visit) -> Renewal:
    """Give all answers as the renewal service takes them."""
    known = succession(visit)
    return Renewal(
        id_number=visit.id_number, password=known.password,
        new_password=None if known.keeps or not visit.password else visit.password,
        pin=visit.pin if visit.token else None,
    )  # fmt: skip


def chosen_serial(visit: Visit) -> str | None:
    """Give the serial of the chosen certificate, which is what is renewed."""
    return visit.chosen.held.serial if visit.chosen and visit.chosen.held else None


def new_end(visit: Visit) -> datetime | None:
    """Give the last second of the certificate that is to be; None before the old one is known."""
    old = visit.succession.old if visit.succession else None
    if old is None:
        return None
    end = unstamp(old.held.not_after)
    if visit.flow != "renew":
        return end
    profile = load_profiles().get(old.held.profile)
    months = profile.months if profile else 12
    return dates.renewed(visit.services.clock.now(), end, months).not_after
