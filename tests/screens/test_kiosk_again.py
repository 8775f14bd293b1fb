"""A person comes back to the real kiosk with their stick, and leaves with a certificate in place of the old one."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pypinksign
import pytest

from tests.conftest import PASSWORD, TODAY, Ran
from tests.screens.journey import CODE, ID_NUMBER, NAMES, PHONE, PROFILES, Journey
from tests.screens.terminal import at_kiosk, restored

SIZES = {"base": (72, 18), "zoom": (36, 9)}
NEW_PASSWORD = "Moon4*river-stone"
LATER = TODAY + timedelta(days=350)


class Return(Journey):
    """The visit of somebody who has a certificate."""

    def answers(self, *fields: tuple[str, str, str]) -> None:
        """Type into fields, one after the other: the words that ask, what is typed, what is then seen."""
        for words, answer, seen in fields:
            self.person.sees(words)
            self.person.types(answer)
            self.person.sees(seen)
            self.person.presses("Enter")

    def new_password(self) -> None:
        self.answers(*(
            (words, NEW_PASSWORD, "*" * len(NEW_PASSWORD))
            for words in (self.says("keep.question" if self.flow == "renew" else "step.password.question"),
                          self.says("password.again"))
        ))  # fmt: skip

    def act(self, key: str) -> None:
        """Read to the end, then press the key that acts."""
        words, more = self.says(key), self.says("key.more")
        self.person.until(lambda: words in self.bar or more in self.bar, "a key")
        while words not in self.bar:
            before = self.person.text
            self.person.presses("PgDn")
            self.person.until(lambda before=before: self.person.text != before, "the next page")
        self.person.does(words)
        self.person.sees(self.says("step.proof.question"))

    def renews(self) -> None:
        self.flow = "renew"
        self.begins()
        self.person.chooses(self.says("flow.renew"))
        self.at("which")
        self.person.sees(self.says("list.days", days=15))
        self.person.presses("1")
        self.answers(
            (self.says("step.unlock.question"), PASSWORD, "*" * len(PASSWORD)),
            (self.says("step.number.question"), ID_NUMBER, ID_NUMBER),
        )
        self.at("keep")
        self.person.chooses(self.says("keep.new"))
        self.new_password()
        self.person.sees(self.says("confirm.renew.question"))
        self.act("key.renew")

    def reissues(self, medium: str) -> None:
        self.flow = "reissue"
        self.begins()
        self.person.chooses(self.says("flow.reissue"))
        self.at("prepare")
        self.person.does(self.says("key.next"))
        self.at("kind")
        self.person.chooses(PROFILES[self.language])
        self.at("details")
        typed, name = NAMES[self.language]
        self.answers(
            (self.says("details.name.personal"), typed, name),
            (self.says("details.number.personal"), ID_NUMBER, ID_NUMBER),
            (self.says("details.phone"), PHONE, PHONE),
        )
        self.at("identity")
        self.person.until(lambda: CODE.search(self.person.text), "the code")
        found = CODE.search(self.person.text)
        assert found is not None
        self.person.types(found[0])
        self.person.presses("Enter")
        self.at("former")
        self.person.chooses(PROFILES[self.language])
        self.at("why")
        self.person.chooses(self.says("why.forgotten"))
        self.at("medium")
        self.person.chooses(medium)
        self.new_password()
        self.person.sees(self.says("confirm.reissue.question"))
        self.act("key.reissue")


@pytest.mark.parametrize(
    ("act", "language", "size"),
    [("renew", "ko", "base"), ("renew", "en", "zoom"), ("reissue", "ko", "zoom"), ("reissue", "en", "base")],
)
def test_a_person_comes_back(
    act: str, language: str, size: str, state: Path, medium: Path, kiosk: Callable[..., Ran],
    write_answers: Callable[..., Path],
) -> None:  # fmt: skip
    name = NAMES[language][1]
    issue = ("issue", "--state", state, "--answers", write_answers(name=name), "--medium", medium, "--json")
    old = kiosk(*issue).json()["serial"]
    with at_kiosk(
        "--state", state, "--medium", medium, "--at", LATER.isoformat(), size=SIZES[size], KIOSK_LANG=language
    ) as person:
        journey = Return(person, language)
        if act == "renew":
            journey.renews()
        else:
            journey.reissues(medium.name)
        person.sees(journey.says("proof.until", year=2028 if act == "renew" else 2027, month=11, day=22))
        journey.ends()
        person.presses("F12")
        assert person.ends() == 0
        assert restored(person)

    [certificate] = medium.rglob("signCert.der")
    pin = pypinksign.PinkSign(pubkey_data=certificate.read_bytes())
    pin.load_prikey(
        prikey_data=certificate.with_name("signPri.key").read_bytes(), prikey_password=NEW_PASSWORD.encode()
    )
    message = b"signed with what the kiosk wrote"
    assert pin.verify(pin.sign(message), message)
    said = kiosk("status", old, "--state", state, "--json", at=LATER).json()
    assert (said["status"], said["reason"]) == ("revoked", "superseded")
    [found] = kiosk("scan", medium, "--state", state, "--json", at=LATER).json()
    assert (found["status"], found["problem"]) == ("valid", None)
