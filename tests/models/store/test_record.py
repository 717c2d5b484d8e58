"""Records are read as they were written, by this Paige and later ones, or refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paige.models.store.listing import FileEntry
from paige.models.store.record import Arranged, Record, Version

GOLDEN = Path(__file__).with_name("golden")
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)
ENTRIES = st.builds(FileEntry, st.integers(0, 2**50), st.binary(min_size=32, max_size=32).map(bytes.hex))
FILES = st.dictionaries(NAMES, ENTRIES, max_size=4)
ARRANGED = st.builds(Arranged, NAMES, st.text(), st.text(), FILES, st.integers(1))
VERSIONS = st.builds(Version, st.text(), st.text(), st.text(), st.text(), FILES, ARRANGED)
RECORDS = st.builds(Record, NAMES, st.lists(VERSIONS, min_size=1, max_size=2).map(tuple))


@given(RECORDS)
def test_a_record_is_the_same_after_it_was_written(record: Record) -> None:
    assert Record.from_json(record.to_json()) == record


def test_a_record_of_format_1_is_read_and_written_as_it_is_kept() -> None:
    text = (GOLDEN / "record-1.json").read_text()
    record = Record.from_json(text)
    assert [version.origin for version in record.versions] == [
        "https://files.example/small.zip",
        "/media/stick",
    ]
    assert [bool(version.files) for version in record.versions] == [True, False]
    assert record.size == 10 + 20 + 30
    assert record.to_json() == text


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"versions": []},
        {"versions": [{}]},
        {"versions": None},
        {"name": None, "versions": 3},
    ],
)
def test_what_is_no_record_is_refused(change: dict[str, Any]) -> None:
    data = json.loads((GOLDEN / "record-1.json").read_text())
    with pytest.raises(ValueError, match=r"\w"):
        Record.from_json(json.dumps({**data, **change}))


@given(st.binary() | RECORDS.map(lambda record: record.to_json().encode()[:-40]))
def test_bytes_that_are_no_record_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Record.from_json(data)


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "a\\b", "/etc/passwd", "-x", "a\n"])
def test_names_that_lead_out_of_a_folder_are_in_no_record(name: str) -> None:
    text = (GOLDEN / "record-1.json").read_text()
    for known in ("layer-000", "1122334455667788"):
        with pytest.raises(ValueError, match="is no name of a file of a model"):
            Record.from_json(text.replace(f'"{known}"', json.dumps(name), 1))
