"""Issue many certificates in one process: `python -m tests.cli.many STATE MEDIA FIRST LAST`.

Each is for another person and goes onto a directory of its own below MEDIA. The subscribers' keys are made
beforehand: what is looked at here is the registry. Prints the serials, one a line.
"""

import asyncio
import itertools
import sys
from pathlib import Path

from kiosk.clock import Clock
from kiosk.lifecycle.application import Application
from kiosk.lifecycle.issue import Issuing
from kiosk.lifecycle.keys import make_rsa_key
from kiosk.pki.profiles import load_profiles
from kiosk.secret import Secret
from kiosk.services import Services
from tests.conftest import PASSWORD, TODAY


async def issue(state: Path, media: Path, numbers: range) -> None:
    """Issue for the persons of these numbers."""
    pool = itertools.cycle([make_rsa_key() for _ in range(4)])
    async with await Services.open(state, clock=Clock(TODAY)) as services:
        issuing = Issuing(services, make_key=lambda: next(pool))
        for number in numbers:
            application = Application(
                profile=load_profiles()["personal-general"], name="홍길동", phone=f"0107{number:07}",
                id_number=Secret(f"900101{1_000_000 + number}"), password=Secret(PASSWORD), method="phone",
            )  # fmt: skip
            medium = media / str(number)
            medium.mkdir()
            outcome = await issuing.issue(application, medium)
            print(outcome.serial, flush=True)


if __name__ == "__main__":
    asyncio.run(issue(Path(sys.argv[1]), Path(sys.argv[2]), range(int(sys.argv[3]), int(sys.argv[4]))))
