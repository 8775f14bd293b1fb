import os
from pathlib import Path

import pytest

from kiosk.media.sets import SET_FILES, known_name, read_files


def read(path: Path) -> dict[str, bytes]:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        return read_files(fd)
    finally:
        os.close(fd)


def test_known_names() -> None:
    assert known_name("SignCert.der") == "signCert.der"
    assert known_name("SIGNPRI.KEY") == "signPri.key"
    assert known_name("capubs") == "CaPubs"
    assert known_name("signCert.der.bak") is None


def test_names_in_any_case(tmp_path: Path) -> None:
    for name in ("SignCert.der", "Signpri.key", "KMCERT.DER", "notes.txt"):
        (tmp_path / name).write_text(name)
    assert read(tmp_path) == {
        "signCert.der": b"SignCert.der",
        "signPri.key": b"Signpri.key",
        "kmCert.der": b"KMCERT.DER",
        "notes.txt": b"notes.txt",
    }


def test_the_exact_name_wins(tmp_path: Path) -> None:
    for name in ("SIGNCERT.DER", "signCert.der", "signcert.der"):
        (tmp_path / name).write_text(name)
    assert read(tmp_path) == {"signCert.der": b"signCert.der"}


def test_links_and_special_files_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "signCert.der").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "signPri.key")
    (tmp_path / "kmCert.der").mkdir()
    (tmp_path / "kmPri.key").write_bytes(b"k")
    assert read(tmp_path) == {"kmPri.key": b"k"}


def test_known_files_come_first_when_there_are_many(tmp_path: Path) -> None:
    for number in range(SET_FILES * 2):
        (tmp_path / f"{number:03}").touch()
    for name in ("signCert.der", "SignPri.key"):
        (tmp_path / name).write_bytes(b"x")
    files = read(tmp_path)
    assert len(files) == SET_FILES
    assert {"signCert.der", "signPri.key"} < set(files)


def test_a_long_file(tmp_path: Path) -> None:
    (tmp_path / "signCert.der").write_bytes(bytes(65_537))
    with pytest.raises(OSError, match="too long"):
        read(tmp_path)
