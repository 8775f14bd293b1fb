"""Names as typed, in the certificate, as a directory and as shown."""

import subprocess
import sys
import unicodedata
from datetime import date
from pathlib import Path
from typing import Literal

import pytest
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from kiosk.errors import KioskError
from kiosk.pki import names

# pytest forgets the filter of kiosk.pki before each test.
pytestmark = pytest.mark.filterwarnings("ignore:Attribute's length must be:UserWarning")

Kind = Literal["personal", "business"]
DAY = date(2026, 11, 22)
TEXT = st.text(st.characters(), max_size=80) | st.text(
    "홍길동가 -.'·()&/\\:*?\u0301\u202e\u1112\u1169\u11bc", max_size=60
)


def refused(text: str, kind: Kind = "personal") -> tuple[str, dict[str, str | int]]:
    with pytest.raises(KioskError) as caught:
        names.clean_name(text, kind=kind)
    return caught.value.id, caught.value.facts


@pytest.mark.parametrize(
    ("typed", "clean"),
    [
        ("홍길동", "홍길동"),
        ("  홍\u3000 길동\u00a0", "홍 길동"),
        (unicodedata.normalize("NFD", "홍길동"), "홍길동"),
        ("John  O'Neill-Smith Jr.", "John O'Neill-Smith Jr."),
        ("Nguyễn Thị Thu", "Nguyễn Thị Thu"),
        ("마리아·테레사", "마리아·테레사"),
        ("สมชาย ใจดี", "สมชาย ใจดี"),
        ("प्रिया", "प्रिया"),
        ("ㅎㅗㅇ", "ㅎㅗㅇ"),
        ("홍" * names.NAME_LIMIT, "홍" * names.NAME_LIMIT),
    ],
)
@pytest.mark.parametrize("kind", ["personal", "business"])
def test_names_of_people(typed: str, clean: str, kind: Kind) -> None:
    assert names.clean_name(typed, kind=kind) == clean


@pytest.mark.parametrize(
    "name",
    ["(주)가나 1호점", "㈜다라", "A&B, C/D+E·F:G*", "3M", "[bold]가나[/bold]", "a\\b|c?<d>", "가나 #2 'x'"],
)
def test_names_of_businesses(name: str) -> None:
    assert names.clean_name(name, kind="business") == name
    assert refused(name)[0] == "name.characters"


@pytest.mark.parametrize("name", ["", " ", "\u3000\u00a0", "...", "-", "·"])
def test_empty(name: str) -> None:
    assert refused(name) == ("name.empty", {})
    assert refused(name, "business") == ("name.empty", {})


@pytest.mark.parametrize(
    "char",
    [
        "\n",
        "\t",
        "\0",
        "\x1b",
        "\x7f",
        "\u202e",
        "\u2066",
        "\u200b",
        "\u200d",
        "\ufeff",
        "\u2028",
        "\u2029",
        "\ue000",
        "\ud800",
        "\uffff",
        "\U000e0041",
        "\u3164",
        "\u115f",
        "\uffa0",
        "\ufe0f",
        "\u034f",
        "\u2800",
    ],
    ids=lambda char: f"U+{ord(char):04X}",
)
@pytest.mark.parametrize("kind", ["personal", "business"])
def test_what_acts_or_cannot_be_seen(char: str, kind: Kind) -> None:
    assert refused(f"홍{char}길동", kind) == ("name.control", {})


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("홍1", "1"),
        ("[홍]", "["),
        ("홍/길동", "/"),
        ("\u0301홍", "U+0301"),
        ("홍 \u0301", "U+0301"),
        ("홍\u20dd", "U+20DD"),
        ("x" + "\u0325\u0323\u0317\u0316", "U+0316"),
        ("홍😀", "😀"),
        ("홍_길동", "_"),
    ],
)
def test_characters_that_no_person_has(name: str, shown: str) -> None:
    assert refused(name) == ("name.characters", {"character": shown})


@pytest.mark.parametrize("name", ["홍" * 45, "홍" * 100, "x" * 100_000, "가" + " " * 2000 + "나"])
def test_long(name: str) -> None:
    assert refused(name) == ("name.long", {"limit": 44})


@given(TEXT, st.sampled_from(["personal", "business"]))
def test_a_clean_name_is_clean(text: str, kind: Kind) -> None:
    try:
        name = names.clean_name(text, kind=kind)
    except KioskError as error:
        assert error.id.startswith("name.")
        return
    assert names.clean_name(name, kind=kind) == name
    assert unicodedata.is_normalized("NFC", name)
    assert 1 <= len(name) <= names.NAME_LIMIT
    assert "  " not in name
    assert name == name.strip()
    name.encode()


