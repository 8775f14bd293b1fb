"""What is on a stick: our scan against `pypinksign` opening the same sets."""

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

from pypinksign import PinkSign

from kiosk.clock import Clock
from kiosk.config import State, load_policy
from kiosk.lifecycle.issue import Issuing
from kiosk.lifecycle.standing import describe_found
from kiosk.media.scan import scan
from kiosk.services import Services
from tests.bench import measure, people, places
from tests.bench.measure import Fact, Finding, Ratio

TARGET = 1.0


def run(certificates: int = 20, rounds: int = 5) -> Iterator[Finding]:
    """Measure a medium with so many `certificates`, in memory: the reading of a stick is the stick's time."""
    logging.getLogger("pypinksign").setLevel(logging.ERROR)
    with places.directory(in_memory=True) as work:
        medium = work / "stick"
        medium.mkdir()
        sets = asyncio.run(issued(people.practice_state(work / "state"), medium, certificates))
        ours, theirs, certificate_only = measure.in_turn(
            rounds,
            lambda: measure.spent(lambda: _scanned(medium, certificates)),
            lambda: measure.spent(lambda: [_opened(path) for path in sets]),
            lambda: measure.spent(lambda: [_certificate(path) for path in sets]),
        )
        what = f"scan of {certificates} certificates / pypinksign"
        yield Ratio(f"{what} opening them", measure.ratios(ours, theirs), most=TARGET)
        yield Ratio(f"{what} reading no keys", measure.ratios(ours, certificate_only))
        yield Fact("scan", measure.milliseconds(ours))
        yield Fact("pypinksign, opening", measure.milliseconds(theirs))
        yield Fact("pypinksign, certificates only", measure.milliseconds(certificate_only))


async def issued(state: State, medium: Path, count: int) -> list[Path]:
    """Issue to `count` persons; where the sets are."""
    keys = people.keys(count)
    async with await Services.open(state.path) as services:
        issuing = Issuing(services, make_key=lambda: next(keys))
        return [(await issuing.issue(people.application(number), medium)).place for number in range(count)]


def _scanned(medium: Path, count: int) -> None:
    clock, policy = Clock(), load_policy()
    described = [describe_found(found, None, clock, policy) for found in scan(medium).found]
    if [each["problem"] for each in described] != [None] * count:
        raise RuntimeError("the scan did not find all")


def _opened(path: Path) -> None:
    opened = PinkSign(
        pubkey_path=str(path / "signCert.der"), prikey_path=str(path / "signPri.key"),
        prikey_password=people.PASSWORD.encode(),
    )  # fmt: skip
    if opened.prikey is None:
        raise RuntimeError("pypinksign did not open the key")


def _certificate(path: Path) -> None:
    PinkSign(pubkey_path=str(path / "signCert.der"))
