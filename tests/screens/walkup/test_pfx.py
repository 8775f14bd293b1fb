"""PFX files on the screens: made from a certificate, and imported, by a person with a stick or two."""

from pathlib import Path

import pytest

from kiosk.media.offers import Offer
from kiosk.pki import container, pkcs12
from kiosk.secret import Secret
from screens.step import Step
from screens.walkup.menu import Menu
from screens.walkup.new_password import OldPassword
from screens.walkup.pfx_act import PfxAct, PfxConfirm, PfxDone
from screens.walkup.pfx_choose import PfxFile, PfxTo
from screens.walkup.pfx_password import PfxNewPassword, PfxPassword
from screens.walkup.which import Which
from tests.lifecycle import sets
from tests.lifecycle.test_pfx import PASSWORD, WEAK, certificate, made
from tests.media.sticks import STICK
from tests.screens.stage import Stage, stage
from tests.screens.steps import token_offer


@pytest.fixture
def sticks(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "KINGSTON", tmp_path / "SANDISK"]
    for path in paths:
        path.mkdir()
    return paths


async def begin(on: Stage, flow: str) -> None:
    """Begin a flow as another step that leads to it does."""
    await on.press("enter")
    menu = await on.at(Menu)
    menu.chosen(flow)


async def password(on: Stage, text: str, step: type[Step] = PfxPassword) -> None:
    await on.at(step)
    await on.type(text)
    await on.press("enter")


def key_on(stick: Path, password: str = PASSWORD) -> bytes:
    [file] = stick.glob("NPKI/*/USER/*/signPri.key")
    return container.decrypt_key(file.read_bytes(), Secret(password)).reveal()


async def test_a_file_is_made_on_another_stick(state: Path, sticks: list[Path]) -> None:
    sets.put(sticks[0], sets.files(0, PASSWORD))
    before = sets.tree(sticks[0])
    async with stage(state, sticks) as on:
        await begin(on, "export")
        which = await on.at(Which)
        await on.until(lambda: not which.at_work)
        await on.press("1")
        await password(on, PASSWORD + "x", OldPassword)
        assert on.sees("error.medium.wrong_password", left=4)
        assert not on.field("password").content
        await on.type(PASSWORD)
        await on.press("enter")
        await on.at(PfxTo)
        await on.press("2")
        await on.at(PfxConfirm)
        assert on.sees("pfx.careful", "step.pfx_confirm.question")
        assert "홍*동" in on.said
        assert "SANDISK" in on.said
        await on.press("enter")
        await on.at(PfxDone)
        assert on.sees("step.pfx_done.question", "proof.remove")
        assert "홍길동_20261122.pfx" in on.said
    contents = pkcs12.read((sticks[1] / "홍길동_20261122.pfx").read_bytes(), Secret(PASSWORD))
    assert contents.keys[0].reveal() == sets.pkcs8(0)
    assert sets.tree(sticks[0]) == before


async def test_on_the_same_stick_a_second_one_has_another_name(state: Path, sticks: list[Path]) -> None:
    sets.put(sticks[0], sets.files(0, PASSWORD))
    (sticks[0] / "홍길동_20261122.PFX").write_bytes(b"theirs")
    async with stage(state, sticks[:1]) as on:
        await begin(on, "export")
        which = await on.at(Which)
        await on.until(lambda: not which.at_work)
        await on.press("1")
        await password(on, PASSWORD, OldPassword)
        await on.at(PfxTo)
        await on.press("1")
        await on.at(PfxConfirm)
        await on.press("enter")
        await on.at(PfxDone)
    assert (sticks[0] / "홍길동_20261122.PFX").read_bytes() == b"theirs"
    assert (sticks[0] / "홍길동_20261122_2.pfx").exists()


