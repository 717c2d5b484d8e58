"""Sentences over MQTT: each is answered once, in time, and never out of the broker's memory."""

import asyncio
import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.iot.conftest import RunningBroker, listening, options

from paige.iot.errors import LinkDown
from paige.iot.link import MqttLink
from paige.iot.message import Message, Publication
from paige.iot.presence import Topics
from paige.iot.requests import (
    LONGEST_TEXT,
    MOST_ANSWERED,
    REMEMBERED,
    Gate,
    Request,
    RequestRefused,
    RequestServer,
    ask,
    decode,
    decode_text,
    encode,
)

TOPICS = Topics("paige", "home")
NOW = 1_767_225_600.0
SENTENCES = st.text(min_size=1, max_size=LONGEST_TEXT).map(str.strip).filter(bool)
REQUESTS = st.builds(
    Request,
    SENTENCES,
    st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True),
    st.none() | st.text(),
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
)


@given(REQUESTS)
def test_a_request_arrives_as_it_was_sent(request_: Request) -> None:
    assert decode(encode(request_)) == request_


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
LIKE_REQUESTS = st.fixed_dictionaries({}, optional=dict.fromkeys(("id", "text", "here", "expires"), JSON))


@given(st.binary() | (JSON | LIKE_REQUESTS).map(lambda value: json.dumps(value).encode()))
def test_whatever_comes_is_a_request_or_refused_with_a_reason(payload: bytes) -> None:
    for result in (decode(payload), decode_text(payload)):
        if isinstance(result, RequestRefused):
            assert result.reason
        else:
            assert 0 < len(result.text) <= LONGEST_TEXT


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"turn on the light", "not JSON"),
        (b"[" * 200_000, "not JSON"),
        (b"\xff", "not JSON"),
        (b"[]", "not a JSON object"),
        (b'{"id": "a/b", "text": "hi"}', "“id”"),
        (b'{"text": "hi"}', "“id”"),
        (b'{"id": "a", "text": "  "}', "no sentence"),
        (b'{"id": "a", "text": 5}', "no sentence"),
        (b'{"id": "a", "text": "hi", "here": 5}', "“here”"),
        (b'{"id": "a", "text": "hi", "expires": "soon"}', "“expires”"),
        (b'{"id": "a", "text": "hi", "expires": NaN}', "“expires”"),
        (b'{"id": "a", "text": "%s"}' % (b"x" * 2000), "longer than"),
    ],
)
def test_a_request_that_is_none_is_refused_in_words(payload: bytes, reason: str) -> None:
    refused = decode(payload)
    assert isinstance(refused, RequestRefused)
    assert reason in refused.reason


def said(
    text: str, request_id: str = "a", *, expires: float | None = None, retained: bool = False
) -> Message:
    return Message(TOPICS.say, encode(Request(text, request_id, expires=expires)), retained)


def test_a_retained_request_is_ignored_on_either_topic() -> None:
    gate = Gate(TOPICS)
    for message in (
        said("unlock the door", retained=True),
        Message(TOPICS.say_set, b"unlock the door", True),
    ):
        refused = gate.admit(message, NOW)
        assert isinstance(refused, RequestRefused)
        assert "retained" in refused.reason


def test_a_request_is_let_through_once() -> None:
    gate = Gate(TOPICS)
    assert isinstance(gate.admit(said("toggle the light"), NOW), Request)
    assert gate.admit(said("toggle the light"), NOW) == RequestRefused("it was received before")
    assert isinstance(gate.admit(said("toggle the light", "b"), NOW), Request)


def test_what_is_remembered_of_requests_is_bounded() -> None:
    gate = Gate(TOPICS)
    for number in range(3 * REMEMBERED):
        gate.admit(said("hi", str(number)), NOW)
    assert len(gate._seen) == REMEMBERED


def test_a_request_that_is_too_late_is_refused() -> None:
    gate = Gate(TOPICS)
    assert gate.admit(said("hi", expires=NOW), NOW) == RequestRefused("it is 0.0 seconds too late")
    assert isinstance(gate.admit(said("hi", expires=NOW + 0.1), NOW), Request)


def test_plain_text_is_a_request_that_nobody_waits_for() -> None:
    assert Gate(TOPICS).admit(Message(TOPICS.say_set, b" turn it on "), NOW) == Request("turn it on")


async def shout(request: Request) -> bytes:
    return f"{request.text} {request.here}".upper().encode()


