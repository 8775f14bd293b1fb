"""People who come to one state, one after the other, with sticks."""

import itertools
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from data.records import Request, WholeCertificate
from data.registry import Registry
from kiosk.clock import KST, Clock
from kiosk.errors import KioskError
from kiosk.lifecycle.application import Application, Renewal
from kiosk.lifecycle.issue import Issuing
from kiosk.lifecycle.outcome import Outcome
from kiosk.lifecycle.reissue import Reissuing
from kiosk.lifecycle.renew import Renewing
from kiosk.pki.profiles import load_profiles
from kiosk.secret import Secret
from kiosk.services import Services
from tests.conftest import ID_NUMBER, PASSWORD

WHOLE = ["signCert.der", "signPri.key"]
NEW_PASSWORD = "Moon4*river-stone"


class Desk:
    """One person after the other at one state; what is expensive is shared."""

    def __init__(self, state: Path, services: Services, keys: list[rsa.RSAPrivateKey]) -> None:
        self.state = state
        self.services = services
        self.made = 0
        self.reached: list[str] = []
        self._keys = itertools.cycle(keys)

    def _make_key(self) -> rsa.RSAPrivateKey:
        self.made += 1
        return next(self._keys)

    async def issue(
        self, medium: Path, when: str = "", act: Callable[[], object] = lambda: None, **changes: object
    ) -> Outcome:
        """Issue, and do `act` when the request reaches the state `when`."""
        issuing = Issuing(self.services, progress=self._progress(when, act), make_key=self._make_key)
        return await issuing.issue(self.application(**changes), medium)

    async def renew(
        self, medium: Path, when: str = "", act: Callable[[], object] = lambda: None,
        serial: str | None = None, **changes: object,
    ) -> Outcome:  # fmt: skip
        """Renew, with the old password kept."""
        usual = Renewal(id_number=Secret(ID_NUMBER), password=Secret(PASSWORD))
        renewing = Renewing(self.services, progress=self._progress(when, act), make_key=self._make_key)
        return await renewing.renew(replace(usual, **changes), medium, serial)  # type: ignore[arg-type]

    async def reissue(
        self, medium: Path, when: str = "", act: Callable[[], object] = lambda: None,
        serial: str | None = None, *, lost: bool = False, **changes: object,
    ) -> Outcome:  # fmt: skip
        """Reissue, with another password."""
        reissuing = Reissuing(self.services, progress=self._progress(when, act), make_key=self._make_key)
        application = self.application(**{"password": Secret(NEW_PASSWORD)} | changes)
        return await reissuing.reissue(application, medium, serial, lost=lost)

    def application(self, **changes: object) -> Application:
        """The usual answers, some of them changed."""
        usual = Application(
            profile=load_profiles()["personal-general"], name="홍길동", id_number=Secret(ID_NUMBER),
            phone="01023456789", password=Secret(PASSWORD), method="phone",
        )  # fmt: skip
        return replace(usual, **changes)  # type: ignore[arg-type]

    def _progress(self, when: str, act: Callable[[], object]) -> Callable[[str], None]:
        self.reached = []

        def progress(state: str) -> None:
            self.reached.append(state)
            if state == when:
                act()

        return progress

    def at(self, moment: datetime | str) -> None:
        """Set the clock; text is Korean time."""
        if isinstance(moment, str):
            moment = datetime.fromisoformat(moment).replace(tzinfo=KST)
        self.services.clock = Clock(moment)

    async def change(self, serial: str, status: str, reason: str | None = None) -> None:
        """Have the registry say something else of a certificate, as other services would."""

        def work() -> None:
            registry = self.services.registry
            held = registry.certificate(serial=serial)
            assert held is not None
            with registry.transaction():
                registry.change_certificate(
                    held.id, expect=held.status, status=status, at=self.services.now(), reason=reason
                )

        await self.services.in_registry(work)

    async def refused(self, medium: Path, id_: str, *arguments: object, **changes: object) -> KioskError:
        return await raised(id_, self.issue(medium, *arguments, **changes))  # type: ignore[arg-type]

    def rows(self) -> tuple[list[Request], list[WholeCertificate]]:
        return rows_of(self.state)

    def actions(self) -> list[str]:
        registry = Registry.open(self.state / "registry.db")
        try:
            return [line.action for line in registry.audit_rows()]
        finally:
            registry.close()


def sets(medium: Path) -> list[str]:
    return sorted(path.name for path in medium.glob("NPKI/*/USER/*/*"))


def break_off() -> None:
    raise KioskError("medium.gone")


async def raised(id_: str, work: Awaitable[object]) -> KioskError:
    """Await `work`, which must be refused as `id_`; give the error."""
    with pytest.raises(KioskError) as caught:
        await work
    assert caught.value.id == id_
    return caught.value


def rows_of(state: Path) -> tuple[list[Request], list[WholeCertificate]]:
    """Every request and certificate of a state, read by another connection."""
    registry = Registry.open(state / "registry.db")
    try:
        held = [registry.certificate(id=one.id) for one in registry.find_certificates(limit=1000)]
        found = (registry.request(id=number) for number in range(1, 50))
        return [request for request in found if request], [one for one in held if one]
    finally:
        registry.close()
