"""A command said in one breath after the wake words, on a board that takes its time: whole, or not at all.

The microphone, the ear and the second look at the wake words are real. Only time is the test's own: while the
second look is slow, sound goes on to come, as it does from a card.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, Final

import numpy as np
import pytest
from tests.device.test_ear import PATIENCE, house, quiet, recording
from tests.device.test_mouth import Loudspeaker
from tests.phrases import phrase

from paige.audio import microphone as microphone_module
from paige.audio.chunk import CHUNK_SAMPLES, RATE, AudioChunk, Samples
from paige.audio.conversion import to_floats
from paige.audio.earcons import Earcon, earcon
from paige.audio.microphone import MicrophoneSource
from paige.audio.portaudio import Opened
from paige.audio.wake import neural
from paige.audio.wake.second_look import second_look
from paige.device.assistant import Assistant
from paige.device.attention import Event, Heard, Woken
from paige.device.config.schema import Wake
from paige.device.ear import LATE_SECONDS, Ear, Hears
from paige.device.mouth import Mouth
from paige.device.turn import Turn
from paige.iot.outcome import Status

LAMP: Final = recording("01-kitchen-lamp.wav")
QUIET_FIRST: Final = 1.0


class Board:
    """A microphone to which sound comes as time passes, and an ear that may be behind it."""

    def __init__(self, one: Assistant, patch: pytest.MonkeyPatch, sound: Samples) -> None:
        patch.setattr(microphone_module, "open_stream", self._open)
        patch.setattr(microphone_module, "start_stream", lambda *_: None)
        patch.setattr(microphone_module, "close_stream", lambda _: None)
        self._sound = sound[: len(sound) // CHUNK_SAMPLES * CHUNK_SAMPLES]
        self._came = 0
        self.most_behind = 0.0
        self.turns: asyncio.Queue[Turn] = asyncio.Queue()
        self.loudspeaker = Loudspeaker()
        self.loudspeaker.at_once = True
        mouth = Mouth(None, self.loudspeaker)
        what = Hears(one.pipeline, Wake(stop_words=()), None, self.turns.put, mouth)
        self.ear = Ear(what, clock=self.now)

    def now(self) -> float:
        return self._came / RATE

    def let_pass(self, seconds: float) -> None:
        """Sound comes meanwhile."""
        for _ in range(round(seconds * RATE / CHUNK_SAMPLES)):
            block = to_floats(self._sound[self._came : self._came + CHUNK_SAMPLES]).reshape(-1, 1)
            if len(block):
                self._take(block, len(block), None, SimpleNamespace(input_overflow=False))
                self._came += CHUNK_SAMPLES

    def events(self, each_takes: float = 1.0, until: float = 0.0) -> list[Event]:
        """What it hears of all of it; a second of sound takes so many until that second of it."""
        with MicrophoneSource() as microphone:
            return list(self.ear.events(self._chunks(microphone, each_takes, until)))

    def _chunks(self, microphone: MicrophoneSource, each_takes: float, until: float) -> Iterator[AudioChunk]:
        chunks = microphone.chunks()
        for number in range(len(self._sound) // CHUNK_SAMPLES):
            slow = number * CHUNK_SAMPLES / RATE < until
            self.let_pass((each_takes if slow else 1.0) * CHUNK_SAMPLES / RATE)
            chunk = next(chunks)
            self.most_behind = max(self.most_behind, chunk.behind)
            yield chunk

    def _open(self, _: str, __: object, take: Any, finished: Any, ___: float) -> Opened:
        self._take = take
        return Opened(None, "a microphone", RATE, 1)


@asynccontextmanager
async def home() -> AsyncIterator[Assistant]:
    async with house() as one:
        await one.pipeline.listen_for_the_home()
        yield one


@asynccontextmanager
async def board(patch: pytest.MonkeyPatch, *sounds: Samples) -> AsyncIterator[Board]:
    async with home() as one:
        yield (slow := Board(one, patch, np.concatenate(sounds)))
        await slow.ear.close()


def look_takes(patch: pytest.MonkeyPatch, board: Board, seconds: float) -> list[float | None]:
    """Have the second look find what it finds, later; gives what it found."""
    found: list[float | None] = []

    def look(ways: tuple[str, ...], samples: Samples) -> float | None:
        found.append(second_look(ways, samples))
        board.let_pass(seconds)
        return found[-1]

    patch.setattr(neural, "second_look", look)
    return found


def spoken(events: list[Event]) -> Samples:
    """The speech in the one command that was heard."""
    assert [type(event) for event in events] == [Woken, Heard]
    (heard,) = (event for event in events if isinstance(event, Heard))
    said = heard.utterance
    return said.samples[: round((said.speech_end - said.start) * RATE)]


async def test_what_is_said_while_the_second_look_takes_its_time_is_heard_whole() -> None:
    heard: list[Samples] = []
    sound = np.concatenate((quiet(QUIET_FIRST), phrase(), LAMP, quiet(2)))
    async with home() as one:
        for seconds in (0.0, 1.0, 2.0, 4.0):
            with pytest.MonkeyPatch.context() as patch:
                slow = Board(one, patch, sound)
                looks = look_takes(patch, slow, seconds)
                events = await asyncio.to_thread(slow.events)
                heard.append(spoken(events))
                assert len(looks) == 1
                assert slow.most_behind == pytest.approx(seconds, abs=0.05)
                guess = events[-1].guess if isinstance(events[-1], Heard) else None
                assert guess is not None
                found = await asyncio.wrap_future(guess)
                assert found is not None
                assert found.transcript.text == "turn on the kitchen lamp"
                await slow.ear.close()
    assert len(heard[0]) > 0.8 * len(LAMP)
    assert all(np.array_equal(heard[0], one) for one in heard[1:])


async def test_on_a_board_that_is_slower_than_speech_a_command_is_whole_and_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with board(monkeypatch, quiet(QUIET_FIRST), phrase(), LAMP, quiet(8)) as slow:
        events = await asyncio.to_thread(slow.events, each_takes=3.0, until=4.0)
        assert slow.most_behind > 4
        assert len(spoken(events)) > 0.8 * len(LAMP)
        for event in events:
            await slow.ear.handle(event)
        async with asyncio.timeout(PATIENCE):
            turn = await slow.turns.get()
        assert turn.text == "turn on the kitchen lamp"
        assert [outcome.status for outcome in turn.outcomes] == [Status.DONE]


async def test_what_was_said_too_long_ago_is_not_done(monkeypatch: pytest.MonkeyPatch) -> None:
    async with board(monkeypatch, quiet(QUIET_FIRST), phrase(), LAMP, quiet(20)) as slow:
        events = await asyncio.to_thread(slow.events, each_takes=4.0, until=5.0)
        assert slow.most_behind > LATE_SECONDS
        spoken(events)
        for event in events:
            await slow.ear.handle(event)
        await slow.ear.settled()
        assert slow.turns.empty(), "nothing is done about it"
        sounds = [(await slow.loudspeaker.sounds.get())[0] for _ in range(2)]
        assert np.array_equal(sounds[0], earcon(Earcon.WAKE))
        assert np.array_equal(sounds[1], earcon(Earcon.NOTHING))


@pytest.mark.parametrize("file", ["okay-maybe", "hey-nabu"])
async def test_who_did_not_say_the_wake_words_is_not_listened_to_meanwhile(
    monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    async with board(monkeypatch, quiet(QUIET_FIRST), phrase(file), LAMP, quiet(3)) as slow:
        looks = look_takes(monkeypatch, slow, 2.0)
        assert await asyncio.to_thread(slow.events) == []
        assert looks, "its network took them for the wake words"
        assert slow.loudspeaker.sounds.empty()
