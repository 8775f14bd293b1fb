"""A secret is not seen by accident."""

import copy
import json
import logging
import pickle
import traceback

import pytest

from kiosk.secret import Secret

VALUE = "9001011234568"


def test_one_way_in_and_two_out() -> None:
    assert Secret(VALUE).reveal() == VALUE.encode()
    assert Secret("한글").reveal() == "한글".encode()
    assert Secret(b"\xff\x00").reveal() == b"\xff\x00"
    assert Secret("한글").text() == "한글"
    assert (bool(Secret("")), bool(Secret("x")), len(Secret("한"))) == (False, True, 3)


@pytest.mark.parametrize(
    "show", [repr, str, "{}".format, "{:>20}".format, "{!r}".format, lambda secret: f"{secret}{secret!s}",
             lambda secret: str([secret, {"a": secret}])],
)  # fmt: skip
def test_what_shows_it_says_only_that_it_is_one(show) -> None:  # type: ignore[no-untyped-def]
    shown = show(Secret(VALUE))
    assert "<secret>" in shown
    assert VALUE not in shown


@pytest.mark.parametrize(
    "take", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, hash, lambda secret: {secret}]
)
def test_what_would_carry_it_off_is_refused(take) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(TypeError) as caught:
        take(Secret(VALUE))
    assert VALUE not in str(caught.value)


def test_comparing_is_refused() -> None:
    """`==` takes as long as the common beginning; and a secret equal to nothing would be a silent mistake."""
    for other in (Secret(VALUE), VALUE, None):
        with pytest.raises(TypeError):
            Secret(VALUE) == other  # noqa: B015
        with pytest.raises(TypeError):
            Secret(VALUE) != other  # noqa: B015
    with pytest.raises(TypeError):
        Secret(VALUE) in [1, 2]  # noqa: B015


def test_it_has_no_other_attributes() -> None:
    with pytest.raises(AttributeError):
        Secret(VALUE).note = "x"  # type: ignore[attr-defined]
    assert not hasattr(Secret(VALUE), "__dict__")


def test_wiping() -> None:
    secret = Secret(VALUE)
    inside = memoryview(secret._buffer)
    view = bytes(inside)
    assert view == VALUE.encode()
    inside.release()
    with secret:
        assert secret
    assert (secret.reveal(), bool(secret)) == (b"", False)


def test_it_does_not_get_into_logs_and_tracebacks(caplog: pytest.LogCaptureFixture) -> None:
    secret = Secret(VALUE)
    logging.getLogger("test").warning("typed %s and %r", secret, {"value": secret})
    assert VALUE not in caplog.text
    try:
        raise ValueError(secret)
    except ValueError as error:
        whole = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    shown = [line for line in whole.splitlines() if "VALUE" not in line]
    assert VALUE not in "\n".join(shown)
