"""One job after another, over rows in a real registry: what goes out, what waits, what stops."""

import asyncio
from datetime import date, timedelta
from pathlib import Path

import pytest

from kiosk.clock import KST
from kiosk.errors import KioskError
from kiosk.lifecycle.request import working_on
from kiosk.reminders.channel import Outcome
from kiosk.reminders.consent import opt_out
from kiosk.reminders.due import find
from kiosk.reminders.sending import LOCK, remind
from tests.reminders.office import START, Carrier, Killed, Office, settings


def before(end: date, days: int) -> date:
    return end - timedelta(days=days)


END = START + timedelta(days=120)


@pytest.fixture
def sms() -> Carrier:
    return Carrier("sms")


@pytest.fixture
def mail() -> Carrier:
    return Carrier("email", page=1, repeats=True)


async def test_every_rung_once(office: Office, sms: Carrier, mail: Carrier) -> None:
    held = await office.add(END, email="a@example.com")
    sent = []
    for left in range(100, -20, -1):
        for _ in range(2):
            report = await office.run(sms, mail, day=before(END, left))
            sent += [left] * report.counts["sent"]
    assert sent == [day for day in (90, 60, 30, 14, 7, 3, 1, 0, -1) for _ in range(2)]
    assert set(sms.taken.values()) == set(mail.taken.values()) == {1}
    assert len(sms.taken) == len(mail.taken) == 9
    assert {row[2:] for row in await office.rows(held)} == {("sent", None)}


async def test_off_for_ten_days_is_one_message(office: Office, sms: Carrier) -> None:
    held = await office.add(END)
    await office.run(sms, day=before(END, 14))
    await office.run(sms, day=before(END, 2))
    assert [row[0] for row in await office.rows(held)] == [14, 3]


async def test_the_first_job_ever_writes_about_now_only(office: Office, sms: Carrier) -> None:
    helds = [await office.add(START + timedelta(days=left)) for left in (100, 80, 50, 15, 5, 0, -10, -20)]
    report = await office.run(sms, day=START)
    assert report.counts["sent"] == 5
    rungs = [[row[0] for row in await office.rows(held)] for held in helds]
    assert rungs == [[], [90], [60], [], [7], [0], [-1], []]


async def test_a_clock_that_jumps_sends_nothing_twice(office: Office, sms: Carrier) -> None:
    """Ahead by mistake, and back: what was sent too early is not sent again, what comes later comes."""
    held = await office.add(END)
    await office.run(sms, day=before(END, 30))
    await office.run(sms, day=before(END, 7))
    with pytest.raises(KioskError, match=r"request\.clock"):
        await office.run(sms, day=before(END, 29))
    assert [row[0] for row in await office.rows(held)] == [30, 7]


