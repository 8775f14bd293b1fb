"""Making a state: parts that `tests/cli/test_init.py` does not reach through the command."""

import fcntl
import tomllib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as some

from data.registry import Registry
from kiosk import setup
from kiosk.clock import Clock
from kiosk.config import MARKER, load_state
from kiosk.errors import KioskError
from kiosk.i18n import visible
from kiosk.pki import names
from kiosk.secret import Secret
from kiosk.setup import CENTER_LIMIT, clean_center, initialise
from tests.conftest import TODAY


def make(path: Path, **changes: object) -> object:
    usual = {"practice": True, "center": "Certkiosk", "clock": Clock(TODAY), "passphrase": None}
    return initialise(path, **{**usual, **changes})  # type: ignore[arg-type]


def refused(path: Path, **changes: object) -> str:
    with pytest.raises(KioskError) as caught:
        make(path, **changes)
    return caught.value.id


def test_marker_and_registry_agree(practice_state: Path) -> None:
    marker = tomllib.loads((practice_state / MARKER).read_text("utf-8"))
    assert marker.keys() == {"practice", "center", "arc", "kiosk_id"}
    registry = Registry.open(practice_state / "registry.db")
    try:
        assert registry.meta("practice") == "yes"
        assert registry.meta("kiosk_id") == marker["kiosk_id"]
        [line] = registry.audit_rows()
        assert (line.action, line.facts) == ("state.made", '{"practice":1}')
    finally:
        registry.close()


def test_the_name_of_a_centre_survives_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiosk.authority.embedded.create", _only_an_audit_key)
    make(tmp_path / "state", center="서울 1.센터-가")
    assert load_state(tmp_path / "state").center == "서울 1.센터-가"


def _only_an_audit_key(state: object, keystore: object, *_: object) -> None:
    """Stand in for the authority, whose keys take long to make."""
    keystore.write("audit", Ed25519PrivateKey.generate())  # type: ignore[attr-defined]


@given(some.text(max_size=30))
def test_a_name_that_is_taken_can_be_a_directory(text: str) -> None:
    try:
        name = clean_center(text)
    except KioskError as error:
        assert error.id == "name.center"
        assert error.facts["limit"] == CENTER_LIMIT
        assert visible(str(error.facts["name"])) == error.facts["name"]
        return
    assert 1 <= len(name) <= CENTER_LIMIT
    assert name == clean_center(name)
    assert name.isprintable()
    assert not set(name) & set('\\/:*?"<>|,=+;#')
    # It is O= and the directory NPKI/<O>, on FAT too.
    subject = names.subject(organization=name, units=["personal"], common_name="x")
    assert f"o={name}," in names.directory_name(subject)


def test_no_key_no_clock_for_real(tmp_path: Path) -> None:
    for passphrase in (None, Secret("")):
        assert (
            refused(tmp_path / "a", practice=False, clock=Clock(), passphrase=passphrase)
            == "authority.key_needed"
        )
    assert refused(tmp_path / "a", practice=False, passphrase=Secret("x")) == "state.at"
    assert not (tmp_path / "a").exists()


def test_what_is_named_like_ours_is_not_ours_to_clear(tmp_path: Path) -> None:
    """Somebody's directory with such names in it, and an init that was cut short before it looked."""
    path = tmp_path / "state"
    (path / "authority").mkdir(parents=True)
    (path / "authority" / "letters.txt").write_text("theirs")
    (path / setup.BEGUN).touch()
    assert refused(path) == "state.occupied"
    assert (path / "authority" / "letters.txt").read_text() == "theirs"
    assert not (path / setup.BEGUN).exists()


def test_what_was_begun_is_cleared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    path = tmp_path / "state"
    with monkeypatch.context() as patch:
        patch.setattr("kiosk.authority.embedded.create", stop)
        with pytest.raises(KeyboardInterrupt):
            make(path)
    assert sorted(entry.name for entry in path.iterdir()) == [setup.BEGUN, "authority", "locks"]
    (path / "authority" / "root.key").write_text("half")
    monkeypatch.setattr("kiosk.authority.embedded.create", _only_an_audit_key)
    make(path)
    assert load_state(path).practice
    assert not (path / "authority" / "root.key").exists()


def test_two_wait_for_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first was killed in the middle, when the second was waiting for it: that one goes on."""
    path = tmp_path / "state"
    flock = fcntl.flock

    def first_dies(lock: object, operation: int) -> None:
        # Between our opening of the file and our getting the lock.
        (path / setup.BEGUN).write_text("begun\n")
        (path / "locks").mkdir()
        flock(lock, operation)  # type: ignore[arg-type]

    monkeypatch.setattr("fcntl.flock", first_dies)
    monkeypatch.setattr(
        "kiosk.authority.embedded.create", lambda *_: monkeypatch.undo() or _only_an_audit_key(*_)
    )
    make(path)
    assert load_state(path).practice