async def test_a_file_is_imported(state: Path, sticks: list[Path]) -> None:
    (sticks[0] / "a.PFX").write_bytes(made((sets.pkcs8(0), certificate())))
    (sticks[0] / "b.txt").write_bytes(b"x")
    async with stage(state) as on:
        await begin(on, "import")
        await on.at(PfxFile)
        assert on.sees("list.insert")
        on.plug(sticks[1], Offer(None, "느린 것", STICK))
        await on.until(lambda: on.sees("pfx.none"))
        on.plug(*sticks, token_offer("토큰"))
        await on.until(lambda: on.choices() == ["1"])
        await on.press("1")
        await password(on, PASSWORD + "x")
        assert on.sees("error.pfx.password")
        await on.type(PASSWORD)
        await on.press("enter")
        await on.at(PfxTo)
        assert on.choices() == ["1", "2"], "no token"
        await on.press("2")
        await on.at(PfxConfirm)
        assert on.sees("step.pfx_confirm.question.import")
        assert not on.sees("pfx.without_random")
        await on.press("escape")
        await on.at(PfxTo)
        await on.press("2")
        await on.at(PfxConfirm)
        await on.press("enter")
        await on.at(PfxDone)
        assert on.sees("step.pfx_done.question.import")
        assert on.visit.pfx is not None
        assert not on.visit.pfx.password, "wiped as soon as it is done"
    assert key_on(sticks[1]) == sets.pkcs8(0)


async def test_a_weak_password_is_changed_on_the_way(state: Path, sticks: list[Path]) -> None:
    (sticks[0] / "a.p12").write_bytes(made((sets.pkcs8(0), certificate()), password=WEAK))
    async with stage(state, sticks[:1]) as on:
        await begin(on, "import")
        await on.at(PfxFile)
        await on.press("1")
        await password(on, WEAK)
        await on.at(PfxNewPassword)
        assert on.sees("step.pfx_new_password.question")
        await on.type(PASSWORD)
        await on.press("enter")
        await on.type(PASSWORD)
        await on.press("enter")
        await on.at(PfxTo)
        await on.press("1")
        await on.at(PfxConfirm)
        await on.press("enter")
        await on.at(PfxDone)
    assert key_on(sticks[0]) == sets.pkcs8(0)


async def test_what_is_refused_when_it_is_done_leads_back(state: Path, sticks: list[Path]) -> None:
    """The certificate is on that stick already: another one is chosen."""
    (sticks[0] / "a.pfx").write_bytes(made((sets.pkcs8(0), certificate())))
    sets.put(sticks[0], {"signCert.der": certificate(), "signPri.key": sets.sealed(0, PASSWORD)})
    async with stage(state, sticks) as on:
        await begin(on, "import")
        await on.at(PfxFile)
        await on.press("1")
        await password(on, PASSWORD)
        await on.at(PfxTo)
        await on.press("1")
        await on.at(PfxConfirm)
        await on.press("enter")
        await on.at(PfxAct)
        await on.until(lambda: on.sees("error.pfx.holds"))
        assert on.sees("work.stopped", "key.end")
        await on.press("escape")
        await on.at(PfxConfirm)
        await on.press("escape")
        await on.at(PfxTo)
        await on.press("2")
        await on.at(PfxConfirm)
        await on.press("enter")
        await on.at(PfxDone)
    assert key_on(sticks[1]) == sets.pkcs8(0)


@pytest.mark.parametrize(
    ("data", "id_"),
    [
        (b"", "error.pfx.none"),
        (bytes(300_000), "error.pfx.none"),
        (made(others=(certificate(),)), "error.pfx.no_key"),
        (made((sets.pkcs8(0), certificate()), (sets.pkcs8(1), certificate(1, 0x79))), "error.pfx.several"),
    ],
    ids=["empty", "huge", "no key", "several"],
)
async def test_files_that_are_none(state: Path, sticks: list[Path], data: bytes, id_: str) -> None:
    (sticks[0] / "a.pfx").write_bytes(data)
    async with stage(state, sticks[:1]) as on:
        await begin(on, "import")
        await on.at(PfxFile)
        await on.press("1")
        if len(data) < 300_000:
            await password(on, PASSWORD)
        facts = {"format": "unknown", "serials": "77, 79"}
        assert on.sees(id_, **facts)


async def test_a_pulled_stick_stops_it_and_it_goes_on(state: Path, sticks: list[Path]) -> None:
    sets.put(sticks[0], sets.files(0, PASSWORD))
    async with stage(state, sticks) as on:
        await begin(on, "export")
        which = await on.at(Which)
        await on.until(lambda: not which.at_work)
        await on.press("1")
        await password(on, PASSWORD, OldPassword)
        await on.at(PfxTo)
        await on.press("2")
        await on.at(PfxConfirm)
        on.plug(sticks[0])
        await on.press("enter")
        await on.at(PfxAct)
        await on.until(lambda: on.sees("error.medium.gone.screen"))
        on.plug(*sticks)
        await on.press("enter")
        await on.at(PfxDone)
    assert len(list(sticks[1].glob("*.pfx"))) == 1
