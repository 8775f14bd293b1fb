"""Where a certificate can go, here and now: directories that act as sticks, sticks and security tokens."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.errors import KioskError
from kiosk.media.directory import DirectoryMedium
from kiosk.media.held import Held
from kiosk.media.mounted import READ, mounted
from kiosk.media.present import ONLY_READ, Snapshot, Stick

if TYPE_CHECKING:
    from kiosk.media.inserted import Inserted
    from kiosk.media.token_records import Token

UNMOUNT_SECONDS = 5.0
"""How long the end of a visit waits for sticks to be unmounted."""


@dataclass(frozen=True)
class Offer:
    """One medium that is here, whether or not something can be put on it."""

    path: Path | None
    """Where its files are; None while it is not mounted, and of a token. One that is only read has them too."""
    name: str
    """What people call it: its label, else maker and model, else the directory's name. Hostile text."""
    stick: Stick | None = None
    """What udev says of it; None for a directory."""
    problem: str | None = None
    """Why nothing can be put on it, as an id of `kiosk.errors.TABLE`."""
    token: "Token | None" = None
    """What PKCS#11 says of it, when it is a token."""
    insertion: int = 0
    """Of a token: which of its appearances in this visit it is."""
    twin: bool = False
    """Whether another stick that is here calls itself the same: a copy, from a maker that numbers none."""

    @property
    def usable(self) -> bool:
        """Whether it can be chosen to put something on it."""
        return self.problem is None and (self.path is not None or self.token is not None)

    @property
    def only_read(self) -> bool:
        """Whether what is on it can be read, and nothing changed."""
        return self.problem in ONLY_READ

    @property
    def lasting_identity(self) -> str:
        """The same medium when it comes back; empty when there is no telling (no serial and no filesystem's id)."""
        if self.token is not None:
            return self.token.uri if self.token.serial else ""
        if self.stick is None:
            return f"directory:{self.path}"
        told = self.stick.serial and self.stick.uuid and not self.twin
        return self.stick.lasting_identity if told else ""

    @property
    def identity(self) -> str:
        """This medium, in this insertion."""
        if self.token is not None:
            return f"{self.token.uri}?{self.token.module}#{self.insertion}"
        return f"directory:{self.path}" if self.stick is None else self.stick.identity


def offers(
    snapshot: Snapshot, places: Mapping[str, Path], given: Iterable[Path] = (),
    problems: Mapping[str, str] | None = None, only_read: Mapping[str, Path] | None = None,
) -> tuple[Offer, ...]:  # fmt: skip
    """Give what is here: `given` directories, then sticks.

    `places` has mount points by device number, `only_read` those of filesystems that we do not write to;
    `problems`, by a stick's identity, what came of mounting it. Sticks that are mounted and that udev does not
    know (a container) are as directories.
    """
    known = {stick.number for stick in snapshot.sticks}
    everywhere = {**(only_read or {}), **places}
    sticks = [_of_stick(stick, everywhere.get(stick.number), problems or {}) for stick in snapshot.sticks]
    same = Counter(offer.lasting_identity for offer in sticks)
    return (
        *(Offer(path, path.name) for path in given),
        *(
            replace(offer, twin=same[offer.lasting_identity] > 1 and bool(offer.lasting_identity))
            for offer in sticks
        ),
        *(Offer(path, path.name) for number, path in places.items() if number not in known),
    )


def _of_stick(stick: Stick, place: Path | None, problems: Mapping[str, str]) -> Offer:
    problem = stick.problem or (problems.get(stick.identity) if place is None else None)
    name = stick.label or stick.name or stick.node.name
    return Offer(None if problem and problem not in ONLY_READ else place, name, stick, problem)


def back_again(chosen: Offer, here: Sequence[Offer]) -> Offer | None:
    """Find the medium that was chosen among what is here now, also when it was pulled and put in again.

    None when it is not here, when nothing tells it from another one, or when two claim to be it.
    """
    for offer in here:
        if offer.identity == chosen.identity:
            return offer
    if not chosen.lasting_identity:
        return None
    same = [offer for offer in here if offer.lasting_identity == chosen.lasting_identity]
    return same[0] if len(same) == 1 else None


def token_at_hand(chosen: Offer, here: Sequence[Offer]) -> Offer:
    """Find the token that was chosen, as it is now. Raises `token.gone`, or why it cannot be used any more."""
    offer = back_again(chosen, here)
    if offer is None or offer.token is None:
        raise KioskError("token.gone")
    if offer.problem is not None:
        raise KioskError(offer.problem)
    return offer


def at_hand(chosen: Offer, identity: str, here: Sequence[Offer]) -> tuple[Offer, str, Path]:
    """Find the medium that was chosen, right before something is done to it, and make sure that it is the one.

    `identity` is its directory's (`DirectoryMedium.identity`) when it was chosen. Gives both as they are now,
    and the directory: a stick that was put in again may be mounted elsewhere. Raises `medium.*`, `medium.other`
    for another one.
    """
    offer = back_again(chosen, here)
    if offer is None or offer.path is None:
        raise KioskError("medium.gone")
    if offer.identity == chosen.identity and offer.path == chosen.path:
        DirectoryMedium.again(offer.path, identity)
        return offer, identity, offer.path
    return offer, DirectoryMedium.open(offer.path).identity, offer.path