@given(TEXT, st.text("0123456789", min_size=1, max_size=10))
def test_common_name_shows_the_name_again(text: str, digits: str) -> None:
    try:
        name = names.clean_name(text, kind="business")
    except KioskError:
        return
    common_name = names.common_name(name, DAY, digits)
    assert common_name == f"{name}()20261122{digits}"
    assert names.display_name(common_name) == name


def test_common_name_limits() -> None:
    assert len(names.common_name("홍" * 44, DAY, "0123456789")) == 64
    with pytest.raises(KioskError) as caught:
        names.common_name("홍" * 45, DAY, "0123456789")
    assert (caught.value.id, caught.value.facts) == ("name.long", {"limit": 44})


def test_common_name_minds_the_directory() -> None:
    around = {"organization": "가나다라마바사 종합민원 센터" * 2, "units": ["personal", "연습"]}
    fits = 0
    for length in range(1, 45):
        try:
            common_name = names.common_name("홍" * length, DAY, "0123456789", **around)  # type: ignore[arg-type]
        except KioskError as error:
            assert error.facts == {"limit": fits}
            with pytest.raises(KioskError):
                names.subject(common_name=f"{'홍' * length}()202611220123456789", **around)  # type: ignore[arg-type]
        else:
            fits = length
            subject = names.subject(common_name=common_name, **around)  # type: ignore[arg-type]
            assert len(names.directory_name(subject).encode()) <= 255
    assert 20 < fits < 44


def test_subject_order_and_types() -> None:
    name = names.subject(
        organization="가나 센터", units=["personal", "연습"], common_name="홍길동()202611220123456789"
    )
    parsed = asn1_x509.Name.load(name.public_bytes())
    rdns = [part for rdn in parsed.chosen for part in rdn]
    assert [(part["type"].native, part["value"].name) for part in rdns] == [
        ("country_name", "printable_string"),
        ("organization_name", "utf8_string"),
        ("organizational_unit_name", "utf8_string"),
        ("organizational_unit_name", "utf8_string"),
        ("common_name", "utf8_string"),
    ]
    assert names.directory_name(name) == "cn=홍길동()202611220123456789,ou=연습,ou=personal,o=가나 센터,c=KR"


def test_subject_limits_are_characters() -> None:
    subject = names.subject(organization="x", units=["y"], common_name="홍" * 64)
    assert subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "홍" * 64
    for organization, units, common_name, id_, limit in (
        ("x", ["y"], "홍" * 65, "name.long", 64),
        ("x", ["가" * 30], "홍" * 64, "name.long", 49),
        ("x" * 65, ["y"], "홍", "name.center", 64),
        ("x", ["y" * 65], "홍", "name.center", 64),
        ("", ["y"], "홍", "name.center", 64),
    ):
        with pytest.raises(KioskError) as caught:
            names.subject(organization=organization, units=units, common_name=common_name)
        assert (caught.value.id, caught.value.facts["limit"]) == (id_, limit)


def foreign(*rdns: list[tuple[x509.ObjectIdentifier, str]]) -> x509.Name:
    return x509.Name(
        x509.RelativeDistinguishedName(x509.NameAttribute(oid, value, _validate=False) for oid, value in rdn)
        for rdn in rdns
    )


@pytest.mark.parametrize(
    ("values", "directory"),
    [  # shapes of the reference, section 1.2
        (
            ["kr", "yessign", "personal4IB", "WOORI", "홍길동()0004041202611220123456"],
            "cn=홍길동()0004041202611220123456,ou=WOORI,ou=personal4IB,o=yessign,c=kr",
        ),
        (
            ["KR", "SignKorea", "증권", "가나", "HTS", "홍길동-1234567"],
            "cn=홍길동-1234567,ou=HTS,ou=가나,ou=증권,o=SignKorea,c=KR",
        ),
        (["KR", "가나", "x/y:z", 'a\\b|c*d?e<f>g"h'], "cn=a_b_c_d_e_f_g_h,ou=x_y_z,o=가나,c=KR"),
        (["KR", "..", "../..", "a\n\0\u202eb"], "cn=a___b,ou=.._..,o=..,c=KR"),
        (["KR. ", "o", "\u0338x"], "cn=_\u0338x,o=o,c=KR._"),
        (["KR", "o", unicodedata.normalize("NFD", "홍")], "cn=홍,o=o,c=KR"),
    ],
)
def test_directories_of_other_authorities(values: list[str], directory: str) -> None:
    oids = [NameOID.COUNTRY_NAME, NameOID.ORGANIZATION_NAME]
    oids += [NameOID.ORGANIZATIONAL_UNIT_NAME] * (len(values) - 3) + [NameOID.COMMON_NAME]
    name = foreign(*([pair] for pair in zip(oids, values, strict=True)))
    assert names.directory_name(name) == directory


