"""Amounts of memory, as people write and read them."""

import pytest

from paige.device.memory.size import parse_size, show_size


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("256MiB", 256 << 20),
        ("256 mib", 256 << 20),
        ("1.5GB", 1_500_000_000),
        ("300000000", 300_000_000),
        ("64kB", 64_000),
        ("0.5GiB", 1 << 29),
    ],
)
def test_an_amount(text: str, amount: int) -> None:
    assert parse_size(text) == amount


@pytest.mark.parametrize("text", ["", "MB", "-1MB", "1e9", "256Mo", "1 2MB", "1" * 30, "nan"])
def test_what_is_none_says_what_would_be(text: str) -> None:
    with pytest.raises(ValueError, match="write an amount such as 256MiB"):
        parse_size(text)


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "0 B"), (999, "999 B"), (8_400_000, "8.4 MB"), (256_000_000, "256 MB"), (1_100_000_000, "1.1 GB")],
)
def test_it_is_shown_in_the_unit_that_suits_it(amount: int, text: str) -> None:
    assert show_size(amount) == text
