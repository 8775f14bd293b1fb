"""A person looks at a certificate at the real kiosk: reads its story, deletes it, has it stopped and resumed."""

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import TODAY, Ran
from tests.lifecycle import sets
from tests.screens.journey import NAMES, PROFILES
from tests.screens.terminal import at_kiosk, restored, squeezed
from tests.screens.test_kept_journeys import SIZES, Visit
from tests.screens.test_lost_kiosk import chooses_the_only_one, fills, types_code

MASKED = {"ko": "홍*동", "en": "H*** ******g"}
DELETE = {"ko": (("tkr", "삭"), ("tkrwp", "삭제")), "en": (("dele", "dele"), ("delete", "delete"))}
"""Another word, and the one that agrees to it: what is typed, and what comes of it."""
REVOKE = {"ko": (("vP", "폐"), ("wl", "폐지")), "en": (("revo", "revo"), ("ke", "revoke"))}
"""A part of the word, and the rest of it: what is typed, and what stands there then."""


class Looking(Visit):
    """Look, and what can be done from there."""

    def looks(self, verdict: str, **facts: int) -> None:
        """From the idle screen to the only certificate that is here, and what is said of it."""
        self.begins()
        self._chooses(self.says("flow.look"))
        self.person.sees(self.says(f"verdict.{verdict}", **facts))

    def goes_to(self, flow: str) -> None:
        """Choose what is offered."""
        self._chooses(self.says(f"flow.{flow}"))

    def consents(self, typed: str, word: str) -> None:
        """Read all pages, until the key that acts is offered; then type into the field, and press it."""
        while self.says("agree.delete.key") not in self.bar:
            before = self.person.lines
            self.person.presses("PgDn")
            self.person.until(lambda before=before: self.person.lines != before, "the next page")
            self.person.rests()
        assert "┌" in self.person.text, (
            "the key is offered as soon as the last page is shown, with the field on it"
        )
        self.person.types(typed)
        in_field = re.compile(rf"│ {word} +\S+ *│")
        self.person.until(lambda: in_field.search(self.person.text), word)
        self.person.presses("Enter")

    def reads(self) -> str:
        """Turn all pages until the first one is there again; what stood on them."""
        pages = [self.person.rests()]
        while self.says("key.more") in self.bar:
            self.person.presses("PgDn")
            self.person.until(lambda: self.person.lines[:-1] != pages[-1][:-1], "the next page")
            page = self.person.rests()
            if page[:-1] == pages[0][:-1]:
                break
            pages.append(page)
        return squeezed("".join("\n".join(page[:-1]) for page in pages))


@pytest.fixture
def issued(
    kiosk: Callable[..., Ran], state: Path, medium: Path, write_answers: Callable[..., Path]
) -> Callable[[str], str]:
    """Issue one onto the stick, to somebody who reads that language; its serial."""

    def issue(language: str) -> str:
        answers = write_answers(name=NAMES[language][1])
        ran = kiosk("issue", "--state", state, "--answers", answers, "--medium", medium, "--json")
        return str(ran.json()["serial"])

    return issue


@contextmanager
def looking(
    state: Path, medium: Path, language: str, size: str, verdict: str = "ours", days: int = 365
) -> Iterator[Looking]:
    """One visit, from the idle screen to the end of the program."""
    words = ("--state", state, "--medium", medium, "--at", TODAY.isoformat())
    with at_kiosk(*words, size=SIZES[size], KIOSK_LANG=language) as person:
        visit = Looking(person, language)
        visit.looks(verdict, days=days)
        yield visit
        visit.at("idle")
        person.presses("F12")
        assert person.ends() == 0
        assert restored(person)


