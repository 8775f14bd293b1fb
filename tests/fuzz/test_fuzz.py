"""Bytes of strangers, whole, damaged and made up: they are read, or refused with an error that somebody handles."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.parsers import PARSERS

NESTED = [
    b"[" * 20_000,
    b"a=" + b"{a=" * 5_000,
    b"\x30\x80" * 10_000,
    b"\xa0\x84\x7f\xff\xff\xff",
    b'{"a":' * 3_000,
]


@st.composite
def damaged(draw: st.DrawFn, seeds: tuple[bytes, ...]) -> bytes:
    """One of the seeds with some bytes changed, cut out, put in or said again."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        to = draw(st.integers(at, min(at + draw(st.sampled_from([1, 4, 200])), len(data))))
        data[at:to] = draw(
            st.binary(max_size=4) | st.just(bytes(data[at:to]) * 2) | st.sampled_from(NESTED[3:4])
        )
    return bytes(data)


def test_seeds_are_whole() -> None:
    """What is damaged was right before, or little would be tried but the first byte."""
    for name, parser in PARSERS.items():
        for seed in parser.seeds:
            if name != "answers":
                parser.read(seed)


@pytest.mark.parametrize("name", PARSERS)
def test_anything_is_read_or_refused(name: str) -> None:
    parser = PARSERS[name]

    @settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
    @given(damaged(parser.seeds) | st.binary(max_size=300))
    def run(data: bytes) -> None:
        parser(data)

    run()


@pytest.mark.parametrize("name", PARSERS)
@pytest.mark.parametrize("data", NESTED, ids=range(len(NESTED)))
def test_what_is_nested_too_deep_is_refused(name: str, data: bytes) -> None:
    PARSERS[name](data)
