"""A person comes to the real kiosk on a real terminal, and leaves with a certificate that outside programs open."""

from collections.abc import Callable
from pathlib import Path

import pypinksign
import pytest

from tests.conftest import TODAY, Ran
from tests.screens.journey import NAMES, PASSWORD, Journey
from tests.screens.terminal import at_kiosk, restored

SIZES = {"base": (72, 18), "zoom": (36, 9)}
MESSAGE = b"signed with what the kiosk wrote"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_person_gets_a_certificate(
    state: Path, medium: Path, kiosk: Callable[..., Ran], language: str, size: str
) -> None:
    with at_kiosk(
        "--state", state, "--medium", medium, "--at", TODAY.isoformat(), size=SIZES[size], KIOSK_LANG=language
    ) as person:
        journey = Journey(person, language)
        journey.to_proof(medium.name)
        person.sees(journey.says("proof.until", year=2027, month=11, day=22))
        journey.ends()
        person.presses("F12")
        assert person.ends() == 0
        assert restored(person)

    assert sorted(path.name for path in medium.iterdir()) == ["NPKI", "인증서 안내"]
    [certificate] = medium.rglob("signCert.der")
    pin = pypinksign.PinkSign(pubkey_data=certificate.read_bytes())
    pin.load_prikey(
        prikey_data=certificate.with_name("signPri.key").read_bytes(), prikey_password=PASSWORD.encode()
    )
    assert pin.verify(pin.sign(MESSAGE), MESSAGE)
    assert pin.cn().startswith(f"{NAMES[language][1]}()20261122")
    assert len(pin._rand_num.asOctets()) == 20
    [found] = kiosk("scan", medium, "--state", state, "--json").json()
    assert (found["status"], found["problem"], found["days_left"]) == ("valid", None, 365)


def test_it_opens_with_nothing_there(tmp_path: Path) -> None:
    """No state, no stick, no configuration: what `make kiosk` meets on a new machine."""
    home = tmp_path / "home"
    home.mkdir()
    with at_kiosk("--practice", HOME=str(home)) as person:
        journey = Journey(person)
        journey.to_password("practice-stick")
        person.presses("F12")
        assert person.ends() == 0
    [stick] = home.rglob("practice-stick")
    assert (stick.stat().st_mode & 0o777, list(stick.iterdir())) == (0o700, [])
    [marker] = home.rglob("state.toml")
    assert marker.parent.parent == stick.parent


def test_what_was_answered_is_gone_at_the_next_visit(state: Path, medium: Path) -> None:
    """Another person, another language, other details: nothing of the first visit shows in the second."""
    with at_kiosk("--state", state, "--medium", medium, "--at", TODAY.isoformat()) as person:
        first = Journey(person, "en")
        Journey(person, "ko").at("idle")
        person.presses("F2")
        first.to_password(medium.name)
        second = Journey(person, "ko")
        while not person.shows(second.says("step.idle.question")):
            before = person.text
            person.presses("Esc")
            person.until(lambda before=before: person.text != before, "the step before")
        second.to_details()
        assert not person.shows("Gildong")
        assert not person.shows("900101")
