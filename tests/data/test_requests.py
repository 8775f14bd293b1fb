import sqlite3
from pathlib import Path

import pytest

from data.records import FINISHED, STATES
from data.registry import Registry, StateConflict
from tests.data.samples import AT, add_certificate, add_request, add_subscriber, at, digest, new_request


def test_found_by_code_and_id(registry: Registry) -> None:
    with registry.transaction():
        added = add_request(registry, 1)
        add_request(registry, 2)
    assert registry.request(code="code1") == registry.request(id=added.id) == added
    assert (added.state, added.changed_at, added.kiosk_id) == ("opened", added.opened_at, "kiosk-7")
    assert registry.request(code="code3") is None
    assert registry.request(id=99) is None
    with pytest.raises(TypeError):
        registry.request()
    with pytest.raises(TypeError):
        registry.request(code="code1", id=1)


def test_no_person_in_a_repr(registry: Registry) -> None:
    with registry.transaction():
        request = add_request(registry, directory="NPKI/홍길동")
    assert "홍길동" not in repr(request)
    assert repr(digest(1)) not in repr(request)


def test_a_code_is_used_once(registry: Registry) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="code"), registry.transaction():
        add_request(registry, 1, code="same")
        add_request(registry, 2, code="same")
    assert registry.request(code="same") is None


@pytest.mark.parametrize("state", STATES)
def test_one_unfinished_request_for_a_person_and_a_profile(registry: Registry, state: str) -> None:
    with registry.transaction():
        held = add_certificate(registry, 9)
        registry._connection.execute("UPDATE requests SET certificate_id = NULL, state = 'void'")
        first = add_request(registry, 1, code="first", state=state, certificate_id=held.id)
        registry.add_request(new_request(first.subscriber_id, profile="business-etax", code="other"))
    if state in FINISHED:
        assert registry.active_request(first.subscriber_id, first.profile) is None
        with registry.transaction():
            registry.add_request(new_request(first.subscriber_id))
    else:
        assert registry.active_request(first.subscriber_id, first.profile) == first
        with pytest.raises(sqlite3.IntegrityError, match="subscriber_id"), registry.transaction():
            registry.add_request(new_request(first.subscriber_id))


def test_unfinished_requests_the_oldest_first(registry: Registry) -> None:
    with registry.transaction():
        for n, state in ((3, "opened"), (1, "staged"), (4, "void"), (2, "identified"), (5, "cancelled")):
            add_request(registry, n, state=state)
    assert [request.code for request in registry.active_requests()] == ["code1", "code2", "code3"]
    assert [request.code for request in registry.active_requests(before=at(3))] == ["code1", "code2"]
    assert registry.active_requests(before=at(1)) == []


def test_a_move_changes_state_moment_and_columns(registry: Registry) -> None:
    with registry.transaction():
        request = add_request(registry, 1, medium=None)
        other = add_request(registry, 2)
        moved = registry.change_request(
            request.id, expect="opened", state="identified", at=at(9), medium="8:1 7", reason=None,
            identity_level="in_person",
        )  # fmt: skip
    assert registry.request(id=request.id) == moved
    assert (moved.state, moved.changed_at, moved.opened_at) == ("identified", at(9), at(1))
    assert (moved.medium, moved.identity_level, moved.identity_method) == ("8:1 7", "in_person", "phone")
    assert registry.request(id=other.id) == other
    with registry.transaction():
        cleared = registry.change_request(
            request.id, expect=["identified", "opened"], state="opened", at=at(9), medium=None
        )
    assert cleared.medium is None


def test_a_move_from_another_state_is_refused(registry: Registry) -> None:
    with registry.transaction():
        request = add_request(registry, state="staged")
    for expect in ("opened", ("opened", "submitted"), ()):
        with pytest.raises(StateConflict) as caught, registry.transaction():
            registry.change_request(request.id, expect=expect, state="void", at=AT)
        assert caught.value.found == "staged"
    assert registry.request(id=request.id) == request


def test_a_move_of_nothing_or_of_what_may_not_change(registry: Registry) -> None:
    with registry.transaction():
        request = add_request(registry)
        with pytest.raises(LookupError):
            registry.change_request(99, expect="opened", state="void", at=AT)
        for column in ("code", "subscriber_id", "uuid", "state = 'done' --"):
            with pytest.raises(TypeError, match="not to be changed"):
                registry.change_request(request.id, expect="opened", state="void", at=AT, **{column: "x"})
    with pytest.raises(RuntimeError):
        registry.change_request(request.id, expect="opened", state="void", at=AT)
    assert registry.request(id=request.id) == request


def test_of_two_who_move_one_request_one_does(registry: Registry, path: Path) -> None:
    with registry.transaction():
        request = add_request(registry, state="staged")
    other = Registry.open(path)
    assert other.request(id=request.id) == request
    with registry.transaction():
        registry.change_request(request.id, expect="staged", state="submitted", at=AT)
    with pytest.raises(StateConflict) as caught, other.transaction():
        other.change_request(request.id, expect="staged", state="submitted", at=AT)
    assert caught.value.found == "submitted"
    other.close()


def test_one_certificate_belongs_to_one_request(registry: Registry) -> None:
    with registry.transaction():
        held = add_certificate(registry, 1)
    with pytest.raises(sqlite3.IntegrityError, match="certificate_id"), registry.transaction():
        add_request(registry, 2, state="issued", certificate_id=held.id)


def test_a_person_may_have_requests_one_after_another(registry: Registry) -> None:
    with registry.transaction():
        person = add_subscriber(registry)
        for n in range(3):
            request = registry.add_request(new_request(person.id, n))
            registry.change_request(request.id, expect="opened", state="cancelled", at=AT, reason="idle")
    assert registry.active_requests() == []
    assert registry.request(code="code2") is not None
