"""Home Assistant's own client asks over TCP, and is answered; who sends nonsense is hung up on, alone."""

import asyncio
import json
import logging
import socket
from collections.abc import Iterator

import numpy as np
import pytest
import soxr
from hypothesis import given
from hypothesis import strategies as st
from tests.device.satellites.conftest import (
    HOST,
    PATIENCE,
    Transcriber,
    answer,
    client_of,
    pcm,
    served,
    spoken,
)
from tests.device.scene import Scene
from tests.phrases import phrase
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.handle import Handled, NotHandled
from wyoming.info import Describe, Info
from wyoming.intent import Intent, IntentsStart, IntentsStop, NotRecognized, Recognize
from wyoming.ping import Ping, Pong
from wyoming.tts import Synthesize
from wyoming.wake import Detect, Detection

from paige.audio.chunk import RATE, Samples
from paige.audio.voices import Voice, open_voice
from paige.audio.wake import Phrase, open_wake_detector
from paige.device.errors import PortUnusable
from paige.device.satellites.limits import Limits
from paige.device.satellites.server import WyomingServer
from paige.device.satellites.services import Services
from paige.device.satellites.session import opening
from paige.device.turn import Turn
from paige.models import intent as understood

pytestmark = pytest.mark.asyncio(loop_scope="module")


def all_of(scene: Scene, transcribe: Transcriber) -> Services:
    return Services(
        recognizer="pocketsphinx", transcribe=transcribe, handle=scene.assistant.pipeline.handle_text
    )


async def say(
    client: AsyncTcpClient, samples: Samples, rate: int = RATE, width: int = 2, channels: int = 1
) -> None:
    """As Home Assistant does it: the sound in pieces, as they come."""
    await client.write_event(Transcribe(language="en").event())
    await client.write_event(AudioStart(rate, width, channels).event())
    sound = pcm(samples, width, channels)
    piece = 1024 * width * channels
    for at in range(0, len(sound), piece):
        await client.write_event(AudioChunk(rate, width, channels, sound[at : at + piece]).event())
    await client.write_event(AudioStop().event())


async def heard(client: AsyncTcpClient) -> str:
    return Transcript.from_event(await answer(client)).text


async def test_it_says_what_it_can_do_and_nothing_else(scene: Scene, transcribe: Transcriber) -> None:
    async with served(all_of(scene, transcribe)) as server, client_of(server) as client:
        await client.write_event(Describe().event())
        info = Info.from_event(await answer(client))
    assert [program.models[0].name for program in info.asr] == ["pocketsphinx"]
    assert info.asr[0].models[0].languages == ["en"]
    assert info.handle[0].supports_home_control
    assert (info.intent, info.tts, info.wake, info.satellite) == ([], [], [], None)


async def test_what_is_said_is_written_and_what_is_written_is_done(
    scene: Scene, transcribe: Transcriber
) -> None:
    async with served(all_of(scene, transcribe)) as server:
        async with client_of(server) as client:
            await say(client, spoken("01-kitchen-lamp.wav"))
            text = await heard(client)
        assert "lamp" in text
        async with client_of(server) as client:
            await client.write_event(Transcript(text, context={"conversation_id": "1"}).event())
            handled = await answer(client)
    assert Handled.is_type(handled.type)
    assert Handled.from_event(handled).context == {"conversation_id": "1"}
    assert Handled.from_event(handled).text
    assert scene.state("light.kitchen_lamp") == "on"


@pytest.mark.parametrize(
    ("rate", "width", "channels"), [(8000, 1, 1), (22050, 2, 2), (44100, 3, 1), (48000, 4, 6), (16000, 2, 1)]
)
async def test_sound_of_any_kind_is_heard(
    scene: Scene, transcribe: Transcriber, rate: int, width: int, channels: int
) -> None:
    samples = soxr.resample(spoken("06-door-locked.wav"), RATE, rate)
    async with served(all_of(scene, transcribe)) as server, client_of(server) as client:
        await say(client, samples, rate, width, channels)
        assert "door" in await heard(client)


