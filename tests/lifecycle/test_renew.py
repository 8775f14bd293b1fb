"""The renewal service: what the new certificate is, when it can be had, and what becomes of the old one."""

import os
import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from kiosk.clock import KST, stamp
from kiosk.errors import KioskError
from kiosk.lifecycle import old_key
from kiosk.lifecycle.recovery import lock_name
from kiosk.lifecycle.request import working_on
from kiosk.lifecycle.revocations import make_list
from kiosk.pki.profiles import load_profiles
from kiosk.secret import Secret
from tests.conftest import ID_NUMBER, PASSWORD, TODAY
from tests.lifecycle import sets as foreign
from tests.lifecycle.desk import NEW_PASSWORD, WHOLE, Desk, break_off, raised, sets
from tests.pki import independent

IN_TIME = "2027-11-01 09:00:00"
MOVES = ["opened", "identified", "key_made", "staged", "submitted", "issued", "written", "proved", "done"]
OTHER = {"id_number": Secret("9203042234567"), "phone": "01080246135", "name": "김영희"}


def kill() -> None:
    raise SystemExit


async def test_the_moves(desk: Desk, medium: Path) -> None:
    """DESIGN §11: renewed on 2027-11-01, valid from 2027-11-01 00:00:00 to 2028-11-22 23:59:59."""
    first = await desk.issue(medium)
    desk.at(IN_TIME)
    outcome = await desk.renew(medium)
    assert desk.reached == MOVES
    assert outcome.not_before == datetime(2027, 11, 1, tzinfo=KST)
    assert outcome.not_after == datetime(2028, 11, 22, 23, 59, 59, tzinfo=KST)
    assert outcome.old is not None
    assert (outcome.old.held.serial, outcome.resumed) == (first.serial, False)
    assert outcome.certificate.public_key() != first.certificate.public_key()
    requests, [old, new] = desk.rows()
    assert [(request.act, request.state, request.replaces) for request in requests] == [
        ("issue", "done", None), ("renew", "done", old.id),
    ]  # fmt: skip
    assert (requests[1].identity_method, requests[1].identity_level) == ("certificate", "possession")
    assert (old.status, old.reason, new.status, new.name) == ("revoked", "superseded", "valid", "홍길동")
    assert old.status_at == "2027-11-01T00:00:00.000Z"
    assert sets(medium) == WHOLE
    assert not list(medium.glob(".certkiosk*"))
    assert desk.actions()[-3:] == ["request.proved", "certificate.revoked", "request.done"]
    crl = x509.load_der_x509_crl((await make_list(desk.services)).der)
    [entry] = crl
    assert entry.serial_number == int(first.serial, 16)
    reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    assert reason is x509.ReasonFlags.superseded


@pytest.mark.parametrize("changed", [True, False])
async def test_the_password(desk: Desk, medium: Path, changed: bool) -> None:
    await desk.issue(medium)
    desk.at(IN_TIME)
    outcome = await desk.renew(medium, new_password=Secret(NEW_PASSWORD) if changed else None)
    sealed = (outcome.place / "signPri.key").read_bytes()  # type: ignore[operator]
    assert independent.open_key(sealed, (NEW_PASSWORD if changed else PASSWORD).encode())
    with pytest.raises((AssertionError, ValueError)):
        independent.open_key(sealed, (PASSWORD if changed else NEW_PASSWORD).encode())


@pytest.mark.parametrize(
    ("moment", "refusal"),
    [
        ("2027-10-22 23:59:59", "renew.early"),
        ("2027-10-23 00:00:00", None),
        ("2027-11-22 23:59:59", None),
        ("2027-11-22 23:59:59.999", None),
        ("2027-11-23 00:00:00", "renew.over"),
    ],
)
async def test_the_window(desk: Desk, medium: Path, moment: str, refusal: str | None) -> None:
    await desk.issue(medium)
    before = foreign.tree(medium)
    desk.at(moment)
    if refusal is None:
        assert (await desk.renew(medium)).not_after == datetime(2028, 11, 22, 23, 59, 59, tzinfo=KST)
        return
    error = await raised(refusal, desk.renew(medium))
    assert error.facts["until"] == "2027-11-22"
    assert error.facts.get("opens") == ("2027-10-23" if refusal == "renew.early" else None)
    assert foreign.tree(medium) == before
    assert [(len(rows), rows[0].id) for rows in desk.rows()] == [(1, 1), (1, 1)]


