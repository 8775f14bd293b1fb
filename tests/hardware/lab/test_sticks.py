"""A stick in a real machine: seen, mounted by the kiosk's own user, written, proved, let go; and those that fail."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hardware.lab import sticks
from tests.hardware.lab.conftest import Desk

pytestmark = pytest.mark.hardware
KINDS = {"fat32": "vfat", "exfat": "exfat"}
"""The filesystems by their names here, with the names that udev has for them."""


@pytest.mark.parametrize("filesystem", KINDS)
def test_a_certificate_goes_onto_a_stick(
    desk: Desk, filesystem: str, look: Callable[[Desk, str], dict[str, bytes]], tmp_path: Path
) -> None:
    machine = desk.machine
    assert machine.does("id -un") == "kiosk\n"
    stick = desk.stick(filesystem)
    [seen] = desk.asks("media")["media"]
    assert (seen["kind"], seen["label"], seen["filesystem"]) == ("stick", stick.label, KINDS[filesystem])
    assert (seen["mounted"], seen["writable"], seen["problem"]) == (None, True, None)

    place = stick.mounts()
    [seen] = desk.asks("media")["media"]
    assert (seen["mounted"], seen["writable"]) == (place, True)
    options = machine.does(f"findmnt --noheadings --output OPTIONS {place}").strip().split(",")
    assert {"nosuid", "nodev", "noexec"} <= set(options)

    ran = machine.run(desk.issue(place))
    assert ran.status == 0, ran
    issued = json.loads(ran.out)
    assert issued["state"] == "done"
    [found] = desk.asks("scan", place)
    assert (found["status"], found["problem"], found["serial"]) == ("valid", None, issued["serial"])
    proved = look(desk, place)
    assert {Path(name).name for name in proved} == {"signCert.der", "signPri.key"}

    assert stick.asks("let_go") is True
    machine.waits(f"! test -e {stick.node}")
    assert desk.asks("media")["media"] == []
    stick.pulls()
    checked = sticks.check(stick.image, filesystem)
    assert checked.words == "clean", checked.said
    if filesystem == "fat32":
        assert sticks.read_fat(stick.image, tmp_path / "here") == proved
    else:  # nothing here reads exFAT without mounting it
        stick.plugs(read_only=True)
        assert look(desk, stick.mounts()) == proved


@pytest.mark.parametrize("filesystem", KINDS)
@pytest.mark.parametrize("trouble", ["readonly", "full", "io", "lies"])
def test_a_stick_in_trouble_is_named(desk: Desk, filesystem: str, trouble: str) -> None:
    how = {"readonly": "read_only", "io": "failing", "lies": "lying"}
    stick = desk.stick(filesystem, **({how[trouble]: True} if trouble in how else {}))
    place = stick.mounts()
    if trouble == "full":
        desk.machine.run(f"dd if=/dev/zero of={place}/fill bs=64k; sync -f {place}")
    [seen] = desk.asks("media")["media"]
    assert seen["problem"] == ("medium.readonly" if trouble == "readonly" else None)
    ran = desk.machine.run(desk.issue(place))
    assert (ran.status, json.loads(ran.out)["error"]["id"]) == (3, f"medium.{trouble}"), ran.err
    assert "valid" not in [each["status"] for each in desk.asks("certs")]
