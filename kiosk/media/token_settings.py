"""What this machine knows of security tokens: the modules that work them, and the PINs that makers give them.

`tokens.toml` in the state directory:

    modules = ["/usr/lib/…/x.so", …]       absolute paths
    factory_pins = ["00000000", …]         may be left out

Modules are others' code that we run, so no command and no URI names one that is not here.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from kiosk.config import State
from kiosk.errors import KioskError


@dataclass(frozen=True)
class TokenSettings:
    """The paths of modules, and the PINs that have to be changed before anything else."""

    modules: tuple[str, ...] = ()
    factory_pins: tuple[str, ...] = ()


def load_token_settings(state: State) -> TokenSettings:
    """Read them; without a file there are none. Raises `token.config`."""
    try:
        values = tomllib.loads(state.tokens.read_text("utf-8"))
        modules, pins = _texts(values.pop("modules")), _texts(values.pop("factory_pins", []))
        if values or not all(Path(path).is_absolute() for path in modules) or not all(pins):
            raise ValueError("tokens")
    except (FileNotFoundError, NotADirectoryError):
        return TokenSettings()
    except (OSError, ValueError, KeyError, RecursionError):
        raise KioskError("token.config", path=str(state.tokens)) from None
    return TokenSettings(modules, pins)


def _texts(values: object) -> tuple[str, ...]:
    """Give a list of texts, none of them twice."""
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ValueError("no list of texts")
    if len(set(values)) != len(values):
        raise ValueError("twice")
    return tuple(values)
