import pytest

from kiosk.media.sizes import size_text


@pytest.mark.parametrize(
    ("size", "said"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (64_000_000, "64 MB"), (15_938_355_200, "15.9 GB"),
     (2_000_000_000_000, "2.0 TB"), (5 * 10**15, "5,000.0 TB"),
     (999_999_999, "999 MB"), (1_999_999_999, "1.9 GB"), (10**9, "1.0 GB")],
)  # fmt: skip
def test_sizes_as_printed_on_sticks(size: int, said: str) -> None:
    assert size_text(size) == said
