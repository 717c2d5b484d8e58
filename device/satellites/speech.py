"""A voice over Wyoming: what is said, as the events that carry its sound."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.event import Event

from paige.audio.chunk import Samples
from paige.audio.voices.protocol import Voice

_WIDTH: Final = 2
_PIECE: Final = 2048
"""Samples of one event: a satellite may begin to play as soon as it has the first."""


async def sound_events(voice: Voice, text: str) -> AsyncIterator[Event]:
    """The text spoken, as it is made; the event loop turns meanwhile."""
    said = voice.say(text)
    yield AudioStart(voice.rate, _WIDTH, 1, timestamp=0).event()
    position = 0  # samples
    while (samples := await asyncio.to_thread(next, said, None)) is not None:
        for piece in _pieces(samples):
            moment = round(1000 * position / voice.rate)
            yield AudioChunk(voice.rate, _WIDTH, 1, piece.tobytes(), timestamp=moment).event()
            position += len(piece)
    yield AudioStop(timestamp=round(1000 * position / voice.rate)).event()


def _pieces(samples: Samples) -> list[Samples]:
    return [samples[at : at + _PIECE] for at in range(0, len(samples), _PIECE)]
