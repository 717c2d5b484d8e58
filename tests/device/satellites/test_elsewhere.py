"""A recognizer and a voice on another machine: real ones, over TCP; and what is done while they are away."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import numpy as np
import pytest
from tests.device.satellites.conftest import HOST, Transcriber, served, spoken
from tests.device.scene import HOME, Scene

from paige.audio.chunk import RATE, Samples, Utterance
from paige.audio.voices import open_voice
from paige.device.assistant import assistant
from paige.device.config.schema import Config, House, Mqtt, Speech
from paige.device.satellites import elsewhere
from paige.device.satellites.address import SatelliteAddress
from paige.device.satellites.elsewhere import RecognizerElsewhere, VoiceElsewhere
from paige.device.satellites.elsewhere import Service as Other
from paige.device.satellites.services import Services
from paige.device.turn import Turn
from paige.iot.outcome import Status
from paige.models.recognizer import open_recognizer
from paige.models.transcript import Transcript

pytestmark = pytest.mark.asyncio(loop_scope="module")

UNSURE = 1.0
"""The recognizer here is never as sure as that."""


def utterance(name: str) -> Utterance:
    samples = spoken(name)
    return Utterance(samples, 0.0, len(samples) / RATE)


async def said(scene: Scene, name: str, port: int) -> Turn:
    """What becomes of a recording that the recognizer here is not sure of."""
    options = scene.assistant.link.options
    config = Config(
        House(home=HOME),
        Mqtt(host=options.host, port=options.port),
        Speech(confidence=UNSURE, server=f"{HOST}:{port}"),
    )
    async with assistant(config, open_recognizer("pocketsphinx")) as one:
        await one.home.ready()
        return await one.pipeline.handle_utterance(utterance(name))


async def test_what_we_are_not_sure_of_is_asked_and_done(scene: Scene, transcribe: Transcriber) -> None:
    async with served(Services(transcribe=transcribe)) as server:
        turn = await said(scene, "01-kitchen-lamp.wav", server.port)
        none = await said(scene, "11-none-of-them.wav", server.port)
    assert [outcome.status for outcome in turn.outcomes] == [Status.DONE]
    assert "elsewhere" in [step.name for step in turn.steps]
    assert (none.text, none.outcomes) == ("", ())


async def test_of_its_answers_only_what_makes_sense_here_counts(scene: Scene) -> None:
    async def hears_anything(_: Utterance, here: str | None) -> Transcript:
        return Transcript("I thought we were out of milk already", 1.0, 1.0)

    async with served(Services(transcribe=hears_anything)) as server:
        turn = await said(scene, "01-kitchen-lamp.wav", server.port)
    assert (turn.text, turn.outcomes) == ("", ()), "talk is not answered"


async def test_without_it_we_go_on_at_once_and_it_is_asked_again_later(
    transcribe: Transcriber, caplog: pytest.LogCaptureFixture
) -> None:
    now = 100.0
    async with served(Services(transcribe=transcribe)) as server:
        address = SatelliteAddress(HOST, server.port)
        other = RecognizerElsewhere(Other(address, "the recognizer", clock=lambda: now), "en")
        lamp = utterance("01-kitchen-lamp.wav")
        assert "lamp" in await other.transcribe(lamp)
    with caplog.at_level(logging.INFO, elsewhere.__name__):
        for later in (0.0, 1.0, 30.0):
            now = 100.0 + later
            assert await other.transcribe(lamp) == ""
        assert len(caplog.messages) == 1, "said once"
        assert f"the recognizer at {address} fails" in caplog.text
        async with served(Services(transcribe=transcribe), port=address.port):
            now = 131.0
            assert await other.transcribe(lamp) == "", "not asked with every sentence"
            now = 161.0
            assert "lamp" in await other.transcribe(lamp)
    assert caplog.messages[1:] == [f"the recognizer at {address} is there again"]


@asynccontextmanager
async def silent() -> AsyncIterator[int]:
    """A service that takes all and answers nothing."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(4096):
            pass
        writer.close()

    server = await asyncio.start_server(serve, HOST, 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_one_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elsewhere, "ANSWER_SECONDS", 0.3)
    monkeypatch.setattr(elsewhere, "FIRST_SECONDS", 0.3)
    async with silent() as port:
        service = Other(SatelliteAddress(HOST, port), "it")
        began = time.monotonic()
        assert await RecognizerElsewhere(service, "en").transcribe(utterance("01-kitchen-lamp.wav")) == ""
        assert not service.there
        voice = VoiceElsewhere(Other(SatelliteAddress(HOST, port), "it"), Own())
        assert np.array_equal(await said_by(voice), Own.SOUND)
        assert time.monotonic() - began < 3


class Own:
    """A voice that is told from all others."""

    SOUND = np.arange(1000, dtype=np.int16)
    name, rate = "own", 16_000

    def say(self, text: str) -> Iterator[Samples]:
        if text.strip():
            yield self.SOUND


async def said_by(voice: VoiceElsewhere, text: str = "The lamp is on.") -> Samples:
    return await asyncio.to_thread(
        lambda: np.concatenate([np.empty(0, np.int16), *voice.say(text)])  # [samples]
    )


async def test_a_voice_elsewhere_speaks_at_our_rate_and_ours_while_it_is_away(
    caplog: pytest.LogCaptureFixture,
) -> None:
    theirs = open_voice("en-gb", "en")
    seconds = sum(len(piece) for piece in theirs.say("The lamp is on.")) / theirs.rate
    assert theirs.rate != Own.rate
    async with served(Services(voice=theirs)) as server:
        address = SatelliteAddress(HOST, server.port)
        voice = VoiceElsewhere(Other(address, "the voice"), Own())
        sound = await said_by(voice)
        assert len(sound) / voice.rate == pytest.approx(seconds, rel=0.1)
        assert np.abs(sound).max() > 3000
        assert not len(await said_by(voice, " "))
    assert np.array_equal(await said_by(voice), Own.SOUND)
    assert np.array_equal(await said_by(voice), Own.SOUND)
    assert caplog.text.count("the voice at") == 1


async def test_who_stops_listening_to_it_lets_it_go() -> None:
    async with served(Services(voice=open_voice("en-gb", "en"))) as server:
        voice = VoiceElsewhere(Other(SatelliteAddress(HOST, server.port), "the voice"), Own())

        def begin() -> Samples:
            sound = voice.say("A very long story. " * 40)
            first = next(sound)
            sound.close()  # type: ignore[attr-defined] # it is a generator
            return first

        assert len(await asyncio.to_thread(begin))
        async with asyncio.timeout(5):
            while server._clients:  # noqa: ASYNC110 # nobody tells
                await asyncio.sleep(0.05)
