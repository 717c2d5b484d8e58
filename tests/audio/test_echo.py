"""Paige does not hear itself, and hears who speaks over it; while nothing plays, nothing is done."""

from pathlib import Path

import numpy as np
import pytest

import paige.tools.demo
from paige.audio.chunk import CHUNK_SAMPLES, RATE, AudioChunk, Samples
from paige.audio.conversion import to_floats, to_samples
from paige.audio.echo import EchoCanceller
from paige.audio.echo_filter import HOP
from paige.audio.endpointer import Endpointer
from paige.audio.voice_activity import open_voice_detector
from paige.audio.wav import read_wav
from paige.tools.bench.echo.cancellers import cancelled
from paige.tools.bench.echo.room import Room, Sound, decibels

LEAST = 12.0
"""Decibels taken out of any echo here, of recordings with their own noise; `paige bench echo` says more."""
RECORDINGS = Path(paige.tools.demo.__file__).parent / "recordings"


@pytest.fixture(scope="module")
def reply() -> Sound:
    """Speech. Not eSpeak's, which is another each time: some of its sounds are made by chance."""
    names = sorted(RECORDINGS.glob("0[2-7]*.wav"))
    return to_floats(np.concatenate([read_wav(name).samples for name in names]))


@pytest.mark.parametrize(
    ("delay", "gain", "drift"), [(0.005, -6, 0), (0.2, -6, 100), (0.05, -20, 100), (0.2, -20, 0)]
)
def test_what_is_played_is_taken_out_of_what_is_heard(
    reply: Sound, delay: float, gain: float, drift: float
) -> None:
    heard = Room(delay, gain, drift).echo(reply)
    left = cancelled(reply, heard)
    settled = slice(2 * RATE, len(left))
    assert decibels(heard[settled]) - decibels(left[settled]) > LEAST


@pytest.mark.parametrize("gain", [-6, -18, -30])
def test_who_speaks_over_it_is_left_in(reply: Sound, gain: float) -> None:
    person = to_floats(read_wav(RECORDINGS / "01-kitchen-lamp.wav").samples) * np.float32(0.5)
    begin = 3 * RATE
    heard = Room(0.08, gain).echo(reply)
    heard[begin : begin + len(person)] += person
    left = cancelled(reply, heard)[begin + HOP : begin + HOP + len(person)]
    spoken = np.abs(person) > 0.02
    likeness = np.corrcoef(left[spoken], person[spoken])[0, 1]
    assert likeness > 0.75  # AEC3 alone: 0.63 at its own delay, whatever the gain
    assert decibels(left) == pytest.approx(decibels(person), abs=2)


