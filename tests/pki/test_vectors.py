"""Every form of the key file that must be read, from files that the project did not write."""

import json

import pytest

from kiosk.pki import container
from kiosk.secret import Secret
from tests.pki import independent, vectors
from tests.pki.conftest import OpenSSL

INDEX = json.loads((vectors.FOLDER / "index.json").read_text())


@pytest.mark.parametrize("entry", INDEX, ids=lambda entry: entry["file"])
def test_reads(entry: dict[str, str]) -> None:
    sealed = (vectors.FOLDER / entry["file"]).read_bytes()
    # A person types text: the file made under CP949 is opened with the same text as the one under UTF-8.
    typed = bytes.fromhex(entry["password"])
    typed = typed if typed.isascii() else vectors.KOREAN.encode()
    plain = (vectors.FOLDER / entry["key"]).read_bytes()

    assert container.key_format(sealed) == entry["format"]
    opened = container.decrypt_key(sealed, Secret(typed))
    assert opened.reveal() == plain
    assert container.load_key(opened).key_size == 2048
    random = container.read_random(opened)
    if entry["key"] == "plain-bare.der":
        assert random is None
    else:
        assert random is not None
        assert random.reveal() == independent.random_of((vectors.FOLDER / "plain-r.der").read_bytes())


def test_the_folder_holds_what_the_script_makes() -> None:
    assert {entry["file"] for entry in INDEX} | {entry["key"] for entry in INDEX} | {"index.json"} == {
        path.name for path in vectors.FOLDER.iterdir()
    }
    ciphers = {
        entry["format"].removeprefix("PBES2 ") for entry in INDEX if entry["format"].startswith("PBES2")
    }
    assert ciphers == {name.upper() for name in vectors.PBES2}


def test_the_script_still_makes_them(openssl: OpenSSL) -> None:
    files, index = vectors.make()
    assert files.keys() | {"index.json"} == {path.name for path in vectors.FOLDER.iterdir()}
    for entry in index:
        assert container.key_format(files[entry["file"]]) == entry["format"]