async def test_on_29_february(desk: Desk, medium: Path) -> None:
    desk.at("2027-03-10 09:00:00")
    await desk.issue(medium)
    desk.at("2028-02-29 23:59:59")
    outcome = await desk.renew(medium)
    assert outcome.not_before == datetime(2028, 2, 29, tzinfo=KST)
    assert outcome.not_after == datetime(2029, 3, 10, 23, 59, 59, tzinfo=KST)


async def test_a_certificate_of_29_february(desk: Desk, medium: Path) -> None:
    desk.at("2028-02-29 09:00:00")
    assert (await desk.issue(medium)).not_after == datetime(2029, 2, 28, 23, 59, 59, tzinfo=KST)
    desk.at("2029-01-28 23:59:59")
    await raised("renew.early", desk.renew(medium))
    desk.at("2029-01-29 00:00:00")
    assert (await desk.renew(medium)).not_after == datetime(2030, 2, 28, 23, 59, 59, tzinfo=KST)


@pytest.mark.parametrize("changed", [True, False])
async def test_a_kept_password_is_as_old_as_it_was(desk: Desk, medium: Path, changed: bool) -> None:
    """Through any number of renewals: else nobody would ever hear that theirs is more than a year old."""
    await desk.issue(medium)
    desk.at(IN_TIME)
    first = await desk.renew(medium, new_password=Secret(NEW_PASSWORD) if changed else None)
    desk.at("2028-11-01 09:00:00")
    second = await desk.renew(medium, password=Secret(NEW_PASSWORD if changed else PASSWORD))
    rows = {held.serial: held for held in desk.rows()[1]}
    assert rows[first.serial].password_at == (None if changed else stamp(TODAY))
    assert rows[second.serial].password_at == (rows[first.serial].created_at if changed else stamp(TODAY))


@pytest.mark.parametrize(
    ("status", "reason", "refusal"),
    [
        ("suspended", None, "renew.suspended"),
        ("revoked", "keyCompromise", "renew.revoked"),
        ("unproved", None, "renew.unproved"),
    ],
)
async def test_only_a_good_one(
    desk: Desk, medium: Path, status: str, reason: str | None, refusal: str
) -> None:
    serial = (await desk.issue(medium)).serial
    desk.at(IN_TIME)
    await desk.change(serial, status, reason)
    before = foreign.tree(medium)
    error = await raised(refusal, desk.renew(medium))
    if refusal != "renew.unproved":
        assert error.facts == {"day": "2027-11-01"}
    assert foreign.tree(medium) == before
    assert len(desk.rows()[0]) == 1
    assert desk.actions()[-1] == "refused"


async def test_one_suspended_to_its_end(desk: Desk, medium: Path) -> None:
    """Staff cannot lift that any more, so nobody is sent to them; and no grace time makes it good."""
    serial = (await desk.issue(medium)).serial
    desk.at("2027-11-20 09:00:00")
    await desk.change(serial, "suspended", "certificateHold")
    before = foreign.tree(medium)
    desk.at("2027-11-22 23:59:59.999")
    await raised("renew.suspended", desk.renew(medium))
    desk.services.policy = replace(desk.services.policy, renewal_grace_days=14)
    desk.at("2027-11-23 00:00:00")
    assert (await raised("renew.over", desk.renew(medium))).facts == {"until": "2027-11-22"}
    assert foreign.tree(medium) == before


async def test_a_foreign_one(desk: Desk, medium: Path) -> None:
    foreign.put(medium, foreign.files())
    await raised("renew.foreign", desk.renew(medium))


async def test_one_that_has_a_serial_of_ours(desk: Desk, medium: Path, tmp_path: Path) -> None:
    """Anybody can make a certificate with any serial."""
    serial = int((await desk.issue(medium)).serial, 16)
    other = tmp_path / "other"
    foreign.put(other, foreign.files() | {"signCert.der": foreign.certificate(serial=serial)})
    desk.at(IN_TIME)
    await raised("renew.foreign", desk.renew(other))


async def test_one_already_renewed(desk: Desk, medium: Path, tmp_path: Path) -> None:
    """A copy of it elsewhere is superseded with it; on this medium it is gone, and the new one is too young."""
    first = await desk.issue(medium)
    copy = Path(shutil.copytree(medium, tmp_path / "copy"))
    desk.at(IN_TIME)
    second = await desk.renew(medium)
    error = await raised("renew.replaced", desk.renew(copy))
    assert error.facts == {"serial": second.serial, "until": "2028-11-22"}
    await raised("renew.early", desk.renew(medium))
    error = await raised("renew.replaced", desk.renew(medium, serial=first.serial))
    assert error.facts == {"serial": second.serial, "until": "2028-11-22"}
    await raised("medium.not_there", desk.renew(medium, serial="abcdef"))
    assert len(desk.rows()[0]) == 2


