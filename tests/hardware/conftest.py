"""Tokens for tests: SoftHSM2, and in front of it a module that misbehaves on demand (`faults.c`)."""

import os
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from data.records import Request, WholeCertificate
from kiosk.clock import Clock
from kiosk.errors import KioskError
from kiosk.lifecycle.application import Application
from kiosk.lifecycle.issue import Issuing
from kiosk.lifecycle.outcome import Outcome
from kiosk.media import inserted
from kiosk.media.token_uri import TokenUri
from kiosk.media.tokens import Tokens
from kiosk.pki.profiles import load_profiles
from kiosk.secret import Secret
from kiosk.services import Services
from tests.conftest import ID_NUMBER, TODAY
from tests.lifecycle.desk import rows_of
from tests.media.conftest import needs

PIN = "71904826"
SO_PIN = "65318402"
LABEL = "KIOSK"
URI = TokenUri(token=LABEL)
SOFTHSM = [Path("/usr/lib/softhsm/libsofthsm2.so"), *Path("/usr/lib").glob("*/softhsm/libsofthsm2.so")]
SLOW = 60.0
"""Seconds that a call may take where no test is about that: loaded machines are slow."""


@pytest.fixture(scope="session")
def softhsm() -> Path:
    """The path of the real module."""
    found = [path for path in SOFTHSM if path.exists()]
    needs("softhsm2", present=bool(found) and shutil.which("softhsm2-util") is not None)
    return found[0]


