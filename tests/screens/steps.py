"""Every step that there is, found and not listed, and a visit full of what nobody should have typed."""

import importlib
import inspect
import pkgutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from cryptography import x509
from textual.geometry import Size
from textual.widget import Widget

import screens.walkup
from data.records import Certificate, WholeCertificate
from kiosk.errors import KioskError
from kiosk.lifecycle.act import Old
from kiosk.lifecycle.look import Seen as OnMedium
from kiosk.lifecycle.outcome import Outcome
from kiosk.lifecycle.papers import Papers
from kiosk.lifecycle.pfx_file import Held
from kiosk.lifecycle.standing import Standing
from kiosk.media.offers import Offer
from kiosk.media.scan import Found
from kiosk.media.token_records import Token
from kiosk.pki.profiles import load_profiles
from kiosk.secret import Secret
from screens.pfx import PfxWork
from screens.step import Step
from screens.succession import Succession
from screens.visit import Visit
from screens.walkup.flows import FLOWS
from screens.widgets.body import Body
from screens.widgets.choice import Choice
from screens.widgets.frame import Key, KeyBar
from tests.screens import glass
from tests.screens.sets import NEXT_YEAR, OVER, SOON, foreign, put_set
from tests.screens.stage import Stage

SIZES = {"base": (72, 18), "zoom": (36, 9), "terminal": (80, 24), "large": (120, 36)}

MARKUP = "[@click=app.exit]CLICK[/] [/foo] O'Neil [VIP] [red]RED"
ACTING = "BIDI\u202egnol\u2066 \x1b[31mESC\x1b]0;title\x07 \x9b5n"
LONG = "가나다라마바사아자차카타파하" * 3 + "끝끝"
assert len(LONG) == 44

_numbers = count(10_000_000)


def every_step() -> list[type[Step]]:
    """Every step under `screens.walkup`: a new one is here without anybody writing it down."""
    for module in pkgutil.iter_modules(screens.walkup.__path__, "screens.walkup."):
        importlib.import_module(module.name)
    return sorted(
        (
            step
            for step in _below(Step)
            if step.__module__.startswith("screens.walkup.") and hasattr(step, "word")
        ),
        key=lambda step: step.__name__,
    )


def _below(kind: type[Step]) -> Iterator[type[Step]]:
    for step in kind.__subclasses__():
        yield step
        yield from _below(step)


def make(kind: type[Step], visit: Visit) -> Step:
    """Make a step of this kind; the word of a step is what some are told besides the visit.

    For a step that this visit would not see, the medium is a token, as hostile as the stick was.
    """
    if not kind.wanted(visit) and visit.medium is not None:
        visit.medium = token_offer(visit.medium.name)
    needed = [
        parameter for parameter in list(inspect.signature(kind).parameters.values())[1:]
        if parameter.default is inspect.Parameter.empty
    ]  # fmt: skip
    return kind(visit, *["menu" for _ in needed])


def token_offer(label: str, flags: int = 0x408, **changes: Any) -> Offer:
    """Offer a token of this name; usually one that was set up, with a PIN."""
    token = Token("/nowhere.so", 0, label, "S1", "maker", MARKUP, flags, **changes)
    return Offer(None, label, None, token.problem, token, 1)


def media_of(place: Path) -> list[Path]:
    """Make media whose names are hostile, as a stick's label can be, with certificates whose names are so too."""
    names = [MARKUP.replace("/", "|"), ACTING, LONG]
    media = [place / name for name in names]
    for medium, holder, ends in zip(media, (MARKUP, ACTING, LONG), (NEXT_YEAR, SOON, OVER), strict=True):
        medium.mkdir(parents=True)
        (medium / f"{holder.replace('/', '|')}.pfx").write_bytes(b"?")
        put_set(medium, foreign(holder, ends=ends))
    return media


def certificate_of(profile: str, status: str = "suspended") -> Certificate:
    """A row of the registry whose profile is no longer offered, and is called whatever somebody once typed."""
    return Certificate(
        id=1, serial="f" * 40, subscriber_id=1, request_id=1, profile=profile, name=profile, common_name=profile,
        not_before="2026-11-22T00:00:00.000Z", not_after="2027-11-22T14:59:59.000Z", status=status,
        status_at="2026-11-22T00:00:00.000Z", created_at="2026-11-22T00:00:00.000Z",
    )  # fmt: skip


