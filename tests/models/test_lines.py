"""Tables of text are found by their keys, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paige.models.lines import Lines

KEYS = st.text(
    st.characters(codec="utf-8", exclude_characters="\t\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), max_size=6
)


@given(st.dictionaries(KEYS, KEYS, max_size=40), st.lists(KEYS, max_size=5))
def test_lines_are_what_their_text_says(table: dict[str, str], others: list[str]) -> None:
    lines = Lines(f"{key}\t{value}".encode() for key, value in table.items())
    assert len(lines) == len(table)
    assert dict(lines) == table
    for key in others:
        assert lines.get(key) == table.get(key)
        assert (key in lines) == (key in table)


def test_a_line_without_a_key_is_refused() -> None:
    with pytest.raises(ValueError, match="'no key' stands for nothing"):
        Lines([b"a\tb", b"no key"])