class Sticks:
    """Follows what is plugged in for one visit, and has sticks mounted as they come."""

    tokens: "Inserted | None" = None
    """What knows of tokens, once there are services to ask."""

    def __init__(
        self, given: Sequence[Path] = (), fallback: Path | None = None,
        changed: Callable[[], None] = lambda: None, *, marks: Path | None = None,
    ) -> None:  # fmt: skip
        """`given` directories are always here; `fallback` is when nothing else is. `changed` hears of changes.

        In the directory `marks` it is remembered which sticks were mounted by the kiosk.
        """
        self.changed = changed
        self._given = tuple(given)
        self._fallback = fallback
        self._snapshot = Snapshot()
        self._problems: dict[str, str] = {}
        self._tried: set[str] = set()
        self._held = Held(marks)
        self._tasks: set[asyncio.Task[None]] = set()
        self._reader_was_empty = False
        self._left: Snapshot | None = None
        self._begun = False
        self.here = self._look()

    def _look(self) -> tuple[Offer, ...]:
        found = offers(self._snapshot, mounted(), self._given, self._problems, mounted(kinds=READ))
        found += self.tokens.here if self.tokens else ()
        if not found and self._fallback is not None:
            return (Offer(self._fallback, self._fallback.name),)
        return found

    def refresh(self) -> None:
        """Look at what is mounted now. Cheap: to be called now and then, since mounting is no event of udev."""
        before = self.here, self._reader_was_empty
        self.here, self._reader_was_empty = self._look(), self.empty_reader
        if (self.here, self._reader_was_empty) != before:
            self.changed()

    @property
    def empty_reader(self) -> bool:
        """Whether a reader waits for a card: there is one, and something that could tell of a token in it."""
        return bool(self._snapshot.readers and self.tokens and self.tokens.asked and not self.tokens.here)

    def look_for_tokens(self) -> None:
        """Have tokens looked for. Cheap, waits for nothing: to be called now and then while somebody may bring one."""
        if self.tokens:
            self.tokens.look()

    def in_use(self, token: "Token") -> contextlib.AbstractAsyncContextManager[None]:
        """Have nobody ask for tokens while something is done on this one."""
        return self.tokens.in_use(token) if self.tokens else contextlib.nullcontext()

    async def follow(self) -> None:
        """Follow what is plugged in until cancelled."""
        from kiosk.media.watch import Watch

        with Watch() as watch:
            async for snapshot in watch.snapshots():
                readers, self._snapshot = self._snapshot.readers, snapshot
                self._left = self._left or snapshot
                if self.tokens and snapshot.readers != readers:
                    self.tokens.look(anew=True)
                here = {stick.identity for stick in snapshot.sticks}
                self._tried &= here
                self._problems = {name: why for name, why in self._problems.items() if name in here}
                self._held.see(snapshot.sticks)
                self.refresh()
                self._mount_all()

    @property
    def arrived(self) -> bool:
        """Whether somebody has put something in since this began to look: what was left in before is nobody's."""
        if self._left is None:
            return False
        new = {stick.identity for stick in self._snapshot.sticks if stick not in self._left.sticks}
        # A token that is first asked for now may have been in the reader for long.
        reader = not set(self._snapshot.readers) <= set(self._left.readers)
        return any(each.stick.identity in new if each.stick else reader and each.token for each in self.here)

    def begin(self) -> None:
        """Somebody is here: what was left in counts as theirs too, and is mounted."""
        self._begun = True
        self._mount_all()

    def _mount_all(self) -> None:
        left = self._left.sticks if self._left and not self._begun else ()
        for offer in self.here:
            stick = None if offer.path or (offer.problem and not offer.only_read) else offer.stick
            if stick and stick not in left and stick.identity not in self._tried:
                self._tried.add(stick.identity)
                self._start(self._mount(stick))

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _mount(self, stick: Stick) -> None:
        problem = await self._held.mount(stick, lambda: stick in self._snapshot.sticks)
        if problem is not None:
            self._problems[stick.identity] = problem
        self.refresh()

    async def mount_anew(self, offer: Offer) -> None:
        """Unmount a stick and mount it again, at the same place, when it was mounted for this visit.

        One that somebody else uses stays mounted. Raises `medium.gone`, `mount.*`; `medium.other` when it is
        mounted elsewhere now.
        """
        if offer.stick is None or offer.stick not in self._held:
            return
        from kiosk.media import mount

        try:
            await mount.unmount(offer.stick.node)
        except KioskError as error:
            if error.id != "mount.busy":
                raise
        place, _ = await mount.mount(offer.stick.node, read_only=offer.only_read)
        self.refresh()
        if place != offer.path:
            raise KioskError("medium.other")

    async def let_go(self, offer: Offer) -> None:
        """Have everything written to a medium and let it go: once this returns it can be pulled.

        It is not mounted again in this visit. Raises what `kiosk.media.mount.let_go` does.
        """
        if offer.stick is None:
            return
        from kiosk.media import mount

        self._tried.add(offer.stick.identity)
        await mount.let_go(offer.stick.node)
        self._held.forget(offer.stick)
        self.refresh()

    async def close(self) -> None:
        """Unmount what was mounted by this kiosk; what takes too long or is in use stays as it is."""
        if self.tokens:
            self.tokens.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(UNMOUNT_SECONDS):
                await self._held.close(self._tasks)
