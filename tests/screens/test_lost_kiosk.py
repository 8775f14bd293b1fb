"""Somebody comes to the real kiosk with a phone and no medium, and has a certificate stopped; staff resume it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import TODAY, Ran
from tests.screens.journey import CODE, ID_NUMBER, NAMES, PHONE, PROFILES, Journey
from tests.screens.terminal import at_kiosk, restored
from tests.screens.test_kiosk import SIZES


def fills(journey: Journey, *, phone: bool = True) -> None:
    usual, shown = NAMES[journey.language]
    answers = [("details.name.personal", usual, shown), ("person.number", ID_NUMBER, ID_NUMBER)]
    if phone:
        answers.append(("details.phone", PHONE, PHONE))
    for label, typed, seen in answers:
        journey.person.sees(journey.says(label))
        journey.person.types(typed)
        journey.person.sees(seen)
        journey.person.presses("Enter")


def types_code(journey: Journey) -> None:
    journey.person.until(lambda: CODE.search(journey.person.text), "the code")
    found = CODE.search(journey.person.text)
    assert found is not None
    journey.person.types(found[0])
    journey.person.presses("Enter")


def chooses_the_only_one(journey: Journey) -> None:
    """Its name may be broken anywhere."""
    journey.person.sees("1" + PROFILES[journey.language].split()[0])
    journey.person.presses("1")


@pytest.mark.parametrize(("language", "size"), [("ko", "base"), ("en", "zoom")])
def test_stopped_and_resumed(
    state: Path, medium: Path, kiosk: Callable[..., Ran], write_answers: Callable[..., Path], language: str, size: str
) -> None:  # fmt: skip
    ran = kiosk("issue", "--state", state, "--answers", write_answers(), "--medium", medium, "--json")
    serial = ran.json()["serial"]

    def status() -> str:
        return str(kiosk("status", serial, "--state", state, "--json").json()["status"])

    words = ("--state", state, "--at", TODAY.isoformat())
    with at_kiosk(*words, size=SIZES[size], KIOSK_LANG=language) as person:
        journey = Journey(person, language)
        journey.at("idle")
        person.does(journey.says("key.lost"))
        journey.at("lost")
        person.chooses(journey.says("lost.stop"))
        journey.at("person")
        fills(journey)
        journey.at("identity")
        types_code(journey)
        journey.at("mine")
        chooses_the_only_one(journey)
        journey.at("what")
        person.chooses(journey.says("what.suspend"))
        person.sees(journey.says("sure.suspend.question"))
        assert status() == "valid"
        person.does(journey.says("key.suspend"))
        person.sees(journey.says("stopped.suspended"))
        assert status() == "suspended"
        journey.ends()

        journey.begins()
        person.chooses(journey.says("flow.resume"))
        journey.at("person")
        fills(journey, phone=False)
        journey.at("attended")
        person.chooses(journey.says("document.residentCard"))
        person.sees(journey.says("attended.code.question"))
        types_code(journey)
        journey.at("mine")
        chooses_the_only_one(journey)
        person.sees(journey.says("sure.resume.question"))
        person.does(journey.says("key.resume"))
        person.sees(journey.says("stopped.valid"))
        assert status() == "valid"
        journey.ends()
        person.presses("F12")
        assert person.ends() == 0
        assert restored(person)
    history = kiosk("history", serial, "--state", state).out
    assert "Suspended. (known by phone)" in history
    assert "Made good again. (staff saw the resident card)" in history
