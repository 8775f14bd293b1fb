"""Names of subscribers: cleaned input, the certificate's subject, the directory on a medium, the shown name.

Sources: RFC 5280 section 4.1.2.6 and appendix A (order, string types, 64 characters), KCAC.TS.DN (C, O, OU,
CN), and the directory names that Korean programs write (reversed subject, lower-case keywords).
"""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from typing import Literal

from cryptography import x509
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from kiosk.errors import KioskError

# ub-common-name and its like count characters (RFC 5280 appendix A); a directory entry holds 255 bytes on
# Linux and 255 UTF-16 units on FAT. No text has more UTF-16 units than UTF-8 bytes, so bytes decide.
ATTRIBUTE_LIMIT = 64
DIRECTORY_LIMIT = 255
# Room in the common name before "()", eight digits of the day and ten that make it unique.
NAME_LIMIT = ATTRIBUTE_LIMIT - 2 - 8 - 10
_TYPED_LIMIT = 1000  # decomposed letters and blanks go before the name's own limit is applied

_CONTROL = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# Letters and marks by category that show nothing: fillers of Hangul, joiners, vowels without a shape,
# variation selectors, and the empty Braille cell.
_INVISIBLE = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\u180b\u180c\u180d\u180f"
    + "".join(map(chr, range(0xFE00, 0xFE10)))
    + "".join(map(chr, range(0xE0100, 0xE01F0)))
)
_PERSONAL_SIGNS = frozenset(" -\u2010'\u2019.\u00b7\u30fb")
_MARKS_IN_A_ROW = 3

_FAT_REFUSES = frozenset('\\/:*?"<>|')
_KEYWORDS = {
    NameOID.COUNTRY_NAME: "c",
    NameOID.STATE_OR_PROVINCE_NAME: "st",
    NameOID.LOCALITY_NAME: "l",
    NameOID.STREET_ADDRESS: "street",
    NameOID.ORGANIZATION_NAME: "o",
    NameOID.ORGANIZATIONAL_UNIT_NAME: "ou",
    NameOID.COMMON_NAME: "cn",
    NameOID.SERIAL_NUMBER: "serialnumber",
    NameOID.EMAIL_ADDRESS: "e",
    NameOID.DOMAIN_COMPONENT: "dc",
}


def clean_name(text: str, *, kind: Literal["personal", "business"]) -> str:
    """Bring a typed name to one form: NFC, blanks of any width made one space, none at the ends.

    A person's name has letters of any script, their marks, space, hyphen, apostrophe, period, middle dot; a
    business's name also digits and printable signs. Raises `name.empty` (nothing, or no letter at all),
    `name.control` (a character that is invisible or acts on text), `name.characters` (fact `character`) and
    `name.long` (fact `limit`, characters).
    """
    if len(text) > _TYPED_LIMIT:
        raise KioskError("name.long", limit=NAME_LIMIT)
    name = "".join(" " if unicodedata.category(char) == "Zs" else char for char in text)
    name = unicodedata.normalize("NFC", re.sub(" +", " ", name).strip(" "))
    if not name:
        raise KioskError("name.empty")
    if any(unicodedata.category(char) in _CONTROL or char in _INVISIBLE for char in name):
        raise KioskError("name.control")
    marks = 0  # how many follow the letter before; -1 where none may stand
    before = ""
    for char in name:
        marks = _marks(before, char, marks)
        if not 0 <= marks <= _MARKS_IN_A_ROW or not _permitted(char, kind):
            raise KioskError("name.characters", character=_shown(char))
        before = char
    if not any(unicodedata.category(char)[0] in ("L" if kind == "personal" else "LN") for char in name):
        raise KioskError("name.empty")
    if len(name) > NAME_LIMIT:
        raise KioskError("name.long", limit=NAME_LIMIT)
    return name


def _marks(before: str, char: str, count: int) -> int:
    """Count combining marks in a row: they belong to a letter, and a pile of them is no name."""
    if unicodedata.category(char)[0] != "M":
        return 0
    if not before or unicodedata.category(before)[0] not in "LM":
        return -1
    return count + 1


def _permitted(char: str, kind: str) -> bool:
    category = unicodedata.category(char)
    if category[0] == "L" or category in {"Mn", "Mc"} or char in _PERSONAL_SIGNS:
        return True
    return kind == "business" and category[0] in "NPS"


def _shown(char: str) -> str:
    return f"U+{ord(char):04X}" if unicodedata.category(char)[0] == "M" else char


def subject(*, country: str = "KR", organization: str, units: Sequence[str], common_name: str) -> x509.Name:
    """Make a subject in the Korean order C, O, OU..., CN; C is PrintableString, all others UTF8String.

    Raises `name.long` when the common name has more than 64 characters or the directory name made from all
    of it more than 255 bytes, `name.center` when organization or a unit has more than 64 characters.
    """
    if any(not 1 <= len(text) <= ATTRIBUTE_LIMIT for text in (organization, *units)):
        raise KioskError("name.center", name=organization, limit=ATTRIBUTE_LIMIT)
    if len(common_name) > ATTRIBUTE_LIMIT:
        raise KioskError("name.long", limit=ATTRIBUTE_LIMIT)
    parts = [(NameOID.COUNTRY_NAME, country), (NameOID.ORGANIZATION_NAME, organization)]
    parts += [(NameOID.ORGANIZATIONAL_UNIT_NAME, unit) for unit in units]
    name = x509.Name([_attribute(oid, text) for oid, text in [*parts, (NameOID.COMMON_NAME, common_name)]])
    excess = len(_directory(name).encode()) - DIRECTORY_LIMIT
    if excess > 0:
        raise KioskError("name.long", limit=_fitting(common_name, len(common_name.encode()) - excess))
    return name


