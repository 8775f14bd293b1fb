"""Changing a password: what changes, what does not, and what becomes of it when something comes in between."""

import os
from pathlib import Path

import pytest

from data.registry import RegistryError
from kiosk.errors import KioskError
from kiosk.lifecycle.password import Changed, change_password
from kiosk.lifecycle.repair import repair
from kiosk.lifecycle.unlock import PasswordTries
from kiosk.media import change
from kiosk.media.scan import scan
from kiosk.pki import container
from kiosk.secret import Secret
from kiosk.services import Services
from tests.lifecycle import sets
from tests.pki import independent

OLD, NEW = sets.OLD_PASSWORD, "Moon4*river-stone"


async def changed(
    services: Services, medium: Path, old: str = OLD, new: str = NEW, **more: object
) -> Changed:
    [found] = scan(medium).found
    return await change_password(services, medium, found, Secret(old), Secret(new), **more)  # type: ignore[arg-type]


async def refused(services: Services, medium: Path, id_: str, *words: str, **more: object) -> None:
    """Refused with that id, and the medium is as it was."""
    before = sets.tree(medium)
    with pytest.raises(KioskError) as caught:
        await changed(services, medium, *words, **more)
    assert caught.value.id == id_
    assert sets.tree(medium) == before


def opens(sealed: bytes, password: str) -> bytes | None:
    """The PKCS#8 bytes, by the own reader; rubbish when the password is wrong."""
    try:
        return independent.open_key(sealed, password.encode())
    except (AssertionError, ValueError, IndexError):
        return None


async def test_both_keys_get_the_new_password_and_nothing_else_changes(
    services: Services, medium: Path
) -> None:
    place = sets.put(medium, sets.files(whole=True) | {"memo.txt": b"mine", "SIGNPRI.bak": b"old"})
    (place / "more").mkdir()
    (place / "more" / "thing").write_bytes(b"x" * 5000)
    before = sets.tree(medium)
    done = await changed(services, medium)
    after = sets.tree(medium)
    assert (done.place, done.files, done.ours) == (place, ("signPri.key", "kmPri.key"), False)
    differ = {name for name in before | after if before.get(name) != after.get(name)}
    assert {Path(name).name for name in differ} == {"signPri.key", "kmPri.key"}
    for number, name in enumerate(("signPri.key", "kmPri.key")):
        sealed = (place / name).read_bytes()
        assert opens(sealed, NEW) == sets.pkcs8(number)
        assert opens(sealed, OLD) != sets.pkcs8(number)
    assert independent.random_of(opens((place / "signPri.key").read_bytes(), NEW) or b"") == sets.R


async def test_unknown_attributes_stay(services: Services, medium: Path) -> None:
    more = independent.der(0x30, independent.oid("2.25.1"), independent.der(0x31, independent.integer(7)))
    bare = independent.only(sets.pkcs8(), 0x30)
    inner = b"".join(independent.der(tag, data) for tag, data in independent.values(bare)[:3])
    odd = independent.der(0x30, inner, independent.der(0xA0, independent.attribute(sets.R), more))
    sealed = independent.close_key(independent.PBE, OLD.encode(), sets.SALT, 2048, odd)
    place = sets.put(medium, {"signCert.der": sets.certificate(), "signPri.key": sealed})
    await changed(services, medium)
    assert opens((place / "signPri.key").read_bytes(), NEW) == odd


async def test_names_in_other_cases_stay_as_they_are(services: Services, medium: Path) -> None:
    files = {"SIGNCERT.DER": sets.certificate(), "SignPri.Key": sets.sealed()}
    place = sets.put(medium, files)
    done = await changed(services, medium)
    assert done.files == ("SignPri.Key",)
    assert sorted(sets.read(place)) == sorted(files)


async def test_a_moment_and_a_line_are_on_record(services: Services, medium: Path) -> None:
    sets.put(medium, sets.files())
    await changed(services, medium)
    [tried, right, line] = await services.in_registry(lambda: list(services.registry.audit_rows(2)))
    assert (line.action, line.certificate, line.facts) == ("password.changed", None, "{}")
    assert (tried.action, right.action) == ("password.tried", "password.right")


async def test_wrong_passwords(services: Services, medium: Path) -> None:
    sets.put(medium, sets.files())
    await refused(services, medium, "medium.wrong_password", "wrong")
    await refused(services, medium, "medium.wrong_hangul", "ㅐㅣㅇ1!ㅔㅁㄴㄴ")
    await refused(services, medium, "medium.wrong_caps", "oLD1!PASSWORD")
    await refused(services, medium, "medium.wrong_password", "wrong")
    await refused(services, medium, "password.locked", "wrong")
    await refused(services, medium, "password.locked")


async def test_new_passwords_that_are_none(services: Services, medium: Path) -> None:
    """The rule is broken, or nothing would change: no try is counted."""
    sets.put(medium, sets.files())
    for new, id_ in (
        ("short1!", "password.short"),
        ("aaa1111!!!!x", "password.repeat"),
        ("", "password.short"),
    ):
        await refused(services, medium, id_, OLD, new)
    await changed(services, medium)
    await refused(services, medium, "password.same", NEW, NEW)
    tries = PasswordTries(services, sets.certificate())
    assert await services.in_registry(tries.left) == 5


async def test_the_other_key_has_another_password(services: Services, medium: Path) -> None:
    """Both are changed or none."""
    files = sets.files(whole=True) | {"kmPri.key": sets.sealed(1, "Other9)password")}
    sets.put(medium, files)
    await refused(services, medium, "medium.km_password")
    tries = PasswordTries(services, sets.certificate())
    assert await services.in_registry(tries.left) == 5


