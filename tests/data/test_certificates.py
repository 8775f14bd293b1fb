import itertools
import sqlite3
import unicodedata
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.records import Certificate, CrlEntry
from data.registry import Registry, StateConflict
from tests.data.samples import AT, add_certificate, add_request, as_listed, at, digest, new_certificate

NAMES = ("김가", "김나", "김나", "김다", "abc", "abd", "홍길동", "홍길동전", "beef", "김", "나", "code3")
STATUS = ("unproved", "valid", "valid", "suspended", "revoked")


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Registry, list[Certificate]]]:
    """Three dozen certificates; some serials and codes look like names, some ends are the same."""
    registry = Registry.create(tmp_path_factory.mktemp("many") / "registry.db", {})
    held = []
    with registry.transaction():
        for n in range(36):
            serial = f"{('beef', 'bee', 'abcd', 'c0de')[n % 4]}{n + 16:x}"
            held.append(
                as_listed(add_certificate(
                    registry, n, serial=serial, name=NAMES[n * 5 % len(NAMES)],
                    not_after=at(n // 3), status=STATUS[n % len(STATUS)],
                ))
            )  # fmt: skip
    yield registry, held
    registry.close()


def test_found_by_serial_and_id(registry: Registry) -> None:
    with registry.transaction():
        held = add_certificate(registry, 1)
        add_certificate(registry, 2)
    assert registry.certificate(serial=held.serial) == registry.certificate(id=held.id) == held
    assert (held.status, held.status_at, held.kiosk_id) == ("unproved", AT, "kiosk-7")
    assert registry.certificate(serial="ff") is None
    assert registry.certificate(id=99) is None
    for wrong in ({}, {"serial": held.serial, "id": 1}):
        with pytest.raises(TypeError):
            registry.certificate(**wrong)  # type: ignore[arg-type]
    assert held.name not in repr(held)


@pytest.mark.parametrize("column", ["serial", "common_name", "request_id"])
def test_never_twice(registry: Registry, column: str) -> None:
    with registry.transaction():
        held = add_certificate(registry, 1)
    with pytest.raises(sqlite3.IntegrityError, match=column), registry.transaction():
        request = add_request(registry, 2, state="submitted")
        registry.add_certificate(new_certificate(request, 2, **{column: getattr(held, column)}))
    assert len(registry.find_certificates()) == 1


def test_those_of_a_person(registry: Registry) -> None:
    with registry.transaction():
        first = add_certificate(registry, 1)
        add_certificate(registry, 2)
        request = add_request(registry, 1, code="again", state="submitted")
        second = registry.add_certificate(new_certificate(request, 3))
    assert [held.id for held in registry.certificates_of(first.subscriber_id)] == [first.id, second.id]
    assert registry.certificates_of(99) == []


def test_a_status_changes_from_an_expected_one(registry: Registry) -> None:
    with registry.transaction():
        held = add_certificate(registry, 1)
        other = add_certificate(registry, 2)
        changed = registry.change_certificate(held.id, expect="unproved", status="valid", at=at(5))
    assert registry.certificate(id=held.id) == changed
    assert (changed.status, changed.status_at, changed.reason) == ("valid", at(5), None)
    with registry.transaction():
        revoked = registry.change_certificate(
            held.id, expect=("valid", "suspended"), status="revoked", at=at(6), reason="keyCompromise"
        )
    assert (revoked.status, revoked.reason) == ("revoked", "keyCompromise")
    with pytest.raises(StateConflict) as caught, registry.transaction():
        registry.change_certificate(held.id, expect=("valid", "suspended"), status="valid", at=at(7))
    assert caught.value.found == "revoked"
    with pytest.raises(LookupError), registry.transaction():
        registry.change_certificate(99, expect="valid", status="revoked", at=at(7))
    assert registry.certificate(id=held.id) == revoked
    assert registry.certificate(id=other.id) == other


@pytest.mark.parametrize(
    ("find", "found"),
    [
        ("김", {"김", "김가", "김나", "김다"}), ("홍길동", {"홍길동", "홍길동전"}),
        ("홍길동전", {"홍길동전"}),
        ("길동", set()), ("ab", {"abc", "abd"}), ("%", set()), ("김_", set()),
        (unicodedata.normalize("NFD", "홍길동전"), {"홍길동전"}), ("  나 ", {"나"}),
    ],
)  # fmt: skip
def test_found_by_the_beginning_of_a_name(
    many: tuple[Registry, list[Certificate]], find: str, found: set[str]
) -> None:
    assert {held.name for held in many[0].find_certificates(find=find)} == found


def test_found_by_the_beginning_of_a_serial(many: tuple[Registry, list[Certificate]]) -> None:
    registry, held = many
    by_serial = {one.id for one in held if one.serial.startswith("beef")}
    by_name = {one.id for one in held if one.name == "beef"}
    assert by_serial - by_name
    for find, expected in (("beef", by_serial | by_name), ("00:BE:EF", by_serial), ("BEEF", by_serial)):
        assert {one.id for one in registry.find_certificates(find=find, limit=1000)} == expected
    [one] = registry.find_certificates(find=held[5].serial)
    assert one == held[5]
    assert registry.find_certificates(find="bee") == [
        one for one in sorted_by_name(held) if one.name == "beef"
    ]


def test_found_by_the_code_of_the_request(many: tuple[Registry, list[Certificate]]) -> None:
    registry, held = many
    found = registry.find_certificates(find="Code3", limit=1000)
    assert [one.id for one in found] == [held[3].id]
    found = registry.find_certificates(find="code3", limit=1000)
    assert {one.id for one in found} == {held[3].id} | {one.id for one in held if one.name == "code3"}


def test_wrong_pages_are_refused(registry: Registry) -> None:
    for limit in (0, 1001, -1):
        with pytest.raises(ValueError, match="limit"):
            registry.find_certificates(limit=limit)
    with pytest.raises(ValueError, match="after_id"):
        registry.find_certificates(after_id=1)


def sorted_by_name(held: list[Certificate]) -> list[Certificate]:
    return sorted(held, key=lambda one: (one.name, one.id))


def expected(held: list[Certificate], conditions: dict[str, str | None]) -> list[Certificate]:
    """What a page must hold, from the words of the docstring."""
    find = conditions["find"]
    found = [
        one
        for one in held
        if (not find or one.name.startswith(find) or (len(find) >= 4 and one.serial.startswith(find))
            or f"code{one.id - 1}" == find)
        and (conditions["expiring_after"] is None or one.not_after >= conditions["expiring_after"])
        and (conditions["expiring_before"] is None or one.not_after < conditions["expiring_before"])
        and (conditions["status"] is None or one.status == conditions["status"])
    ]  # fmt: skip
    if find:
        return sorted_by_name(found)
    if any(conditions[name] is not None for name in ("expiring_after", "expiring_before", "status")):
        return sorted(found, key=lambda one: (one.not_after, one.id))
    return found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None)