async def test_several_are_heard_at_once_each_for_itself(scene: Scene, transcribe: Transcriber) -> None:
    recordings = {"01-kitchen-lamp.wav": "lamp", "06-door-locked.wav": "door", "04-blinds.wav": "blinds"}
    async with served(all_of(scene, transcribe)) as server:

        async def one(name: str) -> str:
            async with client_of(server) as client:
                await say(client, spoken(name))
                await say(client, np.zeros(RATE, np.int16))
                return f"{await heard(client)}|{await heard(client)}"

        texts = await asyncio.gather(*(one(name) for name in recordings))
    for text, word in zip(texts, recordings.values(), strict=True):
        assert word in text.split("|")[0]
        assert text.endswith("|")


async def test_what_cannot_be_done_is_said_and_not_handled(scene: Scene) -> None:
    async with (
        served(Services(handle=scene.assistant.pipeline.handle_text)) as server,
        client_of(server) as client,
    ):
        await client.write_event(Transcript("the quick brown fox").event())
        answered = await answer(client)
    assert NotHandled.is_type(answered.type)
    assert NotHandled.from_event(answered).text


async def test_here_is_where_the_satellite_stands(scene: Scene) -> None:
    contexts = [{"satellite_id": "assist.kitchen"}, {"area": "Living Room"}, {"device_id": "unknown"}, None]
    asked: list[str | None] = []

    async def noted(text: str, here: str | None) -> Turn:
        turn = await scene.assistant.pipeline.handle_text(text, here)
        asked.append(turn.here)
        return turn

    services = Services(handle=noted, area="Bedroom", areas={"assist.kitchen": "Kitchen"})
    async with served(services) as server, client_of(server) as client:
        for context in contexts:
            await client.write_event(Transcript("turn on the light", context=context).event())
            await answer(client)
    assert asked == ["Kitchen", "Living Room", "Bedroom", "Bedroom"]


async def test_a_sentence_is_taken_apart_without_being_done(scene: Scene) -> None:
    pipeline = scene.assistant.pipeline

    async def understand(text: str, here: str | None) -> list[understood.Intent] | understood.NotRecognized:
        todo = pipeline._understanding.parse(text, here, asked=None, last=())
        return todo if isinstance(todo, understood.NotRecognized) else [one.intent for one in todo]

    before = scene.state("light.kitchen_lamp")
    said = "turn off the kitchen lamp" if before == "on" else "turn on the kitchen lamp"
    async with (
        served(Services(understand=understand)) as server,
        client_of(server) as client,
    ):
        await client.write_event(Recognize(said).event())
        intent = Intent.from_event(await answer(client))
        await client.write_event(Recognize(f"{said} and close the blinds").event())
        several = [await answer(client) for _ in range(4)]
        await client.write_event(Recognize("the quick brown fox").event())
        assert NotRecognized.is_type((await answer(client)).type)
    assert intent.name in {"HassTurnOn", "HassTurnOff"}
    assert [entity.value for entity in intent.entities if entity.name == "name"] == ["Kitchen Lamp"]
    assert IntentsStart.is_type(several[0].type)
    assert IntentsStop.is_type(several[3].type)
    assert scene.state("light.kitchen_lamp") == before


class Remembered:
    """A voice, and what it said: eSpeak does not say the same in the same way twice."""

    def __init__(self, voice: Voice) -> None:
        self._voice, self.name, self.rate = voice, voice.name, voice.rate
        self.said: list[Samples] = []

    def say(self, text: str) -> Iterator[Samples]:
        for piece in self._voice.say(text):
            self.said.append(piece)
            yield piece


async def test_what_is_to_be_said_comes_as_sound() -> None:
    voice, text = Remembered(open_voice(None, "en")), "Turned on the kitchen lamp."
    async with served(Services(voice=voice)) as server, client_of(server) as client:
        await client.write_event(Describe().event())
        info = Info.from_event(await answer(client))
        assert info.tts[0].voices[0].languages == ["en"]
        await client.write_event(Synthesize(text).event())
        start = AudioStart.from_event(await answer(client))
        sound = b""
        while AudioChunk.is_type((event := await answer(client)).type):
            assert event.data["timestamp"] == round(1000 * len(sound) / 2 / start.rate)
            sound += event.payload or b""
        assert AudioStop.is_type(event.type)
    assert (start.rate, start.width, start.channels) == (voice.rate, 2, 1)
    assert sound == np.concatenate(voice.said).tobytes()
    assert 1.0 < len(sound) / 2 / voice.rate < 4.0


