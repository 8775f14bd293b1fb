"""The slip as a model: its facts come from what was issued, it names nobody in full and holds no secret."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.clock import Clock
from kiosk.errors import KioskError
from kiosk.lifecycle.application import Application
from kiosk.lifecycle.issue import Issuing
from kiosk.lifecycle.outcome import Outcome
from kiosk.pki.profiles import load_profiles
from kiosk.receipt import STARS, Slip, masked, slip_of, slip_of_number
from kiosk.secret import Secret
from kiosk.services import Services
from tests.conftest import ID_NUMBER, PASSWORD, PHONE, TODAY
from tests.printing.conftest import SLIP, UNFINISHED, slip
from tests.screens.stage import speaking


@pytest.fixture
async def services(state: Path) -> AsyncIterator[Services]:
    async with await Services.open(state, clock=Clock(TODAY)) as services:
        yield services


async def issue(services: Services, medium: Path, stop: str = "", name: str = "홍길동") -> Outcome:
    def progress(reached: str) -> None:
        if reached == stop:
            raise KioskError("medium.gone")

    application = Application(
        profile=load_profiles()["personal-general"], name=name, id_number=Secret(ID_NUMBER),
        phone="01023456789", password=Secret(PASSWORD), method="phone",
    )  # fmt: skip
    return await Issuing(services, progress=progress).issue(application, medium)


async def test_of_what_was_just_issued_and_once_more(services: Services, medium: Path) -> None:
    services.state.about_center.write_text('help_number = "02-123-4567"')
    outcome = await issue(services, medium)
    first = slip_of(outcome, services)
    held = first.certificate
    assert held is not None
    assert (str(held.first_day), str(held.last_day)) == ("2026-11-22", "2027-11-22")
    assert str(held.renewal_opens) == "2027-10-23"
    assert (held.name, held.serial, held.status) == ("홍*동", outcome.serial, "valid")
    assert (first.center, first.practice, first.help_number) == ("Certkiosk", True, "02-123-4567")
    assert first.anchor == outcome.anchor == await services.anchor()
    # Staff print the same again, by either number.
    for number in (outcome.serial, outcome.request.code):
        assert await slip_of_number(services, number) == first
    for part in first.parts():
        for secret in (ID_NUMBER, PASSWORD, PHONE, "01023456789", "홍길동"):
            assert secret not in part.value


async def test_of_a_request_that_can_be_resumed(services: Services, medium: Path) -> None:
    with pytest.raises(KioskError) as caught:
        await issue(services, medium, stop="written")
    code = caught.value.request
    assert code is not None
    # There is a certificate, but nobody has proved it: it is good for nothing yet.
    made = await slip_of_number(services, code)
    assert (made.certificate, made.request) == (None, code)
    assert made.resumable_until == TODAY + timedelta(hours=24)
    await issue(services, medium)
    assert (await slip_of_number(services, code)).certificate is not None


async def test_of_a_certificate_that_is_over(state: Path, medium: Path) -> None:
    async with await Services.open(state, clock=Clock(TODAY)) as services:
        outcome = await issue(services, medium)
    async with await Services.open(state, clock=Clock(TODAY + timedelta(days=400))) as later:
        made = await slip_of_number(later, outcome.serial)
    assert made.certificate is not None
    assert made.certificate.status == "expired"
    with speaking("ko"):
        forms = {part.form for part in made.parts()}
        assert not forms & {"big", "code"}  # no day in big type that is past
        assert any("기간 지남" in part.value for part in made.parts() if part.form == "warning")


@pytest.mark.parametrize("number", ["abcd2345", "5f3a9c0d1e2b44c7"])
async def test_numbers_that_nobody_gave(services: Services, number: str) -> None:
    with pytest.raises(KioskError) as caught:
        await slip_of_number(services, number)
    assert caught.value.id == "certificate.unknown"


async def test_a_wrong_center_file_costs_the_number_only(services: Services, medium: Path) -> None:
    services.state.about_center.write_text('help_number = "\x1b[31m"')
    made = slip_of(await issue(services, medium), services)
    assert made.help_number == ""
    assert all(part.value for part in made.parts())


@pytest.mark.parametrize(
    ("name", "profile", "said"),
    [
        ("홍길동", "personal-general", "홍*동"),
        ("이산", "personal-general", "이*"),
        ("김", "personal-general", "김*"),
        ("", "personal-general", "*"),
        ("남궁길동", "personal-general", "남**동"),
        ("홍길동", "no longer offered", "홍*동"),
        ("가나다라마바사아자차카타파하가나다라마바사", "personal-general", "가*****사"),
        ("서울상사", "business-general", "서울상사"),
        ("JOHN SMITH", "personal-general", "J*****H"),
    ],
)
def test_masked(name: str, profile: str, said: str) -> None:
    assert masked(name, profile) == said


@given(st.text(max_size=40))
def test_a_mask_shows_two_letters_at_most(name: str) -> None:
    said = masked(name, "personal-general")
    assert len(said.replace("*", "", STARS)) <= 2
    assert len(said) <= STARS + 2


# -- as a text file


def lines(made: Slip) -> list[str]:
    data = made.as_text()
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.endswith(b"\r\n")
    assert b"\n" not in data.replace(b"\r\n", b"")
    return data.decode("utf-8-sig").split("\r\n")


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_text_has_all_of_it(language: str) -> None:
    with speaking(language):
        for made in (SLIP, UNFINISHED):
            whole = "\n".join(lines(made))
            for part in made.parts():
                assert part.form == "code" or part.value in whole
                assert part.form == "code" or part.word in whole


def test_what_is_said_stands_aligned() -> None:
    with speaking("ko"):
        # The record's mark is copied from here, so it stands on one line.
        assert any(re.fullmatch(r"기록번호 +1234:(0123456789abcdef){4}", line) for line in lines(SLIP))
        rows = [
            line for line in lines(SLIP) if line.startswith(("이름 ", "종류 ", "일련번호 ", "도움 전화 "))
        ]
        assert len(rows) == 4
        wide = [sum(2 if ord(char) > 0x1100 else 1 for char in re.match(r"(.*?  +)", row)[1]) for row in rows]  # type: ignore[index]
        assert set(wide) == {14}


def test_hostile_names_are_text() -> None:
    made = slip(name="\x1b[31m\r\nX: y\u202e", serial="\x07", profile="[/b]")
    found = "\n".join(lines(made))
    assert not set(found) & set("\x1b\x07\u202e\r")
    assert "<U+001B>[31m<U+000D><U+000A>X: y<U+202E>" in found


def test_a_recognised_profile_has_no_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    assert any(part.form == "note" for part in SLIP.parts())
    monkeypatch.setattr("kiosk.receipt._recognised", lambda profile: True)
    assert not any(part.form == "note" for part in SLIP.parts())
