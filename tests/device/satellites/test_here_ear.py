"""What a satellite of our own sends of what it hears while its loudspeaker plays."""

from collections.abc import Iterator

import numpy as np
import pytest
from tests.device.satellites.conftest import spoken
from tests.phrases import phrase

from paige.audio.chunk import CHUNK_SAMPLES, RATE, AudioChunk
from paige.audio.conversion import Resampler, to_floats, to_samples
from paige.audio.earcons import EARCON_RATE, Earcon, earcon
from paige.audio.echo import EchoCanceller
from paige.device.attention import Stopped
from paige.device.config.schema import Wake
from paige.device.mouth import Aloud
from paige.device.satellites.here.ear import SatelliteEar, Sound
from paige.tools.bench.echo.room import Room


@pytest.mark.parametrize(("gain", "least"), [(-6, 0.85), (-18, 0.85)])
def test_who_speaks_at_once_after_the_wake_word_is_heard_through_its_sound(gain: float, least: float) -> None:
    sounded = Resampler(EARCON_RATE, RATE).resample(to_floats(earcon(Earcon.WAKE)), last=True)
    person = to_floats(spoken("03-bedroom-lamp-red.wav"))
    person = person[int(np.argmax(np.abs(person) > 0.03)) :] * np.float32(0.5)
    begin = RATE
    played = np.zeros(len(person) + 3 * RATE, np.float32)
    played[begin : begin + len(sounded)] = sounded
    heard = Room(0.08, gain).echo(played)[: len(played)]
    heard[begin : begin + len(person)] += person
    canceller = EchoCanceller()

    def chunks() -> Iterator[AudioChunk]:
        for at in range(0, len(heard) - CHUNK_SAMPLES + 1, CHUNK_SAMPLES):
            if begin - CHUNK_SAMPLES < at < begin + len(sounded):
                canceller.play(to_samples(played[at : at + CHUNK_SAMPLES]))
            yield AudioChunk(to_samples(heard[at : at + CHUNK_SAMPLES]), at / RATE)

    ear = SatelliteEar(Wake(mode="always", stop_words=()), canceller)
    sent = [event.chunk for event in ear.events(chunks()) if isinstance(event, Sound)]
    assert [round(one.start * RATE) for one in sent] == list(
        range(0, len(sent) * CHUNK_SAMPLES, CHUNK_SAMPLES)
    )
    assert len(sent) == len(heard) // CHUNK_SAMPLES, "none is kept back once nothing plays"
    words = to_floats(np.concatenate([one.samples for one in sent]))[begin : begin + 2 * RATE // 5]
    likeness = max(np.corrcoef(words[late:], person[: len(words) - late])[0, 1] for late in (0, RATE // 100))
    assert likeness > least  # as it comes out of the canceller at first: 0.54 and 0.58, mean of 11 recordings


def test_a_stop_word_counts_while_something_is_played() -> None:
    ear = SatelliteEar(Wake(words=("hey jarvis",), stop_words=("okay nabu",)), None)

    def chunks() -> Iterator[AudioChunk]:
        sound = np.concatenate([phrase(), np.zeros(2 * RATE, np.int16)] * 2)
        for at in range(0, len(sound) - CHUNK_SAMPLES + 1, CHUNK_SAMPLES):
            if at >= len(sound) // 2:
                ear.speaks(Aloud.WORDS)
            yield AudioChunk(sound[at : at + CHUNK_SAMPLES], at / RATE)

    (stopped,) = [event for event in ear.events(chunks()) if isinstance(event, Stopped)]
    assert stopped.wake.start > len(phrase()) / RATE
