"""`kiosk password`, `kiosk copy`, `kiosk delete`, as scripts use them."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pypinksign
import pytest

from kiosk.lifecycle.papers import FOLDER
from tests.cli.conftest import Issue, Kiosk, healthy, on, refused
from tests.conftest import PASSWORD, Ran
from tests.lifecycle import sets
from tests.media.conftest import MountSpace, mounts, needs
from tests.pki import independent

__all__ = ["mounts"]

NEW = "Moon4*river-stone"
Run = Callable[..., Ran]


@pytest.fixture
def secret(tmp_path: Path) -> Callable[[str], Path]:
    """Write a password into a file, as people do, with a line end."""

    def write(text: str) -> Path:
        path = tmp_path / f"secret-{abs(hash(text))}"
        path.write_text(text + "\n", "utf-8")
        return path

    return write


@pytest.fixture
def change(kiosk: Kiosk, state: Path, medium: Path, secret: Callable[[str], Path]) -> Run:
    def run(*words: object, old: str = PASSWORD, new: str = NEW, medium: object = medium) -> Ran:
        files = ("--old-file", secret(old), "--new-file", secret(new))
        return kiosk("password", "--state", state, "--medium", medium, *files, "--json", *words)

    return run


@pytest.fixture
def copy(kiosk: Kiosk, state: Path, medium: Path, secret: Callable[[str], Path]) -> Run:
    def run(target: object, *words: object, password: str = PASSWORD, source: object = medium) -> Ran:
        told = ("--from", source, "--to", target, "--password-file", secret(password))
        return kiosk("copy", "--state", state, *told, "--json", *words)

    return run


def opened(place: Path, password: str) -> pypinksign.PinkSign:
    pin = pypinksign.PinkSign(pubkey_data=(place / "signCert.der").read_bytes())
    pin.load_prikey(prikey_data=(place / "signPri.key").read_bytes(), prikey_password=password.encode())
    return pin


def test_the_old_password_fails_and_the_new_one_opens(
    issue: Issue, kiosk: Kiosk, change: Run, state: Path, medium: Path, tmp_path: Path
) -> None:
    """In a program that knows nothing of us, with the same R; the key signs what openssl verifies."""
    made = issue("--json").json()
    place = Path(made["path"])
    random = opened(place, PASSWORD)._rand_num.asOctets()
    ran = change()
    assert ran.status == 0, ran.err
    assert ran.json() == {
        "path": str(place), "serial": made["serial"], "files": ["signPri.key"], "noted": True,
    }  # fmt: skip
    pin = opened(place, NEW)
    assert pin.verify(pin.sign(b"message"), b"message")
    assert pin._rand_num.asOctets() == random
    with pytest.raises(ValueError, match=r".+"):
        opened(place, PASSWORD)
    (tmp_path / "key").write_bytes(independent.open_key((place / "signPri.key").read_bytes(), NEW.encode()))
    (tmp_path / "message").write_bytes(b"message")
    words = ("-sha256", "-sign", tmp_path / "key", "-keyform", "DER", tmp_path / "message")
    signed = subprocess.run(["openssl", "dgst", *words], capture_output=True, check=True).stdout
    assert pin.verify(signed, b"message")
    assert sorted(path.name for path in medium.iterdir()) == ["NPKI", FOLDER]
    lines = [json.loads(line) for line in kiosk("audit", "export", "--state", state).out.splitlines()]
    changed = [line for line in lines if line.get("action") == "password.changed"]
    assert [line["certificate"] for line in changed] == [1]
    healthy(kiosk, state)


def test_a_foreign_certificate_too(change: Run, medium: Path) -> None:
    place = sets.put(medium, sets.files(whole=True))
    assert change(old=sets.OLD_PASSWORD).json() == {
        "path": str(place), "serial": "1234abcd", "files": ["signPri.key", "kmPri.key"], "noted": False,
    }  # fmt: skip
    assert opened(place, NEW)._rand_num.asOctets() == sets.R


def test_wrong_passwords_say_how_many_are_left(issue: Issue, change: Run, medium: Path) -> None:
    issue()
    before = sets.tree(medium)
    assert refused(change(old="no"), 3, "medium.wrong_password", 4)["left"] == 4
    assert refused(change(old="ㄴㅕㅜ7!랴"), 3, "medium.wrong_hangul", 3)["left"] == 3
    assert refused(change(old="SUN7!FLOWER-HILL"), 3, "medium.wrong_caps", "Caps", 2)["left"] == 2
    refused(change(old="no"), 3, "medium.wrong_password", 1)
    refused(change(old="no"), 1, "password.locked")
    refused(change(), 1, "password.locked", "tomorrow")
    assert sets.tree(medium) == before


def test_which_certificate(issue: Issue, change: Run, medium: Path) -> None:
    """Two of one person on one stick: none is guessed."""
    first = issue("--json").json()
    second = issue("--json", profile="personal-bank").json()
    error = refused(change(), 3, "medium.several", first["serial"], second["serial"])
    assert set(error["serials"].split(", ")) == {first["serial"], second["serial"]}
    refused(change("--serial", "abcdef"), 3, "medium.not_there")
    assert change("--serial", second["serial"].upper()).json()["serial"] == second["serial"]
    assert opened(Path(first["path"]), PASSWORD)
    assert opened(Path(second["path"]), NEW)


def test_nothing_there(
    change: Run, copy: Run, kiosk: Kiosk, state: Path, medium: Path, tmp_path: Path
) -> None:
    refused(change(), 3, "medium.empty")
    refused(copy(tmp_path), 3, "medium.empty")
    refused(change(medium=tmp_path / "none"), 3, "medium.missing")
    refused(copy(tmp_path, source=tmp_path / "none"), 3, "medium.missing")
    words = ("delete", "--state", state, "--medium", medium, "--serial", "1", "--json")
    refused(kiosk(*words, "--yes"), 3, "medium.not_there")
    refused(kiosk(*words), 2, "usage.consent", "--yes")


def test_passwords_come_from_files(
    change: Run, kiosk: Kiosk, state: Path, medium: Path, tmp_path: Path
) -> None:
    sets.put(medium, sets.files())
    refused(change("--old-file", tmp_path / "none"), 2, "usage.file")
    (tmp_path / "long").write_bytes(b"x" * 5000)
    refused(change("--new-file", tmp_path / "long"), 2, "usage.file")
    refused(change(old=sets.OLD_PASSWORD, new="short1!"), 1, "password.short")
    refused(change(old=NEW, new=NEW), 1, "password.same")
    # Nobody is at a terminal to be asked.
    refused(kiosk("password", "--state", state, "--medium", medium, "--json"), 2, "usage.terminal")


# choose_cert leaves the file open.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_copy_to_another_stick_and_to_the_disk(issue: Issue, copy: Run, medium: Path, tmp_path: Path) -> None:
    place = Path(issue("--json").json()["path"])
    disk = tmp_path / "home" / "NPKI"
    disk.mkdir(parents=True)
    for target, expected in ((tmp_path / "home", disk), (disk, disk)):
        ran = copy(target)
        assert ran.status == 0, ran.err
        assert Path(ran.json()["path"]) == expected / place.relative_to(medium / "NPKI")
        assert ran.json()["already"] is (target == disk), "both are the same disk"
        assert sets.read(Path(ran.json()["path"])) == sets.read(place)
    pin = pypinksign.choose_cert(base_path=str(disk), cn="홍길동", pw=PASSWORD.encode())
    assert pin.verify(pin.sign(b"message"), b"message")


def test_a_disks_root_is_issued_to_and_copied_from(
    issue: Issue, copy: Run, tmp_path: Path, medium: Path
) -> None:
    disk = tmp_path / "home" / "NPKI"
    disk.mkdir(parents=True)
    made = issue("--json", medium=disk).json()
    assert Path(made["path"]).parent == disk / "Certkiosk" / "USER"
    ran = copy(medium, source=disk)
    assert sets.read(Path(ran.json()["path"])) == sets.read(Path(made["path"]))


def test_copy_and_wipe(
    issue: Issue, copy: Run, kiosk: Kiosk, state: Path, medium: Path, tmp_path: Path
) -> None:
    place = Path(issue("--json").json()["path"])
    files = sets.read(place)
    target = tmp_path / "target"
    target.mkdir()
    ran = copy(target, "--wipe-source")
    assert ran.json() | {"path": None, "serial": None} == {
        "path": None, "source": str(place), "serial": None, "files": ["signCert.der", "signPri.key"],
        "already": False, "wiped": True,
    }  # fmt: skip
    assert "may keep traces" in ran.err
    assert kiosk("scan", medium, "--state", state, "--json").json() == []
    assert sets.read(Path(ran.json()["path"])) == files
    healthy(kiosk, state)


def test_what_cannot_be_wiped_was_copied_all_the_same(
    issue: Issue, copy: Run, medium: Path, mounts: MountSpace, tmp_path: Path
) -> None:
    issue()
    before = sets.tree(medium / "NPKI")
    needs("mount namespaces", present=not mounts.run("mount", "--bind", medium, medium))
    assert not mounts.run("mount", "-o", "remount,bind,ro", medium)
    target = tmp_path / "target"
    target.mkdir()
    ran = copy(target, "--wipe-source", source=mounts.path(medium))
    assert (ran.status, ran.json()["error"]["id"]) == (3, "medium.readonly")
    assert ran.err.index("proved to be the same") < ran.err.index("Problem M04")
    assert sets.tree(target / "NPKI") == sets.tree(medium / "NPKI") == before


def test_copies_that_are_refused(issue: Issue, copy: Run, change: Run, medium: Path, tmp_path: Path) -> None:
    issue()
    target = tmp_path / "target"
    target.mkdir()
    before = sets.tree(medium)
    refused(copy(medium, "--wipe-source"), 3, "medium.same")
    refused(copy(medium / "NPKI", "--wipe-source"), 3, "medium.same")
    refused(copy(target, password="wrong"), 3, "medium.wrong_password")
    refused(copy("pkcs11:token=x"), 3, "token.keeps")
    refused(copy(tmp_path / "none"), 3, "medium.missing")
    (tmp_path / "file").touch()
    refused(copy(tmp_path / "file"), 3, "medium.not_directory")
    assert sets.tree(medium) == before
    assert list(target.iterdir()) == []
    copy(target)
    change()
    refused(copy(target, "--wipe-source", password=NEW), 3, "medium.taken")
    assert len(on(medium)) == len(before)


@pytest.mark.parametrize(
    ("options", "id_"), [("size=4k,nr_inodes=100", "medium.full"), ("size=1m,ro", "medium.readonly")]
)
def test_a_target_that_takes_nothing(
    issue: Issue, copy: Run, kiosk: Kiosk, state: Path, mounts: MountSpace, tmp_path: Path, options: str, id_: str,
    medium: Path,
) -> None:  # fmt: skip
    issue()
    before = sets.tree(medium)
    target = mounts.path(mounts.tmpfs(tmp_path / "small", options))
    refused(copy(target, "--wipe-source"), 3, id_)
    assert list(target.iterdir()) == []
    assert sets.tree(medium) == before
    healthy(kiosk, state)


def test_delete_says_that_it_is_no_revocation(issue: Issue, kiosk: Kiosk, state: Path, medium: Path) -> None:
    made = issue("--json").json()
    kept = Path(issue("--json", profile="personal-bank").json()["path"])
    words = ("delete", "--state", state, "--medium", medium, "--serial", made["serial"], "--yes", "--json")
    ran = kiosk(*words)
    assert ran.json() == {"path": made["path"], "serial": made["serial"], "revoked": False}
    assert "not revoked" in ran.err
    assert f"kiosk revoke {made['serial']}" in ran.err
    assert not Path(made["path"]).exists()
    assert sorted(sets.read(kept)) == ["signCert.der", "signPri.key"]
    assert kiosk("status", made["serial"], "--state", state, "--json").json()["status"] == "valid"
    refused(kiosk(*words), 3, "medium.not_there")
    sets.put(medium, sets.files())
    foreign = kiosk(*words[:-4], "--serial", "1234abcd", "--yes")
    assert foreign.status == 0
    assert "not revoked" in foreign.err
    assert "kiosk revoke" not in foreign.err, "a command that would be refused"
    serial = issue("--json").json()["serial"]
    assert kiosk("revoke", serial, "--reason", "superseded", "--state", state).status == 0
    over = kiosk(*words[:-4], "--serial", serial, "--yes")
    assert over.err.splitlines()[1:] == ["It could not be used any more: there is nothing else to do."]
    healthy(kiosk, state)
