"""The journal as it is written, and what is made of one that is damaged."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paige.device.errors import UpdateFailed
from paige.device.updates.journal import Failure, Journal, Slot, Standing, Trial
from paige.device.updates.manifest import Component, Version

GOLDEN = Path(__file__).parent / "golden" / "journal.json"
WHEN = "2026-01-02T03:04:05+00:00"
TRIAL = Trial(
    Component.PROGRAM, Version.parse("0.4.0"), Slot.B, Slot.A, "2026-01-03T03:04:05+00:00", serves=True
)
JOURNAL = Journal(
    {
        Component.PROGRAM: Standing(
            Version.parse("0.2.0"),
            (Failure(Version.parse("0.3.0"), "its self-test failed: “nothing” was heard", WHEN),),
        ),
        Component.SKILLS: Standing(),
    },
    TRIAL,
)


def test_it_is_written_as_it_always_was() -> None:
    assert JOURNAL.to_json() == GOLDEN.read_text(encoding="utf-8")
    assert Journal.from_json(GOLDEN.read_bytes()) == JOURNAL


def test_an_older_program_reads_what_a_later_one_has_added() -> None:
    data = json.loads(GOLDEN.read_text(encoding="utf-8"))
    data["later"] = data["trial"]["later"] = data["components"]["program"]["later"] = 1
    data["components"]["voices"] = {"highest": "1"}
    assert Journal.from_json(json.dumps(data).encode()) == JOURNAL


def test_a_trial_that_passed_clears_what_the_same_version_had_failed() -> None:
    known = JOURNAL.with_failure(Component.PROGRAM, Failure(TRIAL.version, "x", WHEN)).passed(TRIAL)
    assert known.trial is None
    assert known.of(Component.PROGRAM).highest == TRIAL.version
    assert [str(one.version) for one in known.of(Component.PROGRAM).failures] == ["0.3.0"]


def test_of_many_failures_the_latest_are_remembered() -> None:
    known = Journal()
    for number in range(30):
        known = known.with_failure(Component.MODELS, Failure(Version((number,)), "x", WHEN))
    numbers = [one.version.numbers[0] for one in known.of(Component.MODELS).failures]
    assert numbers == [*range(10, 30)]


def test_none_is_no_journal_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    assert Journal.load(tmp_path) == Journal()
    (tmp_path / "journal.json").mkdir()
    with pytest.raises(UpdateFailed, match="cannot be read"):
        Journal.load(tmp_path)


@given(data=st.data())
def test_a_damaged_one_is_a_value_error_and_nothing_else(data: st.DataObject) -> None:
    text: dict[str, Any] = json.loads(GOLDEN.read_text(encoding="utf-8"))
    program = text["components"]["program"]
    where: Any = data.draw(
        st.sampled_from([text, text["components"], program, program["failed"][0], text["trial"]])
    )
    value = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.lists(st.integers())
    where[data.draw(st.sampled_from([*where]))] = data.draw(value)
    try:
        found = Journal.from_json(json.dumps(text).encode())
    except ValueError:
        return
    assert Journal.from_json(found.to_json().encode()) == found
