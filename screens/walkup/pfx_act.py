"""A certificate goes into a PFX file or comes out of one: agreed to, done, and shown to be done."""

from collections.abc import Iterable
from datetime import datetime

from cryptography import x509
from textual.widget import Widget
from textual.widgets import Static

from kiosk.clock import in_korea
from kiosk.errors import KioskError
from kiosk.i18n import text
from kiosk.lifecycle import pfx
from kiosk.lifecycle.pfx_file import free_name
from kiosk.lifecycle.standing import person_name
from kiosk.media.pick import serial_of
from kiosk.pki.names import masked_name
from screens.flow import Nav
from screens.step import Step
from screens.walkup.letting_go import LettingGo
from screens.walkup.work import Work
from screens.widgets.frame import KeyHint
from screens.widgets.parts import Row


class _About(Step):
    """What all three are about."""

    @property
    def importing(self) -> bool:
        """Whether a file is imported, or else made."""
        return self.visit.flow == "import"

    def question(self) -> str:
        """Say which of the two."""
        id_ = f"step.{self.word}.question"
        return text(f"{id_}.import" if self.importing else id_)

    def certificate(self) -> x509.Certificate | None:
        """Give the certificate that goes or comes."""
        work, chosen = self.visit.pfx, self.visit.chosen
        if self.importing:
            return work.held.certificate if work and work.held else None
        return chosen.found.certificate if chosen else None

    def whose(self) -> Iterable[Widget]:
        """Say whose it is, and until when it can be used."""
        certificate = self.certificate()
        if certificate is not None:
            yield Row(text("confirm.name"), masked_name(person_name(certificate)))
            yield Row(text("pfx.until"), _day(certificate.not_valid_after_utc))


def _day(moment: datetime) -> str:
    end = in_korea(moment)
    return text("list.until", year=end.year, month=end.month, day=end.day)


class PfxConfirm(_About):
    """The last screen on which nothing has happened yet."""

    word = "pfx_confirm"

    def middle(self) -> Iterable[Widget]:
        """Show what goes where, and what that means."""
        work = self.visit.pfx
        yield from self.whose()
        if self.importing and work:
            yield Row(text("pfx.file"), work.name)
        yield Row(text("pfx.from"), self.visit.medium.name if self.visit.medium else "")
        yield Row(text("pfx.to"), work.to.name if work and work.to else "")
        if not self.importing:
            yield Static(text("pfx.same"), classes="gap", markup=False)
            yield Static(text("pfx.careful"), classes="warning gap", markup=False)
        elif work and work.held and not work.held.random:
            yield Static(text("pfx.without_random"), classes="warning gap", markup=False)

    def hints(self) -> Iterable[KeyHint]:
        """Say plainly what Enter does."""
        for hint in super().hints():
            act = text("key.pfx.import" if self.importing else "key.pfx")
            yield KeyHint(hint.key, hint.cap, act) if hint.key == "enter" else hint


class PfxAct(Work, _About):
    """It cannot be left while it is done."""

    word = "pfx_act"

    def middle(self) -> Iterable[Widget]:
        """Say the one thing that matters."""
        yield Static(text("act.stay"), id="stay", classes="panel", markup=False)
        yield Static("", id="seconds", classes="gap quiet", markup=False)

    async def _work(self) -> None:
        await (self._import() if self.importing else self._export())

    async def _export(self) -> None:
        visit, work, certificate = self.visit, self.visit.pfx, self.certificate()
        if work is None or certificate is None:
            raise KioskError("medium.gone")
        target = await work.target(visit.media)
        work.name = free_name(target, certificate, visit.services.clock.today())
        source, found = await visit.chosen_at_hand()
        work.done = await pfx.export(
            visit.services, source, visit.password, target / work.name, serial=serial_of(found)
        )
        self._settle()

    async def _import(self) -> None:
        visit, work = self.visit, self.visit.pfx
        if work is None or work.held is None:
            raise KioskError("medium.gone")
        target = await work.target(visit.media)
        to = work.to

        async def mount_anew() -> None:
            if to is not None:
                await visit.sticks.mount_anew(to)

        work.done = await pfx.import_(
            visit.services, work.data, work.password, target, serial=work.held.serial,
            new_password=None if work.held.rule else visit.password, mount_anew=mount_anew,
        )  # fmt: skip
        self._settle()

    def _settle(self) -> None:
        """Nothing more is done with where it came from; what is let go is where it went."""
        work = self.visit.pfx
        if work is not None:
            work.password.wipe()
            self.visit.password.wipe()
            self.visit.medium, self.visit.medium_identity = work.to, work.to_identity


class PfxDone(LettingGo, _About):
    """It is done: where it is, and what to mind."""

    word = "pfx_done"

    def middle(self) -> Iterable[Widget]:
        """Say what is where, and whether the stick can be pulled."""
        work = self.visit.pfx
        yield Static(self.about_the_stick(), id="remove", classes="banner apart", markup=False)
        yield from self.whose()
        if work is not None and not self.importing:
            yield Row(text("pfx.file"), work.name)
            yield Static(text("pfx.next"), classes="gap", markup=False)
        if work is not None and work.done is not None and not work.done.random:
            yield Static(text("pfx.without_random"), classes="warning gap", markup=False)

    def hints(self) -> Iterable[KeyHint]:
        """End the visit."""
        yield KeyHint("enter", "Enter", text("key.end"))
        yield KeyHint("f1", "F1", text("key.help"))
        yield KeyHint("f9", "F9", text("key.staff"))

    async def answer(self) -> None:
        """End, but not before the stick can be pulled."""
        if not self._busy_with_stick:
            self.dismiss(Nav.NEXT)
