"""An answer is written in one way, and read back; what is none is refused as a value."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paige.models.lm.assistant.calls import Answer, Call, Calls, Malformed, Words, read, written

VALUES = st.text() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
CALLS = st.builds(Call, st.text(), st.dictionaries(st.text(), VALUES, max_size=4))
ANSWERS = st.builds(Words, st.text()) | st.builds(
    lambda calls: Calls(tuple(calls)), st.lists(CALLS, min_size=1, max_size=6)
)


def test_an_answer_as_it_is_written() -> None:
    light = Call("HassLightSet", {"brightness": 40, "area": "Hall", "color": "red", "name": "Lamp"})
    assert written(Calls((light, Call("HassGetCurrentTime", {})))) == (
        '{"calls":[{"name":"HassLightSet","arguments":'
        '{"name":"Lamp","area":"Hall","brightness":40,"color":"red"}},'
        '{"name":"HassGetCurrentTime","arguments":{}}]}'
    )
    assert written(Words("Größe")) == '{"say":"Größe"}'


@given(ANSWERS)
def test_what_is_written_can_be_read(answer: Answer) -> None:
    assert read(written(answer)) == answer


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Sure!",
        "[]",
        "{}",
        '{"calls":[]}',
        '{"calls":{}}',
        '{"calls":[1]}',
        '{"calls":[{"name":"HassTurnOn"}]}',
        '{"calls":[{"name":1,"arguments":{}}]}',
        '{"calls":[{"name":"HassTurnOn","arguments":{"name":true}}]}',
        '{"calls":[{"name":"HassTurnOn","arguments":{"name":null}}]}',
        '{"calls":[{"name":"HassTurnOn","arguments":{"name":["a"]}}]}',
        '{"calls":[{"name":"HassLightSet","arguments":{"brightness":NaN}}]}',
        '{"calls":[{"name":"HassLightSet","arguments":{"brightness":1e999}}]}',
        '{"calls":[{"name":"HassTurnOn","arguments":{},"also":1}]}',
        '{"say":1}',
        '{"say":"a","calls":[]}',
        '{"say":"cut o',
        "[" * 100_000,
        written(Calls((Call("HassTurnOn", {}),) * 7)),
    ],
)
def test_what_is_no_answer_is_refused(text: str) -> None:
    refused = read(text)
    assert isinstance(refused, Malformed)
    assert refused.text == text
    assert refused.why


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | VALUES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["calls", "say", "name", "arguments"]) | st.text(), inner, max_size=3
        )
    ),
)


@given(JSON)
def test_nothing_that_is_json_breaks_it(data: object) -> None:
    found = read(json.dumps(data))
    assert isinstance(found, Malformed) or read(written(found)) == found