async def test_wake_words_are_heard_those_that_were_asked_for(scene: Scene) -> None:
    room = np.random.default_rng(2).normal(0, 30, 20_000).astype(np.int16)
    sound = np.concatenate([room, phrase(), room]).tobytes()
    services = Services(
        open_wake=lambda phrases: open_wake_detector([Phrase(one, 0.8) for one in phrases]),
        phrases=("okay nabu", "alexa"),
    )
    answers = []
    async with served(services) as server, client_of(server) as client:
        await client.write_event(Describe().event())
        info = Info.from_event(await answer(client))
        for names in (["okay nabu"], None, ["alexa"]):
            await client.write_event(Detect(names).event())
            await client.write_event(AudioStart(RATE, 2, 1).event())
            for at in range(0, len(sound), 2048):
                await client.write_event(AudioChunk(RATE, 2, 1, sound[at : at + 2048]).event())
            await client.write_event(AudioStop().event())
            answers.append(await answer(client))
    assert [model.phrase for model in info.wake[0].models] == ["okay nabu", "alexa"]
    assert [one.type for one in answers] == ["detection", "detection", "not-detected"]
    detection = Detection.from_event(answers[0])
    assert detection.name == "okay nabu"
    assert detection.timestamp is not None
    assert 1000 * len(room) / RATE < detection.timestamp < 1000 * len(sound) / 2 / RATE


# --- Bad input -----------------------------------------------------------------------------------


async def raw(server: WyomingServer, sent: bytes, *, end: bool = False) -> list[bytes]:
    """Send bytes; the lines that come until it is hung up on."""
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection(HOST, server.port)
        writer.write(sent)
        if end:
            writer.write_eof()
        lines = (await reader.read()).splitlines()
        writer.close()
    return lines


SAYS = b'{"type": "audio-start", "data": {"rate": 16000, "width": 2, "channels": 1}}\n'
BAD = {
    "half an event and silence": (b'{"type": "desc', "has not ended an event within"),
    "half of a promised payload": (
        SAYS + b'{"type": "audio-chunk", "data": {"rate": 16000, "width": 2, "channels": 1}, '
        b'"payload_length": 1000}\n' + bytes(10),
        "has not ended an event within",
    ),
    "sound is announced, and never comes": (SAYS, "has sent nothing for"),
    "half a frame of sound": (
        SAYS + b'{"type": "audio-chunk", "data": {"rate": 16000, "width": 2, "channels": 1}, '
        b'"payload_length": 3}\nabc',
        "no whole number of frames",
    ),
    "a first line without end": (b"x" * 100_000, "longer than"),
    "a payload larger than memory": (
        b'{"type": "audio-chunk", "payload_length": 99999999999}\n',
        "99999999999",
    ),
    "a length below zero": (b'{"type": "describe", "data_length": -1}\n', "no number of bytes"),
    "a length that is no number": (b'{"type": "describe", "payload_length": "1"}\n', "no number of bytes"),
    "no JSON": (b"GET / HTTP/1.1\r\n\r\n", "not JSON"),
    "JSON that is nested a thousand deep": (b"[" * 60_000 + b"\n", "not JSON"),
    "JSON that is no object": (b'["describe"]\n', "no JSON object"),
    "no type": (b'{"data": {}}\n', "no “type”"),
    "data that are no JSON": (b'{"type": "describe", "data_length": 3}\nabc', "not JSON"),
    "no format": (b'{"type": "audio-start"}\n', "rate"),
    "a rate of nothing": (
        b'{"type": "audio-start", "data": {"rate": 0, "width": 2, "channels": 1}}\n',
        "rate",
    ),
    "a thousand channels": (
        b'{"type": "audio-start", "data": {"rate": 16000, "width": 2, "channels": 1000}}\n',
        "channels",
    ),
    "a text that is none": (b'{"type": "transcript", "data": {"text": 7}}\n', "no text"),
    "a book": (json.dumps({"type": "transcript", "data": {"text": "a" * 5000}}).encode() + b"\n", "longer"),
    "a context that is none": (
        b'{"type": "transcript", "data": {"text": "stop", "context": "x"}}\n',
        "“context”",
    ),
    "what is not offered": (b'{"type": "synthesize", "data": {"text": "hello"}}\n', "no voice"),
    "a wake word that nobody knows": (b'{"type": "detect", "data": {"names": ["hal"]}}\n', "no wake word"),
}