async def test_two_of_one_person(desk: Desk, medium: Path) -> None:
    first = await desk.issue(medium)
    second = await desk.issue(medium, profile=load_profiles()["personal-bank"])
    desk.at(IN_TIME)
    before = foreign.tree(medium)
    error = await raised("medium.several", desk.renew(medium))
    assert set(str(error.facts["serials"]).split(", ")) == {first.serial, second.serial}
    assert foreign.tree(medium) == before
    outcome = await desk.renew(medium, serial=second.serial)
    assert outcome.request.profile == "personal-bank"
    assert {held.serial: held.status for held in desk.rows()[1]} == {
        first.serial: "valid", second.serial: "revoked", outcome.serial: "valid",
    }  # fmt: skip
    assert sets(medium) == WHOLE[:1] * 2 + WHOLE[1:] * 2


async def test_the_only_good_one_is_meant(desk: Desk, medium: Path) -> None:
    foreign.put(medium, foreign.files())
    revoked = await desk.issue(medium, profile=load_profiles()["personal-bank"])
    good = await desk.issue(medium)
    desk.at(IN_TIME)
    await desk.change(revoked.serial, "revoked", "keyCompromise")
    outcome = await desk.renew(medium)
    assert outcome.old is not None
    assert outcome.old.held.serial == good.serial


async def test_the_wrong_number(desk: Desk, medium: Path) -> None:
    await desk.issue(medium)
    desk.at(IN_TIME)
    await raised("identity.number", desk.renew(medium, id_number=OTHER["id_number"]))
    await raised("answers.id_format", desk.renew(medium, id_number=Secret("12")))
    assert len(desk.rows()[0]) == 1


async def test_the_wrong_password(desk: Desk, medium: Path) -> None:
    await desk.issue(medium)
    desk.at(IN_TIME)
    error = await raised("medium.wrong_password", desk.renew(medium, password=Secret("quite 0ther! one")))
    assert error.facts == {"left": 4}
    await raised("answers.missing", desk.renew(medium, password=Secret("")))
    await raised("password.short", desk.renew(medium, new_password=Secret("Sh0rt!")))
    assert len(desk.rows()[0]) == 1
    assert (await desk.renew(medium)).request.state == "done"


async def test_a_kept_password_meets_the_rule(desk: Desk, medium: Path) -> None:
    """Somebody changed it elsewhere to one that the kiosk would never have taken."""
    place = (await desk.issue(medium)).place
    assert isinstance(place, Path)
    pkcs8 = independent.open_key((place / "signPri.key").read_bytes(), PASSWORD.encode())
    weak = independent.close_key(independent.PBE, b"weak", b"saltsalt", 2048, pkcs8)
    (place / "signPri.key").write_bytes(weak)
    desk.at(IN_TIME)
    await raised("password.short", desk.renew(medium, password=Secret("weak")))
    changed = await desk.renew(medium, password=Secret("weak"), new_password=Secret(NEW_PASSWORD))
    assert changed.request.state == "done"


@pytest.mark.parametrize("what", ["another's", "none", "no R"])
async def test_a_key_that_is_not_right(desk: Desk, medium: Path, what: str) -> None:
    place = (await desk.issue(medium)).place
    assert isinstance(place, Path)
    file = place / "signPri.key"
    if what == "another's":
        file.write_bytes(foreign.sealed(0, PASSWORD))
    elif what == "none":
        file.unlink()
    else:
        plain = independent.open_key(file.read_bytes(), PASSWORD.encode())
        [header, version, algorithm, key] = [plain[:4], *_parts(plain)]
        body = version + algorithm + key
        file.write_bytes(
            independent.close_key(
                independent.PBE, PASSWORD.encode(), b"saltsalt", 2048,
                header[:2] + len(body).to_bytes(2) + body,
            )
        )  # fmt: skip
    desk.at(IN_TIME)
    before = foreign.tree(medium)
    expected = {"another's": "medium.other_key", "none": "medium.damaged", "no R": "renew.no_random"}[what]
    await raised(expected, desk.renew(medium))
    assert foreign.tree(medium) == before
    assert len(desk.rows()[0]) == 1


