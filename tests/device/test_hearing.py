"""What is said to the service: a recording through a stand-in for the microphone, all the rest real."""

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import numpy as np
import pytest

from paige.audio.chunk import CHUNK_SAMPLES, RATE, AudioChunk
from paige.audio.errors import SourceUnreadable
from paige.audio.wav import WavSource
from paige.device import hearing
from paige.device.assistant import Assistant, assistant
from paige.device.config.schema import Config, House, Mqtt, Speech, Wake
from paige.device.ear import Ear, Hears
from paige.device.hearing import hear, open_ears
from paige.device.listening import listen
from paige.device.turn import Expects, Turn
from paige.iot.change import EntityAppeared
from paige.iot.command import Command
from paige.iot.outcome import Outcome, Status
from paige.models.recognizer import open_recognizer
from paige.tools.broker import EmbeddedBroker
from paige.tools.simulated_home.home import SimulatedHome

ROOT = Path(__file__).parents[2]
RECORDINGS = ROOT / "tools/demo/recordings"
PATIENCE = 60.0


class Playing:
    """A microphone before which recordings are played, with two seconds of a quiet room after each.

    Then there is silence: a microphone that ends is opened again, and all would be said once more.
    """

    description = "a loudspeaker before the microphone"

    def __init__(self, *names: str, in_turn: bool = False) -> None:
        """With `in_turn`, each but the first is played when `answered` was told of the one before it.

        Nobody answers a question that was not asked yet.
        """
        self._names = names
        self._in_turn = in_turn
        self._answered = threading.Semaphore(1)

    def answered(self) -> None:
        """Play the next one."""
        self._answered.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def chunks(self) -> Iterator[AudioChunk]:
        room, at = np.random.default_rng(1), 0.0
        for name in self._names:
            if self._in_turn:
                assert self._answered.acquire(timeout=PATIENCE), f"nothing came of what was before {name}"
            with WavSource(RECORDINGS / name) as recording:
                spoken = [
                    chunk.samples for chunk in recording.chunks() if len(chunk.samples) == CHUNK_SAMPLES
                ]
            quiet = [
                room.normal(0, 3, CHUNK_SAMPLES).astype(np.int16) for _ in range(2 * RATE // CHUNK_SAMPLES)
            ]
            for samples in [*quiet, *spoken, *quiet]:
                yield AudioChunk(samples, at)
                at += CHUNK_SAMPLES / RATE
        while True:
            time.sleep(CHUNK_SAMPLES / RATE)
            yield AudioChunk(room.normal(0, 3, CHUNK_SAMPLES).astype(np.int16), at)
            at += CHUNK_SAMPLES / RATE


@asynccontextmanager
async def house(
    engine: Literal["pocketsphinx"] | None = "pocketsphinx",
) -> AsyncIterator[tuple[Config, Assistant]]:
    async with EmbeddedBroker() as broker, SimulatedHome().joined(broker.host, broker.port):
        config = Config(
            House(home=ROOT / "tools/demo/home.yaml"), Mqtt(host=broker.host, port=broker.port), Speech()
        )
        async with assistant(config, engine and open_recognizer(engine)) as one:
            await one.link.connected(PATIENCE)
            await one.home.ready()
            yield config, one


def ear_of(one: Assistant, done: Callable[[Turn], Awaitable[None]]) -> Ear:
    """An ear that hears whatever is said."""
    return Ear(Hears(one.pipeline, Wake(mode="always", stop_words=()), None, done))


async def test_what_is_said_is_done_and_a_question_is_answered_by_voice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = ("01-kitchen-lamp.wav", "08-open-garage.wav", "09-yes.wav")
    microphone = Playing(*names, in_turn=True)
    monkeypatch.setattr(hearing, "MicrophoneSource", lambda _: microphone)
    came: list[Turn] = []
    async with house() as (config, one), asyncio.timeout(PATIENCE):
        turns: asyncio.Queue[Turn] = asyncio.Queue()
        ears = asyncio.create_task(hear(config.speech, one, None, ear_of(one, turns.put)))
        for _ in names:
            came.append(await turns.get())
            microphone.answered()
        ears.cancel()
        await asyncio.gather(ears, return_exceptions=True)
    lamp, garage, yes = came
    assert [word in turn.text for word, turn in zip(("lamp", "garage", "yes"), came, strict=True)] == [
        True
    ] * 3
    assert [outcome.status for outcome in lamp.outcomes] == [Status.DONE]
    assert lamp.transcript is not None
    assert (garage.reply.expects, garage.outcomes) == (Expects.CONFIRMATION, ())
    told = [(turn.text, turn.reply.text, turn.understood) for turn in came]
    assert [outcome.command.service for outcome in yes.outcomes] == ["open_cover"], told


async def test_what_takes_its_time_does_not_make_us_deaf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        hearing, "MicrophoneSource", lambda _: Playing("01-kitchen-lamp.wav", "06-door-locked.wav")
    )
    turns: asyncio.Queue[Turn] = asyncio.Queue()
    async with house() as (config, one), asyncio.timeout(PATIENCE):
        confirmed = asyncio.Event()
        carry_out = one.pipeline._executor.execute_all

        async def slow(commands: Iterable[Command]) -> tuple[Outcome, ...]:
            await confirmed.wait()
            return await carry_out(commands)

        monkeypatch.setattr(one.pipeline._executor, "execute_all", slow)
        ears = asyncio.create_task(hear(config.speech, one, None, ear_of(one, turns.put)))
        assert "door" in (await turns.get()).text
        confirmed.set()
        assert "lamp" in (await turns.get()).text
        ears.cancel()
        await asyncio.gather(ears, return_exceptions=True)


