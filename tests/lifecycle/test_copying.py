"""Copying a set to another medium, wiping the source, deleting."""

import filecmp
import os
from pathlib import Path

import pytest

from kiosk.errors import KioskError
from kiosk.lifecycle.copying import Copied, copy, wipe_source
from kiosk.lifecycle.delete import delete
from kiosk.lifecycle.request import working_on
from kiosk.media import change
from kiosk.media.directory import DirectoryMedium
from kiosk.media.scan import scan
from kiosk.secret import Secret
from kiosk.services import Services
from tests.lifecycle import sets

NAMES = ["CaPubs", "kmCert.der", "kmPri.key", "signCert.der", "signPri.key"]


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Another stick."""
    path = tmp_path / "other"
    path.mkdir()
    return path


async def copied(
    services: Services, source: Path, target: Path, password: str = sets.OLD_PASSWORD, **more: object
) -> Copied:
    [found] = scan(source).found
    return await copy(services, source, target, found, Secret(password), **more)  # type: ignore[arg-type]


async def refused(services: Services, source: Path, target: Path, id_: str, *words: str) -> KioskError:
    """Refused with that id, and both media are as they were."""
    before = sets.tree(source), sets.tree(target)
    with pytest.raises(KioskError) as caught:
        await copied(services, source, target, *words)
    assert caught.value.id == id_
    assert (sets.tree(source), sets.tree(target)) == before
    return caught.value


def same(one: Path, other: Path) -> bool:
    """Whether two directories have the same files with the same bytes."""
    compared = filecmp.dircmp(one, other)
    _, differ, failed = filecmp.cmpfiles(one, other, compared.common_files, shallow=False)
    inner = all(same(one / name, other / name) for name in compared.common_dirs)
    return inner and not (compared.left_only or compared.right_only or differ or failed)


async def lines(services: Services) -> list[str]:
    rows = await services.in_registry(lambda: list(services.registry.audit_rows(2)))
    return [row.action for row in rows]


async def test_stick_to_stick(services: Services, medium: Path, other: Path) -> None:
    place = sets.put(medium, sets.files(whole=True))
    done = await copied(services, medium, other)
    assert (done.path, done.already) == (other / place.relative_to(medium), False)
    assert sorted(path.name for path in done.path.iterdir()) == NAMES
    assert same(place, done.path)
    assert [path.name for path in other.iterdir()] == ["NPKI"]
    assert await lines(services) == ["password.tried", "password.right", "certificate.copied"]


async def test_stick_to_a_disks_root_and_back(services: Services, medium: Path, tmp_path: Path) -> None:
    """A directory named NPKI is itself the root; CaPubs may be a directory."""
    place = sets.put(medium, sets.files())
    (place / "CaPubs").mkdir()
    (place / "CaPubs" / "root.der").write_bytes(b"root")
    disk, third = tmp_path / "home" / "NPKI", tmp_path / "third"
    disk.mkdir(parents=True)
    third.mkdir()
    done = await copied(services, medium, disk)
    assert done.path == disk / "yessign" / "USER" / place.name
    assert same(place, done.path)
    back = await copied(services, disk, third)
    assert back.path == third / "NPKI" / "yessign" / "USER" / place.name
    assert same(place, back.path)


async def test_names_as_they_stand_on_the_target(services: Services, medium: Path, other: Path) -> None:
    """A FAT volume has one directory for npki and NPKI: so have we, wherever."""
    sets.put(medium, sets.files())
    (other / "npki" / "YESSIGN" / "User").mkdir(parents=True)
    done = await copied(services, medium, other)
    assert done.path.parent == other / "npki" / "YESSIGN" / "User"


async def test_the_same_is_there_already(services: Services, medium: Path, other: Path) -> None:
    sets.put(medium, sets.files())
    first = await copied(services, medium, other)
    inode = first.path.stat().st_ino
    again = await copied(services, medium, other)
    assert again.already
    assert again.path.stat().st_ino == inode
    assert (await lines(services)).count("certificate.copied") == 1


async def test_another_of_that_name_is_there(services: Services, medium: Path, other: Path) -> None:
    """Nothing is ever lost: which of both is wanted only the person knows."""
    place = sets.put(medium, sets.files())
    sets.put(other, sets.files(password="Another1!password"))
    error = await refused(services, medium, other, "medium.taken")
    assert error.facts == {"name": place.name}


async def test_an_empty_directory_of_that_name_is_in_nobodys_way(
    services: Services, medium: Path, other: Path
) -> None:
    place = sets.put(medium, sets.files())
    (other / place.relative_to(medium)).mkdir(parents=True)
    assert same(place, (await copied(services, medium, other)).path)


async def test_source_and_target_are_one(services: Services, medium: Path, tmp_path: Path) -> None:
    place = sets.put(medium, sets.files())
    link = tmp_path / "link"
    link.symlink_to(medium)
    nested = tmp_path / "disk" / "NPKI"
    nested.parent.mkdir()
    await refused(services, medium, medium, "medium.same")
    await refused(services, medium, link, "medium.same")
    await refused(services, medium, medium / "NPKI", "medium.same")
    await refused(services, medium / "NPKI", medium, "medium.same")
    assert sets.read(place) == sets.files()


async def test_wrong_password(services: Services, medium: Path, other: Path) -> None:
    sets.put(medium, sets.files())
    assert (await refused(services, medium, other, "medium.wrong_password", "wrong")).facts == {"left": 4}
    assert list(other.iterdir()) == []


async def test_a_key_of_another_certificate(services: Services, medium: Path, other: Path) -> None:
    sets.put(medium, sets.files() | {"signPri.key": sets.sealed(1)})
    await refused(services, medium, other, "medium.other_key")


async def test_a_set_that_is_not_whole(services: Services, medium: Path, other: Path) -> None:
    sets.put(medium, {"signCert.der": sets.certificate()})
    await refused(services, medium, other, "medium.not_whole")


async def test_a_target_that_loses_what_was_written(services: Services, medium: Path, other: Path) -> None:
    place = sets.put(medium, sets.files())

    async def lose() -> None:
        (other / place.relative_to(medium) / "signPri.key").write_bytes(bytes(1300))

    with pytest.raises(KioskError, match=r"medium\.lies"):
        await copied(services, medium, other, mount_anew=lose)
    assert scan(other).found == ()
    assert [path.name for path in other.iterdir()] == ["NPKI"]
    assert sets.read(place) == sets.files()
    assert "certificate.copied" not in await lines(services)


async def test_another_process_works_on_the_medium(services: Services, medium: Path, other: Path) -> None:
    sets.put(medium, sets.files())
    identity = DirectoryMedium.open(other).identity.replace(":", "-")
    with working_on(services.state.locks, f"medium-{identity}"):
        await refused(services, medium, other, "request.busy")
    await copied(services, medium, other)


async def test_the_source_is_wiped_when_the_copy_is_proved(
    services: Services, medium: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = sets.put(medium, sets.files(whole=True))
    held = os.open(place / "signPri.key", os.O_RDONLY)  # what a program sees that still has it open
    done = await copied(services, medium, other)
    await wipe_source(services, done)
    assert os.read(held, 5000) == bytes(len(sets.sealed()))
    os.close(held)
    assert scan(medium).found == ()
    assert [path.name for path in medium.iterdir()] == ["NPKI"]
    assert sets.read(done.path) == sets.files(whole=True)
    assert (await lines(services))[-2:] == ["certificate.copied", "certificate.wiped"]


async def test_nothing_is_wiped_without_a_copy(services: Services, medium: Path, other: Path) -> None:
    place = sets.put(medium, sets.files())
    done = await copied(services, medium, other)
    (done.path / "signPri.key").write_bytes(b"lost")
    with pytest.raises(KioskError, match=r"medium\.lies"):
        await wipe_source(services, done)
    (done.path / "signPri.key").write_bytes(sets.sealed())
    (place / "memo").write_bytes(b"new since")
    with pytest.raises(KioskError, match=r"medium\.busy"):
        await wipe_source(services, done)
    assert sets.read(place) == sets.files() | {"memo": b"new since"}


async def test_delete(services: Services, medium: Path, tmp_path: Path) -> None:
    """The whole directory, and only it; a file with a second name elsewhere is not overwritten."""
    place = sets.put(medium, sets.files(whole=True) | {"tax.pfx": b"pfx"})
    beside = sets.put(medium, sets.files(1), "cn=김철수")
    os.link(place / "tax.pfx", tmp_path / "mine.pfx")
    [found] = [found for found in scan(medium).found if found.path == place]
    held = os.open(place / "kmPri.key", os.O_RDONLY)
    await delete(services, medium, found)
    assert set(os.read(held, 5000)) == {0}
    os.close(held)
    assert not place.exists()
    assert sets.read(beside) == sets.files(1)
    assert (tmp_path / "mine.pfx").read_bytes() == b"pfx"
    assert await lines(services) == ["certificate.deleted"]


async def test_what_nobody_can_open_is_deleted_too(services: Services, medium: Path) -> None:
    for number, files in enumerate(
        ({"signPri.key": b"rubbish"}, {"signCert.der": b"rubbish"}, {"signCert.der": sets.certificate()})
    ):
        sets.put(medium, files, f"cn={number}")
    for found in scan(medium).found:
        await delete(services, medium, found)
    assert scan(medium).found == ()


async def test_what_was_put_there_since_is_not_deleted(services: Services, medium: Path) -> None:
    place = sets.put(medium, sets.files())
    [found] = scan(medium).found
    (place / "signCert.der").write_bytes(sets.certificate(1))
    with pytest.raises(KioskError, match=r"medium\.busy"):
        await delete(services, medium, found)
    assert place.is_dir()


async def test_what_was_cut_short_is_put_right_before_anything_else(
    services: Services, medium: Path, other: Path
) -> None:
    """The set is nowhere to be seen: it lies in the directory of a change that a pulled stick cut short."""
    place = sets.put(medium, sets.files())
    [found] = scan(medium).found
    staging = medium / change.CHANGE
    staging.mkdir()
    (staging / "place").write_text("\n".join(place.relative_to(medium).parts) + "\n", "utf-8")
    place.rename(staging / "aside")
    assert scan(medium).found == ()
    done = await copy(services, medium, other, found, Secret(sets.OLD_PASSWORD))
    assert sets.read(place) == sets.read(done.path) == sets.files()
    assert [path.name for path in medium.iterdir()] == ["NPKI"]
