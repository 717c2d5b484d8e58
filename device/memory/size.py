"""Amounts of memory as people write them."""

import re
from typing import Final

_UNITS: Final = {
    "": 1,
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
}
AMOUNT: Final = "an amount such as 256MiB or 1.5GB"


def parse_size(text: str) -> int:
    """The bytes of `256MiB` (powers of 1,024), `1.5GB` (powers of 1,000) or `300000000`.

    Raises:
        ValueError: It is none; the text says what would be.
    """
    found = re.fullmatch(r"([0-9]{1,18}(?:\.[0-9]{1,9})?)\s*([a-z]*)", text.strip().lower())
    if not found or found[2] not in _UNITS:
        raise ValueError(f"{text!r} is no amount of memory; write {AMOUNT}")
    return int(float(found[1]) * _UNITS[found[2]])


def show_size(amount: float) -> str:
    """An amount in the unit that suits it, such as `256 MB`; a megabyte has a million bytes."""
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if amount >= size:
            return f"{amount / size:.{1 if amount < 10 * size or unit == 'GB' else 0}f} {unit}"
    return f"{amount:.0f} B"