@given(
    find=st.sampled_from([None, "", "김", "김나", "b", "bee", "beef", "abcd", "code3", "code", "홍"]),
    after=st.none() | st.integers(0, 12).map(at),
    before=st.none() | st.integers(0, 12).map(at),
    status=st.sampled_from([None, "unproved", "valid", "suspended", "revoked"]),
    limit=st.integers(1, 7),
)
def test_pages_in_a_row_are_the_whole(
    many: tuple[Registry, list[Certificate]],
    find: str | None, after: str | None, before: str | None, status: str | None, limit: int,
) -> None:  # fmt: skip
    registry, held = many
    conditions = {"find": find, "expiring_after": after, "expiring_before": before, "status": status}
    got: list[Certificate] = []
    while page := registry.find_certificates(
        **conditions,
        limit=limit,
        after_id=got[-1].id if got else None,  # type: ignore[arg-type]
    ):
        assert len(page) <= limit
        got += page
        assert len(got) <= len(held)
    assert got == expected(held, conditions)


def test_a_page_after_one_that_is_not_in_the_list(many: tuple[Registry, list[Certificate]]) -> None:
    registry, held = many
    for one, find in itertools.product(held, ("김", "홍길동")):
        rest = registry.find_certificates(find=find, after_id=one.id, limit=1000)
        assert rest == [
            other
            for other in sorted_by_name(held)
            if other.name.startswith(find) and (other.name, other.id) > (one.name, one.id)
        ]


def test_what_is_on_a_revocation_list(registry: Registry) -> None:
    with registry.transaction():
        for n, (status, reason, end) in enumerate((
            ("valid", None, at(500)), ("revoked", "superseded", at(500)), ("revoked", None, at(500)),
            ("suspended", None, at(500)), ("unproved", None, at(500)), ("revoked", "superseded", at(99)),
            ("revoked", "superseded", at(100)), ("suspended", None, at(99)),
        )):  # fmt: skip
            add_certificate(
                registry, n, serial=f"a{n}", status=status, reason=reason, status_at=at(n), not_after=end
            )

    def entry(n: int, reason: str | None, status: str) -> CrlEntry:
        return CrlEntry(serial=f"a{n}", status_at=at(n), reason=reason, status=status)

    always = [
        entry(1, "superseded", "revoked"), entry(2, None, "revoked"),
        entry(3, "certificateHold", "suspended"), entry(4, "certificateHold", "unproved"),
        entry(6, "superseded", "revoked"),
    ]  # fmt: skip
    over = [entry(5, "superseded", "revoked"), entry(7, "certificateHold", "suspended")]

    def listed(previous: str | None) -> list[CrlEntry]:
        return sorted(registry.crl_entries(previous), key=lambda one: one.serial)

    assert listed(at(100)) == always
    assert listed(None) == sorted(always + over, key=lambda one: one.serial)
    assert listed(at(501)) == []


def test_an_expired_entry_is_on_one_list_after_its_end(registry: Registry) -> None:
    """Lists made at 10, 20, 30, … seconds; it ends at 25: on the list of 30, gone from the one of 40."""
    with registry.transaction():
        held = add_certificate(registry, status="revoked", reason="superseded", not_after=at(25))
        on = []
        for number in range(1, 6):
            last = registry.last_crl()
            entries = list(registry.crl_entries(last.this_update if last else None))
            on.append([entry.serial for entry in entries] == [held.serial])
            registry.add_crl(number, at(number * 10), at(9999), b"der", len(entries))
    assert on == [True, True, True, False, False]


def test_numbers_of_lists_never_go_back(registry: Registry) -> None:
    assert registry.last_crl() is None
    with registry.transaction():
        registry.add_crl(3, at(1), at(2), b"three", 7)
    with registry.transaction():
        newest = registry.add_crl(5, at(2), at(3), b"five", 8)
    for number in (5, 4, 3, 1, 0):
        with pytest.raises(ValueError, match="revocation list"), registry.transaction():
            registry.add_crl(number, at(4), at(5), b"again", 0)
    assert registry.last_crl() == newest
    assert (newest.number, newest.entries, newest.der) == (5, 8, b"five")
    assert registry._connection.execute("SELECT count(*) FROM crls").fetchone()[0] == 1


def test_serials_of_the_samples_differ() -> None:
    assert len({digest(n).hex()[:16] for n in range(1000)}) == 1000
