"""Where the state lives and what it says about itself: practice or real, centre, kiosk, policy arc.

A state is a directory. `state.toml` in it is written last at `init`, so a state is either whole or not there.
"""

import os
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from platformdirs import user_state_dir

from kiosk.errors import KioskError
from kiosk.media.intruders import PRODUCT

MARKER = "state.toml"
_NUMBER = re.compile(r"[0-9+() -]{2,20}", re.ASCII)


@dataclass(frozen=True)
class State:
    """The state directory and what was written into it for good at `init`."""

    path: Path
    practice: bool
    center: str
    arc: str
    kiosk_id: str

    @property
    def registry(self) -> Path:
        """The SQLite file."""
        return self.path / "registry.db"

    @property
    def head(self) -> Path:
        """The head of the audit log, kept beside the database."""
        return self.path / "audit.head"

    @property
    def keys(self) -> Path:
        """The directory of the authority's keys and certificates."""
        return self.path / "authority"

    @property
    def locks(self) -> Path:
        """The directory of locks, one per request that a process is working on."""
        return self.path / "locks"

    @property
    def mounted(self) -> Path:
        """The directory that remembers which sticks the kiosk has mounted; there need not be one."""
        return self.path / "mounted"

    @property
    def log(self) -> Path:
        """The log file."""
        return self.path / "kiosk.log"

    @property
    def close_code(self) -> Path:
        """The file with the hash of the code that closes the kiosk; there need not be one."""
        return self.path / "close-code"

    @property
    def tokens(self) -> Path:
        """The file that names this machine's PKCS#11 modules; there need not be one."""
        return self.path / "tokens.toml"

    @property
    def devices(self) -> Path:
        """The file that names the USB devices that may come and go here; there need not be one."""
        return self.path / "devices.toml"

    @property
    def publish(self) -> Path:
        """The file that says where the revocation list goes; there need not be one."""
        return self.path / "publish.toml"

    @property
    def printer(self) -> Path:
        """The file that names the printer for slips; there need not be one."""
        return self.path / "printer.toml"

    @property
    def about_center(self) -> Path:
        """The file with what this centre says of itself on slips; there need not be one."""
        return self.path / "center.toml"

    @property
    def reminders(self) -> Path:
        """The file that says how reminders are sent; there need not be one."""
        return self.path / "reminders.toml"

    @property
    def contact_keys(self) -> Path:
        """The keys of contacts, one for each subscriber who gave one. No part of a backup."""
        return self.path / "contacts.keys"

    @property
    def outbox(self) -> Path:
        """Where practice puts what it does not send."""
        return self.path / "outbox"


@dataclass(frozen=True)
class Policy:
    """`data/policy.toml`: the numbers that a centre may change. Units stand in the names."""

    registry_wait_seconds: float
    request_hours: int
    renewal_window_days: int
    renewal_grace_days: int
    reissue_again_hours: int
    suspension_months: int
    crl_days: int
    crl_hours: int
    crl_pause_seconds: int
    code_digits: int
    code_seconds: int
    code_wrong_per_day: int
    code_sends_per_day: int
    staff_code_free_tries: int
    staff_code_wait_seconds: int
    staff_code_longest_wait_seconds: int
    password_wrong_per_day: int
    consent_version: str
    root_years: int
    issuing_years: int
    rsa_bits: int
    token_seconds: float
    token_key_seconds: float
    reminder_days: Sequence[int]
    reminder_late_days: int
    reminder_hours: Sequence[int]
    reminder_retry_minutes: Sequence[int]
    call_days: int
    reminder_consent_version: str
    clock_gap_days: int
    tick_minutes: int


@cache
def load_policy() -> Policy:
    """Read `data/policy.toml`. Raises `TypeError` for a missing or unknown key."""
    return Policy(**tomllib.loads(files("data").joinpath("policy.toml").read_text("utf-8")))


def default_path(*, practice: bool) -> Path:
    """Give the state directory for when none is named: the system's if it can be written, else the user's."""
    name = "kiosk-practice" if practice else "kiosk"
    system = Path("/var/lib") / name
    if system.is_dir() and os.access(system, os.W_OK):
        return system
    return Path(user_state_dir(name))


def named_path(state: Path | None) -> Path | None:
    """Give the state directory that somebody named: `state`, else the environment's; None when neither is there."""
    named = os.environ.get("KIOSK_STATE")
    return state or (Path(named) if named else None)


def chosen_path(state: Path | None, *, practice: bool) -> Path:
    """Give the state directory to work on: the one that was named, else the usual one."""
    return named_path(state) or default_path(practice=practice)


def load_state(path: Path, *, practice: bool = False) -> State:
    """Read the marker of the state at `path`.

    `practice` is the flag of the command line: it must agree with the state. Raises `state.missing` (nothing
    was set up here), `state.practice` (flag and state disagree) or `registry.damaged` (marker unreadable).
    """
    marker = path / MARKER
    try:
        values = tomllib.loads(marker.read_text("utf-8"))
        if not isinstance(values["practice"], bool):
            raise TypeError("practice")
        names = {key: values[key] for key in ("center", "arc", "kiosk_id")}
        if not all(isinstance(name, str) for name in names.values()):
            raise TypeError("names")
        state = State(path, values["practice"], **names)
    except (FileNotFoundError, NotADirectoryError):
        raise KioskError("state.missing", path=str(path)) from None
    except PermissionError:
        raise KioskError("state.unwritable", path=str(path)) from None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise KioskError("registry.damaged", path=str(marker)) from None
    if practice and not state.practice:
        raise KioskError("state.practice", path=str(path))
    return state


def load_allowed(state: State) -> frozenset[str]:
    """Read which keyboards, network and serial devices may be put in while the kiosk runs.

    `allowed = ["096e:0807", …]`: vendor and product, four lower-case hexadecimal digits each. Raises
    `kiosk.devices`.
    """
    try:
        values = tomllib.loads(state.devices.read_text("utf-8"))
        allowed = values.pop("allowed")
        if values or not isinstance(allowed, list):
            raise ValueError("allowed")
        if not all(isinstance(product, str) and PRODUCT.fullmatch(product) for product in allowed):
            raise ValueError("products")
    except (FileNotFoundError, NotADirectoryError):
        return frozenset()
    except (OSError, ValueError, KeyError, RecursionError):
        raise KioskError("kiosk.devices", path=str(state.devices)) from None
    return frozenset(allowed)


def load_publishing(state: State) -> Path | None:
    """Read where the revocation list is published: `crl_directory = "/srv/crl"`, absolute; None when nowhere.

    Raises `publish.config`.
    """
    try:
        values = tomllib.loads(state.publish.read_text("utf-8"))
        directory = values.pop("crl_directory")
        if values or not isinstance(directory, str) or not Path(directory).is_absolute():
            raise ValueError("crl_directory")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, RecursionError):
        raise KioskError("publish.config", path=str(state.publish)) from None
    return Path(directory)


def load_help_number(state: State) -> str:
    """Read the number to ring for help: `help_number = "02-123-4567"`; empty without one. Raises `center.config`."""
    try:
        values = tomllib.loads(state.about_center.read_text("utf-8"))
        number = values.pop("help_number")
        if values or not _NUMBER.fullmatch(number):
            raise ValueError("help_number")
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise KioskError("center.config", path=str(state.about_center)) from None
    return str(number)
