"""Which ways to identify a person this state offers, and one check carried out."""

from kiosk.authority.embedded import LEVELS
from kiosk.errors import KioskError
from kiosk.identity.phone import METHOD, Evidence, PhoneCheck
from kiosk.lifecycle.application import Application
from kiosk.secret import Secret
from kiosk.services import Services

# How surely a method identifies. The carrier confirms that name and number belong together.
METHODS = {METHOD: "verified"}


def require_method(services: Services, application: Application) -> None:
    """Make sure that the chosen method is there and sure enough, before anybody is asked for a code.

    Raises `identity.method` (not offered here: a real state has no carrier configured) or `identity.level`.
    """
    if application.evidence is not None:
        found = application.evidence.level
    elif application.method in METHODS and services.carrier is not None:
        found = METHODS[application.method]
    else:
        raise KioskError("identity.method", method=application.method[:32])
    needed = application.profile.level
    if LEVELS.index(found) < LEVELS.index(needed):
        raise KioskError("identity.level", profile=application.profile.id, level=needed)


def phone_check(services: Services, phone: str) -> PhoneCheck:
    """Make a check of a number (digits); its methods are called in the registry's thread. Raises `identity.method`."""
    if services.carrier is None:
        raise KioskError("identity.method", method=METHOD)
    tries = RegistryTries(services, phone)
    return PhoneCheck(phone, services.carrier, tries, services.policy, services.clock)


async def identify(services: Services, application: Application) -> Evidence:
    """Send the code and compare what came back. Raises `identity.code` (tries left) or `identity.locked`."""
    require_method(services, application)
    check = phone_check(services, application.phone)
    carrier = services.carrier

    def work() -> Evidence:
        check.send()
        typed = application.code or (carrier.read(application.phone) if carrier else Secret(""))
        return check.confirm(typed)

    return await services.in_registry(work)


class RegistryTries:
    """The counters of one phone number for today, kept under a keyed hash of it."""

    def __init__(self, services: Services, phone: str) -> None:
        """`phone` is digits only; it is not kept."""
        self._services = services
        self._key = services.keyed_hash("phone", phone)

    def count(self, *, sends: int = 0, wrong: int = 0) -> tuple[int, int]:
        """Add to the counters and give (sends, wrong)."""
        services = self._services
        if not sends and not wrong:
            return services.registry.tries(METHOD, self._key, services.today())
        with services.step() as registry:
            services.audit.append("code.sent" if sends else "code.tried", sends=sends, wrong=wrong)
            return registry.count_try(METHOD, self._key, services.today(), sends=sends, wrong=wrong)

    def clear(self) -> None:
        """Start anew after a right code."""
        services = self._services
        with services.step() as registry:
            sends, wrong = registry.tries(METHOD, self._key, services.today())
            registry.count_try(METHOD, self._key, services.today(), sends=-sends, wrong=-wrong)
            services.audit.append("code.right")
