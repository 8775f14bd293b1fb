"""Profiles: the kinds of certificate that this centre issues, read from `data/profiles.toml`."""

import tomllib
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args, get_origin, get_type_hints


@dataclass(frozen=True)
class Profile:
    """One kind of certificate; adding one is adding a table to the file, nothing else."""

    id: str
    name_ko: str
    name_en: str
    summary_ko: str
    summary_en: str
    kind: Literal["personal", "business"]
    identifiers: tuple[Literal["resident", "foreigner", "business"], ...]  # which numbers may be given
    level: Literal["possession", "verified", "in_person"]  # of identity check, at least
    fee_won: int
    policy: str  # suffix under the centre's own arc
    unit: str  # the subject's OU
    accepted_at_ko: tuple[str, ...]
    accepted_at_en: tuple[str, ...]
    not_accepted_at_ko: tuple[str, ...]
    not_accepted_at_en: tuple[str, ...]
    recognised: bool  # whether the state recognises the authority behind it
    months: int = 12  # validity


def load_profiles(text: str | None = None) -> dict[str, Profile]:
    """Read all profiles, in the order of the file, from the shipped one or from `text` (TOML).

    Raises `ValueError` that names the profile and key: unknown, missing, of a wrong type or value.
    """
    if text is None:
        return dict(_shipped())
    tables = tomllib.loads(text)
    profiles = {id_: _profile(id_, table) for id_, table in tables.items()}
    policies = [profile.policy for profile in profiles.values()]
    if len(set(policies)) != len(policies):
        raise ValueError("two profiles with one policy")
    return profiles


@cache
def _shipped() -> dict[str, Profile]:
    return load_profiles(files("data").joinpath("profiles.toml").read_text("utf-8"))


def _profile(id_: str, table: object) -> Profile:
    if not isinstance(table, dict):
        raise ValueError(f"{id_}: not a table")  # noqa: TRY004 - one type of error for the whole file
    hints = get_type_hints(Profile)
    known = {field.name for field in fields(Profile)} - {"id"}
    for key in table.keys() - known:
        raise ValueError(f"{id_}: unknown key {key}")
    for key in sorted(known - table.keys() - {"months"}):
        raise ValueError(f"{id_}: missing key {key}")
    values = {key: _value(f"{id_}: {key}", hints[key], value) for key, value in table.items()}
    _check(id_, values)
    return Profile(id=id_, **values)


def _value(where: str, type_: Any, value: object) -> Any:
    """Give `value` as the field's type; bool is no int here, and a list becomes a tuple."""
    if get_origin(type_) is tuple:
        if not isinstance(value, list):
            raise ValueError(f"{where}: not a list")
        return tuple(_value(where, get_args(type_)[0], item) for item in value)
    if get_origin(type_) is Literal:
        if value not in get_args(type_):
            raise ValueError(f"{where}: not one of {', '.join(get_args(type_))}")
    elif type(value) is not type_:
        raise ValueError(f"{where}: not of type {type_.__name__}")
    return value


def _check(id_: str, values: dict[str, Any]) -> None:
    """Check what types cannot say."""
    if not values["identifiers"]:
        raise ValueError(f"{id_}: identifiers: empty")
    if values["fee_won"] < 0:
        raise ValueError(f"{id_}: fee_won: below 0")
    if not 1 <= values.get("months", 12) <= 120:
        raise ValueError(f"{id_}: months: not 1 to 120")
    parts = values["policy"].split(".")
    if not all(part.isascii() and part.isdigit() and str(int(part)) == part for part in parts):
        raise ValueError(f"{id_}: policy: not numbers with dots")
    if not 1 <= len(values["unit"]) <= 64 or not values["unit"].isascii():
        raise ValueError(f"{id_}: unit: not 1 to 64 ASCII characters")