def _attribute(oid: x509.ObjectIdentifier, text: str) -> x509.NameAttribute[str]:
    # The library's own check counts bytes, not characters, and would refuse 22 syllables.
    kind = _ASN1Type.PrintableString if oid == NameOID.COUNTRY_NAME else _ASN1Type.UTF8String
    return x509.NameAttribute(oid, text, kind, _validate=False)


def common_name(
    name: str, day: date, digits: str, *, organization: str = "", units: Sequence[str] = ()
) -> str:
    """Make the common name of yessign's shape: `홍길동()` + YYYYMMDD + digits that make it unique.

    `name` is a clean one. With `organization` and `units` the length of the directory name is minded too.
    Raises `name.long`, fact `limit`: how many characters of this name would fit.
    """
    rest = f"(){day:%Y%m%d}{digits}"
    around = len(f"cn=,{''.join(f'ou={unit},' for unit in units)}o={organization},c=KR".encode())
    room = DIRECTORY_LIMIT - around - len(rest)
    limit = min(ATTRIBUTE_LIMIT - len(rest), _fitting(name, room))
    if len(name) > limit:
        raise KioskError("name.long", limit=limit)
    return name + rest


def _fitting(text: str, room: int) -> int:
    """Count the characters of `text` that fit into `room` bytes of UTF-8 (64 when all do)."""
    if len(text.encode()) <= room:
        return ATTRIBUTE_LIMIT
    return len(text.encode()[: max(room, 0)].decode(errors="ignore"))


def directory_name(name: x509.Name) -> str:
    """Make the directory name of a set: `cn=...,ou=...,o=...,c=KR`, NFC, at most 255 bytes of UTF-8.

    Characters that FAT refuses or that cannot be seen become `_`, in foreign names too, so the result is one
    harmless path component; a foreign name that is too long is cut and gets a hash of the whole.
    """
    text = _directory(name)
    raw = text.encode()
    if len(raw) > DIRECTORY_LIMIT:
        mark = "~" + hashlib.sha256(raw).hexdigest()[:16]
        text = raw[: DIRECTORY_LIMIT - len(mark)].decode(errors="ignore") + mark
    return text


def _directory(name: x509.Name) -> str:
    """Build the directory name without minding its length."""
    text = ",".join("+".join(_part(attribute) for attribute in rdn) for rdn in reversed(name.rdns))
    if not text or text[-1] in ". ":  # FAT drops these at the end
        text = text[:-1] + "_"
    return text


def _part(attribute: x509.NameAttribute[str | bytes]) -> str:
    keyword = _KEYWORDS.get(attribute.oid, attribute.oid.dotted_string)
    value = _harmless(attribute.value)
    if unicodedata.combining(value[:1] or "x"):  # would melt into the equals sign
        value = "_" + value
    return f"{keyword}={value}"


def masked_name(name: str) -> str:
    """Hide a person's name from those who look over a shoulder: 홍*동, 남**수, 김*, H*** ******g.

    The first and the last letter stay, and blanks; of two letters only the first, of one none.
    """
    letters = unicodedata.normalize("NFC", name.strip())
    if len(letters) > ATTRIBUTE_LIMIT:
        letters = letters[:ATTRIBUTE_LIMIT]
    last = letters[-1:] if len(letters) > 2 else "*" * (len(letters) - 1)
    first = letters[:1] if len(letters) > 1 else "*" * len(letters)
    return first + "".join(" " if char == " " else "*" for char in letters[1:-1]) + last


def _harmless(value: str | bytes) -> str:
    """Replace what FAT refuses or nobody sees; NFC."""
    return "".join(
        "_" if char in _FAT_REFUSES or unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} else char
        for char in unicodedata.normalize("NFC", value if isinstance(value, str) else value.hex())
    )


def file_name(name: x509.Name, limit: int) -> str:
    """Give the holder's name as the beginning of a file's name: harmless, at most `limit` bytes of UTF-8."""
    common = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    text = _harmless(display_name(str(common[0].value))) if common else ""
    return text.encode()[:limit].decode(errors="ignore").strip(". ") or "_"


def authority_directory(issuer: x509.Name) -> str:
    """Give the name of the directory for the sets of an authority: the O of its name, as all its brands have it.

    Of a foreign name without one the most specific part is taken; the result is one harmless path component.
    """
    organizations = issuer.get_attributes_for_oid(NameOID.ORGANIZATION_NAME) or list(issuer)[-1:]
    text = _harmless(organizations[0].value) if organizations else ""
    text = text.encode()[:DIRECTORY_LIMIT].decode(errors="ignore").strip(" ")
    if not text or text[-1] == ".":
        text = text[:-1] + "_"
    return text


def display_name(common_name: str) -> str:
    """Give the name to show: what stands before `()` and digits, or before `(`, `-`, `_` and only digits.

    Programs of other authorities put numbers after the name in these ways; any other common name is shown
    whole.
    """
    shape = re.fullmatch(r"(.+)\(\)[0-9]+", common_name) or re.fullmatch(r"(.+?)[(\-_][0-9()]+", common_name)
    return shape[1] if shape else common_name
