"""A person takes a certificate out of the real kiosk as a PFX file and brings one in; outside programs look."""

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pypinksign
import pytest

from tests.cli.test_pfx import by_openssl
from tests.conftest import PASSWORD, TODAY, Ran
from tests.lifecycle import sets
from tests.lifecycle.test_pfx import certificate
from tests.screens.journey import NAMES
from tests.screens.terminal import at_kiosk, restored
from tests.screens.test_kept_journeys import SIZES, opened
from tests.screens.test_look_journeys import Looking

MESSAGE = b"signed with what came out of the file"
PAIRS = pytest.mark.parametrize(("language", "size"), [("ko", "base"), ("en", "zoom")])
RANDOM = re.compile(r"1\.2\.410\.200004\.10\.1\.1\.3: ([0-9A-F ]+)")


@pytest.fixture
def other(tmp_path: Path) -> Path:
    path = tmp_path / "SANDISK"
    path.mkdir()
    return path


@contextmanager
def visiting(state: Path, media: tuple[Path, ...], language: str, size: str) -> Iterator[Looking]:
    """One visit, to its last screen and the end of the program."""
    words = [word for medium in media for word in ("--medium", medium)]
    with at_kiosk(
        "--state", state, *words, "--at", TODAY.isoformat(), size=SIZES[size], KIOSK_LANG=language
    ) as person:
        visit = Looking(person, language)
        yield visit
        person.sees(visit.says("proof.remove"))
        visit.ends()
        person.presses("F12")
        assert person.ends() == 0
        assert restored(person)


def issued(kiosk: Callable[..., Ran], state: Path, medium: Path, answers: Path) -> Path:
    """Issue one onto the stick; the directory of its files."""
    ran = kiosk("issue", "--state", state, "--answers", answers, "--medium", medium, "--json")
    return Path(ran.json()["path"])


def seen_by_openssl(file: Path, password: str) -> tuple[bytes, bytes]:
    """The certificate and the random number that `openssl pkcs12` finds; the key belongs to the certificate."""

    def openssl(*words: object, given: bytes = b"") -> bytes:
        return subprocess.run(
            ["openssl", *map(str, words)], input=given, capture_output=True, check=True
        ).stdout

    shown = openssl("pkcs12", "-in", file, "-passin", f"pass:{password}", "-nodes")
    assert openssl("pkey", "-pubout", given=shown) == openssl("x509", "-pubkey", "-noout", given=shown)
    [random] = RANDOM.findall(shown.decode("latin-1"))
    return openssl("x509", "-outform", "DER", given=shown), bytes.fromhex(random)


@PAIRS
def test_a_person_takes_a_file_along(
    state: Path, medium: Path, other: Path, kiosk: Callable[..., Ran], write_answers: Callable[..., Path],
    language: str, size: str,
) -> None:  # fmt: skip
    name = NAMES[language][1]
    place = issued(kiosk, state, medium, write_answers(name=name))
    before = sets.tree(medium)
    with visiting(state, (medium, other), language, size) as visit:
        visit.looks("ours", days=365)
        visit.goes_to("export")
        visit.at("unlock")
        visit.types_password("Wrong7!" + PASSWORD)
        visit.person.sees("M23")
        visit.types_password(PASSWORD)
        visit.at("pfx_to")
        visit.person.chooses(other.name)
        visit.at("pfx_confirm")
        assert sets.tree(other) == {}
        visit.person.does(visit.says("key.pfx"))
        visit.at("pfx_done")
    [file] = other.iterdir()
    assert (file.suffix, sets.tree(medium)) == (".pfx", before)
    pin = opened(place, PASSWORD)
    random = pin._rand_num.asOctets()
    assert seen_by_openssl(file, PASSWORD) == ((place / "signCert.der").read_bytes(), random)
    from_file = pypinksign.PinkSign(p12_data=file.read_bytes(), prikey_password=PASSWORD.encode())
    assert pin.verify(from_file.sign(MESSAGE), MESSAGE)
    wrong = ("openssl", "pkcs12", "-in", file, "-noout", "-passin", "pass:other")
    assert b"invalid password" in subprocess.run(wrong, capture_output=True, check=False).stderr


def imports(visit: Looking, file: str, password: str, medium: str) -> None:
    """From the idle screen to the last one."""
    visit.begins()
    visit.goes_to("import")
    visit.at("pfx_file")
    visit.person.chooses(file)
    visit.at("pfx_password")
    visit.types_password("Wrong7!" + password)
    visit.person.sees("X02")
    visit.types_password(password)
    visit.person.sees(visit.says("step.pfx_to.question.import"))
    visit.person.chooses(medium)
    visit.person.sees(visit.says("step.pfx_confirm.question.import"))
    visit.person.does(visit.says("key.pfx.import"))
    visit.person.sees(visit.says("step.pfx_done.question.import"))


def test_a_person_brings_a_file_made_here(
    state: Path, medium: Path, other: Path, kiosk: Callable[..., Ran], write_answers: Callable[..., Path],
    tmp_path: Path,
) -> None:  # fmt: skip
    """What `kiosk export` wrote comes back whole, with the same random number R."""
    place = issued(kiosk, state, medium, write_answers())
    (tmp_path / "word").write_text(PASSWORD)
    drive = tmp_path / "DRIVE"
    drive.mkdir()
    words = ("--medium", medium, "--password-file", tmp_path / "word", "--pfx", drive / "mine.pfx")
    assert kiosk("export", *words, "--state", state).status == 0
    with visiting(state, (drive, other), "en", "zoom") as visit:
        imports(visit, "mine.pfx", PASSWORD, other.name)
    there, pin = opened(other / place.relative_to(medium), PASSWORD), opened(place, PASSWORD)
    assert pin.verify(there.sign(MESSAGE), MESSAGE)
    assert there._rand_num.asOctets() == pin._rand_num.asOctets()
    [found] = kiosk("scan", other, "--state", state, "--json").json()
    assert (found["status"], found["problem"]) == ("valid", None)


def test_a_person_brings_a_file_made_by_openssl(
    state: Path, medium: Path, other: Path, tmp_path: Path
) -> None:
    """openssl drops R, and the person is told."""
    (tmp_path / "word").write_text(PASSWORD)
    by_openssl(tmp_path / "theirs.p12", tmp_path / "word")
    (medium / "theirs.p12").write_bytes((tmp_path / "theirs.p12").read_bytes())
    with visiting(state, (medium, other), "ko", "base") as visit:
        imports(visit, "theirs.p12", PASSWORD, other.name)
        visit.person.sees(visit.says("pfx.without_random"))
    [written] = other.rglob("signCert.der")
    pin = opened(written.parent, PASSWORD)
    assert pin.verify(pin.sign(MESSAGE), MESSAGE)
    assert written.read_bytes() == certificate()
    assert [path.name for path in medium.iterdir()] == ["theirs.p12"]