@pytest.mark.parametrize("case", BAD)
async def test_who_sends_nonsense_is_told_and_hung_up_on_and_others_are_served(
    scene: Scene, case: str, caplog: pytest.LogCaptureFixture
) -> None:
    sent, reason = BAD[case]
    limits = Limits(event_seconds=0.2, stream_seconds=0.2)
    services = Services(handle=scene.assistant.pipeline.handle_text)
    with caplog.at_level(logging.WARNING):
        async with served(services, limits) as server, client_of(server) as other:
            lines = await raw(server, sent)
            await other.write_event(Ping("still there?").event())
            assert Pong.from_event(await answer(other)).text == "still there?"
    assert json.loads(lines[0])["type"] == Error("").event().type
    assert any("hung up on" in text and reason in text for text in caplog.messages), caplog.messages


async def test_who_speaks_without_end_is_hung_up_on(scene: Scene, transcribe: Transcriber) -> None:
    async with (
        served(all_of(scene, transcribe), Limits(speech_seconds=1)) as server,
        client_of(server) as one,
    ):
        await say(one, np.zeros(2 * RATE, np.int16))
        assert "1 seconds" in Error.from_event(await answer(one)).text


async def test_an_event_of_an_unknown_kind_is_passed_over(scene: Scene) -> None:
    async with served(Services()) as server:
        lines = await raw(server, b'{"type": "select-program"}\n{"type": "describe"}\n', end=True)
    assert json.loads(lines[0])["type"] == "info"


async def test_one_too_many_is_refused_and_place_is_made_again(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    async with served(Services(), Limits(clients=1)) as server:
        async with client_of(server) as first:
            await first.write_event(Ping().event())
            await answer(first)
            (refusal,) = [line for line in await raw(server, b"") if line.startswith(b'{"type"')]
            assert json.loads(refusal)["type"] == "error"
        assert "1 others are served already" in caplog.text
        async with asyncio.timeout(PATIENCE):
            while server._clients:  # noqa: ASYNC110 # the end of a connection tells nobody
                await asyncio.sleep(0.01)
        assert await raw(server, b'{"type": "ping"}\n', end=True)


async def test_who_goes_in_the_middle_of_an_answer_is_let_go(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def handle(text: str, here: str | None) -> Turn:
        asked.set()
        await go_on.wait()
        return await scene.assistant.pipeline.handle_text(text, here)

    async with served(Services(handle=handle)) as server:
        with socket.create_connection((HOST, server.port)) as rude:
            rude.sendall(b'{"type": "transcript", "data": {"text": "stop"}}\n')
            await asked.wait()
            rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        go_on.set()
        async with asyncio.timeout(PATIENCE):
            while server._clients:  # noqa: ASYNC110 # as above
                await asyncio.sleep(0.01)
    assert "could not be answered" not in caplog.text


async def test_a_port_that_is_taken_is_named() -> None:
    async with served(Services()) as server:
        with pytest.raises(PortUnusable, match=f"port {server.port}: .* in use"):
            async with WyomingServer(opening(Services()), host=HOST, port=server.port):
                pass


async def test_a_mistake_of_ours_with_one_client_is_logged_and_spares_the_others(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    async def handle(text: str, here: str | None) -> Turn:
        raise ZeroDivisionError

    async with (
        served(Services(handle=handle)) as server,
        client_of(server) as one,
        client_of(server) as other,
    ):
        await one.write_event(Transcript("stop").event())
        assert "the log says why" in Error.from_event(await answer(one)).text
        await other.write_event(Ping().event())
        assert Pong.is_type((await answer(other)).type)
    assert "ZeroDivisionError" in caplog.text


@given(st.binary(max_size=300), st.booleans())
async def test_no_bytes_break_the_server(noise: bytes, start_well: bool) -> None:
    sent = (b'{"type": "ping"}\n' if start_well else b"") + noise
    async with served(Services(), Limits(event_seconds=0.2)) as server:
        lines = await raw(server, sent, end=True)
        assert all(line == b"" or json.loads(line) for line in lines if line.startswith(b'{"type"'))
        async with client_of(server) as client:
            await client.write_event(Ping().event())
            assert Pong.is_type((await answer(client)).type)
