"""Agreeing to be reminded, taking it back, and being forgotten when no certificate needs it any more."""

import uuid
from datetime import datetime, timedelta

from data.records import Contact
from data.registry import Registry
from kiosk import log
from kiosk.clock import stamp, unstamp
from kiosk.errors import KioskError
from kiosk.i18n import text_in
from kiosk.lifecycle.application import Application
from kiosk.reminders import contacts
from kiosk.reminders.contacts import Reachable
from kiosk.services import Services

PAGE = 100


def consent_text(services: Services, language: str) -> str:
    """Give the words that people agree to, in `language`: what is shown is what is kept."""
    return text_in(language, "reminders.consent", center=services.state.center)


async def opt_in(
    services: Services, subscriber_id: int, *, phone: str = "", email: str = "", language: str = "ko"
) -> None:
    """Keep how a subscriber wants to be reached, and the words that they agreed to.

    `phone` is as `clean_phone` gives it, `language` that of the words and of the messages. It takes the place of
    what was kept before. Raises `ValueError` when both are empty, `registry.*`.
    """
    reachable = Reachable(phone, email)
    if not phone and not email:
        raise ValueError("no way to reach anybody")
    version = services.policy.reminder_consent_version

    def work() -> None:
        with services.step() as registry:
            now = services.now()
            unfinished = services.clock.now() + timedelta(hours=services.policy.request_hours)
            row = str(uuid.uuid4())
            registry.put_contact(
                Contact(
                    subscriber_id=subscriber_id, uuid=row,
                    sealed=contacts.seal(services, subscriber_id, row, reachable),
                    phone=reachable.kind, email=int(bool(email)), language=language,
                    consent_id=registry.consent(version, language, consent_text(services, language)),
                    agreed_at=now, keep_until=max(stamp(unfinished), _needed_until(services, registry, subscriber_id)),
                )
            )  # fmt: skip
            services.audit.append(
                "reminders.agreed", subscriber=subscriber_id, version=version, language=language
            )

    await services.in_registry(work)


async def keep_answers(
    services: Services, application: Application, subscriber_id: int, language: str
) -> None:
    """Opt in who said so in their application, once their certificate is there; whoever said no is forgotten.

    The certificate is good by then, so trouble with this raises nothing: it is logged, and nobody is reminded.
    """
    if application.reminders is None:
        return
    try:
        if application.reminders:
            await opt_in(
                services, subscriber_id, phone=application.phone, email=application.email, language=language
            )
        else:  # they may have agreed when they got an earlier one
            await opt_out(services, subscriber_id)
    except KioskError as error:
        log.event("contact.failed", error=error.code)


async def opt_out(services: Services, subscriber_id: int) -> bool:
    """Forget at once how a subscriber is reached, and drop what waits for them; False: there was nothing."""

    def work() -> bool:
        with services.step() as registry:
            return _forget(services, registry, subscriber_id, "stopped")

    return await services.in_registry(work)


async def forget_over(services: Services) -> int:
    """Forget the contacts that no certificate needs any more; give how many."""
    forgotten = 0

    def work() -> tuple[int, int]:
        now = services.now()
        if not services.registry.contacts_to_look_at(now, 1):
            return 0, 0
        with services.step() as registry:
            page = registry.contacts_to_look_at(now, PAGE)
            over = 0
            for contact in page:
                until = _needed_until(services, registry, contact.subscriber_id)
                if until > now:
                    registry.keep_contact(contact.subscriber_id, until)
                else:
                    over += _forget(services, registry, contact.subscriber_id, "over")
            return len(page), over

    while True:
        seen, over = await services.in_registry(work)
        forgotten += over
        if seen < PAGE:
            return forgotten


def _needed_until(services: Services, registry: Registry, subscriber_id: int) -> str:
    """Give until when the last certificate needs its holder's contact: its last rung may be late."""
    end = registry.last_need(subscriber_id)
    if end is None:
        return ""
    policy = services.policy
    return stamp(last_moment(unstamp(end), min(policy.reminder_days), policy.reminder_late_days))


def last_moment(end: datetime, last_rung: int, late: int) -> datetime:
    """Give when the last message about a certificate that ends at `end` may go out at the latest."""
    return end + timedelta(days=max(0, late - last_rung))


def _forget(services: Services, registry: Registry, subscriber_id: int, why: str) -> bool:
    """Destroy the key first: a contact without one is nobody's, a key without its contact could be a backup's."""
    if registry.contact(subscriber_id) is None:
        return False
    contacts.destroy(services, subscriber_id)
    registry.delete_contact(subscriber_id)
    registry.stop_deliveries(subscriber_id, why, services.now())
    services.audit.append("reminders.forgotten", subscriber=subscriber_id, why=why)
    return True
