"""Whether Paige takes the beginning of its own reply for somebody who speaks over it, and falls silent."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np

import paige.tools.demo
from paige.audio.chunk import CHUNK_SAMPLES, RATE, AudioChunk
from paige.audio.conversion import to_floats, to_samples
from paige.audio.echo import EchoCanceller
from paige.audio.endpointer import Endpointer
from paige.audio.voice_activity import open_voice_detector
from paige.audio.voices import EspeakVoice
from paige.audio.wav import read_wav
from paige.tools.bench.echo.room import Room, Sound
from paige.tools.bench.part import Table
from paige.tools.spoken import spoken_by

RECORDINGS: Final = Path(paige.tools.demo.__file__).parent / "recordings"
_BEFORE: Final = RATE * 6 // 10
"""Samples of the quiet room before each: nothing has played for a while."""


def interrupts_itself(reply: Sound, room: Room) -> bool:
    """Whether anything in a reply alone is taken for somebody's speech."""
    played = np.concatenate((np.zeros(_BEFORE, np.float32), reply, np.zeros(RATE, np.float32)))
    heard = room.echo(played)
    canceller, listened = EchoCanceller(), Endpointer(open_voice_detector())
    for at in range(0, len(heard) - CHUNK_SAMPLES + 1, CHUNK_SAMPLES):
        if at >= _BEFORE:
            canceller.play(to_samples(played[at : at + CHUNK_SAMPLES]))
        chunk = AudioChunk(to_samples(heard[at : at + CHUNK_SAMPLES]), at / RATE)
        listened.hear(canceller.hear(chunk))
        if listened.silence is not None:
            return True
    return False


def beginnings(texts: Iterable[str], gains: Sequence[float], delays: Sequence[float]) -> Table:
    """A row for each gain: how many replies fell silent before their own sound.

    Args:
        texts: Replies for eSpeak NG to say.
        gains: Of the echo, in decibels.
        delays: Of the echo, in seconds.
    """
    voice = EspeakVoice()
    synthesized = [to_floats(spoken_by(voice, text)) for text in texts]
    people = [to_floats(read_wav(file).samples) for file in sorted(RECORDINGS.glob("*.wav"))]
    rows = []
    for gain in gains:
        counts = [
            f"{sum(interrupts_itself(one, Room(delay, gain)) for one in replies for delay in delays)} of "
            f"{len(replies) * len(delays)}"
            for replies in (synthesized, people)
        ]
        rows.append((f"{gain:g} dB", *counts))
    note = (
        "Each is played on its own, after the quiet room, in as many rooms as there are delays. Recordings "
        "begin with a moment of silence, as the voices of Piper may."
    )
    return Table(
        "Replies that fall silent before their own sound",
        ("echo", "eSpeak NG", "recordings of people"),
        tuple(rows),
        (note,),
    )