def verified(kiosk: Callable[..., Ran], state: Path, certificate: Path) -> str:
    """What openssl says of the certificate, with the list that `kiosk crl` writes now."""
    where = state.parent
    assert kiosk("ca", "--state", state, "--out", where / "chain.pem").status == 0
    assert kiosk("crl", "--state", state, "--out", where / "crl.der").status == 0
    subprocess.run(
        ["openssl", "crl", "-inform", "DER", "-in", where / "crl.der", "-out", where / "crl.pem"], check=True
    )
    done = subprocess.run(
        ["openssl", "verify", "-CAfile", where / "chain.pem", "-crl_check", "-CRLfile", where / "crl.pem",
         "-attime", str(int(TODAY.timestamp()) + 60), certificate],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


@pytest.mark.parametrize(("language", "size"), [("ko", "base"), ("en", "zoom")])
def test_a_person_looks_and_reads_what_happened(
    state: Path, medium: Path, kiosk: Callable[..., Ran], issued: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch, language: str, size: str,
) -> None:  # fmt: skip
    serial, name = issued(language), NAMES[language][1]
    before = sets.tree(medium)
    monkeypatch.setenv("KIOSK_LANG", language)
    told = kiosk("history", serial, "--state", state).out
    with looking(state, medium, language, size) as visit:
        story = visit.reads()
        for words in (
            PROFILES[language], MASKED[language], visit.says("list.until", year=2027, month=11, day=22),
            visit.says("look.status.registry", status=visit.says("status.valid")),
            visit.says("look.password.at", year=2026, month=11, day=22),
        ):  # fmt: skip
            assert squeezed(words) in story
        visit.goes_to("history")
        visit.at("history")
        visit.person.sees(serial)
        story = visit.reads()
        lines = [line for line in told.splitlines() if line.strip() and name not in line]
        assert len(lines) > 5
        for line in [*lines, MASKED[language], serial]:
            assert squeezed(line) in story
        assert squeezed(name) not in story
        visit.person.presses("Esc")
        visit.person.sees(visit.says("verdict.ours", days=365))
        visit.person.presses("Esc")
        visit.at("menu")
        visit.person.presses("Esc")
    assert sets.tree(medium) == before


@pytest.mark.parametrize(("language", "size"), [("ko", "base"), ("en", "zoom")])
def test_a_person_deletes_a_certificate(
    state: Path, medium: Path, kiosk: Callable[..., Ran], issued: Callable[[str], str], language: str, size: str
) -> None:  # fmt: skip
    """Only the word that stands there agrees to it; what is deleted is not revoked."""
    serial = issued(language)
    (medium / "letter.txt").write_text("theirs")
    before = sets.tree(medium)
    [certificate] = medium.rglob("signCert.der")
    kept = state.parent / "kept.der"
    kept.write_bytes(certificate.read_bytes())
    other, word = DELETE[language]
    with looking(state, medium, language, size) as visit:
        visit.goes_to("delete")
        visit.person.sees(visit.says("agree.delete.question"))
        visit.consents(*other)
        visit.person.sees(visit.says("consent.other"))
        assert sets.tree(medium) == before
        visit.consents(*word)
        visit.person.sees(visit.says("kept.delete.question"))
        visit.person.sees(visit.says("kept.delete.next"))
        visit.person.sees(visit.says("proof.remove"))
        visit.person.does(visit.says("key.end"))
    assert list(medium.rglob("sign*")) == []
    theirs = {path: data for path, data in before.items() if not path.startswith("NPKI")}
    assert "letter.txt" in theirs
    assert theirs.items() <= sets.tree(medium).items()
    said = kiosk("status", serial, "--state", state, "--json").json()
    assert (said["status"], said["reason"]) == ("valid", None)
    assert verified(kiosk, state, kept).endswith("kept.der: OK\n")


def test_a_person_has_a_certificate_stopped(
    state: Path, medium: Path, kiosk: Callable[..., Ran], issued: Callable[[str], str]
) -> None:
    serial = issued("ko")
    [certificate] = medium.rglob("signCert.der")
    with looking(state, medium, "ko", "base") as visit:
        visit.goes_to("status")
        visit.at("person")
        fills(visit)
        visit.at("identity")
        types_code(visit)
        visit.at("mine")
        chooses_the_only_one(visit)
        visit.at("what")
        visit.person.chooses(visit.says("what.suspend"))
        visit.person.sees(visit.says("sure.suspend.question"))
        assert verified(kiosk, state, certificate).endswith("signCert.der: OK\n")
        visit.person.does(visit.says("key.suspend"))
        visit.person.sees(visit.says("stopped.suspended"))
        visit.person.does(visit.says("key.end"))
    said = kiosk("status", serial, "--state", state, "--json").json()
    assert (said["status"], said["reason"]) == ("suspended", "certificateHold")
    assert "certificate revoked" in verified(kiosk, state, certificate)


@pytest.mark.parametrize(("language", "size"), [("ko", "base"), ("en", "zoom")])
def test_a_person_has_it_revoked(
    state: Path, medium: Path, kiosk: Callable[..., Ran], issued: Callable[[str], str], language: str, size: str
) -> None:  # fmt: skip
    """Only the word that stands there does it; then it stands on the list for good."""
    serial = issued(language)
    [certificate] = medium.rglob("signCert.der")
    with looking(state, medium, language, size) as visit:
        visit.goes_to("status")
        visit.at("person")
        fills(visit)
        visit.at("identity")
        types_code(visit)
        visit.at("mine")
        chooses_the_only_one(visit)
        visit.at("what")
        visit.person.chooses(visit.says("what.revoke"))
        visit.person.sees(visit.says("sure.revoke.question"))
        for typed, shown in REVOKE[language]:
            assert verified(kiosk, state, certificate).endswith("signCert.der: OK\n")
            visit.person.types(typed)
            in_field = re.compile(rf"│ {shown} +\S+ *│")
            visit.person.until(lambda in_field=in_field: in_field.search(visit.person.text), shown)
            visit.person.presses("Enter")
            visit.person.rests()
        visit.person.sees(visit.says("stopped.revoked"))
        visit.person.does(visit.says("key.end"))
    said = kiosk("status", serial, "--state", state, "--json").json()
    assert (said["status"], said["reason"]) == ("revoked", "cessationOfOperation")
    assert "certificate revoked" in verified(kiosk, state, certificate)


def test_a_person_has_it_resumed(
    state: Path, medium: Path, kiosk: Callable[..., Ran], issued: Callable[[str], str]
) -> None:
    """It was suspended, and so says the list; staff look at a document, and openssl accepts it again."""
    serial = issued("en")
    [certificate] = medium.rglob("signCert.der")
    assert kiosk("suspend", serial, "--state", state).status == 0
    assert "certificate revoked" in verified(kiosk, state, certificate)
    with looking(state, medium, "en", "zoom", "suspended", 181) as visit:
        visit.goes_to("resume")
        visit.at("person")
        fills(visit, phone=False)
        visit.at("attended")
        visit.person.chooses(visit.says("document.residentCard"))
        visit.person.sees(visit.says("attended.code.question"))
        types_code(visit)
        visit.at("mine")
        chooses_the_only_one(visit)
        visit.person.sees(visit.says("sure.resume.question"))
        visit.person.does(visit.says("key.resume"))
        visit.person.sees(visit.says("stopped.valid"))
        visit.person.does(visit.says("key.end"))
    said = kiosk("status", serial, "--state", state, "--json").json()
    assert (said["status"], said["reason"]) == ("valid", None)
    assert verified(kiosk, state, certificate).endswith("signCert.der: OK\n")
