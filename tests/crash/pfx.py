"""A PFX file taken out of a stick and one brought onto a stick, and disturbed at it: a whole one each time, or none."""

from pathlib import Path

from kiosk.errors import TABLE
from tests.crash import kept
from tests.crash.kept import FILES, KEYS, NEW, OLD, Act, Desk
from tests.crash.process import Driver, Ended
from tests.lifecycle import sets
from tests.pki import independent, pfx_writer

BROUGHT = {"signCert.der", "signPri.key"}


def _file(desk: Desk) -> Path:
    return desk.other / "out.pfx"


def export(desk: Desk) -> list[object]:
    """The words of the command."""
    return desk.words(
        "export", "--medium", desk.stick, "--password-file", desk.path / "old", "--pfx", _file(desk)
    )


def import_(desk: Desk) -> list[object]:
    """The words of the command."""
    pfx = desk.path / "in.pfx"
    pfx.write_bytes(pfx_writer.make(sets.pkcs8(), sets.certificate(), pfx_writer.Shape(password=OLD)))
    files = ("--password-file", desk.path / "old", "--new-password-file", desk.path / "new")
    return desk.words("import", "--pfx", pfx, *files, "--medium", desk.other)


def _again(ended: Ended, driver: Driver, words: list[object], refusal: str, *, there: bool) -> str:
    """Run the command once more: refused when it had got so far, else done."""
    assert ended.status or there
    again = driver.run(*words)
    if there:
        assert again.json()["error"]["id"] == refusal, again.err
        assert again.status == TABLE[refusal].exit
    else:
        assert again.status == 0, again.err
    return "done" if not ended.status else "there" if there else "not there"


def _after_export(desk: Desk, driver: Driver, ended: Ended) -> str:
    assert sets.read(desk.place(desk.stick)) == FILES, "the source changed"
    # A stick that fails when it is looked at for the last time may hold the file, and then all of it.
    there = _file(desk).exists()
    outcome = _again(ended, driver, export(desk), "pfx.exists", there=there)
    assert {path.name for path in desk.other.iterdir()} == {"out.pfx"}
    written = _file(desk).read_bytes()
    assert pfx_writer.open_usual(written, OLD) == (sets.pkcs8(0), sets.certificate(0))
    _file(desk).unlink()
    return outcome


def _after_import(desk: Desk, driver: Driver, ended: Ended) -> str:
    places = list(desk.other.glob("NPKI/*/USER/*"))
    outcome = _again(ended, driver, import_(desk), "pfx.holds", there=bool(places))
    [place] = desk.other.glob("NPKI/*/USER/*")
    files = sets.read(place)
    assert files.keys() == BROUGHT
    assert files["signCert.der"] == sets.certificate()
    assert independent.open_key(files["signPri.key"], NEW.encode()) == sets.pkcs8(KEYS["signPri.key"])
    return outcome


ACTS = {**kept.ACTS, "export": Act(export, _after_export), "import": Act(import_, _after_import)}
