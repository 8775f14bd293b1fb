"""The file for calendars and the text for codes, read by programs that are not ours."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import segno
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from kiosk.reminders.ics import OCTETS, _folded, calendar, event_text, uid

SERIAL = "5f3a9c0d1e2b44c7a8d96e10f2b3c4d5e6f70819"
MADE = datetime(2026, 11, 21, 15, tzinfo=UTC)
DAY = date(2027, 11, 22)


def made(**changes: object) -> bytes:
    facts = {"serial": SERIAL, "last_day": DAY, "made": MADE, "language": "ko"} | changes
    return calendar(**facts)  # type: ignore[arg-type]


def read(data: bytes) -> Calendar:
    found = Calendar.from_ical(data)
    assert found["VERSION"] == "2.0"
    assert str(found["PRODID"])
    return found


@pytest.mark.parametrize("language", ["ko", "en"])
@settings(max_examples=25, deadline=None)
@given(day=st.dates(date(2026, 1, 1), date(2099, 12, 30)))
def test_a_whole_day_with_its_alarms(language: str, day: date) -> None:
    """On the Korean last day, and at nine in the morning 30, 14, 7 and 1 days before it."""
    [event] = read(made(last_day=day, language=language)).walk("VEVENT")
    assert (event.decoded("DTSTART"), event.decoded("DTEND")) == (day, day + timedelta(days=1))
    assert event.decoded("DTSTAMP") == MADE
    assert not event.errors
    begins = datetime.combine(day, time())  # a floating day: midnight wherever the calendar is
    rings = [begins + alarm.decoded("TRIGGER") for alarm in event.walk("VALARM")]
    assert [((begins - ring.replace(hour=0)).days, ring.hour) for ring in rings] == [
        (30, 9), (14, 9), (7, 9), (1, 9),
    ]  # fmt: skip
    assert all(alarm["ACTION"] == "DISPLAY" and alarm["DESCRIPTION"] for alarm in event.walk("VALARM"))


def test_the_words_come_out_as_they_went_in() -> None:
    data = made(renewal_opens=date(2027, 10, 23), help_number="02-123-4567; 직원, \\ 창구" + "가" * 60)
    [event] = read(data).walk("VEVENT")
    assert event["SUMMARY"] == "인증서를 쓸 수 있는 마지막 날"
    assert event["DESCRIPTION"] == (
        "2027년 10월 23일부터 갱신할 수 있습니다.\n도움 전화 02-123-4567; 직원, \\ 창구" + "가" * 60
    )
    assert "Practice" in str(read(made(practice=True, language="en")).walk("VEVENT")[0]["SUMMARY"])


def test_lines_are_short_and_end_as_they_should() -> None:
    data = made(help_number="나" * 100, renewal_opens=DAY)
    assert data.endswith(b"END:VCALENDAR\r\n")
    lines = data.split(b"\r\n")
    assert b"\n" not in b"".join(lines)
    assert max(map(len, lines)) in range(OCTETS - 3, OCTETS + 1)
    for line in lines:
        line.decode()  # no character is broken


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=300))
def test_folding_takes_nothing_away(line: str) -> None:
    folded = _folded(line)
    assert folded.replace("\r\n ", "") == line
    assert all(len(piece.encode()) <= OCTETS for piece in folded.split("\r\n"))


def test_hostile_values_are_no_lines_of_their_own() -> None:
    data = made(help_number="02\r\nATTENDEE:mailto:x@y\nEND:VEVENT\x1b]0;x\x07\u202e")
    [event] = read(data).walk("VEVENT")
    assert "ATTENDEE" not in event
    assert "<U+000D><U+000A>ATTENDEE" in event["DESCRIPTION"]


def test_the_same_certificate_is_the_same_event_and_nobody_is_named() -> None:
    one, again, other = made(), made(last_day=date(2028, 2, 28)), made(serial="5f3a")
    [first, second, third] = [str(read(data).walk("VEVENT")[0]["UID"]) for data in (one, again, other)]
    assert first == second == uid(SERIAL) != third
    assert SERIAL[:8] not in one.decode()
    assert one == made()


@settings(max_examples=25, deadline=None)
@given(st.dates(date(2026, 1, 1), date(2099, 12, 31)))
def test_a_phone_reads_the_day_from_the_text(day: date) -> None:
    text = event_text(day, "마지막 날; 인증서")
    [event] = Calendar.from_ical(f"BEGIN:VCALENDAR\r\n{text}\r\nEND:VCALENDAR\r\n").walk("VEVENT")
    assert event["SUMMARY"] == "마지막 날; 인증서"
    assert event["DTSTART"].to_ical() == f"{day:%Y%m%d}".encode()
    # The one for screens fits a code of version 3, and an independent reader gets it back.
    code = segno.make(event_text(day), error="l", micro=False)
    assert code.version == 3
    rows = [[0 if dark else 255 for dark in row] for row in code.matrix_iter(scale=4, border=4)]
    picture = memoryview(b"".join(map(bytes, rows))).cast("B", (len(rows), len(rows[0])))
    assert [found.text for found in zxingcpp.read_barcodes(picture)] == [event_text(day)]