async def test_with_the_clock_back_before_its_lines_nothing_is_doubled(
    office: Office, sms: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As above, where staff took the log's word for nothing: rows alone keep the ladder."""
    held = await office.add(END)
    await office.run(sms, day=before(END, 7))
    monkeypatch.setattr(office.services, "require_steady_clock", lambda: None)
    for left in range(40, -2, -1):
        await office.run(sms, day=before(END, left))
    assert [row[0] for row in await office.rows(held)] == [7, 3, 1, 0, -1]
    assert set(sms.taken.values()) == {1}


async def test_a_long_gap_waits_for_staff(state: Path, sms: Carrier) -> None:
    office = await Office.open(state)
    try:
        held = await office.add(END)
        with pytest.raises(KioskError, match=r"clock\.unsure"):
            await office.run(sms, day=before(END, 90))
        with pytest.raises(KioskError, match=r"clock\.unsure"):  # having refused makes it no surer
            await office.run(sms)
        assert await office.rows(held) == []
        office.clock.set(START + timedelta(days=office.services.policy.clock_gap_days))
        await office.run(sms)
    finally:
        await office.close()


@pytest.mark.parametrize("how", ["revoked", "replaced", "stopped"])
async def test_it_stops(office: Office, sms: Carrier, how: str) -> None:
    """For who was to be found, and for a message that waits already."""
    held, other = await office.add(END), await office.add(END)
    await office.run(sms, day=before(END, 60))
    sms.down = True
    await office.run(sms, day=before(END, 30))
    assert (await office.rows(held))[-1] == (30, "sms", "waiting", "outage")
    sms.down = False
    if how == "replaced":
        await office.add(END + timedelta(days=365), replaces=held.id, subscriber=held.subscriber_id, phone="")
    elif how == "stopped":
        assert await opt_out(office.services, held.subscriber_id)
    else:
        await office.change(held, how)
    for left in (29, 14, 0):
        await office.run(sms, day=before(END, left))
    assert await office.rows(held) == [(60, "sms", "sent", None), (30, "sms", "dropped", how)]
    assert [row[0] for row in await office.rows(other)] == [60, 30, 14, 0]


@pytest.mark.parametrize("resumed", [True, False])
async def test_who_is_suspended_hears_nothing_for_as_long(
    office: Office, sms: Carrier, resumed: bool
) -> None:
    """What waits goes out if it is resumed in time; rungs whose day passed meanwhile are gone."""
    held = await office.add(END)
    sms.down = True
    await office.run(sms, day=before(END, 30))
    sms.down = False
    await office.change(held, "suspended")
    for left in (29, 28):
        assert (await office.run(sms, day=before(END, left))).counts == {"again": 1}
    assert await office.rows(held) == [(30, "sms", "waiting", "suspended")]
    if resumed:
        await office.change(held, "valid")
        await office.run(sms, day=before(END, 20))
        assert await office.rows(held) == [(30, "sms", "sent", None)]
    else:
        await office.run(sms, day=before(END, 14))
        await office.run(sms, day=before(END, 13))
        await office.change(held, "valid")
        await office.run(sms, day=before(END, 12))
        assert await office.rows(held) == [(30, "sms", "failed", "late")]
        await office.run(sms, day=before(END, 7))
        assert (await office.rows(held))[-1] == (7, "sms", "sent", None)


async def test_a_renewal_that_came_to_nothing_stops_nothing(office: Office, sms: Carrier) -> None:
    held = await office.add(END)
    next_ = await office.add(
        END + timedelta(days=365), replaces=held.id, subscriber=held.subscriber_id, phone=""
    )
    await office.change(next_, "revoked", "cessationOfOperation")
    await office.run(sms, day=before(END, 30))
    assert [row[0] for row in await office.rows(held)] == [30]


async def test_a_renewed_certificate_points_to_the_next_one(office: Office, sms: Carrier) -> None:
    """The old one is silent although it is still valid; the new one has a ladder of its own."""
    held = await office.add(END)
    new = END + timedelta(days=365)
    next_ = await office.add(
        new, replaces=held.id, subscriber=held.subscriber_id, phone="", issued=before(END, 20)
    )
    sms.down = True
    await office.run(sms, day=before(END, 14))
    assert await office.rows(held) == []
    sms.down = False
    await office.run(sms, day=before(new, 30))
    assert [row[:3] for row in await office.rows(next_)] == [(30, "sms", "sent")]
    found = await office.delivery(next(iter(sms.taken)))
    assert (found.serial, found.replaced_by) == (next_.serial, None)


async def test_an_outage_costs_no_tries(office: Office, sms: Carrier) -> None:
    held = await office.add(END)
    sms.down = True
    for hour in range(20):
        office.clock.set(before(END, 30), hour)
        report = await remind(office.services, settings(sms))
        assert report.down == {"sms": "outage"}
    assert await office.rows(held) == [(30, "sms", "waiting", "outage")]
    sms.down = False
    assert (await office.run(sms, day=before(END, 29))).counts["sent"] == 1


async def test_a_message_that_waited_too_long_is_overtaken(office: Office, sms: Carrier) -> None:
    held = await office.add(END)
    sms.down = True
    await office.run(sms, day=before(END, 7))
    await office.run(sms, day=before(END, 3))
    sms.down = False
    await office.run(sms, day=before(END, 3))
    assert await office.rows(held) == [(7, "sms", "dropped", "overtaken"), (3, "sms", "sent", None)]


async def test_a_message_that_waited_for_weeks_is_given_up(office: Office, sms: Carrier) -> None:
    held = await office.add(END)
    sms.down = True
    await office.run(sms, day=before(END, 90))
    sms.down = False
    await office.run(sms, day=before(END, 75))
    assert (await office.rows(held))[0] == (90, "sms", "failed", "late")
    assert sms.taken == {}


async def test_backoff_and_giving_up(office: Office, sms: Carrier) -> None:
    held = await office.add(END)
    sms.judge = lambda message: Outcome("again", "busy")
    waits = office.services.policy.reminder_retry_minutes
    office.clock.set(before(END, 60))
    assert (await remind(office.services, settings(sms))).counts["again"] == 1
    for wait in waits:
        office.clock.forward(minutes=wait - 1)
        assert (await remind(office.services, settings(sms))).counts == {}
        office.clock.forward(minutes=1)
        last = await remind(office.services, settings(sms))
    assert last.counts == {"failed": 1, "sent": 1}, "given up, and on the list of calls at once"
    assert await office.rows(held) == [(60, "call", "sent", None), (60, "sms", "failed", "busy")]


async def test_what_is_refused_for_good_is_tried_once(office: Office, sms: Carrier, mail: Carrier) -> None:
    held = await office.add(END, email="a@example.com")
    sms.judge = lambda message: Outcome("never", "number")
    await office.run(sms, mail, day=before(END, 30))
    assert await office.rows(held) == [(30, "email", "sent", None), (30, "sms", "failed", "number")]
    mail.judge = lambda message: Outcome("never", "smtp.550")
    await office.run(sms, mail, day=before(END, 14))
    assert [row[:3] for row in await office.rows(held) if row[0] == 14] == [
        (14, "call", "sent"), (14, "email", "failed"), (14, "sms", "failed"),
    ]  # fmt: skip


async def test_no_phone_and_no_way_is_on_record(office: Office, sms: Carrier) -> None:
    held = await office.add(END, phone="", email="a@example.com")
    none = await office.add(END, phone="")
    await office.run(sms, day=before(END, 30))
    assert await office.rows(held) == [(30, "email", "failed", "no_channel")]
    assert await office.rows(none) == []


async def test_a_channel_that_was_taken_away(office: Office, mail: Carrier) -> None:
    held = await office.add(END, email="a@example.com")
    mail.down = True
    await office.run(mail, day=before(END, 30))
    await office.run(day=before(END, 29))
    assert await office.rows(held) == [(30, "call", "sent", None), (30, "email", "failed", "no_channel")]


@pytest.mark.parametrize("abroad", [True, False])
async def test_a_number_of_another_country(office: Office, sms: Carrier, abroad: bool) -> None:
    held = await office.add(END, phone="+12025550123")
    await office.run(sms, day=before(END, 30), abroad=abroad)
    assert [row[1] for row in await office.rows(held)] == ["sms" if abroad else "call"]
    assert [message.to for message in sms.texts.values()] == ["+12025550123"] * abroad


async def test_one_job_at_a_time(office: Office, sms: Carrier) -> None:
    await office.add(END)
    office.clock.set(before(END, 30))
    with working_on(office.services.state.locks, LOCK), pytest.raises(KioskError, match=r"remind\.busy"):
        await remind(office.services, settings(sms))
    jobs = [remind(office.services, settings(sms)) for _ in range(5)]
    done = await asyncio.gather(*jobs, return_exceptions=True)
    assert sum(isinstance(each, KioskError) for each in done) == 4
    assert list(sms.taken.values()) == [1]


@pytest.mark.parametrize("taken", [False, True])
async def test_a_job_that_dies_with_a_page_in_its_hands(office: Office, sms: Carrier, taken: bool) -> None:
    helds = await office.add_all([(END, f"0102345{n:04}", "") for n in range(120)])
    office.clock.set(before(END, 30))
    left = 60

    def kill() -> bool:
        nonlocal left
        left -= 1
        return left == int(taken)

    sms.kill = kill
    with pytest.raises(Killed):
        await remind(office.services, settings(sms))
    await remind(office.services, settings(sms))
    assert len(sms.taken) == len(helds)
    assert {row for held in helds for row in await office.rows(held)} == {(30, "sms", "sent", None)}


async def test_what_is_due_is_what_goes_out(office: Office, sms: Carrier, mail: Carrier) -> None:
    for left in range(-3, 95):
        await office.add(START + timedelta(days=left), email="a@example.com" if left % 2 else "")
    due = await office.services.in_registry(lambda: list(find(office.services, {"sms", "email"})))
    report = await office.run(sms, mail)
    assert report.counts["sent"] == report.queued == len(due) > 50
    assert await office.services.in_registry(lambda: list(find(office.services, {"sms", "email"}))) == []


async def test_what_a_message_says(office: Office, sms: Carrier, mail: Carrier) -> None:
    await office.add(END, email="a@example.com")
    english = await office.add(END, phone="", email="b@example.com", language="en")
    for left in (60, 30, 0, -1):
        await office.run(sms, mail, day=before(END, left))
    texts = [message.text for message in sms.texts.values()]
    day = f"{END.year}년 {END.month}월 {END.day}일"
    assert all(text.startswith("[연습] Certkiosk입니다. 홍○동 님의 범용 개인 인증서는") for text in texts)
    assert all("02-123-4567" in text and "그만 받기" in text for text in texts)
    assert [day in text for text in texts] == [True] * 4
    assert "60일 남았습니다" in texts[0]
    opens = before(END, 30)
    assert f"{opens.year}년 {opens.month}월 {opens.day}일부터 갱신할 수 있습니다" in texts[0]
    assert "지금 오시면 갱신" in texts[1]
    assert "오늘" in texts[2]
    assert "기간이 끝났습니다" in texts[3]
    assert "새로 발급" in texts[3]
    assert not any("홍길동" in text for text in texts)
    assert max(map(len, texts)) <= 201, "three parts of 67"
    mails = [message for message in mail.texts.values() if message.to == "b@example.com"]
    assert mails[1].subject == "Your certificate ends in 30 days"
    code = (await office.delivery(mails[0].id)).code
    assert all(code in message.text for message in mails)
    assert english.serial == (await office.delivery(mails[0].id)).serial


async def test_the_log_says_what_was_done_and_about_nobody(office: Office, sms: Carrier) -> None:
    held = await office.add(END)
    await office.run(sms, day=before(END, 30))
    rows = await office.services.in_registry(lambda: list(office.services.registry.audit_rows()))
    actions = [(row.action, row.facts) for row in rows if row.action.startswith("reminders.")]
    assert actions == [
        ("reminders.queued", '{"count":1,"rung":30}'), ("reminders.sent", '{"channel":"sms","sent":1}'),
    ]  # fmt: skip
    assert held.serial not in str(rows)
    assert office.clock.now().tzinfo is KST