@pytest.fixture(scope="session")
def faults(softhsm: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The module that misbehaves, compiled."""
    made = tmp_path_factory.mktemp("faults") / "libfaults.so"
    needs("cc", present=shutil.which("cc") is not None)
    done = subprocess.run(
        ["cc", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", "-I/usr/include/p11-kit-1", "-o", made,
         Path(__file__).with_name("faults.c"), "-ldl"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    needs("libp11-kit-dev", present="p11-kit/pkcs11.h: No such file" not in done.stderr)
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture(scope="session")
def fresh_tokens(softhsm: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What SoftHSM keeps of one token that was set up, to be copied."""
    place = tmp_path_factory.mktemp("softhsm")
    (place / "tokens").mkdir()
    set_up(place, LABEL)
    return place / "tokens"


def set_up(place: Path, label: str) -> None:
    """Make a token in the SoftHSM that lives at `place`."""
    subprocess.run(
        ["softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", SO_PIN, "--pin", PIN],
        env={**os.environ, "SOFTHSM2_CONF": configured(place)}, capture_output=True, check=True,
    )  # fmt: skip


def configured(place: Path) -> str:
    """Write SoftHSM's configuration."""
    conf = place / "softhsm2.conf"
    conf.write_text(
        f"directories.tokendir = {place}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n"
        "slots.removable = true\n"
    )
    return str(conf)


@dataclass(frozen=True)
class Hsm:
    """One test's SoftHSM, and what its module does."""

    place: Path
    faulty: Path
    real: Path

    def plan(self, *words: str) -> None:
        """Misbehave like this from now on; with no words, not at all."""
        part = self.place / "plan.part"
        part.write_text("".join(f"{word}\n" for word in words))
        part.replace(self.place / "plan")

    def calls(self) -> list[str]:
        """The names of all calls so far."""
        path = self.place / "calls"
        return path.read_text().split() if path.exists() else []

    def restart(self) -> None:
        """Count calls from the start again."""
        (self.place / "calls").unlink(missing_ok=True)

    def tool(self, *words: str | Path, label: str = LABEL) -> str:
        """Run OpenSC's pkcs11-tool, logged in, on the real module."""
        needs("pkcs11-tool", present=shutil.which("pkcs11-tool") is not None)
        done = subprocess.run(
            ["pkcs11-tool", "--module", self.real, "--token-label", label, "--login", "--pin", PIN, *words],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def objects(self) -> dict[str, int]:
        """Count what is on the token, as pkcs11-tool sees it."""
        kinds = re.findall(r"^(Certificate|Private Key|Public Key|Data) [Oo]bject", self.tool("-O"), re.M)
        return {kind: kinds.count(kind) for kind in sorted(set(kinds))}


WHOLE = {"Certificate": 1, "Data": 1, "Private Key": 1, "Public Key": 1}


@pytest.fixture
def hsm(
    softhsm: Path, faults: Path, fresh_tokens: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Hsm:
    """A SoftHSM of this test's own, with one token."""
    place = tmp_path / "hsm"
    place.mkdir()
    shutil.copytree(fresh_tokens, place / "tokens")
    monkeypatch.setenv("SOFTHSM2_CONF", configured(place))
    monkeypatch.setenv("FAULTS", str(place))
    monkeypatch.setenv("FAULTS_REAL", str(softhsm))
    return Hsm(place, faults, softhsm)


@pytest.fixture
def make_tokens() -> Iterator[Callable[..., Tokens]]:
    """Open modules; they are closed in the end."""
    made: list[Tokens] = []

    def make(*modules: Path, seconds: float = SLOW) -> Tokens:
        made.append(Tokens(map(str, modules), seconds=seconds, key_seconds=seconds))
        return made[-1]

    yield make
    for tokens in made:
        tokens.close()


class Desk:
    """One state, and people who come with the token."""

    def __init__(self, state: Path, services: Services, hsm: Hsm) -> None:
        self.state = state
        self.services = services
        self.hsm = hsm
        self.reached: list[str] = []

    async def issue(
        self, uri: TokenUri = URI, when: str = "", act: Callable[[], object] = lambda: None,
        **changes: object,
    ) -> Outcome:  # fmt: skip
        """Issue, and do `act` when the request reaches the state `when`, or any when it is `*`."""
        usual = Application(
            profile=load_profiles()["personal-general"], name="홍길동", id_number=Secret(ID_NUMBER),
            phone="01023456789", password=Secret(""), method="phone", pin=Secret(PIN),
        )  # fmt: skip
        self.reached = []

        def progress(state: str) -> None:
            self.reached.append(state)
            if when in {state, "*"}:
                act()

        return await Issuing(self.services, progress=progress).issue(replace(usual, **changes), uri)  # type: ignore[arg-type]

    async def refused(self, id_: str, *arguments: object, **changes: object) -> KioskError:
        with pytest.raises(KioskError) as caught:
            await self.issue(*arguments, **changes)  # type: ignore[arg-type]
        assert caught.value.id == id_
        return caught.value

    def rows(self) -> tuple[list[Request], list[WholeCertificate]]:
        return rows_of(self.state)

    def one_good_certificate(self) -> None:
        """On the token one whole certificate and nothing else; the registry says the same."""
        assert self.hsm.objects() == WHOLE
        requests, held = self.rows()
        assert {request.state for request in requests} <= {"done", "void", "cancelled"}
        good = [each for each in held if each.status == "valid"]
        assert [each.status for each in held if each not in good] == ["revoked"] * (len(held) - 1)
        token = self.services.tokens.find(URI)
        assert [each.der for each in self.services.tokens.certificates(token)] == [good[0].der]


@pytest.fixture
async def desk(state: Path, hsm: Hsm) -> AsyncIterator[Desk]:
    (state / "tokens.toml").write_text(f'modules = ["{hsm.faulty}"]\n')
    async with await Services.open(state, clock=Clock(TODAY)) as services:
        services.policy = replace(services.policy, token_seconds=SLOW)
        yield Desk(state, services, hsm)


@pytest.fixture
def token_kiosk(state: Path, hsm: Hsm, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state that knows the module. One that failed is asked again at once."""
    monkeypatch.setattr(inserted, "REST_SECONDS", 0.0)
    (state / "tokens.toml").write_text(f'modules = ["{hsm.faulty}"]\n')
    return state
