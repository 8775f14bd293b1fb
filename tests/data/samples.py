"""Rows to put into a registry; `n` makes them differ."""

import hashlib
from dataclasses import fields, replace

from data.records import AuditRow, Certificate, Request, Subscriber, WholeCertificate
from data.registry import Registry

AT = "2026-11-22T01:23:45.678Z"
ORDER = ("opened", "identified", "key_made", "staged", "submitted", "issued", "written", "proved", "done")


def at(second: int) -> str:
    return f"2026-11-22T{second // 3600 % 24:02}:{second // 60 % 60:02}:{second % 60:02}.000Z"


def digest(n: int) -> bytes:
    return hashlib.sha256(b"%d" % n).digest()


def add_subscriber(registry: Registry, n: int = 1) -> Subscriber:
    return registry.subscriber(digest(n)) or registry.add_subscriber(digest(n), AT)


def new_request(subscriber_id: int, n: int = 1, **changes: object) -> Request:
    request = Request(
        code=f"code{n}", act="issue", subscriber_id=subscriber_id, profile="personal-general", opened_at=at(n)
    )
    return replace(request, **changes)  # type: ignore[arg-type]


def add_request(registry: Registry, n: int = 1, **changes: object) -> Request:
    """A request of subscriber `n`, in the state it is told, with the columns that this state needs."""
    needed: dict[str, object] = {
        "identity_method": "phone", "identity_level": "verified", "identified_at": AT,
        "public_key_hash": digest(n), "vid": digest(n), "medium": "8:1 2",
    }  # fmt: skip
    return registry.add_request(new_request(add_subscriber(registry, n).id, n, **(needed | changes)))


def new_certificate(request: Request, n: int = 1, **changes: object) -> WholeCertificate:
    certificate = WholeCertificate(
        serial=digest(n).hex()[:16].lstrip("0"), subscriber_id=request.subscriber_id, request_id=request.id,
        profile=request.profile, name=f"사람{n}", common_name=f"사람{n}()20261122{n}", der=b"der%d" % n,
        not_before=AT, not_after=f"{2027 + n // 365:04}-{n // 28 % 12 + 1:02}-{n % 28 + 1:02}T14:59:59.000Z",
        created_at=AT,
    )  # fmt: skip
    return replace(certificate, **changes)  # type: ignore[arg-type]


def add_certificate(registry: Registry, n: int = 1, **changes: object) -> WholeCertificate:
    """A certificate with its own subscriber and request."""
    request = add_request(registry, n, state="submitted")
    held = registry.add_certificate(new_certificate(request, n, **changes))
    registry.change_request(request.id, expect="submitted", state="done", at=AT, certificate_id=held.id)
    return held


def as_listed(held: WholeCertificate) -> Certificate:
    """The certificate as lists have it: without what was signed."""
    return Certificate(**{field.name: getattr(held, field.name) for field in fields(Certificate)})


def audit_row(seq: int, at: str = AT) -> AuditRow:
    return AuditRow(
        seq=seq, at=at, action="test", request=None, certificate=None, facts="{}", prev=digest(seq - 1),
        hash=digest(seq), signature=digest(seq) * 2,
    )  # fmt: skip
