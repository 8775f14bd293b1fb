"""Look: what is on a stick, as soon as it is put in, without a key; and what follows from it."""

import asyncio
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.clock import Clock
from kiosk.config import load_policy
from kiosk.lifecycle import dates
from kiosk.lifecycle.look import Published, Seen, judge_unregistered
from kiosk.media.offers import Offer
from kiosk.media.scan import ENTRIES, Found, scan
from screens.flow import Nav
from screens.walkup import shown
from screens.walkup.confirm import Confirm
from screens.walkup.help import Help
from screens.walkup.idle import Idle
from screens.walkup.look import OTHERS, Look
from screens.walkup.menu import Menu
from screens.walkup.prepare import Prepare
from screens.walkup.proof import Proof
from screens.widgets.body import Body
from tests.conftest import TODAY, Ran
from tests.lifecycle.test_look import HELD
from tests.media.sticks import STICK
from tests.screens.sets import NEXT_YEAR, OVER, SOON, foreign, put_set
from tests.screens.stage import Stage, stage
from tests.screens.walk import walk

POLICY = load_policy()


@pytest.fixture
def sticks(tmp_path: Path) -> list[Path]:
    made = [tmp_path / "KINGSTON", tmp_path / "SANDISK"]
    for stick in made:
        stick.mkdir()
    return made


async def looking(on: Stage) -> tuple[Look, list[Nav | None]]:
    on.visit.flow = "look"
    step, answers = await on.show(Look(on.visit))
    await on.until(lambda: not step.at_work)
    return step, answers


async def test_a_stick_put_in_at_the_idle_screen_shows_what_is_on_it(state: Path, sticks: list[Path]) -> None:
    put_set(sticks[0], foreign("홍길동()0004041", ends=SOON))
    async with stage(state) as on:
        on.put_in(Offer(None, sticks[0].name, STICK))
        await on.at(Look)
        assert on.sees("medium.connecting")
        on.plug(sticks[0])
        await on.until(lambda: on.sees("verdict.foreign.soon", days=12))
        assert on.sees("list.until", year=2026, month=12, day=4)
        assert on.sees("key.menu")
        assert "홍*동" in on.said
        assert "금융결제원" in on.said
        assert "범용개인" in on.said
        # Who takes it out again has finished.
        on.plug()
        end = time.monotonic() + 10
        while not on.app._exit and time.monotonic() < end:
            await asyncio.sleep(0.01)
        assert on.app._exit


async def test_what_is_on_a_stick_that_can_only_be_read(state: Path, sticks: list[Path]) -> None:
    put_set(sticks[0], foreign("홍길동()0004041", ends=SOON))
    async with stage(state) as on:
        on.put_in(Offer(sticks[0], sticks[0].name, STICK, "medium.readonly"))
        await on.at(Look)
        await on.until(lambda: on.sees("verdict.foreign.soon", days=12))
        assert on.sees("error.medium.readonly.screen", "look.only_read")
        assert {"go:copy", "go:export"} <= set(on.choices())
        assert not {"go:password", "go:delete"} & set(on.choices())
        on.plug(sticks[0])
        await on.until(lambda: "go:password" in on.choices())
        assert not on.sees("look.only_read")


async def test_where_there_is_more_than_is_looked_at(state: Path, sticks: list[Path]) -> None:
    put_set(sticks[0], foreign("홍길동()0004041", ends=SOON))
    for number in range(ENTRIES):
        (sticks[0] / "NPKI" / "yessign" / "USER" / "x" / f"{number:04}").mkdir(parents=True)
    async with stage(state, sticks[:1]) as on:
        await looking(on)
        assert on.sees("verdict.foreign.soon", days=12)
        assert on.sees("look.partly")


async def test_a_certificate_without_an_end(state: Path, sticks: list[Path]) -> None:
    """It says the last second of the year 9999 in Greenwich, which is in no year that Korea could write."""
    put_set(sticks[0], foreign("홍길동()0004041", ends=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)))
    async with stage(state) as on:
        on.put_in(sticks[0])
        await on.at(Look)
        await on.until(lambda: on.sees("list.until", year=9999, month=12, day=31))
        await on.take_away(on.step)
        prepare = Prepare(on.visit)
        await on.show(prepare)
        await on.until(lambda: on.sees("prepare.old", year=9999, month=12, day=31))


@pytest.mark.parametrize("size", [(72, 18), (80, 24), (120, 36)])
async def test_all_of_a_certificate_is_on_one_page(
    state: Path, sticks: list[Path], size: tuple[int, int]
) -> None:
    """A larger screen has more air, but never so much that less is to be seen."""
    async with stage(state, sticks[:1]) as on:
        await walk(on, Confirm)
        await on.press("enter")
        await on.at(Proof)
        await on.resize(size)
        look, _ = await looking(on)
        assert len(on.choices()) == len(OTHERS)
        assert not look.query_one(Body).overflows
        assert on.sees("list.until", year=2027, month=11, day=22)