@pytest.mark.parametrize(
    ("files", "id_"),
    [
        ({"signPri.key": sets.sealed(1)}, "medium.other_key"),
        ({"signPri.key": b"rubbish"}, "medium.not_whole"),
        ({"signPri.key": None}, "medium.not_whole"),
        ({"signCert.der": b"rubbish"}, "medium.not_whole"),
        ({"kmPri.key": b"rubbish"}, "medium.damaged"),
    ],
    ids=["another certificate's key", "no key file", "no key", "no certificate", "the other is no key file"],
)  # fmt: skip
async def test_broken_sets(
    services: Services, medium: Path, files: dict[str, bytes | None], id_: str
) -> None:
    contents = {name: data for name, data in (sets.files() | files).items() if data is not None}
    sets.put(medium, contents)
    await refused(services, medium, id_)


async def test_what_cannot_be_kept_is_not_touched(services: Services, medium: Path, tmp_path: Path) -> None:
    place = sets.put(medium, sets.files())
    (tmp_path / "elsewhere").write_bytes(b"theirs")
    (place / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(KioskError) as caught:
        await changed(services, medium)
    assert (caught.value.id, caught.value.facts) == ("medium.strange", {"name": "link"})
    assert (place / "signPri.key").read_bytes() == sets.sealed()
    (place / "link").unlink()
    os.mkfifo(place / "pipe")
    with pytest.raises(KioskError, match=r"medium\.strange"):
        await changed(services, medium)


async def test_somebody_else_was_faster(services: Services, medium: Path) -> None:
    """What was looked at before is not what stands there now."""
    place = sets.put(medium, sets.files())
    [found] = scan(medium).found
    (place / "signCert.der").write_bytes(sets.certificate(1))
    with pytest.raises(KioskError, match=r"medium\.busy"):
        await change_password(services, medium, found, Secret(OLD), Secret(NEW))
    assert (place / "signPri.key").read_bytes() == sets.sealed()


async def test_a_medium_that_loses_what_was_written(services: Services, medium: Path) -> None:
    """As it shows after it was mounted anew: the old set stands again."""
    place = sets.put(medium, sets.files())

    async def lose() -> None:
        (place / "signPri.key").write_bytes(bytes(1300))

    await refused(services, medium, "medium.lies", mount_anew=lose)


async def test_the_registry_is_full(
    services: Services, medium: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be put on record is not done."""
    sets.put(medium, sets.files())

    def full(*_: object) -> bool:
        raise RegistryError("full")

    monkeypatch.setattr("kiosk.lifecycle.password._noted", full)
    await refused(services, medium, "registry.full")


async def test_a_stick_that_is_pulled_and_comes_again(services: Services, medium: Path) -> None:
    """It opens with the old or the new password, and nothing of ours stays on it."""
    place = sets.put(medium, sets.files(whole=True))

    async def pull() -> None:
        medium.rename(medium.with_name("pulled"))
        medium.mkdir()

    with pytest.raises(KioskError, match=r"medium\.cut_short"):
        await changed(services, medium, mount_anew=pull)
    medium.rmdir()
    medium.with_name("pulled").rename(medium)
    assert await repair(services, medium)
    assert not await repair(services, medium)
    assert [path.name for path in medium.iterdir()] == ["NPKI"]
    sealed = (place / "signPri.key").read_bytes()
    assert sets.pkcs8() in (opens(sealed, OLD), opens(sealed, NEW))
    rows = await services.in_registry(lambda: list(services.registry.audit_rows(2)))
    assert [row.action for row in rows] == ["password.tried", "password.right", "medium.repaired"]


async def test_what_somebody_did_since_is_not_undone(services: Services, medium: Path) -> None:
    """Pulled before the old set was deleted; at home another program wrote the set anew."""
    place = sets.put(medium, sets.files())

    async def pull() -> None:
        medium.rename(medium.with_name("pulled"))
        medium.mkdir()

    with pytest.raises(KioskError, match=r"medium\.cut_short"):
        await changed(services, medium, mount_anew=pull)
    medium.rmdir()
    medium.with_name("pulled").rename(medium)
    assert (medium / change.CHANGE / "aside").is_dir()
    newer = sets.files(1)
    for name, data in newer.items():
        (place / name).write_bytes(data)
    assert await repair(services, medium)
    assert sets.read(place) == newer
    assert [path.name for path in medium.iterdir()] == ["NPKI"]


async def test_a_note_that_cannot_be_read_costs_nothing(services: Services, medium: Path) -> None:
    """The only copy is in our own directory, and where it belongs is not known: nothing is deleted."""
    place = sets.put(medium, sets.files())
    staging = medium / change.CHANGE
    staging.mkdir()
    place.rename(staging / "aside")
    (staging / "place").write_bytes(b"/../../etc\n")
    before = sets.tree(medium)
    with pytest.raises(KioskError, match=r"medium\.damaged"):
        await repair(services, medium)
    assert sets.tree(medium) == before


async def test_a_key_of_another_form_keeps_it(services: Services, medium: Path) -> None:
    place = sets.put(medium, sets.files())
    assert container.key_format((place / "signPri.key").read_bytes()) == "SEED-CBC SHA-1"
    await changed(services, medium)
    assert container.key_format((place / "signPri.key").read_bytes()) == "SEED-CBC SHA-1"
