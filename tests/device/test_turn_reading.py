"""A turn survives its way through JSON: what the command shows is what the service did."""

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paige.device.errors import ServiceUnreachable
from paige.device.turn import Expects, Reply, Step, Turn
from paige.device.turn_reading import read_turn
from paige.iot.cause import Cause, Why
from paige.iot.command import Command
from paige.iot.entity import Entity
from paige.iot.message import Publication
from paige.iot.outcome import Outcome, Status
from paige.models.intent import Intent, NotRecognized, Suggestion
from paige.models.transcript import Transcript

words = st.text(max_size=12)
share = st.floats(0, 1)
values = (
    words
    | st.integers(-1000, 1000)
    | st.booleans()
    | st.none()
    | st.lists(st.integers(0, 255), min_size=3, max_size=3).map(tuple)
)
ids = st.builds(
    "{}.{}".format, st.sampled_from(["light", "lock"]), st.text(string.ascii_lowercase, min_size=1)
)
outcomes = st.builds(
    lambda entity_id, service, data, status, state, sent, reason, seconds: Outcome(
        Command(entity_id, service, data),
        status,
        Entity(entity_id, entity_id, entity_id.partition(".")[0], state=state, attributes=data)
        if state
        else None,
        tuple(Publication(topic, payload.encode()) for topic, payload in sent),
        reason,
        seconds,
        seconds,
    ),
    ids,
    words,
    st.dictionaries(words, values, max_size=3),
    st.sampled_from(Status),
    words,
    st.lists(st.tuples(words, words), max_size=2),
    st.none()
    | st.builds(
        Why,
        st.sampled_from(Cause),
        st.dictionaries(words.filter(lambda word: word != "cause"), words | share | st.none(), max_size=2),
    ),
    share,
)
slots = st.dictionaries(words, words | st.integers(), max_size=3)
intents = st.builds(Intent, words, slots, share, words, excluded=st.lists(slots, max_size=2).map(tuple))
understood = intents | st.builds(
    NotRecognized,
    words,
    st.lists(st.builds(Suggestion, words, words, share), max_size=2).map(tuple),
    part=words,
)
turns = st.builds(
    Turn,
    id=words,
    text=words,
    here=words | st.none(),
    understood=understood,
    reply=st.builds(Reply, words, st.sampled_from(Expects), st.lists(words, max_size=2).map(tuple)),
    outcomes=st.lists(outcomes, max_size=2).map(tuple),
    transcript=st.none() | st.builds(Transcript, words, share, share),
    steps=st.lists(st.builds(Step, words, share), max_size=3, unique_by=lambda step: step.name).map(tuple),
    refusal=st.none() | words,
    also=st.lists(intents, max_size=2).map(tuple),
)


@given(turns)
def test_a_turn_that_was_written_and_read_is_written_the_same(turn: Turn) -> None:
    written = json.loads(json.dumps(turn.to_json()))
    assert json.loads(json.dumps(read_turn(json.dumps(written).encode()).to_json())) == written


@given(
    st.binary() | st.recursive(st.none() | st.integers() | words, st.lists).map(json.dumps).map(str.encode)
)
def test_what_is_no_turn_is_said_to_be_none(payload: bytes) -> None:
    with pytest.raises(ServiceUnreachable, match="no turn"):
        read_turn(payload)


@given(turns, st.data())
def test_a_turn_that_lacks_something_is_said_to_be_none(turn: Turn, data: st.DataObject) -> None:
    written = turn.to_json()
    del written[
        data.draw(st.sampled_from(["id", "text", "here", "reply", "outcomes", "steps", "intent", "also"]))
    ]
    with pytest.raises(ServiceUnreachable, match="no turn"):
        read_turn(json.dumps(written).encode())
