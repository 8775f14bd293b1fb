"""What is offered to put a certificate on."""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.errors import TABLE, KioskError
from kiosk.media import offers
from kiosk.media.offers import Offer, Sticks, back_again
from kiosk.media.present import ONLY_READ, Snapshot, Stick
from tests.media.plugged import Following, Machine
from tests.media.sticks import OTHER, STICK

PLACE = Path("/media/kiosk/내스틱")


def test_directories_come_first_then_sticks() -> None:
    found = offers.offers(
        Snapshot((STICK, OTHER)), {"8:17": PLACE, "179:1": Path("/mnt/card")}, [Path("/a/b")]
    )
    assert [(offer.path, offer.name, offer.problem) for offer in found] == [
        (Path("/a/b"), "b", None), (PLACE, "내스틱", None), (None, "SanDisk Cruzer", None),
        (Path("/mnt/card"), "card", None),
    ]  # fmt: skip
    assert [offer.stick for offer in found] == [None, STICK, OTHER, None]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"filesystem": "ntfs"}, "medium.readable"),
        ({"filesystem": "crypto_LUKS", "usage": "crypto"}, "medium.encrypted"),
        ({"filesystem": "", "usage": ""}, "medium.unformatted"),
        ({"filesystem": "apfs"}, "medium.filesystem"),
        ({"read_only": True}, "medium.readonly"),
    ],
)
def test_what_nothing_can_be_put_on_is_named(changes: dict[str, object], problem: str) -> None:
    stick = replace(STICK, **changes)  # type: ignore[arg-type]
    for places in ({}, {"8:17": PLACE}):
        for given in ((places, {}), ({}, places)):
            [offer] = offers.offers(Snapshot((stick,)), given[0], only_read=given[1])
            read = places.get("8:17") if problem in ONLY_READ else None
            assert (offer.path, offer.problem, offer.usable) == (read, problem, False)
            assert offer.only_read == (problem in ONLY_READ)
    assert problem in TABLE


def test_what_could_not_be_mounted_is_named_until_somebody_mounts_it() -> None:
    problems = {STICK.identity: "mount.failed"}
    assert offers.offers(Snapshot((STICK,)), {}, (), problems)[0].problem == "mount.failed"
    assert offers.offers(Snapshot((STICK,)), {"8:17": PLACE}, (), problems)[0].problem is None


@pytest.mark.parametrize(
    ("here", "found"),
    [
        ((STICK, OTHER), STICK),
        ((OTHER,), None),
        ((), None),
        # Pulled and put in again, at another place.
        ((replace(STICK, insertion="9", number="8:49"),), replace(STICK, insertion="9", number="8:49")),
        # Two that say they are it: a cheap maker gives all the same number.
        ((replace(STICK, insertion="9"), replace(STICK, insertion="10")), None),
        ((STICK, replace(STICK, insertion="10")), STICK),
        # The same stick, formatted meanwhile.
        ((replace(STICK, insertion="9", uuid="0000-0000"),), None),
    ],
)
def test_the_same_one_back(here: tuple[Stick, ...], found: Stick | None) -> None:
    chosen = Offer(PLACE, "x", STICK)
    again = back_again(chosen, [Offer(PLACE, "x", stick) for stick in here])
    assert (again and again.stick) == found


@pytest.mark.parametrize("missing", ["serial", "uuid"])
def test_what_cannot_be_told_apart_must_stay_in(missing: str) -> None:
    nameless = replace(STICK, **{missing: ""})
    chosen = Offer(PLACE, "x", nameless)
    assert back_again(chosen, [chosen]) == chosen
    assert back_again(chosen, [Offer(PLACE, "x", replace(nameless, insertion="9"))]) is None


def test_a_copy_of_the_chosen_one_is_not_it() -> None:
    """Two sticks from a maker that numbers none, one an image of the other: when one is pulled, it is not back."""
    copy = replace(STICK, insertion="9", number="8:49")
    both = offers.offers(Snapshot((STICK, copy)), {"8:17": PLACE, "8:49": PLACE.with_name("내스틱1")})
    chosen, other = both
    assert back_again(chosen, both) == chosen
    assert back_again(chosen, offers.offers(Snapshot((copy,)), {"8:49": other.path or PLACE})) is None


def test_a_directory_is_its_place() -> None:
    assert back_again(Offer(Path("/a"), "a"), [Offer(Path("/b"), "b"), Offer(Path("/a"), "a")]) == Offer(
        Path("/a"), "a"
    )
    assert back_again(Offer(Path("/a"), "a"), [Offer(Path("/b"), "b")]) is None


async def test_a_stick_is_mounted_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch)
    news = asyncio.Event()
    sticks = Sticks(changed=news.set)
    sticks.begin()
    following = asyncio.create_task(sticks.follow())
    await machine.plugged.put(Snapshot((STICK,)))
    async with asyncio.timeout(5):
        while not (sticks.here and sticks.here[0].path):
            news.clear()
            await news.wait()
    [offer] = sticks.here
    machine.done.clear()
    await sticks.mount_anew(offer)
    assert machine.done == [("unmount", STICK.node), ("mount", STICK.node)]
    assert sticks.here == (offer,)
    with pytest.raises(KioskError, match=r"medium\.other"):
        await sticks.mount_anew(replace(offer, path=Path("/media/elsewhere")))
    # Somebody looks at it: it is read where it is.
    machine.busy.add(STICK.node)
    machine.done.clear()
    await sticks.mount_anew(offer)
    assert machine.done == [("unmount", STICK.node), ("mount", STICK.node)]
    assert sticks.here == (offer,)
    machine.done.clear()
    for other in (Offer(Path("/a"), "a"), Offer(Path("/media/x"), "x", OTHER)):
        await sticks.mount_anew(other)
    assert machine.done == [], "a directory, and what the desktop mounted"
    following.cancel()


