"""A set changed in place, or copied to another medium, so that a pulled stick leaves the old one or the new.

There is no request and no line in a registry for this, so all that is needed to put things right after a
power cut stands on the medium itself, in one directory at its root, `.certkiosk.change`:

    set.part/       the whole new set, before it is renamed to its place in one step
    place           where it goes, written before anything is moved
    aside/          the set that stood there, until the new one is proved
    replaced/       what stood there and was not whole

Any kiosk that gets the stick next calls `repair` before it does anything else. A PFX file that was not written
to its end goes then, too: there is a key in it.
"""

import os
import stat
import warnings
from contextlib import suppress

from cryptography import x509

from kiosk.errors import KioskError
from kiosk.media.directory import DirectoryMedium
from kiosk.media.files import find_name, kind, read_past_cache, remove_tree, syncfs, walked, write_file
from kiosk.media.install import PART, REMOVED, compare, noted_place, put_back, remove
from kiosk.media.place import Place
from kiosk.media.whole import Whole, contents, member, read_whole, write_whole
from kiosk.pki.container import key_format

CHANGE = ".certkiosk.change"
KEYS = ("signPri.key", "kmPri.key")
"""The files of a set that a change of the password changes."""


def read_place(medium: DirectoryMedium, place: Place) -> Whole:
    """Read all that is at `place`, past the cache. Raises `medium.damaged` when there is no such directory."""
    with medium.root() as root:
        try:
            with walked(root, place.names) as directory:
                return read_whole(directory)
        except FileNotFoundError as error:
            raise KioskError("medium.damaged", name=place.directory) from error


def put(medium: DirectoryMedium, place: Place, whole: Whole, *, older: Whole | None) -> None:
    """Put `whole` at `place`, proved to be there; what stood there (`older`) is kept until `finish` or `undo`.

    Raises `medium.busy` when something else than `older` (None: nothing) stands there now, and `medium.lies`
    when it reads back otherwise. After any error all is as before, or is so after the next `repair`.
    """
    with medium.root(alone=True) as root:
        _repair(root, in_npki_root=place.in_npki_root)
        try:
            with walked(root, place.users, create=True) as users:
                if _standing(users, place.directory) != older:
                    raise KioskError("medium.busy")
                with walked(root, [CHANGE], create=True) as staging:
                    _build(root, staging, place, whole)
                    _swap(root, staging, users, place.directory, moved=older is not None)
                    _check(root, staging, users, place, whole)
        except (KioskError, OSError):
            with suppress(KioskError, OSError):
                _undo(root, place)
            raise


def finish(medium: DirectoryMedium) -> None:
    """The new set is proved: overwrite and delete the one that was kept."""
    with medium.root(alone=True) as root:
        remove(root, root, CHANGE, wipe=True)


def undo(medium: DirectoryMedium, place: Place) -> None:
    """The new set is no good: put the one that was kept back to `place`, and delete the new one."""
    with medium.root(alone=True) as root:
        _undo(root, place)


def repair(medium: DirectoryMedium) -> bool:
    """Put right what was cut short on `medium`; say whether there was anything.

    A set that was kept goes back to its place unless a whole one stands there. Raises `medium.damaged` when
    its place was not noted rightly; then nothing is touched.
    """
    with medium.root() as root:
        if not any(kind(root, name) for name in (CHANGE, REMOVED, PART)):
            return False
    with medium.root(alone=True) as root:
        return _repair(root, in_npki_root=medium.is_npki_root)


def place_on(medium: DirectoryMedium, source: Place) -> Place:
    """Give the place where a copy of the set at `source` goes: the same names, as they stand on `medium`."""
    wanted = source.names[-3:] if medium.is_npki_root else ("NPKI", *source.names[-3:])
    names: list[str] = []
    with medium.root() as root:
        for name in wanted:
            try:
                with walked(root, names) as directory:
                    names.append(find_name(directory, name) or name)
            except FileNotFoundError:
                names.append(name)
    return Place(tuple(names), medium.is_npki_root)


def stands_at(medium: DirectoryMedium, place: Place) -> Whole | None:
    """Read what stands at `place`; None for nothing, or an empty directory."""
    with medium.root() as root:
        try:
            with walked(root, place.users) as users:
                return _standing(users, place.directory)
        except FileNotFoundError:
            return None


