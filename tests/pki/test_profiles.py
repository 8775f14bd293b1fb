"""The shipped profiles and a strict reader."""

from importlib.resources import files

import pytest

from kiosk.pki import names
from kiosk.pki.profiles import load_profiles

SHIPPED = files("data").joinpath("profiles.toml").read_text("utf-8")
ONE = SHIPPED[SHIPPED.index("[personal-general]") : SHIPPED.index("[personal-bank]")]


def test_shipped() -> None:
    profiles = load_profiles()
    assert list(profiles) == ["personal-general", "personal-bank", "business-general", "business-etax"]
    for id_, profile in profiles.items():
        assert profile.id == id_
        assert not profile.recognised
        assert (profile.fee_won, profile.months) == (0, 12)
        assert profile.accepted_at_ko
        assert len(profile.accepted_at_ko) == len(profile.accepted_at_en)
        assert len(profile.not_accepted_at_ko) == len(profile.not_accepted_at_en) > 0
        assert "은행" in " ".join(profile.not_accepted_at_ko)
        assert "정부24" in " ".join(profile.not_accepted_at_ko)
        assert "공동인증서" not in profile.name_ko + profile.summary_ko
        names.subject(organization="x", units=[profile.unit], common_name="홍길동()202611220123456789")
    assert {p.identifiers for p in profiles.values() if p.kind == "personal"} == {("resident", "foreigner")}
    assert {p.identifiers for p in profiles.values() if p.kind == "business"} == {("business",)}
    assert {p.kind: p.level for p in profiles.values()} == {"personal": "verified", "business": "in_person"}


def test_months_may_be_left_out() -> None:
    assert load_profiles(ONE.replace("months = 12\n", ""))["personal-general"].months == 12
    assert load_profiles(ONE.replace("months = 12", "months = 24"))["personal-general"].months == 24


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('kind = "personal"', 'kind = "person"', "kind: not one of personal, business"),
        ('kind = "personal"', "", "missing key kind"),
        ("fee_won = 0", "fee_won = 0\ncolour = 1", "unknown key colour"),
        ("fee_won = 0", 'fee_won = "0"', "fee_won: not of type int"),
        ("fee_won = 0", "fee_won = true", "fee_won: not of type int"),
        ("fee_won = 0", "fee_won = -1", "fee_won: below 0"),
        ("months = 12", "months = 0", "months: not 1 to 120"),
        ("months = 12", "months = 1.5", "months: not of type int"),
        ("recognised = false", "recognised = 0", "recognised: not of type bool"),
        ('name_ko = "범용 개인"', "name_ko = 5", "name_ko: not of type str"),
        ('identifiers = ["resident", "foreigner"]', "identifiers = []", "identifiers: empty"),
        ('identifiers = ["resident", "foreigner"]', 'identifiers = "resident"', "identifiers: not a list"),
        ('identifiers = ["resident", "foreigner"]', 'identifiers = ["passport"]', "identifiers: not one of"),
        ('level = "verified"', 'level = "sure"', "level: not one of"),
        ('level = "verified"', "level = [1]", "level: not one of"),
        ('policy = "1.1"', 'policy = "1.x"', "policy: not numbers"),
        ('policy = "1.1"', 'policy = "1..1"', "policy: not numbers"),
        ('policy = "1.1"', 'policy = "01"', "policy: not numbers"),
        ('unit = "personal"', 'unit = "개인"', "unit: not 1 to 64 ASCII"),
        ('unit = "personal"', 'unit = ""', "unit: not 1 to 64 ASCII"),
    ],
)
def test_strict(old: str, new: str, message: str) -> None:
    assert old in ONE
    with pytest.raises(ValueError, match=f"personal-general: {message}"):
        load_profiles(ONE.replace(old, new))


def test_broken_files() -> None:
    with pytest.raises(ValueError, match="personal: not a table"):
        load_profiles("personal = 1")
    with pytest.raises(ValueError, match="two profiles with one policy"):
        load_profiles(ONE + ONE.replace("[personal-general]", "[other]"))
    with pytest.raises(ValueError, match="Invalid"):
        load_profiles("[")
