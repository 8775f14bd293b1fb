import contextlib
import dataclasses
import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.audit import BadLine, Line
from kiosk.audit.line import canonical, from_object, from_row, read_canonical, to_object, to_row
from tests.audit.conftest import KEY

FACTS = st.dictionaries(
    st.from_regex(r"[a-z0-9_]{1,32}", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9._:-]{0,128}", fullmatch=True) | st.integers(-(2**53) + 1, 2**53 - 1),
    max_size=5,
)
LINES = st.builds(
    Line,
    seq=st.integers(1, 2**53 - 1),
    at=st.datetimes().map(lambda moment: moment.strftime("20%y-%m-%dT%H:%M:%S.123Z")),
    action=st.from_regex(r"[a-z0-9._]{1,64}", fullmatch=True),
    request=st.none() | st.integers(0, 2**53 - 1),
    certificate=st.none() | st.integers(0, 2**53 - 1),
    facts=FACTS,
    prev=st.binary(min_size=32, max_size=32),
    hash=st.binary(min_size=32, max_size=32),
    signature=st.binary(min_size=64, max_size=64),
)
LINE = Line(
    7,
    "2026-11-22T01:23:45.678Z",
    "request.issued",
    3,
    None,
    {"b": 1, "a": "x"},
    bytes(32),
    bytes(32),
    bytes(64),
)


def test_the_hash_is_over_this_text() -> None:
    text = (
        '{"action":"request.issued","at":"2026-11-22T01:23:45.678Z","certificate":null,"facts":{"a":"x","b":1},'
        f'"prev":"{"00" * 32}","request":3,"seq":7}}'
    )
    assert LINE.digest() == hashlib.sha256(text.encode()).digest()


@settings(deadline=None)
@given(LINES)
def test_a_line_comes_back_from_row_and_object(line: Line) -> None:
    assert from_row(to_row(line)) == line
    assert from_object(json.loads(json.dumps(to_object(line)))) == line


@settings(deadline=None)
@given(LINES, LINES)
def test_every_member_counts(one: Line, other: Line) -> None:
    for field in dataclasses.fields(Line):
        mixed = dataclasses.replace(one, **{field.name: getattr(other, field.name)})
        same = mixed == one or field.name in {"hash", "signature"}
        assert (mixed.digest() == one.digest()) == same


def test_a_signature_is_for_an_audit_line_only() -> None:
    line = dataclasses.replace(LINE, signature=KEY.sign(b"certkiosk audit line 1\n" + LINE.hash))
    assert line.is_signed_by(KEY.public_key())
    for signature in (KEY.sign(LINE.hash), line.signature[:-1], b"", bytes(64)):
        assert not dataclasses.replace(LINE, signature=signature).is_signed_by(KEY.public_key())
    assert not dataclasses.replace(line, hash=b"\1" + bytes(31)).is_signed_by(KEY.public_key())


WRONG = [
    ("seq", "7"), ("seq", 7.0), ("seq", True), ("seq", 2**53), ("seq", None), ("at", "yesterday"), ("at", 5),
    ("at", "２026-11-22T01:23:45.678Z"), ("action", "홍길동"), ("action", ""), ("action", None),
    ("request", "3"),
    ("certificate", False), ("facts", []), ("facts", None), ("facts", {"name": "홍길동"}),
    ("facts", {"a b": 1}), ("facts", {"x": None}), ("facts", {"x": 1.5}), ("facts", {"x": True}),
    ("facts", {"x": {"y": 1}}), ("facts", {"x": "a\n"}), ("facts", {"x": "a" * 129}), ("facts", {"x": 2**53}),
    ("prev", "00"), ("prev", None), ("hash", "AA" * 32), ("hash", "zz" * 32), ("signature", "00" * 63),
    ("signature", "00" * 64 + "\n"),
]  # fmt: skip


@pytest.mark.parametrize(("member", "value"), WRONG)
def test_a_hostile_object(member: str, value: object) -> None:
    with pytest.raises(ValueError):
        from_object(to_object(LINE) | {member: value})


def test_members_missing_and_members_more() -> None:
    for member in to_object(LINE):
        less = to_object(LINE)
        del less[member]
        with pytest.raises(ValueError, match="members"):
            from_object(less)
    for wrong in (to_object(LINE) | {"more": 1}, [], None, 3, "x", {}):
        with pytest.raises(ValueError, match="members"):
            from_object(wrong)


@pytest.mark.parametrize(
    "text",
    [
        b"", b" {}", b"{} ", b'{"a": 1}', b'{"b":1,"a":2}', b'{"a":1,"a":1}', b'{"a":1e2}', b"NaN", b"{",
        b"\xff", b'"\\ud800"', b'"\\u0041"', b"[" * 5000 + b"]" * 5000, b"9" * 5000, b"\xef\xbb\xbf{}",
        "{}".encode("utf-16"), b"-0",
    ],
)  # fmt: skip
def test_json_that_we_did_not_write(text: bytes) -> None:
    with pytest.raises(ValueError):
        read_canonical(text)


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_json_that_we_wrote(value: object) -> None:
    try:
        text = canonical(value)
    except UnicodeEncodeError:
        return
    assert read_canonical(text) == value


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(text: bytes) -> None:
    with contextlib.suppress(ValueError):
        assert canonical(read_canonical(text)) == text


@pytest.mark.parametrize("facts", ["{ }", "", "x", '{"name":"홍길동"}', "[]"])
def test_facts_in_the_registry_that_we_did_not_write(facts: str) -> None:
    with pytest.raises(BadLine) as caught:
        from_row(dataclasses.replace(to_row(LINE), facts=facts))
    assert (caught.value.number, caught.value.why) == (7, "unreadable")