async def test_an_utterance_that_cannot_be_handled_does_not_take_the_ears_from_the_next(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    names = ("01-kitchen-lamp.wav", "06-door-locked.wav")
    monkeypatch.setattr(hearing, "MicrophoneSource", lambda _: Playing(*names))
    turns: asyncio.Queue[Turn] = asyncio.Queue()

    async def done(turn: Turn) -> None:
        await turns.put(turn)
        if turns.qsize() == 1:
            raise RuntimeError("the first one breaks")

    async with house() as (config, one), asyncio.timeout(PATIENCE):
        ears = asyncio.create_task(hear(config.speech, one, None, ear_of(one, done)))
        while turns.qsize() < len(names):  # noqa: ASYNC110  # a queue tells nobody how full it is
            await asyncio.sleep(0.05)
        ears.cancel()
        await asyncio.gather(ears, return_exceptions=True)
    assert "could not be handled" in caplog.text


async def test_the_recognizer_learns_a_name_as_soon_as_it_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hearing, "MicrophoneSource", lambda _: Playing())
    monkeypatch.setattr(hearing, "CALM_SECONDS", 0.01)
    async with house() as (config, one), asyncio.timeout(PATIENCE):
        await one.pipeline.listen_for_the_home()
        readied = asyncio.Event()
        listen_for_the_home = one.pipeline.listen_for_the_home

        async def noted(here: str | None = None) -> None:
            await listen_for_the_home(here)
            readied.set()

        monkeypatch.setattr(one.pipeline, "listen_for_the_home", noted)
        ears = asyncio.create_task(hear(config.speech, one, None, ear_of(one, _nobody)))
        home = one.home.registry.entities[0]
        described = replace(home, id="light.observatory", name="Observatory", domain="light")
        one.home.registry.apply("homie", EntityAppeared(described))
        while "observatory" not in heard_by(one):
            await readied.wait()
            readied.clear()
        ears.cancel()
        await asyncio.gather(ears, return_exceptions=True)


def heard_by(one: Assistant) -> frozenset[str]:
    """The words of all that it listens for."""
    return frozenset().union(*(language.word_graph().words for language in one.pipeline.listens_for))


async def _nobody(_: Turn) -> None:
    pass


class Missing(Playing):
    """A microphone that is not there."""

    def __enter__(self) -> Self:
        raise SourceUnreadable("There is none.")


def test_without_a_microphone_no_recognizer_takes_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hearing, "MicrophoneSource", lambda _: Missing())
    assert open_ears(Speech()) is None


async def test_a_microphone_that_comes_later_is_heard(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sources = [Missing(), Missing(), Playing("01-kitchen-lamp.wav")]
    monkeypatch.setattr(hearing, "MicrophoneSource", lambda _: sources.pop(0) if sources else Missing())
    monkeypatch.setattr(hearing, "listen", partial(listen, pause=0.001))
    turns: asyncio.Queue[Turn] = asyncio.Queue()
    async with house(None) as (config, one), asyncio.timeout(PATIENCE):
        with caplog.at_level(logging.INFO, "paige.device"):
            ears = asyncio.create_task(hear(config.speech, one, None, ear_of(one, turns.put)))
            turn = await turns.get()
            ears.cancel()
            await asyncio.gather(ears, return_exceptions=True)
    assert [outcome.status for outcome in turn.outcomes] == [Status.DONE]
    assert caplog.messages[:2] == [
        "There is none; text is served, the microphone is tried again",
        "listening to a loudspeaker before the microphone",
    ]


async def test_a_recognizer_that_cannot_be_used_once_a_microphone_came_leaves_text(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    monkeypatch.setattr(hearing, "MicrophoneSource", lambda _: Playing())
    async with house(None) as (_, one), asyncio.timeout(PATIENCE):
        await hear(Speech(recognizer="vosk", model=tmp_path), one, None, ear_of(one, _nobody))
        assert (await one.pipeline.handle_text("turn on the kitchen lamp")).outcomes
    assert caplog.messages[-1].endswith("; text is served, speech is not")
