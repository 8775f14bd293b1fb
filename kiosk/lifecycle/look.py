"""Looking at a medium: every certificate on it, our row of it, and how it stands. No secret is needed."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from data.records import Certificate
from kiosk import log
from kiosk.authority.certificates import serial_hex
from kiosk.clock import Clock, unstamp
from kiosk.config import Policy
from kiosk.errors import KioskError
from kiosk.lifecycle.repair import repair
from kiosk.lifecycle.standing import Standing, person_name, policy_oid, standing
from kiosk.media.scan import Found, ScanResult, scan, scan_token
from kiosk.media.token_uri import TokenUri
from kiosk.services import Services

BOUNDS = ("entries:", "bytes:", "time:")
"""How what was skipped begins, where it was too much."""
UNREADABLE = Standing("unreadable", 0, "none")
"""How something stands that should be a certificate."""


@dataclass(frozen=True)
class Seen:
    """One certificate on a medium, judged at one moment."""

    found: Found
    held: Certificate | None
    """Its row in the registry: the very same certificate, not just its serial. None for one of other authorities."""
    standing: Standing

    @property
    def name(self) -> str:
        """The holder's name, whole, as other people's files have it; empty when it cannot be read."""
        return person_name(self.found.certificate) if self.found.certificate else ""

    @property
    def kind(self) -> str | None:
        """The id of our profile, or the policy OID of a foreign certificate; None when it has none."""
        if self.held is not None:
            return self.held.profile
        return policy_oid(self.found.certificate) if self.found.certificate else None


@dataclass(frozen=True)
class Published:
    """The newest revocation list: what everybody else goes by."""

    number: int
    made: datetime


@dataclass(frozen=True)
class Looked:
    """What a look at a medium gave; `skipped` is what was not looked at, as `ScanResult` has it."""

    seen: tuple[Seen, ...]
    skipped: tuple[str, ...]
    published: Published | None = None
    pfx: tuple[Path, ...] = ()
    """PFX files in the root: what they hold, nobody sees without a password."""

    @property
    def partly(self) -> bool:
        """Whether there was more than is looked at, so that there may be certificates that are not told of."""
        return any(each.startswith(BOUNDS) for each in self.skipped)


async def look(services: Services, target: Path | TokenUri) -> Looked:
    """Look at the medium `target`: a directory, or a token. What was cut short on it is put right before.

    Raises what `scan` and `scan_token` do.
    """
    if isinstance(target, TokenUri):
        return await judge(services, await asyncio.to_thread(scan_token, services.tokens, target))
    try:
        await repair(services, target)
    except KioskError as error:  # what there is can be looked at all the same
        log.event("repair.failed", error=error.code)
    return await judge(services, await asyncio.to_thread(scan, target))


async def judge(services: Services, result: ScanResult) -> Looked:
    """Say of everything that a scan found how it stands."""

    def ask() -> tuple[dict[Path | str, Certificate], Published | None]:
        made = services.registry.crl_made()
        return _held(services, result), Published(made[0], unstamp(made[1])) if made else None

    held, published = await services.in_registry(ask)
    return replace(_judged(result, held, services.clock, services.policy), published=published)


def judge_unregistered(result: ScanResult, clock: Clock, policy: Policy) -> Looked:
    """Say how everything stands as far as dates tell, where there is no registry."""
    return _judged(result, {}, clock, policy)


def _judged(
    result: ScanResult, held: Mapping[Path | str, Certificate], clock: Clock, policy: Policy
) -> Looked:
    return Looked(
        tuple(_seen(found, held.get(found.path), clock, policy) for found in result.found), result.skipped,
        pfx=result.pfx,
    )  # fmt: skip


def _held(services: Services, result: ScanResult) -> dict[Path | str, Certificate]:
    """Find our rows of what was found. In the registry's thread only."""
    held: dict[Path | str, Certificate] = {}
    for found in result.found:
        if found.certificate is not None:
            row = services.registry.certificate(serial=serial_hex(found.certificate.serial_number))
            if row is not None and row.der == found.certificate_der:
                held[found.path] = row
    return held


def _seen(found: Found, held: Certificate | None, clock: Clock, policy: Policy) -> Seen:
    certificate = found.certificate
    if certificate is None:
        return Seen(found, None, UNREADABLE)
    stands = standing(certificate.not_valid_before_utc, certificate.not_valid_after_utc, held, clock, policy)
    return Seen(found, held, stands)