def _parts(plain: bytes) -> list[bytes]:
    """The encoded parts of a PrivateKeyInfo but for its attributes."""
    parts, at = [], 4
    while len(parts) < 3:
        size = plain[at + 1]
        more = size & 0x7F if size & 0x80 else 0
        length = int.from_bytes(plain[at + 2 : at + 2 + more]) if more else size
        end = at + 2 + more + length
        parts.append(plain[at:end])
        at = end
    return parts


@pytest.mark.parametrize("stopped", MOVES[:-1])
async def test_killed_and_called_again(desk: Desk, medium: Path, stopped: str) -> None:
    """Never worse off than before: until the new one is proved the old one is good, then the new one."""
    first = await desk.issue(medium)
    desk.at(IN_TIME)
    with pytest.raises(SystemExit):
        await desk.renew(medium, stopped, kill)
    good = [held for held in desk.rows()[1] if held.status == "valid"]
    assert len(good) == 1
    assert (good[0].serial == first.serial) == (stopped != "proved")
    assert any(path.read_bytes() == good[0].der for path in medium.rglob("signCert.der"))
    outcome = await desk.renew(medium)
    lost = stopped in {"opened", "identified", "key_made"}  # its key was in memory only
    assert outcome.resumed is not lost
    requests, held = desk.rows()
    ended = {"opened": ["cancelled"], "identified": ["cancelled"], "key_made": ["void"]}.get(stopped, [])
    assert [request.state for request in requests] == ["done", *ended, "done"]
    assert [(each.status, each.reason) for each in held] == [("revoked", "superseded"), ("valid", None)]
    assert sets(medium) == WHOLE
    assert not list(medium.glob(".certkiosk*"))


async def test_resumed_by_its_serial_when_the_old_one_is_gone_already(desk: Desk, medium: Path) -> None:
    first = await desk.issue(medium)
    desk.at(IN_TIME)
    with pytest.raises(SystemExit):
        await desk.renew(medium, "proved", kill)
    shutil.rmtree(first.place)
    outcome = await desk.renew(medium, serial=first.serial)
    assert (outcome.resumed, outcome.request.state) == (True, "done")


@pytest.mark.parametrize("when", ["key_made", "staged", "issued", "written"])
async def test_the_medium_gone(desk: Desk, medium: Path, when: str) -> None:
    first = await desk.issue(medium)
    desk.at(IN_TIME)
    away = medium.with_name("away")
    with pytest.raises(KioskError) as caught:
        await desk.renew(medium, when, lambda: medium.rename(away))
    assert caught.value.id in {"medium.gone", "medium.missing", "medium.io"}
    assert next(held for held in desk.rows()[1] if held.serial == first.serial).status == "valid"
    away.rename(medium)
    outcome = await desk.renew(medium)
    assert outcome.resumed is (when != "key_made")
    assert sets(medium) == WHOLE


