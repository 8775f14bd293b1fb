"""How a certificate stands at each moment, and what is the sensible next act."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from data.records import Certificate, Crl
from kiosk.clock import KST, Clock, stamp
from kiosk.config import load_policy
from kiosk.lifecycle.standing import (
    describe_found,
    describe_record,
    korean,
    of_record,
    person_name,
    policy_oid,
    profile_name,
    standing,
)
from kiosk.media.scan import Found
from tests.conftest import TODAY

FIRST = datetime(2026, 11, 22, tzinfo=KST)
LAST = datetime(2027, 11, 22, 23, 59, 59, tzinfo=KST)
SUSPENSION_ENDS = datetime(2027, 5, 22, 23, 59, 59, tzinfo=KST)
SECOND = timedelta(seconds=1)
POLICY = load_policy()
HELD = Certificate(
    id=1, serial="4a", subscriber_id=1, request_id=1, profile="personal-general", name="홍길동",
    common_name="홍길동()202611220000000000", not_before=stamp(FIRST), not_after=stamp(LAST),
    status="valid", status_at=stamp(TODAY), created_at=stamp(TODAY),
)  # fmt: skip


@pytest.mark.parametrize(
    ("at", "status", "left", "action"),
    [
        (FIRST - timedelta(microseconds=1), "not_yet_valid", 366, "wait"),
        (FIRST, "valid", 365, "none"),
        (datetime(2027, 10, 22, 23, 59, 59, 999_999, tzinfo=KST), "valid", 31, "none"),
        (datetime(2027, 10, 23, tzinfo=KST), "valid", 30, "renew"),
        (datetime(2027, 11, 22, tzinfo=KST), "valid", 0, "renew"),
        (LAST + timedelta(milliseconds=999), "valid", 0, "renew"),
        (LAST + timedelta(seconds=1), "expired", -1, "issue"),
    ],
)
def test_days(at: datetime, status: str, left: int, action: str) -> None:
    """DESIGN §11: the window opens on 2027-10-23 00:00:00, and the last second is good to its end."""
    stands = of_record(HELD, Clock(at), POLICY)
    assert (stands.status, stands.days_left, stands.next_action) == (status, left, action)


@pytest.mark.parametrize(
    ("status", "action"), [("revoked", "issue"), ("suspended", "resume"), ("unproved", "finish")]
)
def test_what_the_registry_says_comes_first(status: str, action: str) -> None:
    """Also after its end: a revoked certificate does not become merely expired."""
    held = replace(HELD, status=status, reason="keyCompromise", status_at=stamp(TODAY))
    stands = of_record(held, Clock(TODAY), POLICY)
    assert (stands.status, stands.next_action) == (status, action)
    assert (stands.reason, stands.since) == ("keyCompromise", TODAY)
    for at in (LAST, LAST + timedelta(days=400)):
        over = of_record(held, Clock(at), POLICY)
        if status == "suspended":  # more than six months ago
            assert (over.status, over.reason, over.since) == (
                "revoked",
                "unspecified",
                SUSPENSION_ENDS + SECOND,
            )
        else:
            assert (over.status, over.since) == (status, TODAY)


def test_suspended_to_its_own_end() -> None:
    """It cannot be resumed any more, though the suspension is not over yet."""
    held = replace(HELD, status="suspended", status_at=stamp(LAST - timedelta(days=3)))
    assert of_record(held, Clock(LAST), POLICY).next_action == "resume"
    stands = of_record(held, Clock(LAST + SECOND), POLICY)
    assert (stands.status, stands.word, stands.next_action) == ("suspended", "expired", "issue")
    assert stands.ends == datetime(2028, 5, 19, 23, 59, 59, tzinfo=KST)


def test_of_what_was_replaced_only_the_files_are_left() -> None:
    """A new one there is: issuing one more is not what its holder needs."""
    for reason, word, action in (
        ("superseded", "replaced", "delete"), ("keyCompromise", "revoked", "issue"), (None, "revoked", "issue"),
    ):  # fmt: skip
        held = replace(HELD, status="revoked", reason=reason, status_at=stamp(TODAY))
        stands = of_record(held, Clock(TODAY), POLICY)
        assert (stands.status, stands.word, stands.next_action) == ("revoked", word, action)


def test_of_a_foreign_one_nobody_here_knows() -> None:
    for at, status in ((FIRST, "unknown"), (LAST, "unknown"), (LAST + timedelta(seconds=1), "expired")):
        assert standing(FIRST, LAST, None, Clock(at), POLICY).status == status


def test_a_record_as_a_document() -> None:
    crl = Crl(number=7, this_update=stamp(TODAY), next_update=stamp(TODAY), entries=0, der=b"")
    document = describe_record(HELD, Clock(TODAY), POLICY, crl)
    assert document == {
        "serial": "4a", "name": "홍길동", "subject": "홍길동()202611220000000000",
        "profile": "personal-general",
        "not_before": "2026-11-22T00:00:00+09:00", "not_after": "2027-11-22T23:59:59+09:00", "days_left": 365,
        "status": "valid", "reason": None, "since": "2026-11-22T00:00:00+09:00", "next_action": "none",
        "suspension_ends": None,
        "as_of_crl": {"number": 7, "this_update": "2026-11-22T09:00:00+09:00"},
    }  # fmt: skip
    assert describe_record(HELD, Clock(TODAY), POLICY)["as_of_crl"] is None


def test_what_cannot_be_read_is_said() -> None:
    found = Found(Path("/stick/NPKI/a/USER/b"), None, None, "unknown", "certificate_unreadable")
    document = describe_found(found, None, Clock(TODAY), POLICY)
    assert (document["status"], document["next_action"], document["problem"]) == (
        "unreadable", "none", "certificate_unreadable",
    )  # fmt: skip
    assert document["subject"] is None


@pytest.fixture
def certificate(practice_state: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((practice_state / "authority" / "issuing.crt").read_bytes())


@pytest.mark.parametrize(
    ("status", "reason", "action"),
    [
        ("valid", None, "reissue"), ("unproved", None, "finish"), ("revoked", "keyCompromise", "issue"),
        ("revoked", "superseded", "delete"), ("suspended", "certificateHold", "resume"),
    ],
)  # fmt: skip
def test_a_set_without_its_key_needs_a_new_one(
    certificate: x509.Certificate, status: str, reason: str | None, action: str
) -> None:
    """For as long as it was good for; what is not good any more is that first of all."""
    found = Found(Path("/stick"), certificate, b"", None, "key_missing")
    held = replace(HELD, status=status, reason=reason, status_at=stamp(TODAY))
    document = describe_found(found, held, Clock(TODAY), POLICY)
    assert (document["next_action"], document["kind"]) == (action, "personal-general")
    assert describe_found(found, None, Clock(TODAY), POLICY)["next_action"] == "issue"


def test_kind_of_a_foreign_certificate(certificate: x509.Certificate, practice_state: Path) -> None:
    assert policy_oid(certificate) == "2.5.29.32.0"
    root = x509.load_pem_x509_certificate((practice_state / "authority" / "root.crt").read_bytes())
    assert policy_oid(root) is None
    assert (
        describe_found(Found(Path("/x"), root, b"", None, None), None, Clock(TODAY), POLICY)["kind"] is None
    )


def test_names_that_are_shown(certificate: x509.Certificate) -> None:
    assert (profile_name("personal-bank", "ko"), profile_name("personal-bank", "en")) == (
        "은행/보험용 개인", "Bank/insurance, personal",
    )  # fmt: skip
    assert profile_name("no longer offered", "ko") == "no longer offered"
    assert person_name(certificate).startswith("Certkiosk CA 1")
    assert korean(TODAY) == "2026-11-22T09:00:00+09:00"