async def test_from_there_the_menu_is_a_key_away(state: Path, sticks: list[Path]) -> None:
    put_set(sticks[0], foreign("홍길동()1"))
    async with stage(state) as on:
        on.put_in(sticks[0])
        look = await on.at(Look)
        await on.until(lambda: not look.at_work)
        await on.press("escape")
        await on.at(Menu)
        on.plug()
        await on.settle()
        assert on.app.is_running, "a stick that is taken out now ends nothing"
        await on.press(str(on.choices().index("look") + 1))
        await on.at(Look)
        assert not on.visit.put_in


async def test_what_was_in_before_opens_nothing(state: Path, sticks: list[Path]) -> None:
    put_set(sticks[0], foreign("홍길동()1"))
    async with stage(state, sticks[:1]) as on:
        on.plug(*sticks)
        await on.settle()
        assert isinstance(on.app.screen, Idle)
        await on.press("enter")
        await on.at(Menu)


async def test_a_stick_put_in_while_somebody_reads_the_help(state: Path, sticks: list[Path]) -> None:
    async with stage(state) as on:
        await on.press("f1")
        await on.at(Help)
        on.put_in(sticks[0])
        await on.settle()
        assert isinstance(on.app.screen, Help)
        await on.press("escape")
        await on.at(Look)


async def test_of_several_each_can_be_told_of(state: Path, sticks: list[Path]) -> None:
    put_set(sticks[0], foreign("홍길동()1", ends=NEXT_YEAR))
    put_set(sticks[0], foreign("김복순()1", ends=SOON))
    put_set(sticks[1], foreign("이몽룡()1", ends=OVER))
    put_set(sticks[1], b"rubbish")
    async with stage(state, sticks) as on:
        step, answers = await looking(on)
        assert on.sees("look.count", count=4)
        said = on.said
        assert said.index("김*순") < said.index("홍*동") < said.index("이*룡"), "what ends first comes first"
        await on.press("1")
        assert on.sees("verdict.foreign.soon", days=12)
        await on.press("escape", "3")
        assert on.sees("verdict.expired")
        await on.press("escape", "4")
        assert on.sees("verdict.unreadable")
        await on.press("escape")
        assert on.sees("look.count", count=4)
        assert answers == []
        await on.press("escape")
        assert answers == [Nav.BACK]
        assert step not in on.app.screen_stack


