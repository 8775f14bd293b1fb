import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.registry import Registry
from tests.data.samples import AT, add_subscriber, digest

DAY = "2026-11-22"


def test_found_by_the_hash_and_only_by_it(registry: Registry) -> None:
    with registry.transaction():
        added = registry.add_subscriber(digest(1), AT)
        other = add_subscriber(registry, 2)
    assert registry.subscriber(digest(1)) == added
    assert registry.subscriber(digest(3)) is None
    assert (added.id, added.kiosk_id, added.created_at) == (1, "kiosk-7", AT)
    assert added.uuid != other.uuid
    assert registry.subscriber_hash(other.id) == digest(2)
    with pytest.raises(LookupError):
        registry.subscriber_hash(99)
    assert digest(1).hex() not in repr(added)
    assert repr(digest(1)) not in repr(added)


def test_one_row_for_one_person(registry: Registry) -> None:
    with registry.transaction():
        registry.add_subscriber(digest(1), AT)
    with pytest.raises(sqlite3.IntegrityError), registry.transaction():
        registry.add_subscriber(digest(1), AT)


def test_tries_are_counted_by_method_person_and_day(registry: Registry) -> None:
    assert registry.tries("phone", b"a", DAY) == (0, 0)
    with registry.transaction():
        assert registry.count_try("phone", b"a", DAY, sends=1) == (1, 0)
        assert registry.count_try("phone", b"a", DAY, wrong=1) == (1, 1)
        assert registry.count_try("phone", b"a", DAY, sends=1, wrong=2) == (2, 3)
        assert registry.count_try("bank", b"a", DAY, wrong=1) == (0, 1)
        assert registry.count_try("phone", b"b", DAY) == (0, 0)
    assert registry.tries("phone", b"a", DAY) == (2, 3)
    assert registry.tries("phone", b"b", DAY) == (0, 0)


def test_tries_of_earlier_days_are_deleted(registry: Registry) -> None:
    with registry.transaction():
        registry.count_try("phone", b"a", "2026-11-21", wrong=5)
        registry.count_try("phone", b"b", DAY, wrong=1)
    assert registry.tries("phone", b"a", "2026-11-21") == (0, 0)
    assert registry.tries("phone", b"a", DAY) == (0, 0)
    with registry.transaction():
        registry.count_try("phone", b"a", DAY, wrong=1)
    assert registry.tries("phone", b"b", DAY) == (0, 1)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(-3, 3), st.integers(-3, 3)), max_size=20))
def test_tries_add_up(tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]]) -> None:
    registry = Registry.create(tmp_path_factory.mktemp("tries") / "registry.db", {})
    sums = {"a": (0, 0), "b": (0, 0)}
    with registry.transaction():
        for key, sends, wrong in steps:
            sums[key] = (sums[key][0] + sends, sums[key][1] + wrong)
            assert registry.count_try("phone", key.encode(), DAY, sends=sends, wrong=wrong) == sums[key]
    registry.close()
