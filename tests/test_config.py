"""Where the state lives, and the numbers that a centre may change."""

from dataclasses import fields
from pathlib import Path

import pytest

from kiosk import config
from kiosk.config import (
    MARKER,
    Policy,
    default_path,
    load_allowed,
    load_help_number,
    load_policy,
    load_state,
)
from kiosk.errors import KioskError

WHOLE = 'practice = true\ncenter = "서울센터"\narc = "2.25.1"\nkiosk_id = "abc"\n'


def refused(path: Path, **options: bool) -> tuple[str, dict[str, str | int]]:
    with pytest.raises(KioskError) as caught:
        load_state(path, **options)
    return caught.value.id, caught.value.facts


def test_a_state(tmp_path: Path) -> None:
    (tmp_path / MARKER).write_text(WHOLE + 'something_later = "is left alone"\n')
    state = load_state(tmp_path, practice=True)
    assert (state.practice, state.center, state.arc, state.kiosk_id) == (True, "서울센터", "2.25.1", "abc")
    places = (state.registry, state.head, state.keys, state.locks, state.log)
    assert [path.relative_to(tmp_path).as_posix() for path in places] == [
        "registry.db", "audit.head", "authority", "locks", "kiosk.log",
    ]  # fmt: skip
    assert load_state(tmp_path) == state


def test_nothing_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path in (tmp_path, tmp_path / "none", tmp_path / "file"):
        assert refused(path) == ("state.missing", {"path": str(path)})


@pytest.mark.parametrize("line", range(4))
def test_each_entry_is_needed(tmp_path: Path, line: int) -> None:
    lines = WHOLE.splitlines(keepends=True)
    (tmp_path / MARKER).write_text("".join(lines[:line] + lines[line + 1 :]))
    assert refused(tmp_path) == ("registry.damaged", {"path": str(tmp_path / MARKER)})
    key = lines[line].partition(" ")[0]
    (tmp_path / MARKER).write_text("".join([*lines[:line], f"{key} = 5\n", *lines[line + 1 :]]))
    assert refused(tmp_path)[0] == "registry.damaged"


def test_flag_must_agree(tmp_path: Path) -> None:
    (tmp_path / MARKER).write_text(WHOLE.replace("true", "false"))
    assert refused(tmp_path, practice=True) == ("state.practice", {"path": str(tmp_path)})
    assert not load_state(tmp_path).practice


def test_marker_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(*args: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", deny)
    assert refused(tmp_path) == ("state.unwritable", {"path": str(tmp_path)})


def test_default_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_path(practice=False) == tmp_path / "kiosk"
    assert default_path(practice=True) == tmp_path / "kiosk-practice"
    monkeypatch.delenv("XDG_STATE_HOME")
    assert default_path(practice=True) == Path.home() / ".local" / "state" / "kiosk-practice"


def test_the_systems_place_when_it_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        config, "Path", lambda *parts: tmp_path.joinpath(*(part.lstrip("/") for part in parts))
    )
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    system = tmp_path / "var" / "lib" / "kiosk"
    assert default_path(practice=False) != system
    system.mkdir(parents=True)
    assert default_path(practice=False) == system
    assert default_path(practice=True) != system
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert default_path(practice=False) != system


def test_policy_has_every_number_and_no_other() -> None:
    policy = load_policy()
    assert policy is load_policy()
    values = {field.name: getattr(policy, field.name) for field in fields(Policy)}
    may_be_none = {"renewal_grace_days"}
    numbers = {name: value for name, value in values.items() if not isinstance(value, str | list)}
    assert all(value > 0 or name in may_be_none for name, value in numbers.items())
    # DESIGN §10 to §12.
    assert policy.reminder_days == [90, 60, 30, 14, 7, 3, 1, 0, -1]
    assert list(policy.reminder_retry_minutes) == sorted(policy.reminder_retry_minutes)
    assert (policy.code_digits, policy.code_seconds, policy.code_wrong_per_day) == (6, 180, 5)
    assert policy.password_wrong_per_day == 5
    assert (policy.renewal_window_days, policy.suspension_months, policy.request_hours) == (30, 6, 24)
    assert policy.rsa_bits >= 2048
    for changed in (
        {**values, "extra": 1},
        {name: value for name, value in values.items() if name != "rsa_bits"},
    ):
        with pytest.raises(TypeError):
            Policy(**changed)


def test_devices_that_may_come_and_go(tmp_path: Path) -> None:
    (tmp_path / MARKER).write_text(WHOLE)
    state = load_state(tmp_path)
    assert load_allowed(state) == frozenset()
    state.devices.write_text('allowed = ["096e:0807", "1d6b:0104"]\n')
    assert load_allowed(state) == {"096e:0807", "1d6b:0104"}


@pytest.mark.parametrize(
    "content",
    ["", "allowed = 5", 'allowed = "096e:0807"', "allowed = [5]", 'allowed = ["096E:0807"]', "allowed = [",
     'allowed = ["096e:*"]', 'allowed = ["-"]', 'allowed = []\nx = 1', b"allowed = ['\xff']"],
)  # fmt: skip
def test_a_list_of_devices_that_is_none(tmp_path: Path, content: str | bytes) -> None:
    (tmp_path / MARKER).write_text(WHOLE)
    state = load_state(tmp_path)
    state.devices.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(KioskError) as caught:
        load_allowed(state)
    assert (caught.value.id, caught.value.facts) == ("kiosk.devices", {"path": str(state.devices)})


def test_the_number_to_ring(tmp_path: Path) -> None:
    (tmp_path / MARKER).write_text(WHOLE)
    state = load_state(tmp_path)
    assert load_help_number(state) == ""
    state.about_center.write_text('help_number = "+82 (0)2-123-4567"')
    assert load_help_number(state) == "+82 (0)2-123-4567"


@pytest.mark.parametrize(
    "content",
    ["", "help_number = 5", 'help_number = ""', 'help_number = "직원"', 'help_number = "02\\n119"',
     'help_number = "\\u001b[31m"', f'help_number = "{"1" * 21}"', 'help_number = "02-1"\nmore = 1', "rubbish"],
)  # fmt: skip
def test_no_number_to_ring(tmp_path: Path, content: str) -> None:
    (tmp_path / MARKER).write_text(WHOLE)
    state = load_state(tmp_path)
    state.about_center.write_text(content)
    with pytest.raises(KioskError) as caught:
        load_help_number(state)
    assert (caught.value.id, caught.value.facts) == ("center.config", {"path": str(state.about_center)})