async def test_a_flow_begins_with_the_certificate(
    state: Path, sticks: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is chosen here is not asked for again, and Back from there leads back here."""
    from screens.walkup import flows
    from screens.walkup.prepare import Prepare
    from screens.walkup.which import Which

    put_set(sticks[0], foreign("홍길동()1"))
    monkeypatch.setitem(flows.FLOWS, "password", (Which, Prepare))
    async with stage(state) as on:
        on.put_in(sticks[0])
        look = await on.at(Look)
        await on.until(lambda: not look.at_work)
        await on.press("1")
        await on.at(Prepare)
        assert on.visit.flow == "password"
        assert on.visit.chosen is not None
        assert on.visit.chosen.name == "홍길동"
        assert on.visit.medium == Offer(sticks[0], sticks[0].name)
        await on.press("escape")
        await on.at(Look)
        assert on.visit.flow == "look"


# -- what is said


def seen(ends: datetime, status: str | None = "valid", now: datetime = TODAY, **changes: object) -> Seen:
    """A certificate that ends then; `status` is that of our row, None for another authority's."""
    from dataclasses import replace

    from cryptography import x509

    from kiosk.lifecycle.look import _seen

    der = foreign("홍길동()1", ends=ends, begins=TODAY - timedelta(days=30))
    found = Found(Path("/x"), x509.load_der_x509_certificate(der), der, "SEED-CBC SHA-1", None)
    held = None if status is None else replace(HELD, status=status, **changes)  # type: ignore[arg-type]
    return _seen(found, held, Clock(now), POLICY)


@settings(deadline=None)  # each example signs a certificate
@given(st.integers(-60, 400), st.integers(0, 24 * 3600 - 1), st.integers(1, 40))
def test_bars_and_days_agree(days: int, seconds: int, width: int) -> None:
    """At any second of a day: nothing drawn is nothing left, a full bar is nothing gone, and the width is kept."""
    now = dates.day_start(dates.korean_day(TODAY + timedelta(days=40))) + timedelta(seconds=seconds)
    one = seen(dates.day_end(dates.korean_day(now + timedelta(days=days))), None, now)
    drawn = shown.bar(one, width)
    assert len(drawn) == width
    assert drawn == drawn.rstrip("─") + "─" * drawn.count("─"), "one piece from the left"
    assert ("▄" in drawn) == (days >= 0 and one.standing.status == "unknown")
    if one.standing.status == "unknown":
        assert one.standing.days_left == days
        longer = seen(dates.day_end(dates.korean_day(now + timedelta(days=days + 1))), None, now)
        assert shown.bar(longer, width).count("▄") >= drawn.count("▄")


@pytest.mark.parametrize(
    ("ends", "status", "id_", "facts"),
    [
        (NEXT_YEAR, "valid", "verdict.ours", {"days": 365}), (SOON, "valid", "verdict.ours.soon", {"days": 12}),
        (dates.day_end(TODAY.date()), "valid", "verdict.ours.last_day", {}), (OVER, "valid", "verdict.expired", {}),
        (NEXT_YEAR, "revoked", "verdict.revoked", {}), (NEXT_YEAR, "unproved", "verdict.unproved", {}),
        (NEXT_YEAR, "suspended", "verdict.suspended", {"days": 181}),
        (SOON, "suspended", "verdict.suspended.until_expiry", {"days": 12}), (OVER, "suspended", "verdict.expired", {}),
        (NEXT_YEAR, None, "verdict.foreign", {"days": 365}),
        (dates.day_end(TODAY.date()), None, "verdict.foreign.last_day", {}),
    ],
)  # fmt: skip
def test_one_sentence_for_each_way_to_stand(
    ends: datetime, status: str | None, id_: str, facts: dict[str, int]
) -> None:
    from kiosk.i18n import text

    assert shown.verdict(seen(ends, status), Clock(TODAY)) == text(id_, **facts)


def test_what_was_replaced_is_not_just_revoked() -> None:
    from kiosk.i18n import text

    one = seen(NEXT_YEAR, "revoked", reason="superseded")
    assert shown.verdict(one, Clock(TODAY)) == text("verdict.replaced")
    assert shown.left(one) == text("status.replaced")


def test_a_list_made_while_it_was_suspended_is_older_than_its_end() -> None:
    """What was suspended for too long counts as revoked since then: no list before that says so."""
    from kiosk.i18n import text

    now = TODAY + timedelta(days=200)
    one = seen(NEXT_YEAR, "suspended", now)
    assert one.standing.status == "revoked"
    before = Published(3, TODAY + timedelta(days=10))
    assert shown.as_of(one, before, Clock(now)) == text("look.status.newer", status="revoked", number=3)
    after = Published(4, now)
    said = text("look.status.list", status="revoked", number=4, ago=text("ago.now"))
    assert shown.as_of(one, after, Clock(now)) == said


def test_how_old_the_word_is() -> None:
    from kiosk.i18n import text

    one, now = seen(NEXT_YEAR), TODAY + timedelta(hours=5)
    assert shown.as_of(one, None, Clock(now)) == text("look.status.registry", status="valid")
    made = Published(12, TODAY + timedelta(hours=2))
    ago = text("ago.hours", count=3)
    assert shown.as_of(one, made, Clock(now)) == text("look.status.list", status="valid", number=12, ago=ago)
    older = Published(11, TODAY - timedelta(hours=2))
    assert shown.as_of(one, older, Clock(now)) == text("look.status.newer", status="valid", number=11)
    assert shown.as_of(seen(NEXT_YEAR, None), made, Clock(now)) == text(
        "look.status.foreign", status="unknown"
    )


def test_a_password_of_more_than_a_year() -> None:
    from kiosk.i18n import text

    fresh = text("look.password.at", year=2026, month=11, day=22)
    assert shown.password(seen(NEXT_YEAR), Clock(TODAY + timedelta(days=364))) == fresh
    old = shown.password(seen(NEXT_YEAR), Clock(TODAY + timedelta(days=365)))
    assert old == f"{fresh} {text('look.password.old')}"
    changed = seen(NEXT_YEAR, "valid", TODAY, password_at="2027-05-04T15:00:00.000Z")
    assert shown.password(changed, Clock(TODAY + timedelta(days=365))) == text(
        "look.password.at", year=2027, month=5, day=5
    )


@pytest.mark.parametrize(
    ("policy", "organization", "kind", "authority", "whose"),
    [
        ("1.2.410.200005.1.1.1", "yessign", "General, personal", "KFTC (yessign)", "홍*동"),
        ("1.2.410.200005.1.1.1.1", "yessign", "General, personal", "KFTC (yessign)", "홍*동"),
        ("1.2.410.200005.1.1.5", "yessign", "General, business", "KFTC (yessign)", "홍길동"),
        ("1.2.410.200004.5.4.1.2", "CrossCert", "General, business", "CrossCert", "홍길동"),
        ("1.2.410.200012.1.1.1", "TradeSign", "General, personal", "KTNET (TradeSign)", "홍*동"),
        ("1.2.3.4", "KICA", "Another authority's", "KICA (signGATE)", "홍*동"),
        (None, "Nobody", "Another authority's", "yessignCA Class 3", "홍*동"),
    ],
)  # fmt: skip
def test_others_by_what_is_known_of_them(
    tmp_path: Path, policy: str | None, organization: str, kind: str, authority: str, whose: str
) -> None:
    put_set(tmp_path, foreign("홍길동()0004041", policy=policy, organization=organization))
    [one] = judge_unregistered(scan(tmp_path), Clock(TODAY), POLICY).seen
    assert (shown.kind(one), shown.authority(one, "here"), shown.whose(one)) == (kind, authority, whose)


async def test_what_nobody_needs_any_more_can_be_deleted(state: Path, sticks: list[Path]) -> None:
    """The second of two that are the same on one stick, and what is over; a copy on another stick is none."""
    der = foreign("홍길동()1")
    put_set(sticks[0], der)
    put_set(sticks[0], der)
    put_set(sticks[0], foreign("김복순()1", ends=OVER))
    async with stage(state, sticks[:1]) as on:
        await looking(on)
        assert on.sees("look.spare", count=2)
        await on.press("2")
        assert on.sees("look.spare.same")
        assert on.choices()[0] == "go:delete"
        await on.press("escape", "3")
        assert on.sees("look.spare.over")
        assert on.choices()[0] == "go:delete"
        await on.press("escape", "1")
        assert not on.sees("look.spare.same")
        assert on.choices()[0] == "go:password"
    put_set(sticks[1], der)
    (sticks[0] / "NPKI").rename(sticks[0] / "gone")
    put_set(sticks[0], der)
    async with stage(state, sticks) as on:
        await looking(on)
        assert not on.sees("look.spare", count=1)


async def test_a_pfx_file_alone_is_brought_in_from_here(state: Path, sticks: list[Path]) -> None:
    """In whatever case its name is; Back from there leads back here."""
    from screens.walkup.pfx_choose import PfxFile

    (sticks[0] / "Backup.P12").write_bytes(b"any bytes")
    async with stage(state) as on:
        on.put_in(sticks[0])
        await on.at(Look)
        await on.until(lambda: on.sees("look.pfx.only"))
        assert not on.sees("list.empty")
        assert on.choices() == ["go:import"]
        assert on.sees("key.choose")
        await on.press("1")
        await on.at(PfxFile)
        assert "Backup.P12" in on.said
        await on.press("escape")
        await on.at(Look)


async def test_a_pfx_file_beside_certificates_is_told_of(state: Path, sticks: list[Path]) -> None:
    from kiosk.i18n import text

    put_set(sticks[0], foreign("홍길동()1"))
    (sticks[0] / "mine.pfx").write_bytes(b"any bytes")
    async with stage(state, sticks[:1]) as on:
        await looking(on)
        assert on.sees("look.pfx", count=1, flow=text("flow.import"))
        assert on.sees("verdict.foreign", days=365)
        assert "go:import" not in on.choices()


@pytest.fixture
def replaced(
    state: Path, sticks: list[Path], kiosk: Callable[..., Ran], write_answers: Callable[..., Path]
) -> Path:
    """A stick with a copy of a certificate that was reissued since."""
    words = ("--state", state, "--answers", write_answers(), "--medium")
    serial = kiosk("issue", *words, sticks[0], "--json").json()["serial"]
    shutil.copytree(sticks[0], sticks[1], dirs_exist_ok=True)
    assert kiosk("reissue", *words, sticks[0]).status == 0
    assert kiosk("status", serial, "--state", state, "--json").json()["next_action"] == "delete"
    return sticks[1]


async def test_what_was_replaced_is_for_cleaning_up(state: Path, replaced: Path) -> None:
    """And not for having one more issued."""
    async with stage(state, [replaced]) as on:
        await looking(on)
        assert on.sees("verdict.replaced")
        assert on.sees("look.spare.over")
        assert on.choices()[0] == "go:delete"
        assert "go:issue" not in on.choices()


def test_every_flow_that_is_offered_has_its_words() -> None:
    from kiosk.i18n import text
    from screens.walkup.flows import FLOWS
    from screens.walkup.look import OTHERS

    for flow in {*OTHERS, "issue", "renew", "reissue", "resume"} & FLOWS.keys():
        assert text(f"flow.{flow}")
        assert text(f"flow.{flow}.more")
