"""Looking at a medium: what is ours, what is not, and what can be done with it."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from data.records import Certificate
from kiosk.clock import Clock, stamp
from kiosk.config import load_policy
from kiosk.lifecycle.fit import RULES, unfit
from kiosk.lifecycle.look import Looked, Seen, judge_unregistered, look
from kiosk.media.scan import scan
from kiosk.services import Services
from tests.cli.conftest import Issue, issue, subscriber_keys  # noqa: F401 - fixtures
from tests.conftest import TODAY
from tests.screens.sets import GENERAL, NEXT_YEAR, OVER, SOON, foreign, put_set

POLICY = load_policy()
HELD = Certificate(
    serial="1000", subscriber_id=1, request_id=1, profile="personal-general", name="홍길동", common_name="홍길동()1",
    not_before=stamp(TODAY), not_after=stamp(NEXT_YEAR), status="valid", status_at=stamp(TODAY),
    created_at=stamp(TODAY),
)  # fmt: skip


def seen(medium: Path, at: datetime = TODAY) -> Seen:
    [one] = judge_unregistered(scan(medium), Clock(at), POLICY).seen
    return one


def ours(medium: Path, der: bytes, status: str = "valid", reason: str | None = None) -> Seen:
    """What stands on the medium, as if the registry had it."""
    from kiosk.lifecycle.look import _seen

    put_set(medium, der)
    [found] = scan(medium).found
    return _seen(found, replace(HELD, status=status, reason=reason), Clock(TODAY), POLICY)


def test_ours_and_a_foreign_one(issue: Issue, state: Path, medium: Path) -> None:  # noqa: F811
    assert issue().status == 0
    put_set(medium, foreign("김복순()0004041"))

    async def work() -> Looked:
        async with await Services.open(state, clock=Clock(TODAY)) as services:
            return await look(services, medium)

    looked = asyncio.run(work())
    by_name = {each.name: each for each in looked.seen}
    own, other = by_name["홍길동"], by_name["김복순"]
    assert (own.kind, own.standing.status, own.standing.days_left) == ("personal-general", "valid", 365)
    assert own.held is not None
    assert (other.kind, other.standing.status, other.held) == (GENERAL, "unknown", None)
    assert unfit("history", own, Clock(TODAY), POLICY) is None
    assert unfit("history", other, Clock(TODAY), POLICY) is not None


def test_what_cannot_be_read(medium: Path) -> None:
    put_set(medium, b"rubbish")
    one = seen(medium)
    assert (one.name, one.kind, one.standing.status, one.standing.next_action) == (
        "",
        None,
        "unreadable",
        "none",
    )
    for flow in RULES:
        reason = unfit(flow, one, Clock(TODAY), POLICY)
        assert (reason is None) == (flow == "delete"), "what is broken can be thrown away, and nothing else"


def test_on_what_can_only_be_read_nothing_is_changed(medium: Path) -> None:
    put_set(medium, foreign("김복순()1"))
    one = seen(medium)
    for flow in (*RULES, "issue", "look"):
        plain = unfit(flow, one, Clock(TODAY), POLICY)
        expected = "only_read" if flow in {"renew", "password", "delete"} else plain and plain.id
        reason = unfit(flow, one, Clock(TODAY), POLICY, only_read=True)
        assert (reason and reason.id) == expected, flow
    assert unfit("copy", one, Clock(TODAY), POLICY, only_read=True) is None


@pytest.mark.parametrize("flow", ["password", "copy", "backup"])
def test_without_a_key_there_is_nothing_to_open(medium: Path, flow: str) -> None:
    put_set(medium, foreign("김복순()1"), key=None)
    reason = unfit(flow, seen(medium), Clock(TODAY), POLICY)
    assert reason is not None
    assert reason.id == "key_missing"


@pytest.mark.parametrize(
    ("ends", "status", "reason"),
    [
        (SOON, "valid", None), (SOON, "suspended", "suspended"), (SOON, "revoked", "revoked"),
        (SOON, "unproved", "unproved"), (OVER, "valid", "expired"), (NEXT_YEAR, "valid", "early"),
    ],
)  # fmt: skip
def test_what_can_be_renewed(medium: Path, ends: datetime, status: str, reason: str | None) -> None:
    found = unfit("renew", ours(medium, foreign("김복순()1", ends=ends), status), Clock(TODAY), POLICY)
    assert (found and found.id) == reason
    if reason == "early":
        opens = NEXT_YEAR - timedelta(days=30)
        assert found is not None
        assert found.facts == {"year": opens.year, "month": opens.month, "day": opens.day}


@pytest.mark.parametrize(("reason", "said"), [("superseded", "replaced"), ("keyCompromise", "revoked")])
def test_what_was_replaced_is_neither_renewed_nor_stopped(medium: Path, reason: str, said: str) -> None:
    one = ours(medium, foreign("홍길동()1", ends=SOON), "revoked", reason)
    for flow in ("renew", "status", "resume"):
        problem = unfit(flow, one, Clock(TODAY), POLICY)
        assert problem is not None
        assert problem.id == said
    assert unfit("delete", one, Clock(TODAY), POLICY) is None


def test_what_was_suspended_to_its_end_is_over(medium: Path) -> None:
    one = ours(medium, foreign("홍길동()1", ends=OVER), "suspended", "certificateHold")
    for flow in ("renew", "status", "resume"):
        problem = unfit(flow, one, Clock(TODAY), POLICY)
        assert problem is not None
        assert problem.id == "expired"


def test_of_another_authority_nothing_is_renewed(medium: Path) -> None:
    put_set(medium, foreign("김복순()1", ends=SOON))
    reason = unfit("renew", seen(medium), Clock(TODAY), POLICY)
    assert reason is not None
    assert reason.id == "foreign"