def test_unusual_names() -> None:
    assert names.directory_name(x509.Name([])) == "_"
    unknown = x509.ObjectIdentifier("1.2.3.4")
    name = foreign([(NameOID.COUNTRY_NAME, "KR")], [(NameOID.COMMON_NAME, "a"), (unknown, "b")])
    assert names.directory_name(name) in {"cn=a+1.2.3.4=b,c=KR", "1.2.3.4=b+cn=a,c=KR"}
    bits = x509.Name(
        [x509.NameAttribute(NameOID.X500_UNIQUE_IDENTIFIER, b"\0\xff", x509.name._ASN1Type.BitString)]
    )
    assert names.directory_name(bits) == "2.5.4.45=00ff"


def test_long_foreign_names_stay_apart() -> None:
    first, second = (names.directory_name(foreign([(NameOID.COMMON_NAME, "홍" * 99 + end)])) for end in "ab")
    assert first != second
    assert len(first.encode()) <= 255
    assert first.startswith("cn=홍홍")


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=100), min_size=1, max_size=5))
def test_one_harmless_path_component(values: list[str]) -> None:
    oids = [NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME]
    name = foreign(*([(oids[i % 3], value)] for i, value in enumerate(values)))
    directory = names.directory_name(name)
    assert Path(directory).name == directory
    assert directory not in {".", ".."}
    assert not set('\\/:*?"<>|') & set(directory)
    assert not any(unicodedata.category(char) in {"Cc", "Cf"} for char in directory)
    assert unicodedata.is_normalized("NFC", directory)
    assert len(directory.encode()) <= 255
    assert directory[-1] not in ". "
    assert len(directory.encode("utf-16-le")) // 2 <= 255


@pytest.mark.parametrize(
    ("common_name", "shown"),
    [
        ("홍길동()0004041202611220123456", "홍길동"),
        ("홍길동-1234567", "홍길동"),
        ("회사_0001729044", "회사"),
        ("홍길동(1234)5678", "홍길동"),
        ("홍길동", "홍길동"),
        ("(주)가나()202611220123456789", "(주)가나"),
        ("가-1()202611220123456789", "가-1"),
        ("(주)가나", "(주)가나"),
        ("가나(서울)", "가나(서울)"),
        ("가나-B12", "가나-B12"),
        ("()123", "()123"),
        ("", ""),
    ],
)
def test_display_name(common_name: str, shown: str) -> None:
    assert names.display_name(common_name) == shown


def test_long_names_are_not_complained_of() -> None:
    program = (
        "from kiosk.pki import names;names.subject(organization='x', units=['y'], common_name='홍' * 44)"
    )
    done = subprocess.run([sys.executable, "-W", "default", "-c", program], capture_output=True, check=True)
    assert done.stderr == b""


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("홍길동", "홍*동"), ("남궁민수", "남**수"), ("김구", "김*"), ("김", "*"), ("", ""), (" 홍길동 ", "홍*동"),
        ("Hong Gildong", "H*** ******g"), ("\u1112\u1169\u11bc\u1100\u1175\u11af\u1103\u1169\u11bc", "홍*동"),
        ("가" * 100, "가" + "*" * 62 + "가"),
    ],
)  # fmt: skip
def test_a_name_that_is_masked(name: str, shown: str) -> None:
    assert names.masked_name(name) == shown


@pytest.mark.parametrize(
    ("issuer", "directory"),
    [
        ("KICA", "KICA"), ("../..", ".._._"), ("a/b\\c:d", "a_b_c_d"), ("시험 센터", "시험 센터"),
        ("x" * 300, "x" * 255),
        ("..", "._"), (" ", "_"), ("\u202eAC", "_AC"),
    ],
)  # fmt: skip
def test_the_authoritys_directory(issuer: str, directory: str) -> None:
    """One harmless component, whatever a foreign authority calls itself."""
    organization = x509.NameAttribute(NameOID.ORGANIZATION_NAME, issuer, _validate=False)
    common = x509.NameAttribute(NameOID.COMMON_NAME, "CA 6")
    assert names.authority_directory(x509.Name([organization, common])) == directory
    assert names.authority_directory(x509.Name([common])) == "CA 6"
    assert names.authority_directory(x509.Name([])) == "_"