async def test_sticks_are_mounted_as_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch)
    heard: list[tuple[Offer, ...]] = []
    news = asyncio.Event()

    def changed() -> None:
        heard.append(sticks.here)
        news.set()

    sticks = Sticks(fallback=Path("/practice"), changed=changed)
    assert [offer.path for offer in sticks.here] == [Path("/practice")]
    sticks.begin()
    following = asyncio.create_task(sticks.follow())

    async def until(paths: list[Path | None]) -> None:
        async with asyncio.timeout(5):
            while [offer.path for offer in sticks.here] != paths:
                news.clear()
                await news.wait()

    await machine.plugged.put(Snapshot((STICK,)))
    await until([Path("/media/sdb1")])
    machine.refuses[OTHER.node] = "mount.failed"
    await machine.plugged.put(Snapshot((STICK, OTHER)))
    await until([Path("/media/sdb1"), None])
    async with asyncio.timeout(5):
        while sticks.here[1].problem is None:
            news.clear()
            await news.wait()
    assert sticks.here[1].problem == "mount.failed"
    # Seen once more: what failed is not tried for ever.
    del machine.places["8:17"]
    await machine.plugged.put(Snapshot((OTHER,)))
    await until([None])
    assert machine.done == [("mount", STICK.node), ("mount", OTHER.node)]
    # Put in again, it gets another try.
    machine.refuses.clear()
    await machine.plugged.put(Snapshot())
    await until([Path("/practice")])
    await machine.plugged.put(Snapshot((replace(OTHER, insertion="9"),)))
    await until([Path("/media/sdc1")])
    await sticks.let_go(sticks.here[0])
    assert machine.done[-1] == ("let_go", OTHER.node)
    await machine.plugged.put(Snapshot((replace(OTHER, insertion="9"), STICK)))
    await until([None, Path("/media/sdb1")])
    await sticks.close()
    assert machine.done[-2:] == [("mount", STICK.node), ("unmount", STICK.node)], "not what was let go"
    following.cancel()
    assert all(before != after for before, after in itertools.pairwise(heard)), "heard only of changes"


async def test_what_can_only_be_read_is_mounted_for_that(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch)
    visit = Following(machine)
    ntfs, locked = replace(STICK, filesystem="ntfs"), replace(OTHER, read_only=True)
    encrypted = replace(
        STICK, node=Path("/dev/sdd"), serial="S3", filesystem="crypto_LUKS", usage="crypto", number=""
    )
    await visit.plug(ntfs, locked, encrypted)
    await visit.until(lambda: visit.paths() == [Path("/media/sdb1"), Path("/media/sdc1"), None])
    assert [offer.problem for offer in visit.sticks.here] == [
        "medium.readable", "medium.readonly", "medium.encrypted"
    ]  # fmt: skip
    assert not any(offer.usable for offer in visit.sticks.here)
    assert machine.done == [("mount read-only", STICK.node), ("mount read-only", OTHER.node)]
    visit.kill()


async def test_what_was_left_in_is_let_alone_until_somebody_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was told to pull a stick finds it unmounted still; who puts one in need not press anything."""
    machine = Machine(monkeypatch)
    news = asyncio.Event()
    sticks = Sticks(fallback=Path("/practice"), changed=news.set)
    assert not sticks.arrived
    following = asyncio.create_task(sticks.follow())

    async def until(condition: Callable[[], object]) -> None:
        async with asyncio.timeout(5):
            while not condition():
                news.clear()
                await news.wait()

    await machine.plugged.put(Snapshot((STICK,)))
    await until(lambda: sticks.here[0].stick == STICK)
    assert not sticks.arrived
    await machine.plugged.put(Snapshot((STICK, OTHER)))
    await until(lambda: [offer.path for offer in sticks.here] == [None, Path("/media/sdc1")])
    assert sticks.arrived
    assert machine.done == [("mount", OTHER.node)]
    machine.places.clear()
    await machine.plugged.put(Snapshot((STICK,)))
    await until(lambda: len(sticks.here) == 1)
    assert not sticks.arrived
    # Pulled and put in again is put in.
    await machine.plugged.put(Snapshot())
    await until(lambda: sticks.here[0].stick is None)
    assert not sticks.arrived, "the directory that stands in when nothing is there"
    await machine.plugged.put(Snapshot((replace(STICK, insertion="9"),)))
    await until(lambda: sticks.here[0].stick and sticks.here[0].path)
    assert sticks.arrived
    machine.places.clear()
    await machine.plugged.put(Snapshot((STICK,)))
    await until(lambda: sticks.here[0].stick == STICK)
    machine.done.clear()
    sticks.begin()
    await until(lambda: sticks.here[0].stick and sticks.here[0].path)
    assert machine.done == [("mount", STICK.node)]
    following.cancel()
