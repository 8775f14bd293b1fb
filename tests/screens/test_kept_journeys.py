"""A person comes to the real kiosk with a certificate, changes its password, copies it; outside programs look."""

import filecmp
from pathlib import Path

import pypinksign
import pytest

from tests.conftest import TODAY
from tests.lifecycle import sets
from tests.screens.journey import Journey
from tests.screens.terminal import Person, at_kiosk, restored

SIZES = {"base": (72, 18), "zoom": (36, 9)}
NEW = "Moon4*river-stone"


class Visit(Journey):
    """One of somebody who has a certificate."""

    def to_which(self, flow: str) -> None:
        """Choose what to do, and the only certificate that is here."""
        self.begins()
        self._chooses(self.says(f"flow.{flow}"))
        self.at("which")
        self.person.sees("홍*동")
        self.person.presses("1")

    def _chooses(self, name: str) -> None:
        for _ in range(8):
            if name in self.person.text:
                break
            before = self.person.text
            self.person.presses("PgDn")
            self.person.until(lambda before=before: self.person.text != before, "the next page")
        self.person.chooses(name)

    def types_password(self, password: str) -> None:
        """Type the one that it has."""
        self.person.types(password)
        self.person.sees("*" * 8)
        self.person.presses("Enter")

    def agrees(self, flow: str) -> None:
        """Read all pages, then press what acts."""
        self.person.sees(self.says(f"agree.{flow}.question"))
        act = self.says(f"agree.{flow}.key")
        for _ in range(6):
            self.person.until(lambda: self.bar.strip(), "the keys")
            if act in self.bar:
                break
            before = self.person.text
            self.person.presses("PgDn")
            self.person.until(lambda before=before: self.person.text != before, "the next page")
        self.person.does(act)


def _leaves(person: Person, visit: Visit) -> None:
    visit.person.sees(visit.says("proof.remove"))
    visit.ends()
    person.presses("F12")
    assert person.ends() == 0
    assert restored(person)


def opened(place: Path, password: str) -> pypinksign.PinkSign:
    pin = pypinksign.PinkSign(pubkey_data=(place / "signCert.der").read_bytes())
    pin.load_prikey(prikey_data=(place / "signPri.key").read_bytes(), prikey_password=password.encode())
    return pin


@pytest.mark.parametrize(("language", "size"), [("ko", "base"), ("en", "zoom")])
def test_a_person_changes_a_password(state: Path, medium: Path, language: str, size: str) -> None:
    place = sets.put(medium, sets.files(whole=True))
    words = ("--state", state, "--medium", medium, "--at", TODAY.isoformat())
    with at_kiosk(*words, size=SIZES[size], KIOSK_LANG=language) as person:
        visit = Visit(person, language)
        visit.to_which("password")
        visit.at("unlock")
        visit.types_password("wrong-password")
        person.sees("M23")
        visit.types_password(sets.OLD_PASSWORD)
        visit.at("new_password")
        for label in ("step.new_password.question", "password.again"):
            person.sees(visit.says(label))
            person.types(NEW)
            person.sees("*" * len(NEW))
            person.presses("Enter")
        visit.agrees("password")
        person.sees(visit.says("kept.password.question"))
        _leaves(person, visit)
    pin = opened(place, NEW)
    assert pin.verify(pin.sign(b"message"), b"message")
    assert pin._rand_num.asOctets() == sets.R
    with pytest.raises(ValueError, match=r".+"):
        opened(place, sets.OLD_PASSWORD)
    assert [path.name for path in medium.iterdir()] == ["NPKI"]


@pytest.mark.parametrize(("language", "size"), [("ko", "zoom"), ("en", "base")])
def test_a_person_copies_a_certificate(
    state: Path, medium: Path, tmp_path: Path, language: str, size: str
) -> None:
    place = sets.put(medium, sets.files(whole=True))
    other = tmp_path / "SANDISK"
    other.mkdir()
    words = ("--state", state, "--medium", medium, "--medium", other, "--at", TODAY.isoformat())
    with at_kiosk(*words, size=SIZES[size], KIOSK_LANG=language) as person:
        visit = Visit(person, language)
        visit.to_which("copy")
        visit.at("target")
        person.chooses(other.name)
        visit.at("unlock")
        visit.types_password(sets.OLD_PASSWORD)
        visit.agrees("copy")
        person.sees(visit.says("kept.copy.question"))
        person.presses("1")
        _leaves(person, visit)
    there = other / place.relative_to(medium)
    assert filecmp.cmpfiles(place, there, list(sets.read(place)), shallow=False)[1:] == ([], [])
    assert sorted(sets.read(there)) == sorted(sets.read(place))
    assert opened(there, sets.OLD_PASSWORD)
