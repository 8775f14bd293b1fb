"""No look-up reads a whole table, however many certificates there are."""

from collections.abc import Callable

import pytest

from data.registry import Registry
from tests.data.samples import AT, add_certificate, add_request, at, audit_row, digest

LOOK_UPS: dict[str, Callable[[Registry], object]] = {
    "subscriber": lambda registry: registry.subscriber(digest(1)),
    "subscriber hash": lambda registry: registry.subscriber_hash(1),
    "request by code": lambda registry: registry.request(code="code1"),
    "request by id": lambda registry: registry.request(id=1),
    "active request": lambda registry: registry.active_request(1, "personal-general"),
    "active requests": lambda registry: registry.active_requests(),
    "active requests before": lambda registry: registry.active_requests(before=AT),
    "request that replaced one": lambda registry: registry.replacing(1),
    "requests that did not": lambda registry: registry.replaced_in_vain(1),
    "certificate by serial": lambda registry: registry.certificate(serial="a1"),
    "certificate by id": lambda registry: registry.certificate(id=1),
    "those of a person": lambda registry: registry.certificates_of(1),
    "all": lambda registry: registry.find_certificates(),
    "all, next page": lambda registry: registry.find_certificates(after_id=1),
    "find": lambda registry: registry.find_certificates(find="abcd"),
    "find, next page": lambda registry: registry.find_certificates(find="abcd", after_id=1),
    "find with status": lambda registry: registry.find_certificates(find="abcd", status="valid", after_id=1),
    "expiring": lambda registry: registry.find_certificates(expiring_before=AT),
    "expiring, next page": lambda registry: registry.find_certificates(expiring_before=AT, after_id=1),
    "status": lambda registry: registry.find_certificates(status="valid"),
    "status and expiring": lambda registry: registry.find_certificates(
        status="valid", expiring_after=at(1), expiring_before=AT, after_id=1
    ),
    "revocation list": lambda registry: list(registry.crl_entries(AT)),
    "first revocation list": lambda registry: list(registry.crl_entries(None)),
    "suspended": lambda registry: registry.suspended(),
    "noted since": lambda registry: registry.noted_since(AT, ("test", "other")),
    "lines about": lambda registry: registry.audit_about(certificate=1, request=1),
    "what replaces": lambda registry: registry.replacing(1),
    "wrong try": lambda registry: registry.last_wrong("staff", b"key", "2026-11-22"),
    "last list": lambda registry: registry.last_crl(),
    "tries": lambda registry: registry.tries("phone", b"key", "2026-11-22"),
    "last line": lambda registry: registry.last_audit(),
    "latest moment": lambda registry: registry.latest_at(),
    "some lines": lambda registry: list(registry.audit_rows(5, 9)),
    "meta": lambda registry: registry.meta("practice"),
}


BY_STATUS = {"status", "status and expiring", "revocation list", "first revocation list"}


@pytest.mark.parametrize("name", LOOK_UPS)
def test_look_ups_use_an_index(registry: Registry, name: str) -> None:
    with registry.transaction():
        add_certificate(registry, 1)
        add_request(registry, 2)
        registry.add_audit(audit_row(1))
    statements: list[str] = []
    registry._connection.set_trace_callback(statements.append)
    LOOK_UPS[name](registry)
    registry._connection.set_trace_callback(None)
    assert statements
    for statement in statements:
        plan = [row[3] for row in registry._connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
        assert plan, statement
        for step in plan:
            # the newest row is the end of a table's own order; nothing else may be scanned
            newest = step in {"SCAN audit", "SCAN crls"} and "DESC LIMIT 1" in statement
            found = step.startswith("SEARCH") and " USING " in step
            assert newest or found or not step.startswith(("SCAN", "SEARCH")), f"{statement}: {plan}"
        if name in BY_STATUS and "not_after" in statement:
            assert "certificates_status (status=? AND not_after" in plan[0], f"{statement}: {plan}"
        if name not in {"find", "find, next page", "find with status"}:
            assert not any("TEMP B-TREE" in step for step in plan), f"{statement}: {plan}"


def test_a_search_by_name_sorts_only_what_serial_and_code_found(registry: Registry) -> None:
    with registry.transaction():
        add_certificate(registry, 1)
    statements: list[str] = []
    registry._connection.set_trace_callback(statements.append)
    registry.find_certificates(find="abcd", status="valid", after_id=1)
    registry._connection.set_trace_callback(None)
    plans = [
        " / ".join(row[3] for row in registry._connection.execute(f"EXPLAIN QUERY PLAN {statement}"))
        for statement in statements
        if "ORDER BY name" in statement
    ]
    few, named = plans
    assert few.startswith("SEARCH certificates USING INTEGER PRIMARY KEY")
    assert "certificates_name" in named
    assert "TEMP B-TREE" not in named


def test_a_scan_would_be_seen(registry: Registry) -> None:
    plan = registry._connection.execute("EXPLAIN QUERY PLAN SELECT * FROM certificates WHERE profile = 'x'")
    assert plan.fetchone()[3].startswith("SCAN")


@pytest.mark.parametrize("name", ["expiring, next page", "status and expiring", "find, next page"])
def test_a_next_page_begins_where_the_last_one_ended(registry: Registry, name: str) -> None:
    """Also in the middle of a thousand of the same day or name: the index finds the place by id too."""
    with registry.transaction():
        add_certificate(registry, 1, name="abcd")
    statements: list[str] = []
    registry._connection.set_trace_callback(statements.append)
    LOOK_UPS[name](registry)
    registry._connection.set_trace_callback(None)
    plans = [
        [row[3] for row in registry._connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
        for statement in statements
    ]
    assert any(step.endswith("AND rowid>?)") for plan in plans for step in plan), plans