def same_directory(one: DirectoryMedium, place: Place, other: DirectoryMedium, place_there: Place) -> bool:
    """Say whether two places are one and the same directory, whatever the paths to them are."""
    with one.root() as here, other.root() as there:
        try:
            with walked(here, place.names) as first, walked(there, place_there.names) as second:
                return os.path.samestat(os.fstat(first), os.fstat(second))
        except FileNotFoundError:
            return False


def _standing(users: int, directory: str) -> Whole | None:
    if not kind(users, directory):
        return None
    with walked(users, [directory]) as fd:
        return read_whole(fd) or None


def _build(root: int, staging: int, place: Place, whole: Whole) -> None:
    with walked(staging, ["set.part"], create=True) as part:
        write_whole(part, whole)
    write_file(staging, "place", place.note())
    syncfs(root)
    with walked(staging, ["set.part"]) as part:
        compare(read_whole(part), whole)
    compare(read_past_cache(staging, "place"), place.note())


def _swap(root: int, staging: int, users: int, directory: str, *, moved: bool) -> None:
    if moved:
        os.rename(directory, "aside", src_dir_fd=users, dst_dir_fd=staging)
        syncfs(root)
    elif kind(users, directory):
        os.rmdir(directory, dir_fd=users)
    os.rename("set.part", directory, src_dir_fd=staging, dst_dir_fd=users)
    syncfs(root)


def _check(root: int, staging: int, users: int, place: Place, whole: Whole) -> None:
    with walked(users, [place.directory]) as fd:
        read = read_whole(fd)
    if read != whole:
        _away(root, staging, users, place.directory)
    compare(read, whole)


def _away(root: int, staging: int, users: int, directory: str) -> None:
    """Take what is no good from its place."""
    if kind(users, directory):
        remove_tree(staging, "replaced")
        os.rename(directory, "replaced", src_dir_fd=users, dst_dir_fd=staging)
        syncfs(root)


def _undo(root: int, place: Place) -> None:
    if kind(root, CHANGE) != stat.S_IFDIR:
        return
    with walked(root, [CHANGE]) as staging:
        kept = kind(staging, "aside") == stat.S_IFDIR
        moved = kind(staging, "place") and not kind(staging, "set.part")
        if kept or moved:
            with walked(root, place.users, create=True) as users:
                _away(root, staging, users, place.directory)
        if kept:
            put_back(root, staging, in_npki_root=place.in_npki_root)
    remove(root, root, CHANGE, wipe=True)


def _repair(root: int, *, in_npki_root: bool) -> bool:
    found = kind(root, CHANGE) != 0
    for name in (REMOVED, PART):
        if kind(root, name):
            remove(root, root, name, wipe=True)
            found = True
    if kind(root, CHANGE) == stat.S_IFDIR:
        with walked(root, [CHANGE]) as staging:
            if kind(staging, "aside") == stat.S_IFDIR:
                place = noted_place(staging, in_npki_root=in_npki_root)
                with walked(root, place.users, create=True) as users, walked(staging, ["aside"]) as aside:
                    if not _is_good(users, place.directory, aside):
                        _away(root, staging, users, place.directory)
                put_back(root, staging, in_npki_root=in_npki_root)
    if kind(root, CHANGE):
        remove(root, root, CHANGE, wipe=True)
    return found


def _is_good(users: int, directory: str, aside: int) -> bool:
    """Say whether what stands at its place makes the set that was kept (`aside`) needless.

    It does when it is the same certificate with a readable key and all that was beside them, or another
    whole certificate: that is what somebody put there since.
    """
    try:
        with walked(users, [directory]) as fd:
            standing = read_whole(fd)
        older = read_whole(aside)
    except (KioskError, OSError):
        return False
    for name in KEYS:
        if (name == KEYS[0] or member(older, name)) and key_format(
            contents(standing, name) or b""
        ) == "unknown":
            return False
    certificate = contents(standing, "signCert.der")
    if certificate == contents(older, "signCert.der"):
        changing = {member(older, name) for name in KEYS}
        return all(standing.get(path, b"") == data for path, data in older.items() if path not in changing)
    return _is_certificate(certificate)


def _is_certificate(der: bytes | None) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            x509.load_der_x509_certificate(der or b"")
    except ValueError:
        return False
    return True
