"""Contacts: unreadable without their keys, kept as long as a certificate needs them, and then gone for good."""

import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from data.registry import Registry
from kiosk.clock import KST
from kiosk.errors import KioskError
from kiosk.lifecycle.application import Application
from kiosk.pki.profiles import load_profiles
from kiosk.reminders import contacts
from kiosk.reminders.consent import consent_text, forget_over, keep_answers, opt_in, opt_out
from kiosk.reminders.contacts import Reachable
from kiosk.secret import Secret
from kiosk.services import Services
from tests.reminders.office import START, Carrier, HandClock, Office

PHONE, EMAIL = "01023456789", "hong@example.com"
END = START + timedelta(days=60)


async def read(services: Services, subscriber: int) -> Reachable | None:
    def work() -> Reachable | None:
        found = services.registry.contact(subscriber)
        return found and contacts.unseal(services, subscriber, found.uuid, found.sealed)

    return await services.in_registry(work)


def everything(state: Path) -> bytes:
    return b"".join(path.read_bytes() for path in state.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("phone", "kind", "dialled"),
    [
        ("01023456789", "mobile", "+821023456789"), ("0111234567", "mobile", "+82111234567"),
        ("021234567", "landline", "+8221234567"), ("07012345678", "landline", "+827012345678"),
        ("+12025550123", "abroad", "+12025550123"), ("", "none", ""), ("01512345678", "landline", "+821512345678"),
    ],
)  # fmt: skip
def test_kinds_of_numbers(phone: str, kind: str, dialled: str) -> None:
    reachable = Reachable(phone, "")
    assert (reachable.kind, reachable.international) == (kind, dialled)
    assert not phone or phone not in repr(reachable)


async def test_what_is_kept(office: Office, state: Path) -> None:
    """It comes back, with the very words of the consent; and is nowhere in the clear."""
    held = await office.add(END, phone="")
    services, subscriber = office.services, held.subscriber_id
    await opt_in(services, subscriber, phone=PHONE, email=EMAIL)
    assert await read(services, subscriber) == Reachable(PHONE, EMAIL)
    found = await services.in_registry(lambda: services.registry.contact(subscriber))
    assert found is not None
    assert (found.phone, found.email, found.language) == ("mobile", 1, "ko")
    words = await services.in_registry(lambda: services.registry.consent_words(found.consent_id))
    assert words == ("2026-11", "ko", consent_text(services, "ko"))
    assert services.state.center in words[2]
    for plain in (PHONE, PHONE[1:], "+82" + PHONE[1:], EMAIL):
        assert plain.encode() not in everything(state)
    assert (state / "contacts.keys").stat().st_mode & 0o777 == 0o600


async def test_without_its_key_it_says_nothing(office: Office, state: Path, tmp_path: Path) -> None:
    """Of a copy of the registry, or one row's text in another's place, or a key that was altered."""
    one, other = await office.add(END), await office.add(END, phone="01087654321")
    services = office.services

    def swapped() -> Reachable | None:
        ours, theirs = (services.registry.contact(each.subscriber_id) for each in (one, other))
        assert ours is not None
        assert theirs is not None
        return contacts.unseal(services, one.subscriber_id, ours.uuid, theirs.sealed)

    assert await services.in_registry(swapped) is None
    keys = state / "contacts.keys"
    before = keys.read_bytes()
    with keys.open("r+b") as file:
        file.seek(one.subscriber_id * 32)
        file.write(os.urandom(32))
    assert await read(services, one.subscriber_id) is None
    keys.unlink()
    assert await read(services, other.subscriber_id) is None
    keys.write_bytes(before)
    assert await read(services, other.subscriber_id) == Reachable("01087654321", "")


async def test_stopping_is_one_step_and_backups_forget_too(
    office: Office, state: Path, tmp_path: Path
) -> None:
    held, other = await office.add(END, email=EMAIL), await office.add(END, phone="01087654321")
    sms = Carrier("sms")
    sms.down = True
    office.clock.set(END - timedelta(days=60))
    await office.run(sms)
    backup = shutil.copytree(state, tmp_path / "backup")
    assert await opt_out(office.services, held.subscriber_id)
    assert not await opt_out(office.services, held.subscriber_id)
    assert (60, "sms", "dropped", "stopped") in await office.rows(held)
    assert await read(office.services, held.subscriber_id) is None
    # The old registry comes back, beside the keys that there are now.
    shutil.copy(state / "contacts.keys", backup / "contacts.keys")
    restored = await Services.open(backup, clock=HandClock(END))
    try:
        found = await restored.in_registry(lambda: restored.registry.contact(held.subscriber_id))
        assert found is not None
        assert await read(restored, held.subscriber_id) is None
        assert await read(restored, other.subscriber_id) == Reachable("01087654321", "")
    finally:
        await restored.close()


