"""The revocation list: made anew from the registry, numbered, kept and audited."""

from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.serialization import Encoding

from data.records import CrlEntry
from kiosk.clock import stamp, unstamp
from kiosk.lifecycle.standing import FORGOTTEN, forgotten_since
from kiosk.services import Services


@dataclass(frozen=True)
class RevocationList:
    """A signed CRL and what it says of itself."""

    der: bytes
    number: int
    this_update: datetime
    next_update: datetime
    entries: int


async def make_list(services: Services) -> RevocationList:
    """Sign the next CRL. Revoked certificates are on it, suspended ones and those not proved yet on hold.

    Its number is one more than the last's, in the same transaction, whatever other processes do. Raises
    `request.clock`, `authority.*`, `registry.*`.
    """

    def work() -> RevocationList:
        with services.step() as registry:
            services.require_clock()
            last = registry.last_crl()
            number = last.number + 1 if last else 1
            listed = registry.crl_entries(last.this_update if last else None)
            entries = [_entry(services, entry) for entry in listed]
            signed = services.authority.revocation_list(
                number, services.clock.now(), services.policy.crl_days, entries
            )
            der = signed.public_bytes(Encoding.DER)
            following = signed.next_update_utc or signed.last_update_utc
            registry.add_crl(number, services.now(), stamp(following), der, len(entries))
            services.audit.append("crl.made", number=number, entries=len(entries))
            return RevocationList(der, number, signed.last_update_utc, following, len(entries))

    return await services.in_registry(work)


def _entry(services: Services, entry: CrlEntry) -> tuple[str, datetime, str]:
    """Say what the list says: what was suspended for too long is revoked, whether a job wrote it down or not."""
    since = forgotten_since(entry.status, entry.status_at, services.clock.now(), services.policy)
    if since is not None:
        return entry.serial, since, FORGOTTEN
    return entry.serial, unstamp(entry.status_at), entry.reason or "unspecified"
