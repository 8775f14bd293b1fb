"""The file that says which modules and which makers' PINs there are."""

from pathlib import Path

import pytest

from kiosk.config import State, load_state
from kiosk.errors import KioskError
from kiosk.media.token_settings import TokenSettings, load_token_settings


@pytest.fixture
def empty(state: Path) -> State:
    return load_state(state)


def test_what_is_there(empty: State) -> None:
    assert load_token_settings(empty) == TokenSettings((), ())
    empty.tokens.write_text('modules = ["/usr/lib/a.so", "/usr/lib/b.so"]\n')
    assert load_token_settings(empty) == TokenSettings(("/usr/lib/a.so", "/usr/lib/b.so"), ())
    empty.tokens.write_text('modules = []\nfactory_pins = ["00000000", "12345678"]\n')
    assert load_token_settings(empty) == TokenSettings((), ("00000000", "12345678"))


@pytest.mark.parametrize(
    "content",
    ["", "modules = 5", 'modules = "/a.so"', "modules = [5]", 'modules = ["a.so"]', "modules = [",
     'modules = ["/a.so", "/a.so"]', 'modules = ["/a.so"]\nmodule = 1', b"modules = ['/\xff']",
     'factory_pins = ["1234"]', "modules = []\nfactory_pins = 1234", "modules = []\nfactory_pins = [1234]",
     'modules = []\nfactory_pins = [""]', 'modules = []\nfactory_pins = ["1", "1"]'],
)  # fmt: skip
def test_what_is_none(empty: State, content: str | bytes) -> None:
    """Whatever is in the file is settings, or a problem that names the file."""
    empty.tokens.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(KioskError) as caught:
        load_token_settings(empty)
    assert (caught.value.id, caught.value.facts) == ("token.config", {"path": str(empty.tokens)})