@pytest.mark.parametrize("gain", [-6, -12, -18])
def test_how_somebody_began_to_speak_over_it_is_given_once_he_is_noticed(reply: Sound, gain: float) -> None:
    person = to_floats(read_wav(RECORDINGS / "01-kitchen-lamp.wav").samples)
    person = person[int(np.argmax(np.abs(person) > 0.03)) :] * np.float32(0.5)
    begin = round(2.2 * RATE)
    heard = Room(0.08, gain).echo(reply)
    heard[begin : begin + len(person)] += person
    canceller, at_first, late = EchoCanceller(), [], []
    for at in range(0, len(heard) - CHUNK_SAMPLES + 1, CHUNK_SAMPLES):
        canceller.play(to_samples(reply[at : at + CHUNK_SAMPLES]))
        given = canceller.hear(AudioChunk(to_samples(heard[at : at + CHUNK_SAMPLES]), at / RATE))
        at_first.append(given.samples)
        late += [given.start - one.start for one in canceller.mended]

    def likeness(sound: Sound) -> float:
        heard = sound[begin + HOP : begin + HOP + RATE // 5]
        return float(np.corrcoef(heard, person[: RATE // 5])[0, 1])

    assert likeness(to_floats(np.concatenate(at_first))) < 0.75
    assert likeness(cancelled(reply, heard)) > 0.9
    assert min(late) > 0
    assert max(late) < 0.3, "the reply before that is left out"


@pytest.mark.parametrize("gain", [-12, -18, -30])
def test_what_begins_after_a_moment_of_silence_is_nobody_who_speaks_over_it(gain: float) -> None:
    said = to_floats(read_wav(RECORDINGS / "02-living-room-lights.wav").samples)  # half a second of silence
    played = np.concatenate((np.zeros(RATE, np.float32), said))
    heard = Room(0.05, gain).echo(played)
    canceller, listened, found = EchoCanceller(), Endpointer(open_voice_detector()), []
    for at in range(0, len(heard) - CHUNK_SAMPLES + 1, CHUNK_SAMPLES):
        if at >= RATE:
            canceller.play(to_samples(played[at : at + CHUNK_SAMPLES]))
        listened.hear(canceller.hear(AudioChunk(to_samples(heard[at : at + CHUNK_SAMPLES]), at / RATE)))
        found.append(listened.silence)
    assert set(found) == {None}


def chunk(samples: Samples) -> AudioChunk:
    return AudioChunk(samples, 1.0)


def test_while_nothing_plays_and_after_the_room_has_rung_out_nothing_is_done() -> None:
    canceller = EchoCanceller()
    before = chunk(np.arange(CHUNK_SAMPLES, dtype=np.int16))
    assert canceller.hear(before) is before
    canceller.play(np.ones(RATE // 10, np.int16))
    heard = 0
    while canceller.active:
        after = canceller.hear(before)
        assert (after.start, len(after.samples), str(after.samples.dtype)) == (1.0, CHUNK_SAMPLES, "int16")
        heard += CHUNK_SAMPLES
    assert heard == pytest.approx(1.1 * RATE, abs=CHUNK_SAMPLES)
    assert canceller.hear(before) is before


def test_what_is_played_while_no_microphone_listens_is_forgotten() -> None:
    canceller = EchoCanceller()
    for _ in range(1_000):
        canceller.play(np.ones(RATE // 100, np.int16))
    assert canceller._waiting <= RATE


def test_a_microphone_that_begins_late_or_leaves_something_out_is_caught_up_with(reply: Sound) -> None:
    heard, played = (to_samples(sound) for sound in (Room(0.1, -12).echo(reply), reply))
    canceller, left = EchoCanceller(), []
    for begin in range(0, len(heard) - CHUNK_SAMPLES + 1, CHUNK_SAMPLES):
        canceller.play(played[begin : begin + CHUNK_SAMPLES])
        if not (begin < 0.4 * RATE or 3 * RATE <= begin < 3.3 * RATE):
            left.append(canceller.hear(chunk(heard[begin : begin + CHUNK_SAMPLES])).samples)
    rest = to_floats(np.concatenate(left))
    for stretch in (slice(RATE, 2 * RATE), slice(4 * RATE, len(rest))):
        assert decibels(rest[stretch]) < decibels(reply) - 12 - LEAST


def test_devices_that_take_turns_unevenly_are_kept_together(reply: Sound) -> None:
    heard = (Room(0.1, -12).echo(reply) * 32767).astype(np.int16)
    played = (reply * 32767).astype(np.int16)
    canceller, generator = EchoCanceller(), np.random.default_rng(1)
    given, left = 0, []
    for begin in range(0, len(heard) - CHUNK_SAMPLES + 1, CHUNK_SAMPLES):
        # The loudspeaker's thread runs from 20 ms late to 40 ms early.
        until = begin + CHUNK_SAMPLES + int(generator.integers(-2, 5)) * (RATE // 100)
        if until > given:
            canceller.play(played[given:until])
            given = until
        left.append(canceller.hear(chunk(heard[begin : begin + CHUNK_SAMPLES])).samples)
    rest = to_floats(np.concatenate(left))[2 * RATE :]
    assert decibels(to_floats(heard[2 * RATE :])) - decibels(rest) > LEAST
