"""Codes that are wrong: how many tries are left, and when it is enough for today."""

from datetime import timedelta
from pathlib import Path

import pytest

from kiosk.i18n import visible
from tests.cli.conftest import Issue, Kiosk, healthy, on, refused
from tests.conftest import TODAY


def test_tries_left_until_none(issue: Issue, kiosk: Kiosk, state: Path, medium: Path) -> None:
    for left in (4, 3, 2, 1, 0):
        error = refused(issue("--json", code="000000x"), 5, "identity.code", f"Tries left today: {left}")
        assert (error["left"], error["retry"]) == (left, True)
    refused(issue("--json", code="000000x"), 5, "identity.locked")
    refused(issue("--json"), 5, "identity.locked")
    # The number is locked, whoever has it and whatever it is for; another one is not.
    refused(issue("--json", profile="personal-bank", id_number="9203042234567"), 5, "identity.locked")
    refused(issue("--json", phone="+82 10 2345 6789"), 5, "identity.locked")
    assert on(medium) == []
    healthy(kiosk, state)
    assert issue(phone="010-8024-6135", password="Moon8!meadow-lake").status == 0
    # The next Korean day begins at midnight there.
    midnight = TODAY.replace(hour=0) + timedelta(days=1)
    refused(
        issue("--json", at=midnight - timedelta(seconds=1), profile="personal-bank"), 5, "identity.locked"
    )
    assert issue(at=midnight, profile="personal-bank").status == 0


def test_a_right_code_starts_anew(issue: Issue, state: Path) -> None:
    for profile in ("personal-general", "personal-bank"):
        for left in (4, 3, 2, 1):
            assert refused(issue("--json", profile=profile, code="1"), 5, "identity.code")["left"] == left
        assert issue(profile=profile).status == 0


@pytest.mark.parametrize("method", ["bank", "card", "", "PHONE", "\x1b[31m", "전화"])
def test_methods_that_are_not_offered(
    issue: Issue, kiosk: Kiosk, state: Path, medium: Path, method: str
) -> None:
    ran = issue("--json", **{"identity": None, "identity.method": method})
    assert "\x1b" not in ran.err + ran.out
    refused(ran, 5, "identity.method", visible(method))
    assert on(medium) == []
    healthy(kiosk, state)


def test_code_is_never_said(issue: Issue, state: Path) -> None:
    """Neither the code that was sent nor the one that was typed is in the log or said."""
    ran = issue("--json", code="4815162342")
    assert ran.status == 5
    assert "4815162342" not in ran.out + ran.err
    for path in state.rglob("*"):
        assert path.is_dir() or b"4815162342" not in path.read_bytes()
