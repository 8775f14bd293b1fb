"""`kiosk export` and `kiosk import`, as scripts see them."""

import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import PASSWORD, Ran
from tests.lifecycle import sets
from tests.lifecycle.test_pfx import certificate, made

Command = Callable[..., Ran]


@pytest.fixture
def word(tmp_path: Path) -> Path:
    """The file with the password."""
    path = tmp_path / "word"
    path.write_text(PASSWORD + "\r\n")
    return path


@pytest.fixture
def other(tmp_path: Path) -> Path:
    path = tmp_path / "other"
    path.mkdir()
    return path


def test_out_and_in(
    kiosk: Command, state: Path, medium: Path, other: Path, word: Path, tmp_path: Path
) -> None:
    place = sets.put(medium, sets.files(0, PASSWORD))
    common = ("--state", state)
    made_ = tmp_path / "out.pfx"
    ran = kiosk(
        "export", "--medium", medium, "--password-file", word, "--pfx", made_, "--modern", "--json", *common
    )
    assert (ran.status, ran.json()) == (0, {
        "path": str(made_), "serial": "1234abcd",
        "subject": "CN=홍길동()0004041,OU=personal4IB,O=yessign,C=kr", "not_after": "2027-06-01T09:00:00+09:00",
        "random": True, "encryption": False, "modern": True, "left_out": [],
    })  # fmt: skip
    assert stat.S_IMODE(made_.stat().st_mode) == 0o600
    ran = kiosk("import", "--pfx", made_, "--password-file", word, "--medium", other, *common)
    assert (ran.status, ran.out) == (0, "1234abcd\n")
    assert str(other / place.relative_to(medium)) in ran.err
    assert PASSWORD not in ran.err + ran.out
    ran = kiosk("import", "--pfx", made_, "--password-file", word, "--medium", other, "--json", *common)
    assert (ran.status, ran.json()["error"]["id"]) == (1, "pfx.holds")
    ran = kiosk("export", "--medium", medium, "--password-file", word, "--pfx", made_, *common)
    assert ran.status == 1
    assert "F01" in ran.err


def by_openssl(file: Path, word: Path) -> None:
    """Write a file as `openssl pkcs12 -export` does: R is lost."""
    key, certificate_ = file.with_suffix(".key"), file.with_suffix(".pem")
    for command, path, data in (("pkey", key, sets.pkcs8(0)), ("x509", certificate_, certificate())):
        subprocess.run(["openssl", command, "-inform", "DER", "-out", path], input=data, check=True)
    words = ("-export", "-inkey", key, "-in", certificate_, "-out", file, "-passout", f"file:{word}")
    subprocess.run(["openssl", "pkcs12", *words], check=True)


def test_what_it_says_of_a_file_without_the_random(
    kiosk: Command, state: Path, other: Path, word: Path, tmp_path: Path
) -> None:
    by_openssl(tmp_path / "a.pfx", word)
    # openssl takes the line end that is before "\n" into the password.
    word.write_text(PASSWORD + "\n")
    wrong = kiosk(
        "import", "--pfx", tmp_path / "a.pfx", "--password-file", word, "--medium", other, "--state", state
    )
    assert (wrong.status, "X02" in wrong.err) == (3, True)
    by_openssl(tmp_path / "b.pfx", word)
    ran = kiosk(
        "import", "--pfx", tmp_path / "b.pfx", "--password-file", word, "--medium", other, "--state", state
    )
    assert ran.status == 0
    assert "no random number" in ran.err
    assert kiosk("scan", other, "--json", "--state", state).json()[0]["serial"] == "77"


def test_a_new_password(kiosk: Command, state: Path, other: Path, word: Path, tmp_path: Path) -> None:
    (tmp_path / "a.pfx").write_bytes(made((sets.pkcs8(0), certificate()), password="short"))
    (tmp_path / "old").write_text("short")
    words = (
        "--pfx",
        tmp_path / "a.pfx",
        "--password-file",
        tmp_path / "old",
        "--medium",
        other,
        "--state",
        state,
    )
    ran = kiosk("import", *words)
    assert (ran.status, "--new-password-file" in ran.err) == (1, True)
    assert kiosk("import", *words, "--new-password-file", word).status == 0


def test_tokens_and_files_that_are_none(
    kiosk: Command, state: Path, medium: Path, word: Path, tmp_path: Path
) -> None:
    end = ("--password-file", word, "--state", state)
    assert kiosk("export", "--medium", "pkcs11:token=x", "--pfx", tmp_path / "a", *end).status == 1
    (tmp_path / "empty").write_bytes(b"")
    assert kiosk("import", "--pfx", tmp_path / "empty", "--medium", "pkcs11:token=x", *end).status == 1
    assert kiosk("import", "--pfx", tmp_path / "empty", "--medium", medium, *end).status == 3
    assert kiosk("import", "--pfx", tmp_path / "none", "--medium", medium, *end).status == 2
    assert kiosk("import", "--pfx", medium, "--medium", medium, *end).status == 2
    assert (
        kiosk(
            "import", "--pfx", tmp_path / "empty", "--medium", medium, "--password-file", tmp_path / "none"
        ).status
        == 2
    )
    assert kiosk("export", "--medium", medium, "--pfx", tmp_path / "no" / "a.pfx", *end).status == 2
    assert kiosk("export", "--medium", medium, "--pfx", tmp_path / "a.pfx", *end).status == 3, "nothing on it"
    assert kiosk("export", "--medium", medium, "--pfx", tmp_path / "a.pfx", "--state", state).status == 2, (
        "no terminal"
    )


def test_pipes(kiosk: Command, state: Path, medium: Path, other: Path, word: Path, tmp_path: Path) -> None:
    """One with somebody at its other end is read; one that a stranger left on a medium is empty."""
    sets.put(medium, sets.files(0, PASSWORD))
    common = ("--password-file", word, "--state", state)
    kiosk("export", "--medium", medium, "--pfx", tmp_path / "out.pfx", *common)
    pipe = tmp_path / "pipe.pfx"
    os.mkfifo(pipe)
    words = ("import", "--medium", other, *common, "--pfx")
    assert kiosk(*words, pipe).status == 3
    ours, theirs = os.pipe()
    with open(ours, "rb"), open(theirs, "wb") as end:
        end.write((tmp_path / "out.pfx").read_bytes())
        end.close()
        assert kiosk(*words, f"/proc/{os.getpid()}/fd/{ours}").status == 0