async def test_agreeing_again_takes_the_place(office: Office) -> None:
    held = await office.add(END)
    await opt_in(office.services, held.subscriber_id, email=EMAIL, language="en")
    assert await read(office.services, held.subscriber_id) == Reachable("", EMAIL)
    assert await opt_out(office.services, held.subscriber_id)
    await opt_in(office.services, held.subscriber_id, phone=PHONE)
    assert await read(office.services, held.subscriber_id) == Reachable(PHONE, "")
    with pytest.raises(ValueError, match="no way"):
        await opt_in(office.services, held.subscriber_id)


@pytest.mark.parametrize(
    ("answer", "kept"), [(None, Reachable(PHONE, "")), (True, Reachable("01000000000", EMAIL)), (False, None)]
)
async def test_the_answer_to_the_question_counts(
    office: Office, answer: bool | None, kept: Reachable | None
) -> None:
    """Of somebody who agreed at an earlier visit; who was not asked said nothing."""
    held = await office.add(END)
    answers = Application(
        load_profiles()["personal-general"], "홍길동", Secret("900101-1234567"), "01000000000", Secret(""), "phone",
        email=EMAIL, reminders=answer,
    )  # fmt: skip
    await keep_answers(office.services, answers, held.subscriber_id, "ko")
    assert await read(office.services, held.subscriber_id) == kept


async def test_a_step_that_fails_leaves_what_was_there(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = await office.add(END)

    def full(*_: object) -> None:
        raise KioskError("registry.full", path="")

    with monkeypatch.context() as patch, pytest.raises(KioskError):
        patch.setattr(Registry, "put_contact", full)
        await opt_in(office.services, held.subscriber_id, phone="01000000000")
    assert await read(office.services, held.subscriber_id) == Reachable(PHONE, "")


async def kept(office: Office, subscriber: int) -> bool:
    await forget_over(office.services)
    return await read(office.services, subscriber) is not None


async def test_kept_until_the_last_message_can_have_gone(office: Office) -> None:
    """The last rung is the day after, and may be fourteen days late."""
    held = await office.add(END, phone="")
    office.clock.set(START)
    await opt_in(office.services, held.subscriber_id, phone=PHONE)
    for days, there in ((0, True), (1, True), (14, True), (15, True), (16, False)):
        office.clock.set(END + timedelta(days=days), 12)
        assert await kept(office, held.subscriber_id) == there, days
    assert office.clock.now().tzinfo is KST


async def test_a_revoked_one_needs_nothing(office: Office) -> None:
    held = await office.add(END)
    assert await kept(office, held.subscriber_id)
    await office.change(held, "suspended")
    assert await kept(office, held.subscriber_id)
    await office.change(held, "revoked", "keyCompromise")
    assert not await kept(office, held.subscriber_id)


async def test_the_next_certificate_needs_it_as_well(office: Office) -> None:
    held = await office.add(END)
    later = END + timedelta(days=365)
    new = await office.add(later, replaces=held.id, subscriber=held.subscriber_id, phone="")
    await office.change(held, "revoked", "superseded")
    assert await kept(office, held.subscriber_id)
    office.clock.set(END + timedelta(days=100))
    assert await kept(office, held.subscriber_id)
    await office.change(new, "revoked", "keyCompromise")
    assert not await kept(office, held.subscriber_id)


async def test_many_are_forgotten_page_by_page(office: Office) -> None:
    helds = await office.add_all([(END, f"0102345{n:04}", "") for n in range(230)])
    for held in helds[:205]:
        await office.change(held, "revoked")
    assert await forget_over(office.services) == 205
    assert await read(office.services, helds[-1].subscriber_id) is not None


async def test_whoever_agreed_and_got_nothing_is_forgotten_the_next_day(office: Office) -> None:
    held = await office.add(END, phone="")
    await office.change(held, "revoked")
    office.clock.set(START)
    await opt_in(office.services, held.subscriber_id, phone=PHONE)
    assert await kept(office, held.subscriber_id)
    office.clock.set(START + timedelta(days=1), 10)
    assert not await kept(office, held.subscriber_id)