async def test_the_medium_full(desk: Desk, medium: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.issue(medium)
    desk.at(IN_TIME)
    before = foreign.tree(medium)

    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patch:
        patch.setattr("kiosk.media.directory.write_file", full)
        await raised("medium.full", desk.renew(medium))
    assert foreign.tree(medium) == before
    assert len(desk.rows()[0]) == 1


@pytest.mark.parametrize("status", ["suspended", "revoked"])
@pytest.mark.parametrize("when", ["staged", "written"])
async def test_withdrawn_meanwhile(desk: Desk, medium: Path, when: str, status: str) -> None:
    """The old one was all that showed who it is: with that gone there is no new one."""
    first = await desk.issue(medium)
    desk.at(IN_TIME)
    await raised("medium.gone", desk.renew(medium, when, break_off))
    await desk.change(first.serial, status, "keyCompromise" if status == "revoked" else None)
    error = await raised(f"renew.{status}", desk.renew(medium))
    assert error.request is None
    assert desk.rows()[0][-1].state == "void"
    assert [held.status for held in desk.rows()[1]] == [status, *(["revoked"] if when == "written" else [])]
    assert sets(medium) == WHOLE, "the old set, with which it may yet be resumed"


async def test_given_up_for_a_day(desk: Desk, medium: Path, tmp_path: Path) -> None:
    """The new one is revoked, the old one stays as it was."""
    first = await desk.issue(medium)
    desk.at(IN_TIME)
    await raised("medium.gone", desk.renew(medium, "written", break_off))
    desk.at(datetime.fromisoformat(IN_TIME).replace(tzinfo=KST) + timedelta(hours=25))
    other = tmp_path / "other"
    other.mkdir()
    await desk.issue(other, **OTHER)
    requests, held = desk.rows()
    assert [request.state for request in requests] == ["done", "void", "done"]
    assert [each.status for each in held] == ["valid", "revoked", "valid"]
    again = await desk.renew(medium)
    assert again.old is not None
    assert (again.resumed, again.old.held.serial) == (False, first.serial)
    assert sets(medium) == WHOLE


async def test_proved_and_never_tidied(desk: Desk, medium: Path, tmp_path: Path) -> None:
    """The old set goes when the stick is seen again, whoever brings it."""
    await desk.issue(medium)
    desk.at(IN_TIME)
    with pytest.raises(SystemExit):
        await desk.renew(medium, "proved", kill)
    assert len(sets(medium)) == 4
    desk.at(datetime.fromisoformat(IN_TIME).replace(tzinfo=KST) + timedelta(hours=25))
    other = tmp_path / "other"
    other.mkdir()
    await desk.issue(other, **OTHER)
    assert [request.state for request in desk.rows()[0]] == ["done", "done", "done"]
    await desk.issue(medium, **OTHER | {"profile": load_profiles()["personal-bank"]})
    paths = [path.read_bytes() for path in medium.rglob("signCert.der")]
    _, renewed, _, last = desk.rows()[1]
    assert sorted(paths) == sorted([renewed.der, last.der])


async def test_what_else_lies_in_the_old_directory_stays(desk: Desk, medium: Path) -> None:
    """A key that opens old letters is not ours to delete; the old certificate is revoked all the same."""
    first = await desk.issue(medium)
    assert isinstance(first.place, Path)
    (first.place / "kmPri.key").write_bytes(b"opens old letters")
    desk.at(IN_TIME)
    await desk.renew(medium)
    assert (first.place / "kmPri.key").read_bytes() == b"opens old letters"
    assert desk.rows()[1][0].status == "revoked"
    assert not list(medium.glob(".certkiosk*"))


async def test_every_copy_on_the_medium_goes(desk: Desk, medium: Path) -> None:
    first = await desk.issue(medium)
    assert isinstance(first.place, Path)
    shutil.copytree(first.place, first.place.parent / "cn=copy,o=Certkiosk,c=KR")
    desk.at(IN_TIME)
    await desk.renew(medium)
    assert sets(medium) == WHOLE


async def test_two_at_a_time(desk: Desk, medium: Path) -> None:
    await desk.issue(medium)
    desk.at(IN_TIME)
    lock = lock_name(desk.services.keyed_hash("subscriber", Secret(ID_NUMBER)), "personal-general")
    with working_on(desk.state / "locks", lock):
        await raised("request.busy", desk.renew(medium))


async def test_the_grace_time(desk: Desk, medium: Path) -> None:
    """Off by default; where a policy allows it, with an identity check."""
    await desk.issue(medium)
    desk.at("2027-12-02 23:59:59")
    await raised("renew.over", desk.renew(medium))
    desk.services.policy = replace(desk.services.policy, renewal_grace_days=10)
    error = await raised("answers.missing", desk.renew(medium))
    assert error.facts == {"key": "phone"}
    identified = {"phone": "01023456789", "method": "phone"}
    await raised("identity.code", desk.renew(medium, **identified, code=Secret("1")))
    outcome = await desk.renew(medium, **identified)
    assert (outcome.request.identity_method, outcome.request.identity_level) == ("phone", "verified")
    assert outcome.not_before == datetime(2027, 12, 2, tzinfo=KST)
    assert outcome.not_after == datetime(2028, 11, 22, 23, 59, 59, tzinfo=KST)


async def test_the_old_key_is_wiped(desk: Desk, medium: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Secret] = []

    real = old_key.unlock

    async def remember(*arguments: object) -> Secret:
        seen.append(await real(*arguments))  # type: ignore[arg-type]
        return seen[-1]

    monkeypatch.setattr(old_key, "unlock", remember)
    await desk.issue(medium)
    desk.at(IN_TIME)
    await raised("identity.number", desk.renew(medium, id_number=OTHER["id_number"]))
    await desk.renew(medium)
    assert len(seen) == 2
    assert not any(seen)


async def test_an_unfinished_issuing_gives_way(desk: Desk, medium: Path, tmp_path: Path) -> None:
    """One request of a person and kind at a time: the renewal is the last word."""
    await desk.issue(medium)
    desk.at(IN_TIME)
    other = tmp_path / "other"
    other.mkdir()
    await desk.refused(other, "medium.gone", "written", break_off)
    await desk.renew(medium)
    assert [request.state for request in desk.rows()[0]] == ["done", "void", "done"]