async def test_who_asks_over_the_broker_gets_the_answer(broker: RunningBroker) -> None:
    async with (
        MqttLink(options(broker.port)) as service,
        RequestServer(service, TOPICS, shout),
        MqttLink(options(broker.port)) as client,
    ):
        await service.connected(5)
        answer = await ask(client, TOPICS, Request("hello", "1", "Kitchen"), within=5)
        assert answer == b"HELLO KITCHEN"
        answers = await asyncio.gather(
            *(ask(client, TOPICS, Request(f"hello {each}", f"r{each}"), within=5) for each in range(10))
        )
        assert answers == [f"HELLO {each} NONE".encode() for each in range(10)]


async def test_who_asks_does_not_wait_for_another_answer_and_a_flood_is_not_answered(
    broker: RunningBroker, caplog: pytest.LogCaptureFixture
) -> None:
    opened = asyncio.Event()
    begun: list[str] = []

    async def answer(request: Request) -> bytes:
        begun.append(request.text)
        if request.text == "stop":
            opened.set()
        await opened.wait()
        return b"done"

    async with (
        MqttLink(options(broker.port)) as service,
        RequestServer(service, TOPICS, answer),
        MqttLink(options(broker.port)) as client,
    ):
        await service.connected(5)
        await client.connected(5)
        for each in range(MOST_ANSWERED - 1):
            await client.publish(Publication(TOPICS.say_set, f"open {each}".encode()), within=5)
        assert await ask(client, TOPICS, Request("stop", "1"), within=5) == b"done"
        opened.clear()
        for each in range(MOST_ANSWERED + 1):
            await client.publish(Publication(TOPICS.say_set, f"close {each}".encode()), within=5)
        link_is_read = asyncio.Event()
        service.subscribe(["end"], lambda _: link_is_read.set())
        await service.subscribed()
        await client.publish(Publication("end", b""), within=5)
        async with asyncio.timeout(5):
            await link_is_read.wait()
        assert caplog.text.count("too many are being answered") == 1
    assert begun == [
        *(f"open {each}" for each in range(MOST_ANSWERED - 1)),
        "stop",
        *(f"close {each}" for each in range(MOST_ANSWERED)),
    ]


async def test_without_a_service_the_one_who_asks_is_told_so(broker: RunningBroker) -> None:
    async with MqttLink(options(broker.port)) as client:
        with pytest.raises(TimeoutError):
            await ask(client, TOPICS, Request("hello", "1"), within=0.2)


async def test_without_a_broker_the_one_who_asks_is_told_so(broker: RunningBroker) -> None:
    await broker.stop()
    async with MqttLink(options(broker.port)) as client:
        with pytest.raises(LinkDown, match="Nothing answers"):
            await ask(client, TOPICS, Request("hello", "1"), within=5)


async def test_a_broker_that_kept_a_command_does_not_make_us_carry_it_out(
    broker: RunningBroker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    heard: list[str] = []

    async def note(request: Request) -> bytes:
        heard.append(request.text)
        return b"done"

    async with MqttLink(options(broker.port)) as other:
        for topic, payload in (
            (TOPICS.say, encode(Request("unlock the door", "1"))),
            (TOPICS.say_set, b"unlock the door"),
        ):
            await other.publish(Publication(topic, payload, retain=True), within=5)
        async with MqttLink(options(broker.port)) as service, RequestServer(service, TOPICS, note):
            await service.connected(5)
            assert await ask(other, TOPICS, Request("hello", "2"), within=5) == b"done"
    assert heard == ["hello"]
    assert caplog.text.count("it is retained") == 2


async def test_plain_text_is_carried_out_and_not_answered(broker: RunningBroker) -> None:
    heard = asyncio.Event()

    async def note(request: Request) -> bytes:
        assert request == Request("turn it on")
        heard.set()
        return b"done"

    async with (
        listening(broker.port, f"{TOPICS.base}/turn/#", "end") as observer,
        MqttLink(options(broker.port)) as service,
        RequestServer(service, TOPICS, note),
    ):
        await service.connected(5)
        await service.publish(Publication(TOPICS.say_set, b"turn it on"), within=5)
        async with asyncio.timeout(5):
            await heard.wait()
        await service.publish(Publication("end", b"end"), within=5)
        await observer.payload(b"end")
    assert observer.payloads == [b"end"]