def fill(visit: Visit, name: str) -> None:
    """Answer everything with hostile data, as if no step had ever checked any."""
    visit.flow, visit.steps = "issue", FLOWS["issue"]
    visit.profile = load_profiles()["personal-general"]
    visit.name = name
    visit.id_number = Secret("9001011234568")
    visit.phone = f"010{next(_numbers)}"
    visit.password = Secret("Sun7!flower-hill")
    visit.pfx = PfxWork(
        name=name, to=visit.media[0] if visit.media else None, data=b"?",
        held=Held(visit.services.authority.issuing, LONG, random=False, rule=False),
    )  # fmt: skip
    visit.act, visit.mine = "revoke", certificate_of(name)
    visit.changed = visit.mine
    # Not there: nothing is issued.
    place = Path("/nowhere", *(offer.name for offer in visit.media[:1]), name.replace("/", "|"))
    visit.medium = Offer(place, place.name)
    visit.outcome = Outcome(
        request=SimpleNamespace(profile=name, code=MARKUP, directory=None),  # type: ignore[arg-type]
        certificate=visit.services.authority.issuing, serial=LONG, place=place, resumed=False, anchor=MARKUP,
    )  # fmt: skip
    der = foreign(name)
    found = Found(place, x509.load_der_x509_certificate(der), der, "SEED-CBC SHA-1", None)
    visit.chosen = OnMedium(found, None, Standing("unknown", 9, "none"))
    visit.copy_to = Offer(place / "other", name)
    visit.papers = Papers(place, KioskError("medium.full"))
    held = WholeCertificate(
        serial="1", subscriber_id=1, request_id=1, profile=name, name=name, common_name=name, der=b"",
        not_before="2026-11-21T15:00:00.000Z", not_after="2027-11-22T14:59:59.000Z", status="valid",
        status_at="2026-11-22T00:00:00.000Z", created_at="2026-11-22T00:00:00.000Z",
    )  # fmt: skip
    visit.succession = Succession(Old(held, "code"), Secret("Sun7!flower-hill"))


@dataclass
class Seen:
    """What all pages of a step showed, put together."""

    rows: dict[tuple[Widget, str, Size], dict[int, str]] = field(default_factory=dict)

    def add(self, stage: Stage) -> None:
        """Add the page that is on the screen."""
        painted = glass.strips(stage.app)
        body = stage.step.query_one(Body)
        bar = stage.step.query_one(KeyBar)
        for widget in stage.step.query("*").results(Widget):
            if not _bears_text(widget):
                continue
            inside = body in widget.ancestors
            clip = body.scrollable_content_region if inside else stage.step.region
            region = widget.content_region
            rows = self.rows.setdefault((widget, plain(widget), region.size), {})
            if any(node.has_class("-cut") for node in widget.ancestors_with_self):
                continue
            assert clip.x <= region.x and region.right <= clip.right, f"{widget} stands out\n{stage.page}"
            for y in range(max(region.y, clip.y), min(region.bottom, clip.bottom)):
                assert inside or y < bar.region.y or bar in widget.ancestors, f"{widget} lies over the keys"
                rows[y - region.y] = painted[y].crop(region.x, region.right).text

    def lost(self) -> list[str]:
        """Name every text of which a line was on no page, or not whole."""
        return [
            f"{widget} of {size}: {text!r} but {rows}"
            for (widget, text, size), rows in self.rows.items()
            if squeezed("".join(rows.get(y, "") for y in range(size.height))) != squeezed(text)
        ]


def plain(widget: Widget) -> str:
    """Give the text that a widget has to show."""
    shown: Any = widget.render()
    return str(getattr(shown, "plain", shown))


def squeezed(text: str) -> str:
    """Leave out the blanks: lines break at them."""
    return "".join(text.split())


def _bears_text(widget: Widget) -> bool:
    displayed = all(node.display for node in widget.ancestors_with_self if isinstance(node, Widget))
    return (
        displayed and not widget.is_container and not list(widget.children) and bool(squeezed(plain(widget)))
    )


async def pages(stage: Stage, seen: Seen) -> AsyncIterator[None]:
    """Show every page of the step on top, then mark each answer that hides something unless it is marked.

    A person turns as long as the keys offer it and something has not been seen. Stops at each page for a look.
    """
    hiding = sum(_hides(choice) for choice in stage.step.query(Choice))
    for mark in range(1 + hiding):
        if mark:
            await stage.press("down")
        shown: list[str] = []
        while True:
            shown.append(stage.page)
            seen.add(stage)
            yield
            if not _can_turn(stage) or shown.count(shown[-1]) > 1 or (mark and not seen.lost()):
                break
            assert len(shown) < 60, f"the pages never come round\n{stage.page}"
            await stage.press("pagedown")


def _hides(choice: Choice) -> bool:
    return not choice.has_focus and any(not child.display for child in choice.walk_children())


def _can_turn(stage: Stage) -> bool:
    return any(key.hint.key == "pagedown" for key in stage.step.query(Key))
