from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.errors import KioskError
from kiosk.media.place import Place, is_code, is_npki_root, plain_name, staging_name, users_names


def test_npki_root_by_name(tmp_path: Path) -> None:
    assert is_npki_root(tmp_path / "NPKI")
    assert is_npki_root(tmp_path / "npki")
    assert not is_npki_root(tmp_path / "NPKI2")
    assert not is_npki_root(Path("/"))


def test_users_names() -> None:
    assert tuple(users_names("Org", in_npki_root=False)) == ("NPKI", "Org", "USER")
    assert tuple(users_names("Org", in_npki_root=True)) == ("Org", "USER")
    with pytest.raises(ValueError, match="plain name"):
        users_names("../x", in_npki_root=False)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/", "a\0", "a\nb", "\x7f", "가" * 86])
def test_names_that_we_never_write(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        plain_name(name)


def test_plain_names() -> None:
    assert plain_name("cn=홍길동()2026,c=KR") == "cn=홍길동()2026,c=KR"
    assert plain_name("가" * 85) == "가" * 85


@pytest.mark.parametrize("code", ["abc", "a" * 33, "ABCD", "a-b2", "../..", "가나다라", "abcd\n", "²²²²"])
def test_codes_that_are_none(code: str) -> None:
    assert not is_code(code)
    with pytest.raises(ValueError, match="code"):
        staging_name(code)


def test_staging_name() -> None:
    assert staging_name("k3p7") == ".certkiosk-k3p7"
    assert is_code("a" * 32)


@pytest.mark.parametrize(
    "names",
    [
        ("NPKI", "O", "USER"),
        ("NPKI", "O", "USER", "d", "e"),
        ("NPKI", "O", "ROOT", "d"),
        ("home", "O", "USER", "d"),
        ("NPKI", "..", "USER", "d"),
        ("NPKI", "O", "USER", ".."),
        ("NPKI", "O", "USER", ""),
        ("NPKI", "O", "USER", "a/b"),
        ("NPKI", "O", "USER", "a\0"),
        (),
    ],
)
def test_places_that_are_none(names: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="place"):
        Place(names, in_npki_root=False)
    with pytest.raises(KioskError) as problem:
        Place.from_note("\n".join(names).encode() + b"\n", in_npki_root=False)
    assert problem.value.id == "medium.damaged"


def test_note_of_another_kind_of_medium_is_refused() -> None:
    note = Place(("NPKI", "O", "USER", "d"), in_npki_root=False).note()
    with pytest.raises(KioskError):
        Place.from_note(note, in_npki_root=True)


def test_inside() -> None:
    medium = Path("/media/stick")
    place = Place.inside(medium, medium / "npki" / "O" / "User" / "d", in_npki_root=False)
    assert place.users == ("npki", "O", "User")
    assert place.directory == "d"
    for path in ("/media/other/NPKI/O/USER/d", "/media/stick/NPKI/O/USER/../USER", "/media/stick"):
        with pytest.raises(ValueError):
            Place.inside(medium, Path(path), in_npki_root=False)


names = st.text(st.characters(exclude_characters="/\0\n", codec="utf-8"), min_size=1).filter(
    lambda name: name not in {".", ".."}
)


@given(names, names, st.booleans())
def test_note_gives_the_place_back(organization: str, directory: str, in_npki_root: bool) -> None:
    place = Place((*(() if in_npki_root else ("NPKI",)), organization, "USER", directory), in_npki_root)
    assert Place.from_note(place.note(), in_npki_root=in_npki_root) == place


@given(st.binary() | st.text(alphabet="NPKIUSER./\n\0").map(str.encode))
def test_a_note_leads_nowhere_else(note: bytes) -> None:
    try:
        place = Place.from_note(note, in_npki_root=False)
    except KioskError as problem:
        assert problem.id == "medium.damaged"
    else:
        assert len(place.names) == 4
        assert ".." not in place.names
